"""Rules that follow from the contract alone: what must be there, be possible, be unique and point somewhere."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ._hashing import hash_rows
from .contract import TABLES, Column, Table
from .problems import Problem
from .rules import Rule, Tables, describe, found, nearest, rule, truth

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
        yield _one_owner(table.name)
    if not table.key:
        yield _repeats(table.name)
    if table.name == "spells":
        yield _one_patient()


def _has_rows(name: str) -> Rule:
    @rule(f"{name} has rows", f"{name}.{TABLES[name].columns[0].name}")
    def find(t: Tables) -> Iterable[Problem]:
        if not t[name].num_rows:
            yield Problem(name, "", "table has no rows", "error", 0, "", "Export it again: a list needs them")

    return find


def _required(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    @rule(f"{where} is filled", where)
    def find(t: Tables) -> Iterable[Problem]:
        values = t[name][column.name]
        empty = pc.is_null(values)
        if column.kind == "text":
            blank = pc.or_(pc.equal(pc.binary_length(values), 0), pc.utf8_is_space(values))
            empty = pc.or_(empty, pc.fill_null(blank, False))
        return found(t, where, "required value is empty", "error", empty, "Fill it, or leave the row out")

    return find


def _allowed(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    @rule(f"{where} is an allowed value", where)
    def find(t: Tables) -> Iterable[Problem]:
        values = t[name][column.name]
        wrong = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, pa.array(sorted(column.allowed)))))
        return found(t, where, "value is not allowed", "error", wrong, _meant(values.filter(wrong), column))

    return find


def _meant(wrong: pa.ChunkedArray, column: Column) -> str:
    """Each distinct wrong value (the first few) with what it probably meant, then what is allowed."""
    close = [(w, nearest(w, column.allowed)) for w in wrong.unique().to_pylist()[:_MANY]]
    meant = "; ".join(f"{word!r}: did you mean {near!r}?" for word, near in close if near)
    source = "the NHS Data Dictionary's ADMISSION METHOD codes"
    allowed = ", ".join(sorted(column.allowed)) if len(column.allowed) <= _MANY else source
    return f"{meant} Allowed: {allowed}".strip()


def _within(name: str, column: Column) -> Rule:
    where = f"{name}.{column.name}"

    @rule(f"{where} is a possible number", where)
    def find(t: Tables) -> Iterable[Problem]:
        values = t[name][column.name]
        outside = pc.or_(pc.less(values, column.low), pc.greater(values, column.high))
        says = f"impossible value, outside {column.low:g} to {column.high:g}"
        return found(t, where, says, "warning", outside, "Correct it or leave it empty")

    return find


def _unique(name: str, key: str) -> Rule:
    where = f"{name}.{key}"

    @rule(f"{where} is there once", where)
    def find(t: Tables) -> Iterable[Problem]:
        values = t[name][key].to_pandas()
        again = (values.duplicated() & values.notna()).to_numpy(bool)
        return found(t, where, "duplicate key", "error", again, "Keep one row for each")

    return find


def _resolves(name: str, column: str) -> Rule:
    where, target = f"{name}.{column}", "homes" if column == "home_id" else "residents"

    @rule(f"{where} is in {target}", where, f"{target}.{column}")
    def find(t: Tables) -> Iterable[Problem]:
        if target == "residents":
            lost = (t.person(name) < 0) & truth(pc.is_valid(t[name][column]))
        else:
            lost = pc.invert(pc.is_in(t[name][column], pc.unique(t[target][column])))
        hint = f"Add it to {target}, or leave these rows out"
        return found(t, where, f"not among {target}", "error", lost, hint)

    return find


def _withdrawn(name: str) -> Rule:
    where = f"{name}.record_id"

    @rule(f"{where} is told where a row is retracted", where, f"{name}.retracted")
    def find(t: Tables) -> Iterable[Problem]:
        lost = pc.and_(pc.fill_null(t[name]["retracted"], False), pc.is_null(t[name]["record_id"]))
        says = "retracted row without a record_id"
        return found(t, where, says, "error", lost, "Say which record it withdraws")

    return find


def _one_owner(name: str) -> Rule:
    """(source, record_id) belongs to one resident or home, or corrections would go to the wrong one."""
    owner = "home_id" if name == "home_events" else "resident_id"
    key = ["source", "record_id"] if name == "events" else ["record_id"]
    return _owned(name, key, owner, "error", f"record under two {owner[:-3]}s")


def _one_patient() -> Rule:
    # Providers number their own spells, so one number may honestly stand for two.
    return _owned("spells", ["spell_id"], "resident_id", "warning", "spell_id under two residents")


def _owned(name: str, key: list[str], owner: str, severity, says: str) -> Rule:
    where = f"{name}.{key[-1]}"

    @rule(f"{where} has one {owner}", *(f"{name}.{column}" for column in (*key, owner)))
    def find(t: Tables) -> Iterable[Problem]:
        given = np.flatnonzero(truth(pc.is_valid(t[name][key[-1]])))
        doubtful = given[repeated(hash_rows(t[name], key)[given])]
        rows = t[name].select([*key, owner]).take(pa.array(doubtful))
        return found(
            t, where, says, severity, doubtful[_several(rows, key, owner)], "Give every record an id of its own"
        )

    return find


def repeated(hashes: np.ndarray) -> np.ndarray:
    """Positions of the hashes that occur more than once: the few rows that must be compared in full."""
    ordered = np.sort(hashes)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.empty(0, np.int64)
    # A table by the last bits spares nearly every row the search.
    last = np.zeros(1 << 20, bool)
    last[twice & (len(last) - 1)] = True
    some = np.flatnonzero(last[hashes & (len(last) - 1)])
    return some[np.isin(hashes[some], twice)]


def _several(rows: pa.Table, key: list[str], owner: str) -> np.ndarray:
    if not rows.num_rows:
        return np.empty(0, bool)
    frame = rows.to_pandas()
    return (frame.groupby(key, dropna=False)[owner].transform("nunique") > 1).to_numpy()


def _repeats(name: str) -> Rule:
    @rule(f"{name} repeats no row", *(f"{name}.{column.name}" for column in TABLES[name].columns if column.required))
    def find(t: Tables) -> Iterable[Problem]:
        doubtful = repeated(_rough(t, name))
        rows = t[name].take(pa.array(doubtful))
        again = doubtful[pd.Series(hash_rows(rows, rows.column_names)).duplicated().to_numpy()]
        if len(again):
            example = describe(t[name], name, "", int(again[0]))
            yield Problem(name, "", "exact repeat of another row", "warning", len(again), example, "It counts once")

    return find


def _rough(t: Tables, name: str) -> np.ndarray:
    """A hash per row of what is cheap to hash, numbers and instants: text is only worth it where these agree."""
    rows = t[name].select([column.name for column in TABLES[name].columns if column.kind != "text"])
    if "resident_id" in t[name].column_names:
        rows = rows.append_column("person", pa.array(t.person(name)))
    return hash_rows(rows, rows.column_names)
