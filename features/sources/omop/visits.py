"""VISIT_OCCURRENCE: which visits are admissions, attendances or stays in facilities, and how they began."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ...codelists.rows import read
from ..encounters import FROM_EMERGENCY, method_of
from ..options import Options
from ..tables import Source, whole
from ..tally import Tally
from .fields import day, day_ends, ids, known, time

# The last four are two: the names of CDM 5.4, then those of 5.3.
_PLAIN = ("visit_occurrence_id", "person_id", "visit_concept_id", "care_site_id", "admitted_from_concept_id",
          "discharged_to_source_value", "admitting_source_concept_id", "discharge_to_source_value")  # fmt: skip
_STARTS, _ENDS = ("visit_start_datetime", "visit_start_date"), ("visit_end_datetime", "visit_end_date")


@cache
def visit_concepts() -> Mapping[str, Mapping[str, str]]:
    """visits.csv by concept id."""
    return {row["concept_id"]: row for row in read(Path(__file__).with_name("visits.csv"))}


@cache
def kinds() -> Mapping[str, str]:
    """Kind by concept id."""
    return {key: row["kind"] for key, row in visit_concepts().items()}


def read_visits(source: Source, people: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Visits to hospitals, emergency care and facilities, with start and end (NaT while it lasts)."""
    batch = whole(source, "visit_occurrence", (*_PLAIN, *_STARTS, *_ENDS), tally)
    frame = pd.DataFrame({name: ids(batch, name).to_pandas() for name in _PLAIN})
    frame["start"], end = time(batch.table, *_STARTS), time(batch.table, *_ENDS)
    frame["end"] = end.where(frame["start"] == day(frame["start"]), day_ends(end))
    frame["kind"] = frame["visit_concept_id"].map(kinds())
    died = frame["person_id"].map(people.set_index("person_id")["died"])
    rules = [
        ("no visit_occurrence_id", known(frame["visit_occurrence_id"])),
        ("the same visit_occurrence_id twice", ~frame["visit_occurrence_id"].duplicated().to_numpy()),
        ("unknown person", frame["person_id"].isin(people["person_id"]).to_numpy()),
        ("no start that can be read", known(frame["start"])),
        ("ends before it starts", ~(frame["end"] < frame["start"]).to_numpy()),
        ("a stay that begins after death", ~((frame["kind"] == "facility") & (frame["start"] > died)).to_numpy()),
    ]
    frame = frame[tally.passed(batch, rules)]
    wanted = frame["kind"].isin(("inpatient", "emergency", "facility"))
    tally.passed_over["visit_occurrence, neither in hospital nor in a facility"] += int((~wanted).sum())
    _unknown(frame["visit_concept_id"][frame["kind"].isna()], tally)
    return frame[wanted].reset_index(drop=True)


def _unknown(concepts: pd.Series, tally: Tally) -> None:
    counts = concepts.fillna("none").value_counts()
    if len(counts):
        most = ", ".join(f"{concept} ({rows:,})" for concept, rows in counts.head(5).items())
        tally.notes.append(f"visits of concepts that nobody has sorted count for nothing, most of them {most}")


def admissions(visits: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Visits with a night's bed, from when it began, with the visit whose spell each is part of, and with the method of
    admission as far as it can be told.

    `visits` have been through details.with_details.
    """
    admitted = visits[visits["admitted"].notna()].sort_values("admitted", kind="stable")
    admitted = admitted.assign(spell=_outermost(admitted))
    told = admitted["visit_concept_id"].map({key: row["method"] or None for key, row in visit_concepts().items()})
    came_from = admitted["admitted_from_concept_id"].fillna(admitted["admitting_source_concept_id"])
    emergency = {key for key, kind in kinds().items() if kind == "emergency"}
    told = told.mask(told.isna() & (came_from.isin(emergency) | admitted["arrived"].notna()), FROM_EMERGENCY)
    told = told.mask(told.isna() & _began_with(admitted, told == FROM_EMERGENCY), FROM_EMERGENCY)
    seen, admitted = visits[visits["kind"] == "emergency"], admitted.assign(start=admitted["admitted"])
    return admitted.assign(method=method_of(admitted, told, seen, emergencies=options.emergencies))


def _outermost(admitted: pd.DataFrame) -> pd.Series:
    """The visit of the same person that each lies inside, as intensive care does in some extracts; else its own.

    A visit without an end holds no others: it would hold all that follow.
    """
    rows = admitted.assign(until=day_ends(admitted["end"])).dropna(subset=["until"])
    rows = rows.sort_values(["person_id", "start", "until"], ascending=[True, True, False])
    who, own = rows["person_id"], admitted["visit_occurrence_id"]
    before = rows.groupby("person_id")["until"].cummax().groupby(who).shift()
    found = rows["visit_occurrence_id"].mask(rows["until"] <= before).groupby(who).ffill()
    return found.reindex(admitted.index).fillna(own)


def _began_with(admitted: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    """Whether a chosen visit is part of each spell and began on its first day."""
    first = admitted.set_index("visit_occurrence_id")["start"].reindex(admitted["spell"]).set_axis(admitted.index)
    early = chosen & (day(admitted["start"]) == day(first))
    return admitted["visit_occurrence_id"].isin(admitted["spell"][early])
