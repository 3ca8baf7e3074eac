"""Episodes joined to provider spells, and these to continuous inpatient spells.

The rules are those of HFAnalyticsLab/HES_pipeline: a spell is the episodes of a person with one provider that share the
day of admission or of their start, or go on where an unfinished one ended; a continuous spell goes on within three days
of a discharge when either side names another hospital (discharge destination or source of admission 51 to 53, method 2B
or 81). Beside them, what begins inside a spell of the same provider belongs to it: nobody is admitted there twice,
but where the provider's numbers of two spells (PROVSPNOPS) differ; and a transfer may also be from the earlier spell
that ended last.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from ...contract import ADMISSION_METHODS
from ..draft import Draft
from ..encounters import UNKNOWN_METHOD
from .fields import known

_NOT_FINISHED = ("8", "9")
_HOSPITALS = ("51", "52", "53")
_TRANSFERRED = ("2B", "81")
_NOT_OVER = "98"  # discharge destination of an episode that does not end its spell
_GAP = pd.Timedelta(days=3, hours=2)  # whole days, whichever side of a change of the clock


def provider_spells(episodes: pd.DataFrame) -> pd.DataFrame:
    """One row per provider spell: admission and diagnoses of its first episode, discharge of its last."""
    rows = episodes.assign(provider=episodes["provider"].fillna(""))
    numbered = rows.groupby(["person_id", "provider", "spell"])["start"].transform("min")
    rows = rows.assign(first=numbered.fillna(rows["start"]), number=rows["spell"].fillna(""))
    order = ["person_id", "provider", "first", "number", "start", "end"]
    rows = rows.sort_values(order, kind="stable", ignore_index=True).drop(columns=["first", "number"])
    before = rows.shift(1)
    same = (rows["person_id"] == before["person_id"]) & (rows["provider"] == before["provider"])
    goes_on = before["dismeth"].isin(_NOT_FINISHED) & (rows["start"] == before["end"])
    latest = rows.groupby(["person_id", "provider"])["end"].cummax().groupby([rows["person_id"], rows["provider"]])
    inside = rows["start"] < latest.ffill().groupby([rows["person_id"], rows["provider"]]).shift(1)
    at_once = (rows["admitted"] == before["admitted"]) | (rows["start"] == before["start"])
    other = rows["spell"].notna() & before["spell"].notna() & (rows["spell"] != before["spell"])
    return _joined(rows, (~(same & (at_once | goes_on | inside) & ~other)).cumsum())


def continuous(spells: pd.DataFrame) -> pd.DataFrame:
    """Spells that follow one another by transfer as one."""
    rows = spells.sort_values(["person_id", "admitted", "discharged"], kind="stable", ignore_index=True)
    number = pd.Series(rows.index, rows.index)
    last = number.where(rows["discharged"] == rows.groupby("person_id")["discharged"].cummax())
    last = last.groupby(rows["person_id"]).ffill().groupby(rows["person_id"]).shift()
    from_last, from_before = _transferred(rows, last), _transferred(rows, number.shift())
    group = np.arange(len(rows))
    for at in np.flatnonzero(from_last | from_before):
        group[at] = group[at - 1] if from_before[at] else group[int(last[at])]
    return _joined(rows, pd.Series(group, rows.index))


def _transferred(rows: pd.DataFrame, before: pd.Series) -> pd.Series:
    """Whether each row goes on within days of the one at the position `before`, by way of another hospital."""
    then = rows.reindex(before).set_axis(rows.index)
    near = (rows["person_id"] == then["person_id"]) & (rows["admitted"] <= then["discharged"] + _GAP)
    moved = then["disdest"].isin(_HOSPITALS) | rows["admisorc"].isin(_HOSPITALS) | rows["admimeth"].isin(_TRANSFERRED)
    return near & moved


def _joined(rows: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """The first row of each group with the discharge of that which was left last.

    An episode told as unfinished, and again when it was finished, was left when the finished one was; so one that is
    really unfinished comes last only if it began after all others ended.
    """
    heads = rows[~group.duplicated()].reset_index(drop=True)
    left = rows["discharged"].fillna(rows["end"]).fillna(rows["start"])
    order = rows.assign(group=group, left=left, over=rows["discharged"].notna())
    tails = order.sort_values(["group", "left", "over"], kind="stable").groupby("group").tail(1).reset_index(drop=True)
    codes = rows["procedures"].fillna("").groupby(group).agg(_together)
    told = {name: tails[name] for name in ("end", "discharged", "disdest", "dismeth")}
    return heads.assign(**told, procedures=codes.to_numpy())


def _together(codes: pd.Series) -> str | None:
    return ";".join(code for code in codes if code) or None


def write_spells(spells: pd.DataFrame, draft: Draft) -> None:
    """Continuous spells as spells of the contract; who is still in hospital has no discharge."""
    number = spells.groupby("person_id").cumcount().astype(str)
    method = spells["admimeth"].str.upper()
    codes = spells["diagnoses"].str.split(";", n=1)
    destination = known(spells["disdest"])
    draft.add(
        "spells",
        spell_id=pa.array(spells["epikey"].fillna(spells["person_id"] + "-" + number), pa.string()),
        resident_id=pa.array(spells["person_id"], pa.string()),
        admitted_at=pa.array(spells["admitted"]),
        discharged_at=pa.array(spells["discharged"]),
        admission_method=pa.array(method.where(method.isin(ADMISSION_METHODS), UNKNOWN_METHOD), pa.string()),
        primary_diagnosis=pa.array(codes.str[0], pa.string(), from_pandas=True),
        secondary_diagnoses=pa.array(codes.str[1], pa.string(), from_pandas=True),
        procedures=pa.array(spells["procedures"], pa.string(), from_pandas=True),
        discharge_destination=pa.array(destination.mask(destination == _NOT_OVER), pa.string(), from_pandas=True),
        provider=pa.array(spells["provider"].replace("", None), pa.string(), from_pandas=True),
    )
