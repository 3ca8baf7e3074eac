"""Publishing a week's lists: an immutable folder, written aside and renamed into place.

PUBLISHED/<as-of>/r<n>/<team slug>/list.{html,csv,json}, with index.html and manifest.json beside the teams. The
highest r<n> is the list in force. No published file holds a wall-clock time, so the same inputs give the same bytes.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal

from features.problems import HeldBack, HomeroundError

from . import aside, manifest
from .list_files import ListFiles
from .manifest import Made, Report
from .render.html import html_index
from .rows import ListLink, Team, Watchlist
from .written import Issue, Spread, Written, copy_list, team_slug, write_lists

__all__ = ["Held", "Published", "publish", "publish_written", "team_slug"]

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
    published: Path,
    as_of: date,
    watchlists: Iterable[Watchlist],
    held: Sequence[Held],
    made: Made,
    report: Report,
    spread: Spread = map,
) -> Published:
    """Publish the lists that may be published, or find that the same inputs have already been published.

    Call it under a lock that admits one run at a time. Raises HeldBack when no list may be published, HomeroundError
    when a published folder was changed by hand or the same inputs gave other bytes. Lists are taken one at a time, and
    `spread` may render them in several processes: the bytes are the same.
    """
    aside.clear(published)
    issue = issue_of(published, as_of, made)
    with aside.begun(published) as folder:
        written = write_lists(folder, issue, watchlists, spread)
        week = _week(published, issue, written, held, made, report)
        return _confirmed(week) if week.folder.exists() else _placed(week, folder)


def publish_written(
    published: Path,
    issue: Issue,
    source: Path,
    written: Sequence[Written],
    held: Sequence[Held],
    made: Made,
    report: Report,
    spread: Spread = map,
) -> Published:
    """The same for lists that `write_list` has rendered for `issue` into the folder `source`, which is left as it is.

    Raises HomeroundError also when other lists were published since.
    """
    aside.clear(published)
    if issue_of(published, issue.as_of, made) != issue:
        raise HomeroundError(f"lists for {issue.as_of} were published since these were made: run again")
    week = _week(published, issue, written, held, made, report)
    if week.folder.exists():
        return _confirmed(week)
    with aside.begun(published) as folder:
        for _ in spread(partial(copy_list, source, folder), written):
            pass
        return _placed(week, folder)


def issue_of(published: Path, as_of: date, made: Made) -> Issue:
    """The revision that lists of these inputs have: the one in force when it was made from them, else the next."""
    week = published / as_of.isoformat()
    last = latest_revision(week)
    if last and manifest.read(week / f"r{last}")["made_from"]["digest"] == made.digest():
        return Issue(as_of, last)
    return Issue(as_of, last + 1)


def latest_revision(week: Path) -> int:
    """The highest revision published for a week; 0 when there is none."""
    found = [_REVISION.fullmatch(path.name) for path in week.iterdir()] if week.is_dir() else []
    return max((int(match[1]) for match in found if match), default=0)


def latest_folder(published: Path, as_of: date) -> Path | None:
    """The folder of the list in force for a week."""
    week = published / as_of.isoformat()
    last = latest_revision(week)
    return week / f"r{last}" if last else None


def read_lists(folder: Path, *, only_listed: bool = False) -> ListFiles:
    """The lists of a revision folder by team id, each read when it is asked for; see ListFiles."""
    return ListFiles(folder, only_listed=only_listed)


@dataclass(frozen=True)
class _Week:
    """The lists of a week, rendered, and what is published beside them."""

    issue: Issue
    folder: Path
    links: tuple[ListLink, ...]
    digests: Mapping[str, str]
    index: bytes
    manifest: bytes

    def published(self, status: Literal["published", "unchanged"]) -> Published:
        return Published(status, self.folder, self.issue.revision, self.issue.supersedes, self.links)


def _week(
    published: Path, issue: Issue, written: Sequence[Written], held: Sequence[Held], made: Made, report: Report
) -> _Week:
    if not written:
        raise HeldBack(reason for one in held for reason in one.reasons)
    links = _links(written, held, issue.revision)
    index = html_index(issue.as_of, links).encode()
    digests = {path: digest for one in written for path, digest in one.files}
    digests["index.html"] = hashlib.sha256(index).hexdigest()
    day = issue.as_of.isoformat()
    said = manifest.manifest(day, issue.revision, issue.supersedes, made, report, digests).encode()
    return _Week(issue, published / day / f"r{issue.revision}", links, digests, index, said)


def _confirmed(week: _Week) -> Published:
    """That these very lists stand there already. Raises HomeroundError when they do not."""
    if changed := manifest.differing(week.folder):
        raise HomeroundError(f"{week.folder} is no longer what was published: {', '.join(changed)}")
    stated: dict[str, str] = manifest.read(week.folder)["files"]
    other = {path for path in stated.keys() | week.digests.keys() if stated.get(path) != week.digests.get(path)}
    if (week.folder / manifest.NAME).read_bytes() != week.manifest:
        other.add(manifest.NAME)
    if other:
        raise HomeroundError(f"the same inputs gave other bytes than {week.folder} holds: {', '.join(sorted(other))}")
    return week.published("unchanged")


def _placed(week: _Week, folder: Path) -> Published:
    """Publish the lists that a folder made aside holds."""
    aside.write(folder / "index.html", week.index)
    aside.write(folder / manifest.NAME, week.manifest)
    aside.place(folder, week.folder)
    return week.published("published")


def _links(written: Sequence[Written], held: Sequence[Held], revision: int) -> tuple[ListLink, ...]:
    links = [(one.team, one.link) for one in written] + [(one.team, _held_link(one, revision)) for one in held]
    mdts = {home: team.id for team, _ in links if team.kind == "mdt" for home, _ in team.homes}
    of = (next((mdts[home] for home, _ in team.homes if home in mdts), "") for team, _ in links)
    return tuple(replace(link, of=mdt) for (_, link), mdt in zip(links, of, strict=True))


def _held_link(one: Held, revision: int) -> ListLink:
    return ListLink(one.team.label, one.team.kind, None, 0, one.assessed, revision, held_back="; ".join(one.reasons))
