"""Rows of the directory as homes: which are care homes, of which type, and which two are one home."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ...contract import TABLES
from ...problems import HistoryError, Problem
from ..draft import Draft
from ..tally import Batch, Tally

_FLAGS = ("with_nursing", "learning_disability", "older_people", "dementia")
_BEDS = TABLES["homes"].column("beds")
_COLUMNS = ("home_id", "name", "home_type", "beds", "practice", "pcn", "region", "imd_decile", "phone", "email",
            "round_day", "ods_code")  # fmt: skip


def read_homes(batch: Batch, tally: Tally) -> pd.DataFrame:
    """Homes by the contract's columns, the directory's own beside them. Raises HistoryError where there is none."""
    rows = batch.table.to_pandas().astype(object).where(lambda t: t.notna(), None)
    out = _passed_over(rows, batch, tally)
    beds = pd.to_numeric(rows["beds"], errors="coerce")
    rules = [
        ("Care home? is neither Y nor N", rows["care_home"].isin(["Y"])),
        ("Dormant is neither Y nor N", rows["dormant"].isna() | (rows["dormant"] == "N")),
        ("no Location ID", rows["location_id"].notna()),
        ("no Location Name", rows["name"].notna()),
        (f"beds not from {_BEDS.low:g} to {_BEDS.high:g}", beds.between(_BEDS.low, _BEDS.high)),
    ]
    good = np.logical_and.reduce([mask.to_numpy(bool) for _, mask in rules]) & ~out
    again = rows["location_id"].where(good).duplicated() & good
    rules.append(("the same Location ID twice", ~again))
    kept = tally.passed(batch, [(says, mask.to_numpy(bool) | out) for says, mask in rules]) & ~out
    homes = rows[kept].assign(beds=beds[kept], home_id=rows["location_id"][kept])
    second = _second_registration(homes)
    tally.passed_over[f"{batch.file}: second registration of a home"] += int(second.sum())
    if not kept.any():
        hint = f"{len(batch):,} rows were read: is it the directory of active locations?"
        raise HistoryError([*_dropped(tally), Problem(batch.file, "", "no row is a care home", "error", 0, "", hint)])
    _note_flags(homes, tally)
    return homes[~second].assign(home_type=_home_type, practice="unknown", pcn="unknown").reset_index(drop=True)


def _dropped(tally: Tally) -> list[Problem]:
    return [Problem(d.file, "", d.reason, "error", d.rows, d.example) for d in tally.dropped]


def _passed_over(rows: pd.DataFrame, batch: Batch, tally: Tally) -> np.ndarray:
    """Rows that are no homes in use, each counted under the first reason."""
    out = np.zeros(len(rows), bool)
    for says, mask in (
        ("blank", rows.isna().all(axis=1)),
        ("not a care home", rows["care_home"] == "N"),
        ("dormant", (rows["care_home"] == "Y") & (rows["dormant"] == "Y")),
    ):
        fresh = mask.to_numpy(bool) & ~out
        tally.passed_over[f"{batch.file}: {says}"] += int(fresh.sum())
        out |= fresh
    return out


def _home_type(rows: pd.DataFrame) -> pd.Series:
    """Learning disability is a home for that band and not for older people or people with dementia."""
    yes = {flag: rows[flag] == "Y" for flag in _FLAGS}
    learning = yes["learning_disability"] & ~yes["older_people"] & ~yes["dementia"]
    kinds = np.where(learning, "learning_disability", np.where(yes["with_nursing"], "nursing", "residential"))
    return pd.Series(kinds, rows.index, dtype=object)


def _note_flags(homes: pd.DataFrame, tally: Tally) -> None:
    odd = int((homes[list(_FLAGS)].notna() & ~homes[list(_FLAGS)].isin(["Y", "N"])).to_numpy().sum())
    if odd:
        tally.notes.append(f"service types and user bands neither Y nor blank: {odd:,} taken as no")


def _second_registration(homes: pd.DataFrame) -> pd.Series:
    """Rows of a home that two providers registered, other than the primary one, where that is here as well.

    The primary is named by its id, or the two say Y and N and share their postcode.
    """
    dual = homes["dual"].notna()
    named = homes["primary_id"].where(homes["primary_id"].isin(homes["home_id"]) & dual)
    place = homes["postcode"].map(lambda code: "".join(code.upper().split()), na_action="ignore")
    primary = place[dual & (homes["primary_id"] == "Y")].dropna()
    beside = dual & (homes["primary_id"] == "N") & place.isin(primary)
    # A primary that names another would leave neither.
    first = named.isna() | (named == homes["home_id"])
    return (named.isin(homes["home_id"][first]) & ~first) | beside


def write_homes(homes: pd.DataFrame, draft: Draft) -> None:
    """Homes of the contract."""
    there = [name for name in _COLUMNS if name in homes]
    draft.add("homes", **{name: pa.array(homes[name], from_pandas=True) for name in there})
