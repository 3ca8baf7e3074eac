"""VISIT_OCCURRENCE: which visits are admissions, attendances or stays in facilities, and how they began."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ...codelists.rows import read
from ..encounters import FROM_EMERGENCY, method_of
from ..options import Options
from ..tables import Folder
from ..tally import Tally
from .fields import ids, known, time


@cache
def visit_concepts() -> Mapping[str, Mapping[str, str]]:
    """visits.csv by concept id."""
    return {row["concept_id"]: row for row in read(Path(__file__).with_name("visits.csv"))}


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
    told = told.mask(told.isna() & came_from.isin(emergency), FROM_EMERGENCY)
    seen = visits[visits["kind"] == "emergency"]
    return admitted.assign(method=method_of(admitted, told, seen, emergencies=options.emergencies))
