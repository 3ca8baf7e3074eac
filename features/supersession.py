"""Versions of one record: which rows they are, their order, and when each stops being the current one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ._hashing import hash_rows, repeated
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
    frame = pd.DataFrame({"row": rows, "record": _record_numbers(some), "since": since[rows], **first, **later})
    frame = frame.sort_values([c for c in frame.columns if c != "row"], kind="stable", ignore_index=True)
    start = frame["since"].to_numpy(copy=True)
    if later:
        tied = _as_before(frame, ["record", "since", *first])
        start[tied] = np.maximum(start, frame[field].to_numpy())[tied]
    run = np.flatnonzero(~_as_before(frame, ["record", *first, *later]))
    begin = np.minimum.reduceat(start, run)
    order, length = frame["row"].to_numpy(), np.diff(np.append(run, len(frame)))
    since[order] = until[order] = np.repeat(begin, length)  # empty for repeats
    until[order[run]] = _next_begin(frame["record"].to_numpy()[run], begin)


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
    if named == otherwise or table["record_id"].null_count == table.num_rows:
        return repeated(hash_rows(table, otherwise))
    marks = hash_rows(table, named)
    if table["record_id"].null_count:
        unnamed = np.flatnonzero(~_has_id(table))
        marks[unnamed] = hash_rows(table.take(pa.array(unnamed)), otherwise)
    return repeated(marks)


def _has_id(table: pa.Table) -> np.ndarray:
    return pc.is_valid(table["record_id"]).to_numpy(zero_copy_only=False)


def _as_before(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Mask of the rows that agree with the row before them."""
    same = np.ones(len(frame), bool)
    for name in names:
        values = frame[name].to_numpy()
        same[1:] &= values[1:] == values[:-1]
    same[0] = False
    return same


def _next_begin(record: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """The earliest begin among the later runs of the same record; NEVER if none."""
    earliest = pd.Series(begin[::-1]).groupby(record[::-1]).cummin().to_numpy()[::-1]
    followed = np.append(record[1:] == record[:-1], False)
    return np.where(followed, np.append(earliest[1:], NEVER), NEVER)


def _record_numbers(table: pa.Table) -> np.ndarray:
    """An integer per row, equal exactly where two rows are versions of one record."""
    named, otherwise = _identity(table)
    if named == otherwise:
        return _numbers(table, named)
    return np.where(_has_id(table), _numbers(table, named), -1 - _numbers(table, otherwise))


def _numbers(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    frame = pd.DataFrame({name: _comparable(table[name]) for name in names})
    return frame.groupby(list(names), sort=False, dropna=False).ngroup().to_numpy()


def _comparable(values: pa.ChunkedArray) -> np.ndarray | pd.Series:
    if pa.types.is_timestamp(values.type):
        return micros(values)
    return (pc.fill_null(values, "\0") if pa.types.is_string(values.type) else values).to_pandas()


def _content(table: pa.Table, field: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What a row says, as sortable arrays: what is known with the row (withdrawal first), and what comes with `field`.

    They order versions recorded at one instant, so values not yet known must have no part in the first.
    """
    groups = LATER["spells"] if "spell_id" in table.column_names else LATER["stays"]
    late = {name for group in groups.values() for name in group}
    first = {"retracted": pc.fill_null(table["retracted"], False).to_numpy(zero_copy_only=False)}
    first |= {n: _sortable(table[n]) for n in table.column_names if n not in _NOT_CONTENT | late}
    if field == "recorded_at":
        return first, {}
    return first, {n: _sortable(table[n]) for n in (field, *groups[field])}


def _sortable(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_timestamp(values.type):
        return micros(values, LONG_AGO)
    if pa.types.is_string(values.type):
        return pc.rank(pc.fill_null(values, ""), tiebreaker="dense").to_numpy()
    numbers = pc.fill_null(values.cast(pa.float64()), -np.inf).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(numbers), -np.inf, numbers)
