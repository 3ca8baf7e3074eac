"""How a large history lies on disk: a folder of Parquet files a table, for each block of residents, and blocks.json.

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
_ONE_FILE, _FORMAT = 1, 2  # before a block could have two files, its one stood for it
_HASH = "fnv1a-64"
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
    """The files of a history by table and block, the base of each first; a table that is not of residents is one block.

    `version` counts the changes; a file written by a change carries it in its name.
    """

    blocks: int
    version: int
    tables: Mapping[str, tuple[tuple[Part, ...], ...]]

    def files(self, table: str) -> tuple[Part, ...]:
        """Every file of a table."""
        return tuple(part for parts in self.tables[table] for part in parts)

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(part.rows for part in self.files(table))

    def digest(self) -> str:
        """SHA-256 over what every file holds: it names the content, since no file is read that does not agree."""
        held = {name: [[part.sha256 for part in parts] for parts in blocks] for name, blocks in self.tables.items()}
        return hashlib.sha256(json.dumps([self.blocks, held], sort_keys=True).encode()).hexdigest()


def blocks_of(table: str, blocks: int) -> int:
    """Into how many blocks a table of a history of so many goes."""
    return blocks if table in BLOCKED else 1


def part_name(table: str, version: int, block: int) -> str:
    """Where a change writes a block of a table."""
    suffix = ".parquet" if version == 1 else f".v{version}.parquet"
    return f"{table}/block-{block:04d}{suffix}" if table in BLOCKED else f"{table}{suffix}"


def read_layout(root: Path) -> Layout | None:
    """The layout of a history in blocks, None for any other. Raises HistoryError where blocks.json cannot be used."""
    try:
        told = json.loads((root / LAYOUT).read_text(encoding="utf-8"))
        if told["format"] not in (_ONE_FILE, _FORMAT) or told["hash"] != _HASH:
            raise ValueError(f"it is of format {told['format']} by {told['hash']}")
        if told["format"] == _ONE_FILE:
            told["tables"] = {name: [[part] for part in parts] for name, parts in told["tables"].items()}
        tables = {
            name: tuple(tuple(Part(**part) for part in parts) for parts in blocks)
            for name, blocks in told["tables"].items()
        }
        layout = Layout(told["blocks"], told["version"], MappingProxyType(tables))
        whole = all(len(held) == blocks_of(name, layout.blocks) and all(held) for name, held in tables.items())
        if not whole or not set(BLOCKED) <= set(tables):
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
        "tables": {n: [[asdict(part) for part in parts] for parts in blocks] for n, blocks in layout.tables.items()},
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
        for name in layout.tables
        for part in layout.files(name)
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
    named = {part.file for name in layout.tables for part in layout.files(name)}
    folders = [path for name in BLOCKED if (root / name).is_dir() for path in (root / name).iterdir()]
    for path in (*folders, *(p for p in root.iterdir() if _VERSIONED.fullmatch(p.name))):
        if str(path.relative_to(root)) not in named:
            path.unlink()
    for path in root.glob(f"{PASSING}*"):
        shutil.rmtree(path)


def _problem(file: str, rule: str, hint: str, rows: int = 0) -> Problem:
    says = rule if rows < 2 else f"{rule}, nor are {rows - 1:,} other files"
    return Problem(file, "", says, "error", 0, "", hint)
