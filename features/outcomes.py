"""What happened in the horizon after each panel row, as it was known at a cut-off."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from ._hashing import dictionary
from .asof import DAY, NEVER, instant, local_days
from .background import birth_days
from .codelists import resolve
from .codelists.outcomes import Definition
from .cohort import Interval, Panel
from .contract import EMERGENCY_METHODS, TRANSFER_METHOD
from .history import History
from .records import by_entity, entities
from .visibility import known, micros

_SAME_DAY = "sdec_attendance"


class State(IntEnum):
    """One state for each row. The first four may be fitted on; the others are not, for the reason they name."""

    NONE = 0
    ADMITTED = 1
    DIED_FIRST = 2
    SAME_DAY_CARE = 3  # seen and home the same day: moved from admitted to emergency care data in 2024-25
    LEFT = 4  # left every home of the history before anything happened
    DIED_BEFORE = 5  # died before t, recorded later
    NOT_YET_KNOWN = 6  # horizon and coding delay have not passed at the cut-off


FITTED = (State.NONE, State.ADMITTED, State.DIED_FIRST, State.SAME_DAY_CARE)


@dataclass(frozen=True)
class Outcomes:
    """Per row: state, the instants behind it, and counts for the report.

    begin, end   of the horizon
    first        of the first qualifying admission; died, of death; left, of leaving every home; NEVER if there was none
    """

    state: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    first: np.ndarray
    died: np.ndarray
    left: np.ndarray
    uncoded: int  # emergency admissions in some horizon without a diagnosis at the cut-off, counted as not avoidable

    @property
    def label(self) -> np.ndarray:
        """1 admitted, 0 not, NaN where the row must not be fitted on."""
        usable = np.isin(self.state, FITTED)
        return np.where(usable, (self.state == State.ADMITTED).astype(float), np.nan)

    @property
    def followed_days(self) -> np.ndarray:
        """Days to the admission, the death, the leaving or the horizon's end, whichever the state tells of.

        NaN where nothing was followed: not yet known, or dead or gone before t.
        """
        told = {State.ADMITTED: self.first, State.DIED_FIRST: self.died, State.LEFT: self.left}
        last = self.end.copy()
        for state, when in told.items():
            last = np.where(self.state == state, when, last)
        days = (last - self.begin) / DAY
        return np.where(np.isin(self.state, (*FITTED, State.LEFT)) & (days >= 0), days, np.nan)

    def counts(self) -> dict[str, int]:
        return {s.name.lower(): int((self.state == s).sum()) for s in State}


@dataclass(frozen=True)
class Moments:
    """Residents at as-ofs, as indices into `residents` and `as_ofs`: what an outcome can be asked for."""

    residents: pa.Array
    as_ofs: tuple[date, ...]
    entity: np.ndarray
    week: np.ndarray

    def __len__(self) -> int:
        return len(self.entity)


def outcomes(
    history: History,
    panel: Panel | Moments,
    definition: Definition,
    *,
    horizon_days: int,
    delay_days: int,
    known_before: date,
) -> Outcomes:
    """States over [t, t + horizon local days), using only what was recorded before `known_before`.

    One rule of maturity for every row: it is usable once horizon and coding delay have passed at the cut-off. An
    admission still uncoded then is not avoidable; leaving such rows out would remove only positives.
    """
    cut = instant(known_before)
    t = np.array([instant(a) for a in panel.as_ofs], np.int64)[panel.week]
    ends = np.array([instant(a + timedelta(days=horizon_days)) for a in panel.as_ofs], np.int64)[panel.week]
    first, uncoded = _first_admission(history, panel, definition, t, ends, cut)
    died = _deaths(history, panel, cut)
    left = _left(history, panel, ends, cut)
    sdec = _first_event(history, panel, _SAME_DAY, t, ends, cut)
    admitted = (first < ends) & (first <= died)
    state = np.full(len(panel), int(State.NONE), np.int8)
    state[sdec < np.minimum(ends, died)] = State.SAME_DAY_CARE
    state[died < ends] = State.DIED_FIRST
    state[admitted] = State.ADMITTED
    # What follows the move is seen in part at best: keeping the admissions alone would keep only positives.
    state[(left < ends) & (left < died) & (left < first)] = State.LEFT
    state[died < t] = State.DIED_BEFORE
    ripe = np.array([a + timedelta(days=horizon_days + delay_days) <= known_before for a in panel.as_ofs], bool)
    state[~ripe[panel.week]] = State.NOT_YET_KNOWN
    return Outcomes(state, t, ends, first, died, left, uncoded)


def emergency(methods: np.ndarray) -> np.ndarray:
    """Mask of new emergency admissions; 2B, a transfer, continues one."""
    return np.isin(methods, list(EMERGENCY_METHODS - {TRANSFER_METHOD}))


def _first_admission(
    history: History, panel: Panel | Moments, definition: Definition, t: np.ndarray, ends: np.ndarray, cut: int
) -> tuple[np.ndarray, int]:
    spells = history["spells"]
    when = known(spells, "coded_at")
    current = (when.since < cut) & (cut <= when.until)
    coded = micros(spells["coded_at"]) < cut
    method, primary, secondary, procedures = (
        np.array(spells[c].to_pylist(), object)
        for c in ("admission_method", "primary_diagnosis", "secondary_diagnoses", "procedures")
    )
    for codes in (primary, secondary, procedures):
        codes[~coded] = None
    age = _ages(history, panel, spells) if definition.needs_age else None
    category = definition.classify(primary, secondary, procedures, method, age)
    qualifies = current & np.array([c is not None for c in category], bool)
    entity, admitted = entities(spells["resident_id"], panel.residents), micros(spells["admitted_at"])
    rows = np.flatnonzero(qualifies & (entity >= 0))
    first = _next(entity[rows], admitted[rows], panel.entity, t)
    silent = current & emergency(method) & np.array([p is None for p in primary], bool) & (entity >= 0)
    blank = np.flatnonzero(silent)
    hits = _next(entity[blank], admitted[blank], panel.entity, t)
    return first, int((hits < ends).sum()) if definition.needs_coding else 0


def _ages(history: History, panel: Panel | Moments, spells: pa.Table) -> np.ndarray:
    """Years at each admission; NaN for residents the history does not hold."""
    entity = entities(spells["resident_id"], panel.residents)
    born = np.append(birth_days(history, panel.residents), np.nan)[entity]
    return (local_days(micros(spells["admitted_at"], 0)) - born) / 365.25


def _next(entity: np.ndarray, time: np.ndarray, row_entity: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Per row, the first `time` of its entity at or after t; NEVER if none."""
    order = np.lexsort((time, entity))
    entity, time = entity[order], time[order]
    # One sorted key for (entity, time): ranks keep it exact where a product would overflow.
    instants, rank = np.unique(np.concatenate([time, t]), return_inverse=True)
    base = len(instants) + 1
    keys = entity.astype(np.int64) * base + rank[: len(time)]
    at = np.searchsorted(keys, row_entity.astype(np.int64) * base + rank[len(time) :])
    found = (at < len(keys)) & (np.append(entity, -1)[np.minimum(at, len(keys))] == row_entity)
    return np.where(found, np.append(time, NEVER)[np.minimum(at, len(keys))], NEVER)


