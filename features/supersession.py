"""Versions of one record: which rows they are, their order, and when each stops being the current one."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from ._hashing import dictionary, hash_rows, repeated
from .asof import LONG_AGO, NEVER
from .contract import LATER
from .visibility import micros

# Columns that say when something was recorded, or that it was withdrawn, are not part of what was recorded.
_NOT_CONTENT = frozenset(
    {"recorded_at", "discharge_recorded_at", "coded_at", "moved_out_recorded_at", "retracted", "record_id"}
)


def supersede(table: pa.Table, field: str, since: np.ndarray, until: np.ndarray) -> None:
    """Close each version's interval in `since` and `until` where the next version of the same record begins.

    A version that repeats the one before it says nothing new: that one stays current, known from its first recording.
    """
    rows = _repeated(table)
    if not len(rows):
        return
    some = _plain(table.take(pa.array(rows)))
    first, later = _content(some, field)
    record = _record_numbers(some)
    order = np.lexsort((*reversed([*first, *later]), since[rows], record))
    rows, record, start = rows[order], record[order], since[rows][order]
    first, later = [values[order] for values in first], [values[order] for values in later]
    if later:
        tied = _as_before([record, start, *first])
        start = np.where(tied, np.maximum(start, later[0]), start)
    run = np.flatnonzero(~_as_before([record, *first, *later]))
    begin = np.minimum.reduceat(start, run)
    since[rows] = until[rows] = np.repeat(begin, np.diff(np.append(run, len(rows))))  # empty for repeats
    until[rows[run]] = _next_begin(record[run], begin)


def _plain(table: pa.Table) -> pa.Table:
    """The same rows with every word written out."""
    words = {f.name for f in table.schema if pa.types.is_dictionary(f.type)}
    return pa.table({n: table[n].cast(pa.string()) if n in words else table[n] for n in table.column_names})


def _identity(table: pa.Table) -> tuple[list[str], list[str]]:
    """Columns that tell records apart: for rows with a record_id, and for rows without one."""
    names = table.column_names
    if "spell_id" in names:
        return ["resident_id", "spell_id"], ["resident_id", "spell_id"]
    entity = "resident_id" if "resident_id" in names else "home_id"
    named = [entity, *(n for n in ("source",) if n in names), "record_id"]
    if "moved_in" in names:
        return named, ["resident_id", "home_id", "moved_in"]
    return named, [name for name in names if name not in _NOT_CONTENT]


def _repeated(table: pa.Table) -> np.ndarray:
    """Rows that may share their record with another row: a cheap hash first, exact keys later."""
    named, otherwise = _identity(table)
    group = dictionary(table["resident_id" if "resident_id" in table.column_names else "home_id"])[1]
    if named == otherwise or table["record_id"].null_count == table.num_rows:
        return repeated(hash_rows(table, otherwise), group)
    marks = hash_rows(table, named)
    if table["record_id"].null_count:
        unnamed = np.flatnonzero(~_has_id(table))
        marks[unnamed] = hash_rows(table.take(pa.array(unnamed)), otherwise)
    return repeated(marks, group)


def _has_id(table: pa.Table) -> np.ndarray:
    return pc.is_valid(table["record_id"]).to_numpy(zero_copy_only=False)


def _as_before(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Mask of the rows that agree with the row before them."""
    same = np.ones(len(columns[0]), bool)
    for values in columns:
        same[1:] &= values[1:] == values[:-1]
    same[0] = False
    return same


@njit(cache=True, nogil=True)
def _next_begin(record, begin):  # pragma: no cover - compiled
    """The earliest begin among the later runs of the same record; NEVER if none."""
    out = np.empty(len(begin), np.int64)
    earliest = np.int64(NEVER)
    for i in range(len(begin) - 1, -1, -1):
        if i == len(begin) - 1 or record[i + 1] != record[i]:
            earliest = np.int64(NEVER)
        out[i] = earliest
        earliest = min(earliest, begin[i])
    return out


def _record_numbers(table: pa.Table) -> np.ndarray:
    """An integer per row, equal exactly where two rows are versions of one record."""
    named, otherwise = _identity(table)
    if named == otherwise:
        return _numbers(table, named)
    return np.where(_has_id(table), _numbers(table, named), -1 - _numbers(table, otherwise))


def _numbers(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    columns = [_comparable(table[name]) for name in names]
    order = np.lexsort(columns)
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(~_as_before([values[order] for values in columns]))
    return numbers


def _comparable(values: pa.ChunkedArray) -> np.ndarray:
    """Integers that are equal where the values are, the missing ones among themselves."""
    if pa.types.is_string(values.type):
        return dictionary(values)[1]
    if pa.types.is_timestamp(values.type):
        return micros(values)
    numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False) + 0.0
    return np.where(np.isnan(numbers), np.nan, numbers).view(np.int64)


def _content(table: pa.Table, field: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What a row says, as sortable arrays: what is known with the row (withdrawal first), and what comes with `field`.

    They order versions recorded at one instant, so values not yet known must have no part in the first.
    """
    groups = LATER["spells"] if "spell_id" in table.column_names else LATER["stays"]
    late = {name for group in groups.values() for name in group}
    told = [_sortable(table[n]) for n in table.column_names if n not in _NOT_CONTENT | late]
    first = [pc.fill_null(table["retracted"], False).to_numpy(zero_copy_only=False), *told]
    return first, [] if field == "recorded_at" else [_sortable(table[n]) for n in (field, *groups[field])]


def _sortable(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_timestamp(values.type):
        return micros(values, LONG_AGO)
    if pa.types.is_string(values.type):
        return pc.rank(pc.fill_null(values, ""), tiebreaker="dense").to_numpy()
    numbers = pc.fill_null(values.cast(pa.float64()), -np.inf).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(numbers), -np.inf, numbers)
