"""Rules that follow from the contract alone: what must be there, be possible, be unique and point somewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .check_found import Finding, nearest, truth
from .check_owners import OWNED, one_owner
from .check_repeats import repeats
from .contract import TABLES, Column, Table
from .rules import Rule, Tables, found, rule

_MANY = 6  # more allowed values than this are not spelt out
_WITHDRAWN_BY_ID = ("home_events", "stays", "events", "objections")


def shape_rules() -> tuple[Rule, ...]:
    """Every rule of this file, table by table."""
    return tuple(r for table in TABLES.values() for r in _of_table(table))


def _of_table(table: Table) -> Iterator[Rule]:
    if table.name in ("homes", "residents", "stays"):
        yield _has_rows(table.name)
    for column in table.columns:
        if column.required:
            yield _required(table.name, column)
        if column.allowed:
            yield _allowed(table.name, column)
        if column.low is not None:
            yield _within(table.name, column)
    yield from (_unique(table.name, key) for key in table.key)
    yield from (_resolves(table.name, id_) for id_ in table.refers)
    if table.name in _WITHDRAWN_BY_ID:
        yield _withdrawn(table.name)
        yield one_owner(OWNED[table.name])
    if not table.key:
        yield repeats(table.name)
    if table.name == "spells":
        yield one_owner(OWNED["spells"])


def _has_rows(name: str) -> Rule:
    def alone(finding: Finding, rows: int) -> Finding | None:
        return finding if not rows else None  # a part may be empty

    @rule(f"{name} has rows", f"{name}.{TABLES[name].columns[0].name}", told=alone)
    def find(t: Tables) -> Iterable[Finding]:
        if not t[name].num_rows:
            hint = "Export it again: a list needs them"
            yield Finding(f"{name}.", "table has no rows", "error", 0, -1, "", hint)

    return find


def _required(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    @rule(f"{where} is filled", where)
    def find(t: Tables) -> Iterable[Finding]:
        if column.kind == "text":
            empty = t.saying(name, column.name, _blank, missing=True)
        else:
            empty = _missing(t[name][column.name])
        return found(t, where, "required value is empty", "error", empty, "Fill it, or leave the row out")

    return find


def _blank(words: pa.Array) -> pa.Array:
    return pc.or_(pc.equal(pc.binary_length(words), 0), pc.utf8_is_space(words))


def _missing(values: pa.ChunkedArray) -> np.ndarray:
    return np.flatnonzero(truth(pc.is_null(values))) if values.null_count else np.empty(0, np.int64)


def _allowed(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    def told(finding: Finding, rows: int) -> Finding:
        return replace(finding, hint=_meant(finding.words, column))

    @rule(f"{where} is an allowed value", where, told=told)
    def find(t: Tables) -> Iterable[Finding]:
        allowed = pa.array(sorted(column.allowed))
        wrong = t.saying(name, column.name, lambda words: pc.invert(pc.is_in(words, allowed)))
        words = _first_words(t, name, column.name, wrong)
        return found(t, where, "value is not allowed", "error", wrong, "", words=words)

    return find


def _first_words(t: Tables, name: str, column: str, rows: np.ndarray) -> dict[str, int]:
    """The first few distinct words of some rows, with their rows."""
    words, at = t.words(name, column)
    said, first, count = np.unique(at[rows], return_index=True, return_counts=True)
    order = np.argsort(first)[:_MANY]
    return dict(zip(words.take(pa.array(said[order])).to_pylist(), count[order].tolist(), strict=True))


def _meant(wrong: Iterable[str], column: Column) -> str:
    """Each distinct wrong value (the first few) with what it probably meant, then what is allowed."""
    close = [(w, nearest(w, column.allowed)) for w in list(wrong)[:_MANY]]
    meant = "; ".join(f"{word!r}: did you mean {near!r}?" for word, near in close if near)
    source = "the NHS Data Dictionary's ADMISSION METHOD codes"
    allowed = ", ".join(sorted(column.allowed)) if len(column.allowed) <= _MANY else source
    return f"{meant} Allowed: {allowed}".strip()


def _within(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    @rule(f"{where} is a possible number", where)
    def find(t: Tables) -> Iterable[Finding]:
        values = t[name][column.name]
        outside = pc.or_(pc.less(values, column.low), pc.greater(values, column.high))
        says = f"impossible value, outside {column.low:g} to {column.high:g}"
        return found(t, where, says, "warning", outside, "Correct it or leave it empty")

    return find


def _unique(name: str, key: str) -> Rule:
    where = f"{name}.{key}"

    @rule(f"{where} is there once", where)
    def find(t: Tables) -> Iterable[Finding]:
        at = t.words(name, key)[1]
        again = at >= 0
        again[np.unique(at, return_index=True)[1]] = False
        return found(t, where, "duplicate key", "error", again, "Keep one row for each")

    return find


def _resolves(name: str, column: str) -> Rule:
    where, target = f"{name}.{column}", "homes" if column == "home_id" else "residents"

    @rule(f"{where} is in {target}", where, f"{target}.{column}")
    def find(t: Tables) -> Iterable[Finding]:
        there = t.words(target, column)[0]
        lost = t.saying(name, column, lambda words: pc.invert(pc.is_in(words, there)))
        hint = f"Add it to {target}, or leave these rows out"
        return found(t, where, f"not among {target}", "error", lost, hint)

    return find


def _withdrawn(name: str) -> Rule:
    where = f"{name}.record_id"

    @rule(f"{where} is told where a row is retracted", where, f"{name}.retracted")
    def find(t: Tables) -> Iterable[Finding]:
        lost = pc.and_(pc.fill_null(t[name]["retracted"], False), pc.is_null(t[name]["record_id"]))
        says = "retracted row without a record_id"
        return found(t, where, says, "error", lost, "Say which record it withdraws")

    return find
