"""Random small histories in memory, crowded around the edges where rules of time may break."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
from hypothesis import strategies as st
from look import GRACE, OBJECTIONS

from features.asof import DAY, instant
from features.codelists import concepts
from features.contract import PSEUDONYMOUS, TABLES
from features.history import History, Lags, with_recording_times

HOUR = DAY // 24
KINDS = (*OBJECTIONS, "type_1")
# Mondays after the clocks went forward, after they went back, and far from both.
MONDAYS = (date(2025, 3, 31), date(2025, 10, 27), date(2025, 6, 2))
HOMES = (
    {"home_id": "h1", "name": "Elm", "home_type": "nursing", "beds": 30.0, "practice": "p", "pcn": "n1", "imd_decile": 3},
    {"home_id": "h2", "name": "Oak", "home_type": "residential", "beds": 12.0, "practice": "p2", "pcn": "n1"},
    {"home_id": "h3", "name": "Ash", "home_type": "learning_disability", "beds": 6.0, "practice": "p2", "pcn": "n2"},
)  # fmt: skip

Rows = dict[str, list[dict]]


@dataclass(frozen=True)
class Case:
    """A history as rows whose recording times are all known, and the as-ofs to look at it from."""

    rows: Rows
    as_ofs: tuple[date, ...]

    @property
    def history(self) -> History:
        return in_memory(self.rows)


def in_memory(rows: Mapping[str, list[dict]], lags: Lags | None = None) -> History:
    """A History of rows with instants as datetimes, nothing written to disk."""
    tables, assumed = {}, {}
    for name in PSEUDONYMOUS:
        typed = pa.Table.from_pylist(rows.get(name, []), schema=TABLES[name].schema)
        tables[name], assumed[name] = with_recording_times(typed, name, lags or Lags())
    return History(Path("memory"), MappingProxyType(tables), MappingProxyType(assumed), ())


def moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def micros(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


DAYS_BEFORE = st.one_of(
    st.sampled_from((-3, -1, 0, 1, 2, 6, 7, 8, 14, 27, 28, 29, 59, 60, 61, 91, 92, 182, 183, 363, 364, 365)),
    st.integers(-30, 420),
)
SHIFTS = st.sampled_from(
    (0, 0, -1, 1, HOUR, 10 * HOUR, 19 * HOUR + HOUR // 2, 20 * HOUR, 20 * HOUR + HOUR // 2, 23 * HOUR)
)
LAGS = st.sampled_from((0, 0, HOUR, 5 * HOUR, GRACE, 8 * HOUR, DAY, 3 * DAY, 20 * DAY, 90 * DAY))
VALUES = st.one_of(
    st.none(), st.sampled_from((0.0, 1.0, 3.0, 4.0, 5.0, 7.0, 40.0, 900.0, -1.0)), st.floats(-5, 1500, width=32)
)
CODES = st.sampled_from(
    (
        *(c for c, of in concepts().items() if not of.kind.startswith("home_")),
        *("soft_sign",) * 5,
        *("ICD10:F03", "icd10:i50.1", "unheard_of"),
    )
)
SIGNS = st.sampled_from((None, "new cough", "Smelly  urine ", "something new"))
HOME_CODES = st.sampled_from(tuple(c for c, of in concepts().items() if of.kind.startswith("home_")))
METHODS = st.sampled_from(("21", "21", "2A", "28", "11", "2B", "31"))
DIAGNOSES = st.sampled_from((None, "J189", "N390", "I500", "S720", "A09"))


@st.composite
def times(draw, anchor: date) -> int:
    """An instant near an edge: some local days before the anchor, at or around a midnight or an evening."""
    return instant(anchor - timedelta(days=draw(DAYS_BEFORE))) + draw(SHIFTS)


@st.composite
def learnt(draw, anchor: date, time: int | None) -> datetime | None:
    """When something was recorded: some while after it, at the edge of the grace, or not said."""
    if time is None or draw(st.integers(0, 5)) == 0:
        return None
    if draw(st.integers(0, 5)) == 0:
        return moment(instant(anchor) + GRACE + draw(st.sampled_from((-1, 0, 1))))
    return moment(time + draw(LAGS))


RETRACTED = st.sampled_from((None, None, None, False, True))
RECORD_IDS = st.sampled_from((None, None, "a", "b", "c"))


@st.composite
def event(draw, anchor: date, owner: dict, codes: list[str]) -> dict:
    time = draw(times(anchor))
    row = owner | {
        "time": moment(time),
        "code": draw(st.sampled_from(codes)),
        "text": draw(SIGNS),
        "value": draw(VALUES),
        "recorded_at": draw(learnt(anchor, time)),
        "record_id": draw(RECORD_IDS),
        "retracted": draw(RETRACTED),
    }
    return row if "home_id" in owner else row | {"source": draw(st.sampled_from((None, "gp", "care_record")))}


@st.composite
def stay(draw, anchor: date, person: str, homes: int) -> dict:
    moved_in = draw(times(anchor))
    moved_out = draw(st.one_of(st.none(), st.none(), times(anchor).filter(lambda t: t >= moved_in)))
    return {
        "resident_id": person,
        "home_id": HOMES[draw(st.integers(0, homes - 1))]["home_id"],
        "moved_in": moment(moved_in),
        "moved_out": None if moved_out is None else moment(moved_out),
        "moved_out_recorded_at": draw(learnt(anchor, moved_out)),
        "recorded_at": draw(learnt(anchor, moved_in)),
        "stay_type": draw(st.sampled_from((None, "permanent", "respite"))),
        "funding": draw(st.sampled_from((None, "self", "nhs"))),
        "admitted_from": draw(st.sampled_from((None, "hospital", "home"))),
        "record_id": draw(RECORD_IDS),
        "retracted": draw(RETRACTED),
    }


@st.composite
def settled(draw, anchor: date, person: str, homes: int) -> dict:
    """A stay that began long ago, so that most residents are in the panel."""
    row = draw(stay(anchor, person, homes))
    long_ago = instant(anchor - timedelta(days=500))
    return row | {"moved_in": moment(long_ago), "recorded_at": moment(long_ago + DAY), "retracted": None}


@st.composite
def spell(draw, anchor: date, person: str) -> dict:
    admitted = draw(times(anchor))
    discharged = draw(st.one_of(st.none(), st.integers(0, 30 * 24).map(lambda h: admitted + h * HOUR), times(anchor)))
    primary = draw(DIAGNOSES)
    return {
        "spell_id": draw(st.sampled_from(("s1", "s2", "s3"))),
        "resident_id": person,
        "admitted_at": moment(admitted),
        "discharged_at": None if discharged is None else moment(discharged),
        "discharge_recorded_at": draw(learnt(anchor, discharged)),
        "admission_method": draw(METHODS),
        "primary_diagnosis": primary,
        "secondary_diagnoses": draw(st.sampled_from((None, "W19;I10", "F03"))),
        "recorded_at": draw(learnt(anchor, admitted)),
        "coded_at": draw(learnt(anchor, admitted)) if primary else None,
        "retracted": draw(RETRACTED),
    }


@st.composite
def objection(draw, anchor: date, person: str) -> dict:
    begin, end = draw(times(anchor)), draw(st.one_of(st.none(), times(anchor)))
    return {
        "resident_id": person,
        "kind": draw(st.sampled_from(KINDS)),
        "from": moment(begin),
        "to": None if end is None else moment(end),
        "recorded_at": draw(learnt(anchor, begin)),
        "record_id": draw(RECORD_IDS),
        "retracted": draw(RETRACTED),
    }


@st.composite
def person(draw, anchor: date, name: str) -> dict:
    died = draw(st.one_of(st.none(), st.none(), st.none(), times(anchor)))
    return {
        "resident_id": name,
        "date_of_birth": draw(st.dates(date(1925, 1, 1), date(1990, 1, 1))),
        "sex": draw(st.sampled_from("FMX")),
        "died_on": None if died is None else moment(died),
        "died_recorded_at": draw(learnt(anchor, died)),
    }


@st.composite
def versions(draw, anchor: date, rows: list[dict], other: dict[str, st.SearchStrategy]) -> list[dict]:
    """The rows, and with them repeats and corrections of some, recorded at the same instant or later."""
    out = list(rows)
    if not rows:
        return out
    for row in draw(st.lists(st.sampled_from(rows), max_size=3)):
        again = dict(row)
        if draw(st.booleans()):
            changed = draw(st.sampled_from(sorted(other)))
            again[changed] = draw(other[changed])
        if draw(st.booleans()) and row["recorded_at"] is not None:
            again["recorded_at"] = row["recorded_at"] + timedelta(microseconds=draw(LAGS))
        out.append(again)
    return out


@st.composite
def cases(draw) -> Case:
    """A county of two to five residents in one to three homes."""
    anchor = draw(st.sampled_from(MONDAYS))
    back = draw(st.lists(st.sampled_from((0, 1, 4, 9)), min_size=1, max_size=3, unique=True))
    as_ofs = tuple(anchor - timedelta(weeks=w) for w in sorted(back, reverse=True))
    homes, people = draw(st.integers(1, 3)), [f"r{i + 1}" for i in range(draw(st.integers(2, 5)))]
    codes = draw(st.lists(CODES, min_size=1, max_size=4))
    anyone, when = st.sampled_from(people), times(anchor).map(moment)

    def several(rows: st.SearchStrategy, most: int, **other: st.SearchStrategy) -> list[dict]:
        return draw(versions(anchor, draw(st.lists(rows, max_size=most)), other | {"retracted": st.just(True)}))

    events = anyone.flatmap(lambda p: event(anchor, {"resident_id": p}, codes))
    stays = anyone.flatmap(lambda p: stay(anchor, p, homes))
    rows: Rows = {
        "homes": list(HOMES[:homes]),
        "residents": [draw(person(anchor, p)) for p in people],
        "stays": [draw(settled(anchor, p, homes)) for p in people if draw(st.integers(0, 4))]
        + several(stays, 3, moved_out=when, moved_out_recorded_at=when, funding=st.just("nhs"), home_id=st.just("h1")),
        "spells": several(
            anyone.flatmap(lambda p: spell(anchor, p)),
            4,
            admission_method=METHODS,
            discharged_at=when,
            discharge_recorded_at=when,
            primary_diagnosis=DIAGNOSES,
            coded_at=when,
            admitted_at=when,
        ),
        "events": several(events, 12, value=VALUES, time=when, code=st.sampled_from(codes)),
        "objections": several(anyone.flatmap(lambda p: objection(anchor, p)), 2, to=when),
        "home_events": several(
            st.integers(0, homes - 1).flatmap(
                lambda h: event(anchor, {"home_id": HOMES[h]["home_id"]}, draw(st.lists(HOME_CODES, min_size=2)))
            ),
            4,
            value=VALUES,
        ),
    }
    known = in_memory(rows)
    return Case({name: known[name].to_pylist() for name in PSEUDONYMOUS}, as_ofs)
