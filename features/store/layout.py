"""How a large history lies on disk: a folder of Parquet files a table, one a block of residents, and blocks.json.

A resident's block is the 64-bit FNV-1a hash of the UTF-8 bytes of resident_id, modulo the number of blocks: the same in
any language, and the same for a resident who comes later. blocks.json names every file with its rows, size and SHA-256;
a file that it does not name is no part of the history. It is replaced by one rename, so that readers see a history
before a change or after it.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from ..contract import PSEUDONYMOUS
from ..problems import HistoryError, Problem
from ..settling import settle

LAYOUT = "blocks.json"
BLOCKED = ("residents", "stays", "spells", "events")
PASSING = ".blocks-"
_FORMAT, _HASH = 1, "fnv1a-64"
_VERSIONED = re.compile(rf"({'|'.join(PSEUDONYMOUS)})(\.v\d+)?\.parquet")


@dataclass(frozen=True)
class Part:
    """One file, by its path from the history's folder."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Layout:
    """The files of a history: a part per block for the tables of residents, one for each other table that there is.

    `version` counts the changes; a file written by a change carries it in its name.
    """

    blocks: int
    version: int
    tables: Mapping[str, tuple[Part, ...]]

    def digest(self) -> str:
        """SHA-256 over what every file holds: it names the content, since no file is read that does not agree."""
        held = {name: [part.sha256 for part in parts] for name, parts in self.tables.items()}
        return hashlib.sha256(json.dumps([self.blocks, held], sort_keys=True).encode()).hexdigest()


def part_name(table: str, version: int, block: int | None = None) -> str:
    """Where a change writes a table, or one block of it."""
    suffix = ".parquet" if version == 1 else f".v{version}.parquet"
    return f"{table}{suffix}" if block is None else f"{table}/block-{block:04d}{suffix}"


def read_layout(root: Path) -> Layout | None:
    """The layout of a history in blocks, None for any other. Raises HistoryError where blocks.json cannot be used."""
    try:
        told = json.loads((root / LAYOUT).read_text(encoding="utf-8"))
        if (told["format"], told["hash"]) != (_FORMAT, _HASH):
            raise ValueError(f"it is of format {told['format']} by {told['hash']}")
        tables = {name: tuple(Part(**part) for part in parts) for name, parts in told["tables"].items()}
        layout = Layout(told["blocks"], told["version"], MappingProxyType(tables))
        if any(len(tables[name]) != layout.blocks for name in BLOCKED):
            raise ValueError("a block is missing")
        return layout
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as fault:
        raise HistoryError([_problem(LAYOUT, "cannot be used", f"{type(fault).__name__}: {fault}")]) from None


def write_layout(root: Path, layout: Layout) -> None:
    """Make a layout the history's: the one step by which a change comes into force."""
    told = {
        "format": _FORMAT,
        "hash": _HASH,
        "blocks": layout.blocks,
        "version": layout.version,
        "tables": {name: [asdict(part) for part in parts] for name, parts in layout.tables.items()},
    }
    aside = root / f".{LAYOUT}"
    with aside.open("w", encoding="utf-8") as stream:
        json.dump(told, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, root / LAYOUT)
    settle(root)


def present_digest(root: Path, layout: Layout) -> str:
    """The layout's digest. Raises HistoryError for files gone or of another size; reading looks at each byte."""
    wrong = [
        part.file
        for parts in layout.tables.values()
        for part in parts
        if not (root / part.file).is_file() or (root / part.file).stat().st_size != part.bytes
    ]
    if wrong:
        raise HistoryError([_problem(wrong[0], CHANGED, _AGAIN, len(wrong))])
    return layout.digest()


CHANGED = "is not what blocks.json says"
_AGAIN = "Read it again if records were being added; else restore the file, or make the store again from its source"


def part_bytes(root: Path, part: Part) -> bytes:
    """A file as it was written. Raises ValueError where its bytes are others."""
    try:
        data = (root / part.file).read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{part.file} is not there. {_AGAIN}") from None
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise ValueError(f"{part.file} {CHANGED}. {_AGAIN}")
    return data


def sweep(root: Path, layout: Layout) -> None:
    """Remove files that the layout does not name: what a change replaced, or one that was killed left behind."""
    named = {part.file for parts in layout.tables.values() for part in parts}
    folders = [path for name in BLOCKED if (root / name).is_dir() for path in (root / name).iterdir()]
    for path in (*folders, *(p for p in root.iterdir() if _VERSIONED.fullmatch(p.name))):
        if str(path.relative_to(root)) not in named:
            path.unlink()
    for path in root.glob(f"{PASSING}*"):
        shutil.rmtree(path)


def _problem(file: str, rule: str, hint: str, rows: int = 0) -> Problem:
    says = rule if rows < 2 else f"{rule}, nor are {rows - 1:,} other files"
    return Problem(file, "", says, "error", 0, "", hint)
