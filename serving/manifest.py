"""What a published folder says of itself: which inputs made it, and the digest of every file in it."""

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Made:
    """Everything that decides the bytes of a week's lists. Digests are SHA-256 in hex; None where there is none.

    inputs     digest by name: the history, the assurance cases
    model      name, version, digest, trained_until
    previous   digest of the manifest of last week's lists
    decisions  digest of the decisions recorded on them
    """

    inputs: Mapping[str, str]
    settings: str
    code: str
    model: Mapping[str, str]
    previous: str | None = None
    decisions: str | None = None

    def digest(self) -> str:
        return hashlib.sha256(_text(asdict(self)).encode()).hexdigest()


@dataclass(frozen=True)
class Report:
    """What a reader should know besides the lists: warnings of the check, attrition counts, and lists held back."""

    warnings: tuple[Mapping[str, Any], ...] = ()
    attrition: tuple[Mapping[str, Any], ...] = ()
    held: tuple[Mapping[str, Any], ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)


def manifest(
    as_of: str, revision: int, supersedes: str | None, made: Made, report: Report, files: Mapping[str, str]
) -> str:
    """The manifest as canonical JSON, from the digests of `files`; the same lists give the same text."""
    record = {
        "format": FORMAT,
        "as_of": as_of,
        "revision": revision,
        "supersedes": supersedes,
        "made_from": asdict(made) | {"digest": made.digest()},
        **asdict(report),
        "files": files,
    }
    return _text(record)


def _text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a revision folder."""
    return json.loads((folder / NAME).read_text(encoding="utf-8"))


def differing(folder: Path) -> list[str]:
    """Files of a revision folder that are not the bytes that were published; also missing and extra ones."""
    stated: dict[str, str] = read(folder)["files"]
    there = digests(folder)
    del there[NAME]
    return sorted(path for path in stated.keys() | there.keys() if stated.get(path) != there.get(path))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder and its folders, by path."""
    root, names = str(folder), []
    for where, _, files in os.walk(root):
        below = where[len(root) + 1 :]
        names += [f"{below}/{name}" if below else name for name in files]
    with ThreadPoolExecutor(os.cpu_count()) as several:  # reading and hashing leave the interpreter to the others
        return dict(zip(names, several.map(lambda name: file_digest(folder / name), names), strict=True))


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
