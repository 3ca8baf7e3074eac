"""VISIT_OCCURRENCE: which visits are admissions, attendances or stays in facilities, and how they began."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ..options import Options
from ..tables import Folder
from ..tally import Tally
from .fields import ids, known, time

UNKNOWN_METHOD = "99"  # NHS Data Dictionary, ADMISSION METHOD: not known
FROM_EMERGENCY = "21"
_BEFORE = pd.Timedelta(hours=24)  # an emergency visit that ends no longer before an admission led to it


@cache
def visit_concepts() -> Mapping[str, Mapping[str, str]]:
    """visits.csv by concept id."""
    with Path(__file__).with_name("visits.csv").open(encoding="utf-8", newline="") as stream:
        return {row["concept_id"]: row for row in csv.DictReader(stream)}


def read_visits(folder: Folder, people: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Visits of a kind that visits.csv names, with start and end (NaT while it lasts)."""
    columns = ("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_datetime", "visit_start_date",
               "visit_end_datetime", "visit_end_date", "care_site_id", "admitted_from_concept_id",
               "admitting_source_concept_id", "discharged_to_source_value")  # fmt: skip
    batch = folder.whole("visit_occurrence", columns, tally)
    table = batch.table
    frame = pd.DataFrame(
        {name: ids(table[name]).to_pandas() for name in columns if not name.endswith(("date", "datetime"))}
    )
    frame["start"] = time(table, "visit_start_datetime", "visit_start_date")
    frame["end"] = time(table, "visit_end_datetime", "visit_end_date")
    rules = [
        ("no visit_occurrence_id", known(frame["visit_occurrence_id"])),
        ("the same visit_occurrence_id twice", ~frame["visit_occurrence_id"].duplicated().to_numpy()),
        ("unknown person", frame["person_id"].isin(people["person_id"]).to_numpy()),
        ("no start that can be read", known(frame["start"])),
        ("ends before it starts", ~(frame["end"] < frame["start"]).to_numpy()),
    ]
    frame = frame[tally.passed(batch, rules)]
    kinds = {key: row["kind"] for key, row in visit_concepts().items()}
    return frame.assign(kind=frame["visit_concept_id"].map(kinds)).dropna(subset=["kind"]).reset_index(drop=True)


def admissions(visits: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Inpatient visits with the method of admission, as far as it can be told."""
    admitted = visits[visits["kind"] == "inpatient"].sort_values("start", kind="stable")
    told = admitted["visit_concept_id"].map({key: row["method"] or None for key, row in visit_concepts().items()})
    came_from = admitted["admitted_from_concept_id"].fillna(admitted["admitting_source_concept_id"])
    emergency = {key for key, row in visit_concepts().items() if row["kind"] == "emergency"}
    led = came_from.isin(emergency) | _after_emergency(admitted, visits[visits["kind"] == "emergency"])
    rest = FROM_EMERGENCY if options.emergencies else UNKNOWN_METHOD
    return admitted.assign(method=told.fillna(pd.Series(np.where(led, FROM_EMERGENCY, rest), admitted.index)))


def _after_emergency(admitted: pd.DataFrame, seen: pd.DataFrame) -> pd.Series:
    """Whether an emergency visit of the same person began before the admission and ended at most a day before it."""
    if not len(admitted) or not len(seen):
        return pd.Series(False, admitted.index)
    left = admitted[["person_id", "start"]].reset_index().sort_values("start", kind="stable")
    right = seen.assign(left=seen["end"].fillna(seen["start"]), began=seen["start"])
    right = right[["person_id", "began", "left"]].sort_values("began", kind="stable")
    near = pd.merge_asof(left, right, left_on="start", right_on="began", by="person_id")
    found = near.set_index("index")["left"].reindex(admitted.index)
    return found.notna() & (found >= admitted["start"] - _BEFORE)
