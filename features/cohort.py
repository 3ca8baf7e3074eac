"""The panel: who is in a home at each as-of, with what status, and how many each filter left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .asof import DAY, LONG_AGO, NEVER
from .block import Block
from .contract import TABLES
from .history import History
from .kernel import Clock, clock, newest_times
from .records import by_entity, entities
from .streams import FEEDS, RESIDENT_STREAMS
from .visibility import Known, known, micros

UNCERTAIN_AFTER = 60 * DAY  # an admission without a discharge for this long is no longer believed
USABLE_WITHIN = 364 * DAY  # a resident without any record in a year cannot be estimated


class Status(IntEnum):
    """Of a resident living in a home at t. Those up to IN_HOSPITAL get an estimate; only ELIGIBLE are ranked."""

    ELIGIBLE = 0
    HOSPITAL_UNCERTAIN = 1  # admitted long ago or seen at home since, discharge never arrived: ranked, and said so
    IN_HOSPITAL = 2
    NO_USABLE_RECORD = 3
    OBJECTION = 4


RANKED = (Status.ELIGIBLE, Status.HOSPITAL_UNCERTAIN)
ESTIMATED = (*RANKED, Status.IN_HOSPITAL)
FILTERS = (
    "known residents",
    "not yet moved in",
    "left",
    "died",
    "objection",
    "no usable record",
    "in hospital",
)


@dataclass(frozen=True)
class Panel:
    """Rows by (entity, week): indices into `residents`, `as_ofs`, `homes` and the rows of stays; `status` per row.

    `newest` holds for each feed, by week, the instant of the newest record of anybody who lives in a home then.
    """

    residents: pa.Array
    homes: pa.Array
    as_ofs: tuple[date, ...]
    clock: Clock
    entity: np.ndarray
    week: np.ndarray
    home: np.ndarray
    stay: np.ndarray
    status: np.ndarray
    attrition: np.ndarray  # (weeks, len(FILTERS)): known, then those each filter left out
    newest: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.entity)


def attrition_rows(as_ofs: Sequence[date], attrition: np.ndarray) -> list[dict[str, int | str]]:
    """One dict per as-of: counts by filter, and who is left to be ranked."""
    rows = []
    for as_of, counts in zip(as_ofs, attrition.tolist(), strict=True):
        row: dict[str, int | str] = {"as_of": as_of.isoformat()}
        row |= dict(zip(FILTERS, counts, strict=True))
        row["ranked"] = counts[0] - sum(counts[1:])
        rows.append(row)
    return rows


def some(panel: Panel, rows: np.ndarray) -> Panel:
    """The panel with the rows under a mask alone; what it says of everybody stays."""
    columns = ("entity", "week", "home", "stay", "status")
    return replace(panel, **{name: getattr(panel, name)[rows] for name in columns})


def sorted_ids(column: pa.ChunkedArray) -> pa.Array:
    """Distinct ids in code-point order: the index that every array of entities refers to."""
    ids = pc.unique(column).drop_null()
    return ids.take(pc.sort_indices(ids))


def build_panel(
    history: History,
    block: Block,
    as_ofs: Sequence[date],
    *,
    grace: int,
    objections: Collection[str] = frozenset(),
    windows: Sequence[int] = (),
) -> Panel:
    """Everyone living in one of the history's homes at each as-of (midnight in London), as known at t + grace
    (microseconds).

    `objections` names the kinds that keep a resident out for this purpose; `block` tells what was recorded of each.
    """
    residents, homes = block.ids, sorted_ids(history["homes"]["home_id"])
    when = clock(as_ofs, grace, windows)
    at = _Tables(history, residents, homes)
    parts, attrition = [], []
    for week in range(len(as_ofs)):
        stay, counts = _living(at, when, week, len(residents))
        entity = np.flatnonzero(stay >= 0)
        entity = entity[at.stay_home[stay[entity]] >= 0]
        status = _status(at, block, when, week, entity, objections)
        by_status = [int((status == s).sum()) for s in (Status.OBJECTION, Status.NO_USABLE_RECORD, Status.IN_HOSPITAL)]
        attrition.append([*counts, *by_status])
        parts.append(
            np.column_stack([entity, np.full(len(entity), week), at.stay_home[stay[entity]], stay[entity], status])
        )
    rows = np.concatenate(parts) if parts else np.empty((0, 5), np.int64)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    table = np.array(attrition, np.int64).reshape(len(as_ofs), len(FILTERS))
    who, week_of, home, stay_row, status_of = (np.ascontiguousarray(rows[:, i], np.int32) for i in range(5))
    newest = _newest_by_week(block, when, who, week_of)
    return Panel(residents, homes, tuple(as_ofs), when, who, week_of, home, stay_row, status_of, table, newest)


@dataclass(frozen=True)
class Whereabouts:
    """Per resident at one instant: the row of their stay (-1: none), of the last one there was, and what is known."""

    residents: pa.Array
    stay: np.ndarray
    last_stay: np.ndarray
    dead: np.ndarray
    objecting: np.ndarray
    status: np.ndarray


def whereabouts(history: History, block: Block, now: int, objections: Collection[str]) -> Whereabouts:
    """Where everybody is at the instant `now`, by what was recorded before it; the same rules as a panel's.

    `block` needs the records of the last `UNCERTAIN_AFTER` only.
    """
    at = _Tables(history, block.ids, sorted_ids(history["homes"]["home_id"]))
    stay, _, dead = _stays(at, now, now, len(block.ids))
    everyone = np.arange(len(block.ids))
    return Whereabouts(
        block.ids,
        np.where(dead, -1, stay),
        at.stay.latest(at.stay.started(now, now), len(block.ids)),
        dead,
        _objecting(at, now, now, len(block.ids), objections),
        _hospital_status(at, block, now, now, everyone),
    )


class _Tables:
    """Stays, deaths, spells and objections as arrays with their intervals of knowledge."""

    def __init__(self, history: History, residents: pa.Array, homes: pa.Array) -> None:
        people, stays, spells = history["residents"], history["stays"], history["spells"]
        self.died, self.died_known = (
            by_entity(micros(people[c]), people["resident_id"], residents, NEVER)
            for c in ("died_on", "died_recorded_at")
        )
        self.stay = Interval.of(stays, residents, "moved_in", "moved_out", "moved_out_recorded_at")
        self.stay_home = entities(stays["home_id"], homes)
        self.spell = Interval.of(spells, residents, "admitted_at", "discharged_at", "discharge_recorded_at")
        objections = history.tables.get("objections", TABLES["objections"].schema.empty_table())
        self.objection = Interval.of(objections, residents, "from", "to", "recorded_at")
        self.objection_kind = np.array(objections["kind"].to_pylist(), object)


@dataclass(frozen=True)
class Interval:
    """Dated intervals of entities whose end may become known later than their start."""

    entity: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    end_known: np.ndarray
    known: Known
    order: np.ndarray  # by (begin, first recording, record id, other ids): the last one of an entity is the latest

    @classmethod
    def of(cls, table: pa.Table, ids: pa.Array, begin: str, end: str, end_recorded: str) -> "Interval":
        start, when = micros(table[begin]), known(table, end_recorded)
        told_by = ("spell_id",) if "spell_id" in table.column_names else ("home_id", "kind", "record_id")
        ties = [
            pc.rank(pc.fill_null(table[name], ""), tiebreaker="dense").to_numpy()
            for name in told_by
            if name in table.column_names
        ]
        order = np.lexsort((*ties, known(table).since, start))
        return cls(
            entities(table["resident_id"], ids),
            start,
            micros(table[end]),
            micros(table[end_recorded], LONG_AGO),
            when,
            order,
        )

    def started(self, t: int, known_at: int) -> np.ndarray:
        """Mask of intervals known to have begun before t."""
        return (self.entity >= 0) & (self.begin < t) & (self.known.since < known_at) & (known_at <= self.known.until)

    def ended(self, t: int, known_at: int) -> np.ndarray:
        """Mask of intervals known to have ended before t."""
        return (self.end < t) & (self.end_known < known_at)

    def latest(self, mask: np.ndarray, entities_count: int) -> np.ndarray:
        """Per entity, the row of its latest interval among `mask`, or -1."""
        out = np.full(entities_count, -1, np.int64)
        rows = self.order[mask[self.order]]
        out[self.entity[rows]] = rows
        return out


def _living(at: _Tables, when: Clock, week: int, residents: int) -> tuple[np.ndarray, list[int]]:
    """Each resident's stay at t (-1: none), and the counts known, not yet moved in, left, died."""
    t, known_at = int(when.t[week]), int(when.known_at[week])
    stay, ever, dead = _stays(at, t, known_at, residents)
    counts = [residents, int((~ever).sum()), int((ever & (stay < 0) & ~dead).sum()), int((ever & dead).sum())]
    return np.where(dead, -1, stay), counts


