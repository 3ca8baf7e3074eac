"""Where each resident is now, as the history tells it at this instant: by the same rules of what is known as lists.

A list says what was known on its Monday. Who has died, moved, gone into hospital or objected since then is looked up
here whenever a page is shown.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.asof import LONG_AGO, local_date
from features.block import Block, build_block
from features.cohort import UNCERTAIN_AFTER, Status, Whereabouts, sorted_ids, whereabouts
from features.contract import INSTANT, PSEUDONYMOUS
from features.history import History, Lags, locate, open_history
from features.records import resident_records
from features.streams import RESIDENT_STREAMS
from features.visibility import micros

State = Literal["here", "in_hospital", "moved", "died"]


@dataclass(frozen=True, slots=True)
class Place:
    """A resident now: `home_id` and `practice` are those of the latest stay, `since` the day of what `state` says.

    `moved_in` is the day on which that stay began, `told_on` the day from which the records told of it.
    """

    resident_id: str
    state: State
    home_id: str
    home_label: str
    practice: str
    since: date | None
    objecting: bool
    born: date
    sex: str
    moved_in: date | None = None
    told_on: date | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A home as the history names it; practice, address and the weekday of its round are empty where it does not."""

    home_id: str
    label: str
    practice: str = ""
    email: str = ""
    round_day: str = ""


@dataclass(frozen=True)
class Register:
    """Everybody whom the history knows, and the homes, at the instant `at`."""

    at: datetime
    places: Mapping[str, Place]
    homes: Mapping[str, Home]

    def find(self, resident_id: str) -> Place | None:
        return self.places.get(resident_id)

    @cached_property
    def born(self) -> Mapping[str, date]:
        """Dates of birth by resident_id."""
        return {who: place.born for who, place in self.places.items()}


@dataclass(frozen=True)
class Residents:
    """The register of a history: read again when a file of it changes, worked out again when a new hour begins.

    `objections` names the kinds that keep a resident out of direct care's lists.
    """

    history: Path
    lags: Lags = field(default_factory=Lags)
    objections: Collection[str] = frozenset()
    _kept: dict[str, tuple[object, Any]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def at(self, now: datetime) -> Register:
        """Where everybody is at the start of this hour."""
        hour, files = now.replace(minute=0, second=0, microsecond=0), _identity(self.history)
        with self._lock:
            history = self._same("history", files, lambda: _recent(open_history(self.history, self.lags), hour))
            found: Register = self._same("now", (hour, files), lambda: register(history, hour, self.objections))
        return found

    def _same(self, name: str, identity: object, make: Callable[[], Any]) -> Any:
        kept = self._kept.get(name)
        if kept is None or kept[0] != identity:
            kept = self._kept[name] = (identity, make())
        return kept[1]


def _identity(history: Path) -> tuple[object, ...]:
    """What tells that a file of the history was written again, without reading it."""
    sources = [found for name in PSEUDONYMOUS if (found := locate(history, name))]
    files = [path for one in sources for path in (sorted(one.rglob("*")) if one.is_dir() else [one])]
    return tuple((str(path), s.st_ino, s.st_size, s.st_mtime_ns) for path in files for s in (path.stat(),))


def register(history: History, now: datetime, objections: Collection[str]) -> Register:
    """Where everybody of a history is at an instant."""
    instant = _instant(now)
    found = whereabouts(history, _block(history), instant, objections)
    stays, people = history["stays"], _people(history)
    homes = _homes(history)
    home, practice = stays["home_id"].to_pylist(), stays["practice"].to_pylist()
    moved_in, moved_out = micros(stays["moved_in"], LONG_AGO), micros(stays["moved_out"], LONG_AGO)
    told = _first_told(stays, moved_in)
    places = {}
    for i, who in enumerate(found.residents.to_pylist()):
        row = int(found.last_stay[i] if found.stay[i] < 0 else found.stay[i])
        if row < 0:
            continue
        state, person = _state(found, i), people[who]
        since = {"died": person["died_on"], "moved": int(moved_out[row]), "here": int(moved_in[row])}.get(state)
        places[who] = Place(
            resident_id=who,
            state=state,
            home_id=home[row],
            home_label=homes[home[row]].label if home[row] in homes else home[row],
            practice=practice[row] or (homes[home[row]].practice if home[row] in homes else ""),
            since=_day(since),
            objecting=bool(found.objecting[i]),
            born=person["date_of_birth"],
            sex=person["sex"],
            moved_in=_day(int(moved_in[row])),
            told_on=_day(told[who, home[row], int(moved_in[row])]),
        )
    return Register(now, places, homes)


def _first_told(stays: pa.Table, moved_in: np.ndarray) -> dict[tuple[str, str, int], int]:
    """When each stay was first recorded: a later version, as when it ended, tells nothing new of its start."""
    recorded = micros(stays["recorded_at"], LONG_AGO).tolist()
    who, home, begun = stays["resident_id"].to_pylist(), stays["home_id"].to_pylist(), moved_in.tolist()
    first: dict[tuple[str, str, int], int] = {}
    for stay, at in zip(zip(who, home, begun, strict=True), recorded, strict=True):
        first[stay] = min(at, first.get(stay, at))
    return first


def _homes(history: History) -> dict[str, Home]:
    columns = ["home_id", "name", "practice", "email", "round_day"]
    rows = history["homes"].select(columns).to_pylist()
    return {row["home_id"]: Home(*(row[column] or "" for column in columns)) for row in rows}


def _state(found: Whereabouts, i: int) -> State:
    if found.dead[i]:
        return "died"
    if found.stay[i] < 0:
        return "moved"
    return "in_hospital" if found.status[i] == Status.IN_HOSPITAL else "here"


def _people(history: History) -> dict[str, dict]:
    residents = history["residents"].select(["resident_id", "date_of_birth", "sex", "died_on"])
    died = residents["died_on"].cast(INSTANT).cast(pa.int64())
    residents = residents.set_column(residents.schema.get_field_index("died_on"), "died_on", died)
    return {row["resident_id"]: row for row in residents.to_pylist()}


def _day(instant: int | None) -> date | None:
    return None if instant is None or instant == LONG_AGO else local_date(instant)


def _recent(history: History, now: datetime) -> History:
    """Without events too old to tell whether somebody is back from hospital."""
    events = history["events"]
    since = pa.scalar(_instant(now) - UNCERTAIN_AFTER, pa.int64()).cast(INSTANT)
    recent = events.filter(pc.greater_equal(events["time"].cast(INSTANT), since))
    return replace(history, tables={**history.tables, "events": recent})


def _block(history: History) -> Block:
    ids = sorted_ids(history["residents"]["resident_id"])
    return build_block(resident_records(history, ids), ids, RESIDENT_STREAMS, history["events"]["record_id"])


def _instant(now: datetime) -> int:
    """UTC microseconds."""
    return round(now.timestamp() * 1_000_000)
