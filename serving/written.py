"""Lists rendered into a folder, one at a time and by any process, before they are published.

No list is kept in memory for another, and nothing that was rendered is read to be rendered again.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from features.problems import HomeroundError

from . import aside
from .render.csv import csv
from .render.html import html
from .render.json import json
from .rows import ListLink, Team, Watchlist
from .slugs import slug

_FILES: tuple[tuple[str, Callable[[Watchlist], str]], ...] = (
    ("list.html", html),
    ("list.csv", csv),
    ("list.json", json),
)
T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """The builtin `map`, or what does the same over several processes; results in the order of what was given."""

    def __call__(self, work: Callable[[T], R], given: Iterable[T], /) -> Iterable[R]: ...


@dataclass(frozen=True)
class Issue:
    """The revision of a week that lists are rendered for: it stands in every file."""

    as_of: date
    revision: int

    @property
    def supersedes(self) -> str | None:
        return f"r{self.revision - 1}" if self.revision > 1 else None


@dataclass(frozen=True)
class Written:
    """A list that was rendered: its team, its line in the index, and (path, SHA-256) of each of its files."""

    team: Team
    link: ListLink
    files: tuple[tuple[str, str], ...]


def write_list(folder: Path, issue: Issue, watchlist: Watchlist) -> Written:
    """Render one list into its own folder within `folder`."""
    one = replace(watchlist, revision=issue.revision, supersedes=issue.supersedes)
    name = team_slug(one.team)
    (folder / name).mkdir(mode=0o750)
    files = []
    for file, render in _FILES:
        data = render(one).encode()
        aside.write(folder / name / file, data)
        files.append((f"{name}/{file}", hashlib.sha256(data).hexdigest()))
    return Written(one.team, _link(one, f"{name}/list.html"), tuple(files))


def write_lists(
    folder: Path, issue: Issue, watchlists: Iterable[Watchlist], spread: Spread = map
) -> tuple[Written, ...]:
    """Render every list, in the order given whatever does the work."""
    return tuple(spread(partial(write_list, folder, issue), watchlists))


def copy_list(source: Path, target: Path, written: Written) -> None:
    """Put a rendered list into another folder too. Raises HomeroundError when it is not what was rendered.

    Nobody edits either, so that both names may stand for one file; where they cannot, on two disks, it is copied.
    """
    (target / team_slug(written.team)).mkdir(mode=0o750)
    for name, stated in written.files:
        data = (source / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != stated:
            raise HomeroundError(f"{source / name} is no longer what was rendered: run again")
        try:
            os.link(source / name, target / name)
        except OSError:
            aside.write(target / name, data)


def team_slug(team: Team) -> str:
    """The name of a team's folder."""
    return slug(team.label, team.id)


def _link(one: Watchlist, link: str) -> ListLink:
    listed, team = len(one.section("listed")), one.team
    return ListLink(team.label, team.kind, link, listed, one.covered, one.revision, len(one.warnings))
