"""Rules about time: what comes before what, and who was where."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .asof import DAY, LONG_AGO, NEVER
from .check_found import Finding, truth
from .cohort import UNCERTAIN_AFTER
from .problems import Severity
from .rules import Rule, Tables, found, lacks, rule
from .visibility import micros

_BIRTH = "residents.date_of_birth"


def time_rules() -> tuple[Rule, ...]:
    """Every rule of this file."""
    return (
        _in_order("spells", "admitted_at", "discharged_at", "discharge_recorded_at", "error"),
        _in_order("stays", "moved_in", "moved_out", "moved_out_recorded_at", "error"),
        _in_order("objections", "from", "to", "recorded_at", "warning"),
        *(_recorded_first(*pair) for pair in _TOLD),
        *(_future(table, column) for table, column in _HAPPENED),
        *(_after_death(table, column) for table, column in _LIVED),
        *(_before_birth(table, column) for table, column in _LIVED),
        _born_after_death,
        _born_in_future,
        _open_long,
        _overlapping,
        _after_leaving,
        _without_stay,
        _without_residents,
    )


# (table, time, recorded). Moves and objections are often written down before they take effect.
_TOLD = (
    ("home_events", "time", "recorded_at"),
    ("residents", "died_on", "died_recorded_at"),
    ("spells", "admitted_at", "recorded_at"),
    ("spells", "discharged_at", "discharge_recorded_at"),
    ("spells", "admitted_at", "coded_at"),
    ("events", "time", "recorded_at"),
)
_HAPPENED = (
    ("home_events", "time"),
    ("residents", "died_on"),
    ("spells", "admitted_at"),
    ("spells", "discharged_at"),
    ("events", "time"),
)
_LIVED = (("stays", "moved_in"), ("spells", "admitted_at"), ("events", "time"))


def _in_order(table: str, begin: str, end: str, recorded: str, severity: Severity) -> Rule:
    where = f"{table}.{end}"

    @rule(f"{where} is not before {begin}", f"{table}.{begin}", where)
    def find(t: Tables) -> Iterable[Finding]:
        wrong = truth(pc.less(t[table][end], t[table][begin]))
        if wrong.any():
            # A wrong row that a later version corrected needs no mending.
            wrong &= t.current(table, recorded)
        return found(t, where, "ends before it starts", severity, wrong, f"Correct {begin} or {end}")

    return find


def _recorded_first(table: str, time: str, recorded: str) -> Rule:
    where = f"{table}.{recorded}"

    @rule(f"{where} is not before {time}", f"{table}.{time}", where)
    def find(t: Tables) -> Iterable[Finding]:
        early = pc.less(t[table][recorded], t[table][time])
        hint = "Give recording times to the minute: a date alone is the midnight before"
        return found(t, where, "recorded before it happened", "warning", early, hint)

    return find


def _future(table: str, column: str) -> Rule:
    where = f"{table}.{column}"

    @rule(f"{where} is not after the history's end", where)
    def find(t: Tables) -> Iterable[Finding]:
        if t.last is None:
            return ()
        late = pc.greater(t[table][column].cast(pa.int64()), t.last)
        says = "in the future, after the history's last recording"
        return found(t, where, says, "warning", late, "Look for a wrong year; planned things are not events")

    return find


def _after_death(table: str, column: str) -> Rule:
    where = f"{table}.{column}"

    @rule(f"{where} is not after death", where, f"{table}.resident_id", "residents.resident_id", "residents.died_on")
    def find(t: Tables) -> Iterable[Finding]:
        died = t.of_person("died_on", NEVER)
        # A death is often told as a day: its midnight is the morning before.
        late = _of_row(t, table, _day_after(died), NEVER) < micros(t[table][column], LONG_AGO)
        return found(t, where, "more than a day after death", "warning", late, "Check the resident and the death")

    return find


def _before_birth(table: str, column: str) -> Rule:
    where = f"{table}.{column}"

    @rule(f"{where} is not before birth", where, f"{table}.resident_id", "residents.resident_id", _BIRTH)
    def find(t: Tables) -> Iterable[Finding]:
        early = micros(t[table][column]) < _of_row(t, table, t.of_person("date_of_birth", LONG_AGO), LONG_AGO)
        return found(t, where, "before birth", "warning", early, "Look for 1900-01-01 and other stand-ins for unknown")

    return find


def _day_after(instants: np.ndarray) -> np.ndarray:
    return np.where(instants > NEVER - DAY, NEVER, instants + DAY)


def _of_row(t: Tables, table: str, of_person: np.ndarray, missing: int) -> np.ndarray:
    """A value of each person, at each row of a table."""
    return np.append(of_person, missing)[t.person(table)]


@rule("residents are born before they die", _BIRTH, "residents.died_on")
def _born_after_death(t: Tables) -> Iterable[Finding]:
    people = t["residents"]
    # A day's room: the zone of a death must not make a birthday of it.
    wrong = pc.less(pc.add(people["died_on"].cast(pa.int64()), DAY), _midnight(people["date_of_birth"]))
    return found(t, _BIRTH, "birth after death", "error", wrong, "Correct one of the two")


@rule("residents are born before the history ends", _BIRTH)
def _born_in_future(t: Tables) -> Iterable[Finding]:
    if t.last is None:
        return ()
    wrong = pc.greater(_midnight(t["residents"]["date_of_birth"]), t.last)
    return found(t, _BIRTH, "birth in the future", "error", wrong, "Look for two-digit years")


def _midnight(days: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.multiply(days.cast(pa.int32()).cast(pa.int64()), DAY)


@rule("spells are discharged within 60 days", "spells.admitted_at", "spells.discharged_at", "spells.resident_id")
def _open_long(t: Tables) -> Iterable[Finding]:
    if t.last is None:
        return ()
    spells = t["spells"]
    old = truth(pc.less(spells["admitted_at"].cast(pa.int64()), t.last - UNCERTAIN_AFTER))
    rows = old & truth(pc.is_null(spells["discharged_at"])) & t.current("spells", "discharge_recorded_at")
    rows &= _of_row(t, "spells", t.of_person("died_on", NEVER), NEVER) == NEVER
    hint = "Send the discharge: the resident is listed as hospital status uncertain"
    return found(t, "spells.discharged_at", "still open after 60 days", "warning", rows, hint)


class _Lived:
    """Current stays by person and move-in, each with the latest end of the person's stays up to it."""

    def __init__(self, t: Tables) -> None:
        stays, person = t["stays"], t.person("stays")
        begin, end = micros(stays["moved_in"]), micros(stays["moved_out"])
        rows = np.flatnonzero(t.current("stays", "moved_out_recorded_at") & (person >= 0) & (begin < NEVER))
        self.rows = rows[np.lexsort((begin[rows], person[rows]))]
        self.person, self.begin = person[self.rows].astype(np.int64), begin[self.rows]
        self.instants = np.unique(self.begin)
        self.keys = self._key(self.person, self.begin)
        ends, rank = np.unique(end[self.rows], return_inverse=True)
        # People are numbered upwards, so a new person's first stay outranks all stays of those before.
        highest = np.maximum.accumulate(self.person * len(ends) + rank)
        self.latest_end = ends[highest - self.person * len(ends)]
        self.first_end = np.full(len(t.people) + 1, NEVER)
        np.minimum.at(self.first_end, self.person, end[self.rows])

    def _key(self, person: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Orders (person, number of move-ins up to a time) as one integer."""
        return person * (len(self.instants) + 1) + np.searchsorted(self.instants, time, side="right")

    def overlaps(self) -> np.ndarray:
        """Rows of stays that begin while an earlier stay of the same person goes on."""
        same = self.person[1:] == self.person[:-1]
        return self.rows[1:][same & (self.latest_end[:-1] > self.begin[1:])]

    def outside(self, person: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Positions more than a day after the end of every stay begun by then; never before the first move-in."""
        # Nobody can have left before the person's first end, which spares nearly everyone the search.
        some = np.flatnonzero(time > _day_after(self.first_end)[person])
        return some[time[some] > _day_after(self._left_by(person[some], time[some]))]

    def _left_by(self, person: np.ndarray, time: np.ndarray) -> np.ndarray:
        """The end of the latest-ending stay begun by then; NEVER for nobody and before the first move-in."""
        at = np.searchsorted(self.keys, self._key(person.astype(np.int64), time), side="right") - 1
        has = (at >= 0) & (np.append(self.person, -2)[at] == person)
        return np.where(has, np.append(self.latest_end, NEVER)[at], NEVER)


def _lived(t: Tables) -> _Lived:
    return t.kept("lived", lambda: _Lived(t))


_STAYS = ("stays.resident_id", "stays.moved_in", "stays.moved_out", "residents.resident_id")


@rule("stays do not overlap", *_STAYS)
def _overlapping(t: Tables) -> Iterable[Finding]:
    mask = np.zeros(t["stays"].num_rows, bool)
    mask[_lived(t).overlaps()] = True
    hint = "End the stay before: until then the latest move-in counts"
    return found(t, "stays.moved_in", "begins during another stay", "warning", mask, hint)


@rule("events happen during a stay", "events.time", "events.resident_id", *_STAYS)
def _after_leaving(t: Tables) -> Iterable[Finding]:
    time = micros(t["events"]["time"], LONG_AGO)
    gone = _lived(t).outside(t.person("events"), time)
    hint = "Look for a stay that is missing or ended too early"
    return found(t, "events.time", "after leaving, outside any stay", "warning", gone, hint)


def before_move_in(t: Tables) -> int:
    """Events of residents before their first move into a home: ordinary history, counted for the record."""
    if any(lacks(t.broken, need) for need in (*_STAYS, "events.resident_id", "events.time")):
        return 0
    stays, person = t.person("stays"), t.person("events")
    first = np.full(len(t.people) + 1, NEVER)
    np.minimum.at(first, stays, micros(t["stays"]["moved_in"]))
    first[-1] = LONG_AGO
    return int((micros(t["events"]["time"]) < np.where(first == NEVER, LONG_AGO, first)[person]).sum())


@rule("residents have a stay", "residents.resident_id", "stays.resident_id")
def _without_stay(t: Tables) -> Iterable[Finding]:
    there = t.words("stays", "resident_id")[0]
    lost = t.saying("residents", "resident_id", lambda words: pc.invert(pc.is_in(words, there)))
    hint = "Add a stay: nobody is listed without one"
    return found(t, "residents.resident_id", "resident without any stay", "warning", lost, hint)


@rule("homes have residents", "homes.home_id", "stays.home_id")
def _without_residents(t: Tables) -> Iterable[Finding]:
    there = t.words("stays", "home_id")[0]
    lost = t.saying("homes", "home_id", lambda words: pc.invert(pc.is_in(words, there)))
    hint = "Check that the home's stays were sent"
    return found(t, "homes.home_id", "home without residents", "warning", lost, hint)
