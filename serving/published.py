"""The published lists as the review room reads them: the revision in force of each week, checked against its manifest.

Nothing is taken from a file whose bytes are not those that were published. What was read is kept as long as the
manifest is the same file. A week of a country has 17,000 lists, and a person's scope is a few of them: only those are
read.
"""

import hashlib
import json
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from . import manifest
from .publish import latest_folder
from .rows import Entry, Team, Watchlist, from_json
from .slugs import slug
from .typed import decoded

_CHANGED = "The file of this list is not the one that was published. Tell whoever looks after this service."
_UNREADABLE = "The file of this list cannot be read. Tell whoever looks after this service."
_KEPT = 512  # lists of a week that are kept once they were read: all of a county's
_TEAM_BEGINS, _TEAM_ENDS = b'\n "team": {', b"\n }"  # no text within a file holds a line end


@dataclass(frozen=True)
class HeldList:
    """A list that was not published, or may no longer be shown, and every reason why.

    `homes` whose residents it would list are empty where the file that would tell them cannot be trusted.
    """

    slug: str
    label: str
    homes: frozenset[str]
    reasons: tuple[str, ...]


class Week:
    """The lists in force for one Monday, by the team's name in addresses. A list is read when it is asked for.

    digests  of each list's file, as its manifest states them
    lists    those whose file is the one that was published
    """

    def __init__(
        self, as_of: date, revision: int, folder: Path, digests: Mapping[str, str], held: tuple[HeldList, ...]
    ) -> None:
        self.as_of, self.revision, self.digests = as_of, revision, digests
        self._folder, self._held = folder, held
        self.read = lru_cache(_KEPT)(self._read)
        self.lists: Mapping[str, Watchlist] = _Sound(self)

    def _read(self, slug: str) -> Watchlist | str:
        """A list, or why it may not be shown."""
        data = self._bytes(slug)
        return _decoded(data) if isinstance(data, bytes) else data

    def _bytes(self, slug: str) -> bytes | str:
        """The file of a list, or why nothing may be taken from it."""
        try:
            data = (self._folder / slug / "list.json").read_bytes()
        except OSError:
            return _UNREADABLE
        return data if hashlib.sha256(data).hexdigest() == self.digests[slug] else _CHANGED

    @cached_property
    def _told(self) -> tuple[Mapping[str, Team], tuple[HeldList, ...]]:
        """The team of each list, in the order of kinds and labels; and lists of which nobody can tell the team."""
        teams: dict[str, Team] = {}
        broken = []
        for name in self.digests:
            data = self._bytes(name)
            found = _team(data) if isinstance(data, bytes) else data
            if isinstance(found, Team):
                teams[name] = found
            else:
                broken.append(HeldList(name, name, frozenset(), (found,)))
        return dict(sorted(teams.items(), key=lambda item: (item[1].kind, item[1].label))), tuple(broken)

    @property
    def teams(self) -> Mapping[str, Team]:
        """Whose each list is. Of the files no more is taken than that."""
        return self._told[0]

    @property
    def held(self) -> tuple[HeldList, ...]:
        """Lists that were held back, and those whose file is not the one that was published."""
        return self._held + self._told[1]

    @cached_property
    def _of_home(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for place, team in enumerate(self.teams.values()):
            for home, _ in team.homes:
                found.setdefault(home, []).append(place)
        return {home: tuple(places) for home, places in found.items()}

    @cached_property
    def _order(self) -> tuple[str, ...]:
        return tuple(self.teams)

    def reviewing(self, homes: Collection[str]) -> tuple[str, ...]:
        """The names of the lists that review any of these homes, in the order of `teams`."""
        return tuple(self._order[place] for place in sorted({p for home in homes for p in self._of_home.get(home, ())}))


class _Sound(Mapping[str, Watchlist]):
    """The lists of a week that may be shown, each read when it is asked for."""

    def __init__(self, week: Week) -> None:
        self._week = week

    def __getitem__(self, slug: str) -> Watchlist:
        found = self._week.read(slug) if slug in self._week.digests else None
        if isinstance(found, Watchlist):
            return found
        raise KeyError(slug)

    def __iter__(self) -> Iterator[str]:
        return (slug for slug in self._week.teams if isinstance(self._week.read(slug), Watchlist))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Appearance:
    """A resident on the list of one week."""

    as_of: date
    team: Team
    slug: str
    entry: Entry


@dataclass(frozen=True)
class Lists:
    """The published folder."""

    folder: Path
    _read: dict[date, tuple[object, Week]] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def weeks(self) -> tuple[date, ...]:
        """Mondays with published lists, the latest first."""
        found = [path for path in self.folder.glob("????-??-??") if latest_folder(self.folder, _day(path))]
        return tuple(sorted((_day(path) for path in found), reverse=True))

    def week(self, as_of: date) -> Week | None:
        """The lists in force for a Monday; None when none were published."""
        revision = latest_folder(self.folder, as_of)
        if revision is None:
            return None
        stat = (revision / manifest.NAME).stat()
        identity = (revision, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            kept = self._read.get(as_of)
            if kept is None or kept[0] != identity:
                kept = self._read[as_of] = (identity, _read_week(as_of, revision))
        return kept[1]

    def latest(self) -> Week | None:
        """The lists in force for the latest Monday that has any."""
        weeks = self.weeks()
        return self.week(weeks[0]) if weeks else None

    def appearances(self, resident_id: str, slug: str, weeks: Iterable[date]) -> tuple[Appearance, ...]:
        """Where one resident stood on one team's lists, in the order of the weeks."""
        found = []
        for as_of in weeks:
            week = self.week(as_of)
            watchlist = week.lists.get(slug) if week else None
            entry = entry_of(watchlist, resident_id) if watchlist else None
            if watchlist and entry:
                found.append(Appearance(as_of, watchlist.team, slug, entry))
        return tuple(found)


def entry_of(watchlist: Watchlist, resident_id: str) -> Entry | None:
    """The resident's entry on a list, whatever its section."""
    return next((entry for entry in watchlist.entries if entry.resident_id == resident_id), None)


def _day(week: Path) -> date:
    return date.fromisoformat(week.name)


def _read_week(as_of: date, revision: Path) -> Week:
    said = manifest.read(revision)
    parts = ((name.partition("/"), stated) for name, stated in said["files"].items())
    digests = {folder: stated for (folder, _, file), stated in parts if file == "list.json"}
    return Week(as_of, said["revision"], revision, digests, tuple(_held(one) for one in said["held"]))


def _decoded(data: bytes) -> Watchlist | str:
    try:
        return from_json(data.decode("utf-8"))
    except (ValueError, json.JSONDecodeError):
        return _UNREADABLE


def _team(data: bytes) -> Team | str:
    """The team of a list's file, without the rest of it: the one object of that name that stands at its margin."""
    begin = data.find(_TEAM_BEGINS) + len(_TEAM_BEGINS)
    try:
        return decoded(json.loads(b"{" + data[begin : data.find(_TEAM_ENDS, begin)] + b"}"), Team, "team")
    except (ValueError, json.JSONDecodeError):
        return _UNREADABLE


def _held(one: Mapping[str, Any]) -> HeldList:
    homes = frozenset(one.get("homes", ()))  # manifests before 2026-11-22 do not say them
    return HeldList(slug(one["label"], one["team"]), one["label"], homes, tuple(one["reasons"]))
