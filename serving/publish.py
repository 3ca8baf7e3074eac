"""Publishing a week's lists: an immutable folder, written aside and renamed into place.

PUBLISHED/<as-of>/r<n>/<team slug>/list.{html,csv,json}, with index.html and manifest.json beside the teams. The
highest r<n> is the list in force. No published file holds a wall-clock time, so the same inputs give the same bytes.
"""

import os
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from features.problems import HeldBack, HomeroundError

from . import manifest
from .manifest import Made, Report
from .render.csv import csv
from .render.html import html, html_index
from .render.json import json
from .rows import ListLink, Team, Watchlist, from_json
from .slugs import slug

_ASIDE = ".aside-"
_REVISION = re.compile(r"r([1-9][0-9]*)")


@dataclass(frozen=True)
class Held:
    """A list that is not published, and every reason why."""

    team: Team
    reasons: tuple[str, ...]
    assessed: int = 0


@dataclass(frozen=True)
class Published:
    """What a run left behind: `status` says whether it made a new revision or found its own bytes already there."""

    status: Literal["published", "unchanged"]
    folder: Path
    revision: int
    supersedes: str | None
    links: tuple[ListLink, ...]


def publish(
    published: Path, as_of: date, watchlists: Sequence[Watchlist], held: Sequence[Held], made: Made, report: Report
) -> Published:
    """Publish the lists that may be published, or find that the same inputs have already been published.

    Call it under a lock that admits one run at a time. Raises HeldBack when no list may be published, HomeroundError
    when a published folder was changed by hand or the same inputs gave other bytes.
    """
    if not watchlists:
        raise HeldBack(reason for one in held for reason in one.reasons)
    week = published / as_of.isoformat()
    clear_aside(published)
    last = latest_revision(week)
    if last and manifest.read(week / f"r{last}")["made_from"]["digest"] == made.digest():
        return _unchanged(week, last, watchlists, held, made, report)
    revision = last + 1
    supersedes = f"r{last}" if last else None
    files, links = _render(as_of, watchlists, held, made, report, revision, supersedes)
    _put(published, week / f"r{revision}", files)
    return Published("published", week / f"r{revision}", revision, supersedes, links)


def latest_revision(week: Path) -> int:
    """The highest revision published for a week; 0 when there is none."""
    found = [_REVISION.fullmatch(path.name) for path in week.iterdir()] if week.is_dir() else []
    return max((int(match[1]) for match in found if match), default=0)


def latest_folder(published: Path, as_of: date) -> Path | None:
    """The folder of the list in force for a week."""
    week = published / as_of.isoformat()
    last = latest_revision(week)
    return week / f"r{last}" if last else None


def read_lists(folder: Path) -> dict[str, Watchlist]:
    """The lists of a revision folder by team id."""
    lists = [from_json(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/list.json"))]
    return {watchlist.team.id: watchlist for watchlist in lists}


def clear_aside(published: Path) -> None:
    """Remove what a run that was killed left aside."""
    for path in published.glob(f"{_ASIDE}*"):
        shutil.rmtree(path)


def team_slug(team: Team) -> str:
    return slug(team.label, team.id)


def _unchanged(
    week: Path, revision: int, watchlists: Sequence[Watchlist], held: Sequence[Held], made: Made, report: Report
) -> Published:
    folder = week / f"r{revision}"
    if changed := manifest.differing(folder):
        raise HomeroundError(f"{folder} is no longer what was published: {', '.join(changed)}")
    supersedes = manifest.read(folder)["supersedes"]
    files, links = _render(week_day(week), watchlists, held, made, report, revision, supersedes)
    other = sorted(name for name, data in files.items() if (folder / name).read_bytes() != data)
    if other:
        raise HomeroundError(f"the same inputs gave other bytes than {folder} holds: {', '.join(other)}")
    return Published("unchanged", folder, revision, supersedes, links)


def week_day(week: Path) -> date:
    """The as-of date of a week's folder."""
    return date.fromisoformat(week.name)


def _render(
    as_of: date,
    watchlists: Sequence[Watchlist],
    held: Sequence[Held],
    made: Made,
    report: Report,
    revision: int,
    supersedes: str | None,
) -> tuple[dict[str, bytes], tuple[ListLink, ...]]:
    """Every file of a revision by its path in the folder, and the lines of its index."""
    files: dict[str, bytes] = {}
    links = []
    for watchlist in watchlists:
        one = replace(watchlist, revision=revision, supersedes=supersedes)
        folder = team_slug(one.team)
        for name, text in (("list.html", html(one)), ("list.csv", csv(one)), ("list.json", json(one))):
            files[f"{folder}/{name}"] = text.encode()
        links.append(_link(one, f"{folder}/list.html"))
    links += [_held_link(one, revision) for one in held]
    files["index.html"] = html_index(as_of, links).encode()
    said = manifest.manifest(as_of.isoformat(), revision, supersedes, made, report, files)
    return files | {manifest.NAME: said.encode()}, tuple(links)


def _link(one: Watchlist, link: str) -> ListLink:
    listed, team = len(one.section("listed")), one.team
    return ListLink(team.label, team.kind, link, listed, one.covered, one.revision, len(one.warnings))


def _held_link(one: Held, revision: int) -> ListLink:
    return ListLink(one.team.label, one.team.kind, None, 0, one.assessed, revision, held_back="; ".join(one.reasons))


def _put(published: Path, target: Path, files: Mapping[str, bytes]) -> None:
    """Write every file aside on the same file system, then rename: a reader sees the whole folder or none of it."""
    published.mkdir(parents=True, exist_ok=True)
    aside = published / f"{_ASIDE}{uuid.uuid4().hex}"
    aside.mkdir(mode=0o750)
    for name, data in files.items():
        _write(aside / name, data)
    for folder in sorted({(aside / name).parent for name in files}):
        _sync(folder)
    target.parent.mkdir(exist_ok=True)
    os.rename(aside, target)
    for folder in (target.parent, published):
        _sync(folder)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o750, exist_ok=True)
    # Read-only: a published list is never edited, only superseded.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
