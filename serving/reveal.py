"""Names on request: one published list, for one person and one purpose, with a line in the audit trail."""

import getpass
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.compute as pc

from features.asof import LONDON
from features.contract import TABLES
from features.history import read_table
from features.problems import HeldBack, UsageError

from . import audit, manifest
from .copies import Copies, Format, named_copies
from .dues import Due, after_hospital
from .identity import names_of
from .keys import write_private
from .publish import latest_revision
from .rows import Identity, Stamp, Watchlist, from_json


@dataclass(frozen=True)
class Revealed:
    """The named files, how many people they name, and what the reader should know."""

    files: tuple[Path, ...]
    people: int
    warnings: tuple[str, ...]


def reveal(
    folder: Path,
    *,
    history: Path,
    store: Path | None,
    key_file: Path,
    for_whom: str,
    purpose: str,
    out: Path,
    formats: Sequence[Format] = ("html", "xlsx"),
) -> Revealed:
    """Render one list with names into `out`, in files that its owner alone can read.

    folder   PUBLISHED/<as-of>/r<n>/<team>
    store    the sealed identities; None: those in the history's folder
    Raises UsageError without a person or purpose, HeldBack when the list is not the one that was published.
    """
    if not for_whom.strip() or not purpose.strip():
        raise UsageError("say for whom (--for) and for what purpose (--purpose) the names are revealed")
    watchlist, digest = _published_list(folder)
    people = {entry.resident_id for entry in watchlist.entries} | {gone.resident_id for gone in watchlist.left}
    names = names_of(people, _born(history), store or history, key_file)
    warnings = (*_superseded(folder), *names.warnings)
    shown = replace(watchlist, warnings=(*warnings, *watchlist.warnings))
    stamp = Stamp(for_whom, purpose, datetime.now(LONDON))
    copies = copies_of(shown, folder.absolute().name, names.people, stamp, formats)
    # The trail before any file: none may exist that it does not know of.
    audit.append(
        folder.absolute().parents[2].parent / "audit" / "reveal.jsonl",
        _line(watchlist, digest, len(names.people), for_whom, purpose) | {"as": ",".join(formats)},
    )
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = tuple(out / name for name in copies.files)
    for path, data in zip(files, copies.files.values(), strict=True):
        write_private(path, data)
    return Revealed(files, len(names.people), (*warnings, *copies.notes))


def copies_of(
    watchlist: Watchlist,
    slug: str,
    people: Mapping[str, Identity],
    stamp: Stamp,
    formats: Sequence[Format],
    dues: Sequence[Due] = (),
) -> Copies:
    """The named copies of a team's list, by the names of their files: for the command and for the room alike.

    `dues` is what people decided; the reviews that the list itself asks for are added.
    """
    made = named_copies(watchlist, people, stamp, formats, (*after_hospital(watchlist), *dues))
    stem = f"review-list_{slug}_{watchlist.as_of.isoformat()}"
    return replace(made, files={f"{stem}{end}": data for end, data in made.files.items()})


def _line(watchlist: Watchlist, digest: str, people: int, for_whom: str, purpose: str) -> dict[str, str | int]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": getpass.getuser(),
        "for": for_whom,
        "purpose": purpose,
        "team": watchlist.team.id,
        "as_of": watchlist.as_of.isoformat(),
        "revision": watchlist.revision,
        "list": digest,
        "people": people,
    }


def _published_list(folder: Path) -> tuple[Watchlist, str]:
    """The list of a team's folder and its digest, checked against the manifest of its revision."""
    path, revision = folder / "list.json", folder.absolute().parent
    if not path.is_file() or not (revision / manifest.NAME).is_file():
        raise UsageError(f"{folder} is not a published list: name PUBLISHED/<as-of>/r<n>/<team>")
    stated = manifest.read(revision)["files"].get(f"{folder.absolute().name}/list.json")
    if stated is None or manifest.file_digest(path) != stated:
        raise HeldBack([f"{path} is not the list that was published: its digest is not the one in the manifest"])
    try:
        return from_json(path.read_text(encoding="utf-8")), stated
    except (ValueError, json.JSONDecodeError) as error:
        raise HeldBack([f"{path} cannot be read: {error}"]) from error


def _superseded(folder: Path) -> tuple[str, ...]:
    revision = folder.absolute().parent
    last = latest_revision(revision.parent)
    if revision.name == f"r{last}":
        return ()
    return (f"This is not the list in force: revision {last} replaces it. Use that one.",)


def _born(history: Path) -> dict[str, date]:
    residents, _ = read_table(history, TABLES["residents"])
    residents = residents.filter(pc.is_valid(residents["resident_id"]))
    return dict(zip(residents["resident_id"].to_pylist(), residents["date_of_birth"].to_pylist(), strict=True))
