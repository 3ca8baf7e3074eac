"""Resources of a FHIR folder, one at a time: NDJSON lines and entries of bundles."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...problems import HistoryError, Problem
from ..tally import Tally

_ENDINGS = (".ndjson", ".json")


@dataclass(frozen=True)
class Resource:
    """One resource with its file and the line, or the entry of the bundle, where it stands."""

    file: str
    place: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body.get("resourceType", ""))

    @property
    def id(self) -> str:
        return str(self.body.get("id") or "")


def resources(root: Path, tally: Tally, wanted: set[str]) -> Iterator[Resource]:
    """Resources of the wanted types in the order of the files' names; lines that are not JSON are counted.

    Raises HistoryError for a file that cannot be read to its end.
    """
    for path in sorted(p for p in root.rglob("*") if _ending(p) in _ENDINGS):
        try:
            with _opened(path) as stream:
                found = _lines(stream, path, tally) if _ending(path) == ".ndjson" else _entries(stream, path, tally)
                for one in found:
                    if one.type in wanted:
                        tally.read[path.name] += 1
                        yield one
        except (OSError, EOFError, UnicodeDecodeError) as fault:
            raise HistoryError(
                [Problem(path.name, "", "cannot be read to its end", "error", 0, "", str(fault))]
            ) from None


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def _opened(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _lines(stream: IO[str], path: Path, tally: Tally) -> Iterator[Resource]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            body = json.loads(line)
        except json.JSONDecodeError as fault:
            tally.drop(path.name, "not JSON", 1, f"line {number:,}, character {fault.pos + 1}")
            continue
        if isinstance(body, dict):
            yield Resource(path.name, f"line {number:,}", body)
        else:
            tally.drop(path.name, "not a resource", 1, f"line {number:,}")


def _entries(stream: IO[str], path: Path, tally: Tally) -> Iterator[Resource]:
    try:
        body = json.load(stream)
    except json.JSONDecodeError as fault:
        tally.drop(path.name, "not JSON", 1, f"line {fault.lineno:,}, character {fault.colno}")
        return
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        if isinstance(body, dict) and "resourceType" in body:
            yield Resource(path.name, "the whole file", body)
        return
    for number, entry in enumerate(body.get("entry") or (), 1):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            continue
        address = str(entry.get("fullUrl") or "")
        if address.startswith("urn:uuid:"):  # what the bundle's references say; ids of the server come later
            resource = resource | {"id": address.removeprefix("urn:uuid:")}
        yield Resource(path.name, f"entry {number:,}", resource)
