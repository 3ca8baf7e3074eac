"""Resources of a FHIR folder, one at a time: NDJSON lines and entries of bundles; and the count of those that break."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from ...problems import HistoryError, Problem
from ..tally import Tally
from .bundle import Broken, document
from .files import File, files
from .values import at, identifier, items, told


@dataclass(frozen=True)
class Resource:
    """One resource with its file, the line or the entry of the bundle where it stands, and its full address there."""

    file: str
    place: str
    body: dict[str, Any]
    url: str = ""

    @property
    def type(self) -> str:
        return told(self.body, "resourceType")

    @property
    def id(self) -> str:
        """In a bundle the references say `urn:uuid:`, for the ids of the server come later."""
        if self.url.startswith("urn:"):
            return self.url.rsplit(":", 1)[-1]
        return told(self.body, "id") or self.url.rsplit("/", 1)[-1]

    @property
    def names(self) -> list[str]:
        """What else references may call it: the server's id, and its identifiers as `system|value`."""
        others = [told(self.body, "id"), *(identifier(one) for one in items(self.body, "identifier"))]
        return [name for name in others if name and name != self.id]


def resources(root: Path, tally: Tally) -> Iterator[Resource]:
    """Resources in the order of the files' names; lines that are not JSON are counted.

    Raises HistoryError for a file that cannot be read to its end.
    """
    for file in files(root):
        try:
            with _opened(file) as stream:
                for one in _lines(stream, file, tally) if file.lines else _entries(stream, file):
                    tally.read[file.name] += 1
                    yield one
        except (OSError, EOFError, UnicodeDecodeError, zlib.error, Broken) as fault:
            why = (fault.strerror or type(fault).__name__) if isinstance(fault, OSError) else str(fault)
            hint = f"{file.before}counted in the order of their names: {why}" if file.before else why
            raise HistoryError([Problem(file.name, "", "cannot be read to its end", "error", 0, "", hint)]) from None


def kept(rows: pd.DataFrame, rules: Sequence[tuple[str, pd.Series]], tally: Tally) -> pd.DataFrame:
    """Rows that break no rule; each of the others is counted under the first, by its `file` and `place`.

    `rules` are (what is wrong, mask of the rows in which it is).
    """
    good = pd.Series(True, rows.index)
    for reason, wrong in rules:
        for file, these in rows[good & wrong].groupby("file", sort=False):
            tally.drop(str(file), reason, len(these), str(these["place"].iloc[0]))
        good &= ~wrong
    return rows[good].reset_index(drop=True)


def _opened(file: File) -> IO[str]:
    if file.packed:
        return gzip.open(file.path, "rt", encoding="utf-8-sig")
    return file.path.open(encoding="utf-8-sig")


def _lines(stream: IO[str], file: File, tally: Tally) -> Iterator[Resource]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        place = f"{file.before}line {number:,}"
        try:
            body = json.loads(line)
        except (ValueError, RecursionError) as fault:
            where = f", character {fault.pos + 1}" if isinstance(fault, json.JSONDecodeError) else ""
            tally.read[file.name] += 1
            tally.drop(file.name, "not JSON", 1, place + where)
            continue
        if not isinstance(body, dict):
            tally.read[file.name] += 1
            tally.drop(file.name, "not a resource", 1, place)
        elif body.get("resourceType") == "Bundle":
            for number, entry in enumerate(items(body, "entry"), 1):
                yield from _inside(entry, file, f"{place}, entry {number:,}")
        else:
            yield Resource(file.name, place, body)


def _entries(stream: IO[str], file: File) -> Iterator[Resource]:
    """Entries of a bundle, or the one resource that is the whole file."""
    for number, one in document(stream):
        if number:
            yield from _inside(one, file, f"{file.before}entry {number:,}")
        elif told(one, "resourceType") not in ("", "Bundle"):
            yield Resource(file.name, f"{file.before}the whole file", one)


def _inside(entry: Any, file: File, place: str) -> Iterator[Resource]:
    body = at(entry, "resource")
    if isinstance(body, dict):
        yield Resource(file.name, place, body, told(entry, "fullUrl"))
