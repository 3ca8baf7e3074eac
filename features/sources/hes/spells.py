"""Episodes joined to provider spells, and these to continuous inpatient spells.

The rules are those of HFAnalyticsLab/HES_pipeline: a spell is the episodes of a person with one provider that share the
day of admission or of their start, or go on where an unfinished one ended; a continuous spell goes on within three days
of a discharge when either side names another hospital (discharge destination or source of admission 51 to 53, method 2B
or 81).
"""

import pandas as pd
import pyarrow as pa

from ...contract import ADMISSION_METHODS
from ..draft import Draft
from ..encounters import UNKNOWN_METHOD
from .fields import known

_NOT_FINISHED = ("8", "9")
_HOSPITALS = ("51", "52", "53")
_TRANSFERRED = ("2B", "81")
_GAP = pd.Timedelta(days=3, hours=2)  # whole days, whichever side of a change of the clock


def provider_spells(episodes: pd.DataFrame) -> pd.DataFrame:
    """One row per provider spell: admission and diagnoses of its first episode, discharge of its last."""
    rows = episodes.sort_values(["person_id", "provider", "start", "end"], kind="stable", ignore_index=True)
    before = rows.shift(1)
    same = (rows["person_id"] == before["person_id"]) & (rows["provider"].fillna("") == before["provider"].fillna(""))
    goes_on = before["dismeth"].isin(_NOT_FINISHED) & (rows["start"] == before["end"])
    joined = same & ((rows["admitted"] == before["admitted"]) | (rows["start"] == before["start"]) | goes_on)
    return _joined(rows, joined)


def continuous(spells: pd.DataFrame) -> pd.DataFrame:
    """Spells that follow one another by transfer as one."""
    rows = spells.sort_values(["person_id", "admitted", "discharged"], kind="stable", ignore_index=True)
    before = rows.shift(1)
    near = (rows["person_id"] == before["person_id"]) & (rows["admitted"] <= before["discharged"] + _GAP)
    moved = before["disdest"].isin(_HOSPITALS) | rows["admisorc"].isin(_HOSPITALS) | rows["admimeth"].isin(_TRANSFERRED)
    return _joined(rows, near & moved)


def _joined(rows: pd.DataFrame, joined: pd.Series) -> pd.DataFrame:
    group = (~joined).cumsum()
    heads = rows[~joined].reset_index(drop=True)
    tails = rows[~joined.shift(-1, fill_value=False)].reset_index(drop=True)
    codes = rows["procedures"].fillna("").groupby(group).agg(_together)
    return heads.assign(
        end=tails["end"],
        discharged=tails["discharged"],
        disdest=tails["disdest"],
        dismeth=tails["dismeth"],
        procedures=codes.to_numpy(),
    )


def _together(codes: pd.Series) -> str | None:
    return ";".join(code for code in codes if code) or None


def write_spells(spells: pd.DataFrame, people: pd.Index, draft: Draft) -> None:
    """Continuous spells of known people as spells of the contract; who is still in hospital has no discharge."""
    rows = spells[spells["person_id"].isin(people)]
    number = rows.groupby("person_id").cumcount().astype(str)
    method = rows["admimeth"].str.upper()
    codes = rows["diagnoses"].str.split(";", n=1)
    draft.add(
        "spells",
        spell_id=pa.array(rows["epikey"].fillna(rows["person_id"] + "-" + number), pa.string()),
        resident_id=pa.array(rows["person_id"], pa.string()),
        admitted_at=pa.array(rows["admitted"]),
        discharged_at=pa.array(rows["discharged"]),
        admission_method=pa.array(method.where(method.isin(ADMISSION_METHODS), UNKNOWN_METHOD), pa.string()),
        primary_diagnosis=pa.array(codes.str[0], pa.string(), from_pandas=True),
        secondary_diagnoses=pa.array(codes.str[1], pa.string(), from_pandas=True),
        procedures=pa.array(rows["procedures"], pa.string(), from_pandas=True),
        discharge_destination=pa.array(known(rows["disdest"]), pa.string(), from_pandas=True),
        provider=pa.array(rows["provider"], pa.string(), from_pandas=True),
    )