def _deaths(history: History, panel: Panel | Moments, cut: int) -> np.ndarray:
    people = history["residents"]
    died, told = micros(people["died_on"]), micros(people["died_recorded_at"])
    seen = np.where(told < cut, died, NEVER)
    return by_entity(seen, people["resident_id"], panel.residents, NEVER)[panel.entity]


def _left(history: History, panel: Panel | Moments, ends: np.ndarray, cut: int) -> np.ndarray:
    """Per row, the latest end of any stay begun before the horizon's end: from then on the resident is in no home."""
    stays = Interval.of(history["stays"], panel.residents, "moved_in", "moved_out", "moved_out_recorded_at")
    end = np.where(stays.end_known < cut, stays.end, NEVER)
    current = (stays.entity >= 0) & (stays.known.since < cut) & (cut <= stays.known.until)
    rows = stays.order[current[stays.order]]
    rows = rows[np.argsort(stays.entity[rows], kind="stable")]
    start = np.searchsorted(stays.entity[rows], np.arange(len(panel.residents) + 1)).astype(np.int64)
    return _latest_end(start, stays.begin[rows], end[rows], panel.entity.astype(np.int64), ends)


@njit(cache=True)
def _latest_end(start, begin, end, entity, before):  # pragma: no cover - compiled
    out = np.full(len(entity), np.iinfo(np.int64).min)
    for row in range(len(entity)):
        for i in range(start[entity[row]], start[entity[row] + 1]):
            if begin[i] < before[row]:
                out[row] = max(out[row], end[i])
    return out


def _first_event(
    history: History, panel: Panel | Moments, code: str, t: np.ndarray, ends: np.ndarray, cut: int
) -> np.ndarray:
    events = history["events"]
    events = events.filter(pa.array(_versions(events, code)))
    named = _named(events, code)
    when = known(events)
    current = (when.since < cut) & (cut <= when.until)
    entity = entities(events["resident_id"], panel.residents)
    rows = np.flatnonzero(named & current & (entity >= 0))
    return _next(entity[rows], micros(events["time"])[rows], panel.entity, t)


def events_of_outcomes(events: pa.Table) -> pa.Table:
    """The events that outcomes look at: few beside all."""
    return events.filter(pa.array(_versions(events, _SAME_DAY)))


def _named(events: pa.Table, concept: str) -> np.ndarray:
    """Mask of the events whose code names a concept."""
    words, at = dictionary(events["code"])
    named = resolve(words)
    return np.array([*(named.get(word) == concept for word in words.to_pylist()), False])[at]


def _versions(events: pa.Table, concept: str) -> np.ndarray:
    """Mask of these, and of all versions of their records, since a correction may give a record another code."""
    named = _named(events, concept)
    ids = events["record_id"].filter(pa.array(named)).unique().drop_null()
    return named | pc.is_in(events["record_id"], ids).to_numpy() if len(ids) else named
