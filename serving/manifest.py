"""What a published folder says of itself: which inputs made it, and the digest of every file in it."""

import hashlib
import json
from collections.abc import Mapping
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
    as_of: str, revision: int, supersedes: str | None, made: Made, report: Report, files: Mapping[str, bytes]
) -> str:
    """The manifest as canonical JSON; the same lists give the same text."""
    record = {
        "format": FORMAT,
        "as_of": as_of,
        "revision": revision,
        "supersedes": supersedes,
        "made_from": asdict(made) | {"digest": made.digest()},
        **asdict(report),
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())},
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
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {NAME}
    changed = {name for name in there & set(stated) if file_digest(folder / name) != stated[name]}
    return sorted(changed | (there ^ set(stated)))


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
