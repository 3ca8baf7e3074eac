"""The mapping file: read, and refused with everything that is wrong with it at once."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from ...contract import TABLES
from ...problems import UsageError


@dataclass(frozen=True)
class Read:
    """One file of theirs as rows of one table of ours; keys of the dictionaries are our columns, but for `only`."""

    file: str
    table: str
    columns: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str | list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    shares: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    only: dict[str, list[str]] = field(default_factory=dict)
    system: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """Every column of theirs that is needed."""
        parts = [name for share in self.shares.values() for names in share.values() for name in names]
        return (*self.columns.values(), *parts, *self.only)

    @property
    def theirs(self) -> tuple[str, ...]:
        """The same as they are compared, in lower case and once each."""
        return tuple(dict.fromkeys(name.lower().strip() for name in self.named))


Mapping = tuple[Read, ...]
_KEYS = tuple(one.name for one in fields(Read))
_OURS = ("columns", "formats", "values", "constants", "shares")


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


def _wrong(one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield "it must be a table of keys"
        return
    yield from (f"unknown key {key!r}{_near(key, _KEYS)}" for key in one if key not in _KEYS)
    badly = [key for key, fits in _FORMS.items() if key in one and not fits(one[key])]
    yield from (f"{key} is not written as it should be: see docs/import.md" for key in badly)
    yield from (f"{key} is missing" for key in ("file", "table") if key not in one)
    if badly or "table" not in one:
        return
    table = one["table"]
    if table not in TABLES:
        yield f"unknown table {table!r}{_near(table, tuple(TABLES))}"
        return
    ours = tuple(column.name for column in TABLES[table].columns)
    for key in _OURS:
        for name in one.get(key) or {}:
            if name not in ours:
                yield f"{key}: {table} has no column {name!r}{_near(name, ours)}"
    there = {*one.get("columns", {}), *one.get("constants", {}), *one.get("shares", {})}
    missing = [c.name for c in TABLES[table].columns if c.required and c.name not in there]
    if missing:
        yield f"{table} needs {', '.join(missing)}: name their column or a constant"


def _texts(given: Any) -> bool:
    return isinstance(given, list) and len(given) > 0 and all(isinstance(one, str) for one in given)


def _by_name(given: Any, fits: Any) -> bool:
    return isinstance(given, dict) and all(fits(one) for one in given.values())


def _text(given: Any) -> bool:
    return isinstance(given, str)


def _is_format(given: Any) -> bool:
    """Whether these are forms of a time that can be read."""
    forms = [given] if isinstance(given, str) else given
    try:
        return _texts(forms) and all(len(pd.to_datetime(["1"], format=form, errors="coerce")) for form in forms)
    except ValueError:
        return False


_FORMS = {
    "file": _text,
    "table": _text,
    "system": _text,
    "columns": lambda given: _by_name(given, _text),
    "formats": lambda given: _by_name(given, _is_format),
    "values": lambda given: _by_name(given, lambda one: _by_name(one, _text)),
    "constants": lambda given: _by_name(given, lambda one: isinstance(one, (str, int, float))),
    "shares": lambda given: _by_name(given, lambda one: _by_name(one, _texts) and set(one) == {"part", "whole"}),
    "only": lambda given: _by_name(given, _texts),
}


def _near(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"; nearest: {near[0]!r}" if near else ""
