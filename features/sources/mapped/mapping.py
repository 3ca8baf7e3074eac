"""The mapping file: read, and refused with everything that is wrong with it at once."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...contract import TABLES
from ...problems import UsageError


@dataclass(frozen=True)
class Read:
    """One file of theirs as rows of one table of ours; keys of the dictionaries are our columns."""

    file: str
    table: str
    columns: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    system: str = ""


Mapping = tuple[Read, ...]
_KEYS = tuple(one.name for one in fields(Read))


def load(path: Path) -> Mapping:
    """The reads of a mapping file, in order. Raises UsageError with every unknown key, table and column."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError(f"{path}: {fault}") from None
    given = told.get("read")
    if not isinstance(given, list) or not given:
        raise UsageError(
            f"{path}: no [[read]] is there; `homeround import csv FOLDER --sketch FILE` writes a first one"
        )
    wrong = [f"[[read]] {n}: {what}" for n, one in enumerate(given, 1) for what in _wrong(one)]
    if wrong:
        raise UsageError(f"{path}:\n  " + "\n  ".join(wrong))
    return tuple(Read(**one) for one in given)


def _wrong(one: dict[str, Any]) -> Iterator[str]:
    yield from (f"unknown key {key!r}{_near(key, _KEYS)}" for key in one if key not in _KEYS)
    for key in ("file", "table"):
        if not isinstance(one.get(key), str):
            yield f"{key} is missing"
    table = one.get("table")
    if not isinstance(table, str):
        return
    if table not in TABLES:
        yield f"unknown table {table!r}{_near(table, tuple(TABLES))}"
        return
    ours = tuple(column.name for column in TABLES[table].columns)
    for key in ("columns", "formats", "values", "constants"):
        for name in one.get(key) or {}:
            if name not in ours:
                yield f"{key}: {table} has no column {name!r}{_near(name, ours)}"
    there = {*(one.get("columns") or {}), *(one.get("constants") or {})}
    missing = [c.name for c in TABLES[table].columns if c.required and c.name not in there]
    if missing:
        yield f"{table} needs {', '.join(missing)}: name their column or a constant"


def _near(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"; nearest: {near[0]!r}" if near else ""