def _stays(at: _Tables, t: int, known_at: int, residents: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per resident: the stay at t (-1: none), whether there ever was one, and whether they are known to have died."""
    started = at.stay.started(t, known_at)
    stay = at.stay.latest(started & ~at.stay.ended(t, known_at), residents)
    return stay, at.stay.latest(started, residents) >= 0, (at.died < t) & (at.died_known < known_at)


def _status(
    at: _Tables, block: Block, when: Clock, week: int, entity: np.ndarray, objections: Collection[str]
) -> np.ndarray:
    t, known_at = int(when.t[week]), int(when.known_at[week])
    status = _hospital_status(at, block, t, known_at, entity)
    # A roster entry alone is no record of health.
    recorded = [name for name, s in RESIDENT_STREAMS.items() if s.feed != "home"]
    newest = _newest(block, recorded, entity, t, known_at)
    status[newest < t - USABLE_WITHIN] = Status.NO_USABLE_RECORD
    status[_objecting(at, t, known_at, len(block.ids), objections)[entity]] = Status.OBJECTION
    return status


def _hospital_status(at: _Tables, block: Block, t: int, known_at: int, entity: np.ndarray) -> np.ndarray:
    """Eligible, in hospital, or of uncertain hospital status."""
    status = np.full(len(entity), int(Status.ELIGIBLE))
    admitted = at.spell.latest(at.spell.started(t, known_at), len(block.ids))[entity]
    is_open = admitted >= 0
    is_open[is_open] = ~at.spell.ended(t, known_at)[admitted[is_open]]
    open_rows = np.flatnonzero(is_open)
    status[open_rows] = _hospital(at, block, t, known_at, entity[open_rows], admitted[open_rows])
    return status


def _objecting(at: _Tables, t: int, known_at: int, residents: int, objections: Collection[str]) -> np.ndarray:
    kinds = np.isin(at.objection_kind, list(objections))
    against = at.objection.started(t, known_at) & ~(at.objection.end <= t) & kinds
    return at.objection.latest(against, residents) >= 0


def _hospital(at: _Tables, block: Block, t: int, known_at: int, entity: np.ndarray, spell: np.ndarray) -> np.ndarray:
    """In hospital, unless the admission is 60 days old or the home has recorded anything two days after it."""
    care = [name for name, s in RESIDENT_STREAMS.items() if s.feed == "care_record" and s.is_base]
    seen = _newest(block, care, entity, t, known_at)
    admitted = at.spell.begin[spell]
    doubtful = (t - admitted >= UNCERTAIN_AFTER) | (seen >= admitted + 2 * DAY)
    return np.where(doubtful, int(Status.HOSPITAL_UNCERTAIN), int(Status.IN_HOSPITAL))


def newest_of_feed(block: Block, feed: str, when: Clock, entity: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Instant of each row's newest visible record of a feed; LONG_AGO if none."""
    base = [s.name for s in RESIDENT_STREAMS.values() if s.feed == feed and s.is_base]
    return newest_times(block, base, entity, when.t[week], when.known_at[week])


def _newest_by_week(block: Block, when: Clock, entity: np.ndarray, week: np.ndarray) -> dict[str, np.ndarray]:
    out = {feed: np.full(len(when.t), LONG_AGO, np.int64) for feed in FEEDS}
    for feed, newest in out.items():
        np.maximum.at(newest, week, newest_of_feed(block, feed, when, entity, week))
    return out


def _newest(block: Block, streams: Sequence[str], entity: np.ndarray, t: int, known_at: int) -> np.ndarray:
    return newest_times(block, streams, entity, np.full(len(entity), t), np.full(len(entity), known_at))
