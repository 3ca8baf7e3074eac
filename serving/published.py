"""The published lists as the review room reads them: the revision in force of each week, checked against its manifest.

Nothing is taken from a file whose bytes are not those that were published. What was read is kept as long as the
manifest is the same file.
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from . import manifest
from .publish import latest_folder
from .rows import Entry, Team, Watchlist, from_json
from .slugs import slug

_CHANGED = "The file of this list is not the one that was published. Tell whoever looks after this service."
_UNREADABLE = "The file of this list cannot be read. Tell whoever looks after this service."


@dataclass(frozen=True)
class HeldList:
    """A list that was not published, or may no longer be shown, and every reason why.

    `homes` whose residents it would list are empty where the file that would tell them cannot be trusted.
    """

    slug: str
    label: str
    homes: frozenset[str]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Week:
    """The lists in force for one Monday, by the team's name in addresses."""

    as_of: date
    revision: int
    lists: Mapping[str, Watchlist]
    digests: Mapping[str, str]
    held: tuple[HeldList, ...]


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
    lists: dict[str, Watchlist] = {}
    digests: dict[str, str] = {}
    held = [_held(one) for one in said["held"]]
    for name, stated in said["files"].items():
        folder, _, file = name.partition("/")
        if file != "list.json":
            continue
        found = _read_list(revision / name, stated)
        if isinstance(found, Watchlist):
            lists[folder], digests[folder] = found, stated
        else:
            held.append(HeldList(folder, folder, frozenset(), (found,)))
    ordered = dict(sorted(lists.items(), key=lambda item: (item[1].team.kind, item[1].team.label)))
    return Week(as_of, said["revision"], ordered, digests, tuple(held))


def _read_list(path: Path, stated: str) -> Watchlist | str:
    """The list, or why it may not be shown."""
    try:
        data = path.read_bytes()
    except OSError:
        return _UNREADABLE
    if hashlib.sha256(data).hexdigest() != stated:
        return _CHANGED
    try:
        return from_json(data.decode("utf-8"))
    except (ValueError, json.JSONDecodeError):
        return _UNREADABLE


def _held(one: Mapping[str, Any]) -> HeldList:
    homes = frozenset(one.get("homes", ()))  # manifests before 2026-11-22 do not say them
    return HeldList(slug(one["label"], one["team"]), one["label"], homes, tuple(one["reasons"]))
