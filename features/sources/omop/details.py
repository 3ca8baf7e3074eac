"""VISIT_DETAIL: when, within one visit, emergency care and the ward began, and where the ward was.

A visit to hospital may hold both (concept 262, or 9201 with an emergency room among its details). The arrival in
emergency care is then an attendance at its own time and the first ward the admission; later details are moves within
the one spell. Claims and extracts often tell the same arrival as a visit of its own too: it counts once.
"""

import pandas as pd

from ..encounters import after_emergency
from ..tables import Source, whole
from ..tally import Tally
from .fields import LAST_MINUTE, day, ids, known, time
from .visits import kinds, visit_concepts


def with_details(source: Source, visits: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """`visits` with arrived and admitted (NaT where they do not apply), and record, the row that tells the arrival.

    The care site of a visit without one is that of its first ward.
    """
    details = _read(source, visits, tally)
    ward, room = (_first(details, kind).reindex(visits["visit_occurrence_id"]) for kind in ("inpatient", "emergency"))
    own = "visit_occurrence:" + visits["visit_occurrence_id"]
    ward, room = ward.set_axis(visits.index), room.set_axis(visits.index)
    emergency, inpatient = visits["kind"] == "emergency", visits["kind"] == "inpatient"
    both = visits["visit_concept_id"].map(lambda concept: visit_concepts()[concept]["method"] != "")
    detailed = inpatient & room["start"].notna() & ~(ward["start"] < room["start"])
    arrived = room["start"].where(detailed, visits["start"].where(emergency | (inpatient & both)))
    record = ("visit_detail:" + room["visit_detail_id"]).where(detailed, own)
    on_ward = ward["start"].where(arrived.notna() & ~(ward["start"] < arrived) & ~(ward["start"] > visits["end"]))
    return visits.assign(
        arrived=arrived,
        record=record,
        admitted=on_ward.fillna(visits["start"].where(inpatient)),
        care_site_id=visits["care_site_id"].fillna(ward["care_site_id"].where(inpatient | emergency)),
    )


def attendances(visits: pd.DataFrame) -> pd.DataFrame:
    """Arrivals in emergency care, each once: person_id, arrived and record.

    An arrival within an admission is left out where an emergency visit of the person began by the end of that day and
    ended at most a day before.
    """
    seen = visits[visits["kind"] == "emergency"]
    inside = visits[(visits["kind"] == "inpatient") & visits["arrived"].notna()]
    ends = day(inside["arrived"]) + LAST_MINUTE
    told = [after_emergency(inside.assign(start=when), seen) for when in (inside["arrived"], ends)]
    return pd.concat([seen, inside[~(told[0] | told[1])]])[["person_id", "arrived", "record"]]


def _read(source: Source, visits: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Details of emergency care and of wards, by time."""
    plain = ("visit_detail_id", "person_id", "visit_occurrence_id", "visit_detail_concept_id", "care_site_id")
    times = ("visit_detail_start_datetime", "visit_detail_start_date")
    batch = whole(source, "visit_detail", (*plain, *times), tally)
    frame = pd.DataFrame({name: ids(batch, name).to_pandas() for name in plain})
    frame["start"] = time(batch.table, *times)
    visit = visits.set_index("visit_occurrence_id").reindex(frame["visit_occurrence_id"]).set_axis(frame.index)
    wanted = visit["kind"].isin(("inpatient", "emergency"))
    last = day(visit["end"]) + pd.Timedelta(days=1)
    rules = [
        ("no visit_detail_id", known(frame["visit_detail_id"])),
        ("the same visit_detail_id twice", ~frame["visit_detail_id"].duplicated().to_numpy()),
        ("not the person of its visit", (~wanted | (frame["person_id"] == visit["person_id"])).to_numpy()),
        ("no start that can be read", known(frame["start"])),
        ("begins outside its visit", ~((frame["start"] < day(visit["start"])) | (frame["start"] >= last)).to_numpy()),
    ]
    kept = tally.passed(batch, rules)
    frame = frame.assign(kind=frame["visit_detail_concept_id"].map(kinds()).where(wanted))[kept]
    used = frame["kind"].isin(("inpatient", "emergency"))
    tally.passed_over["visit_detail, of neither a ward nor emergency care in a hospital visit"] += int((~used).sum())
    return frame[used].sort_values("start", kind="stable")


def _first(details: pd.DataFrame, kind: str) -> pd.DataFrame:
    return details[details["kind"] == kind].drop_duplicates("visit_occurrence_id").set_index("visit_occurrence_id")
