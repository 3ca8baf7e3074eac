"""From a raw Arrow table to the contract's types, with every value that does not fit reported."""

from collections.abc import Callable
from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from .contract import INSTANT, Column, Table
from .problems import Problem

_ZONED = r"(?:[Zz]|[+-]\d\d:?\d\d)$"
_TRUE, _FALSE = {"true", "1", "yes", "y", "t"}, {"false", "0", "no", "n", "f"}


def coerce(raw: pa.Table, table: Table) -> tuple[pa.Table, list[Problem]]:
    """Typed table with the contract's columns in order, and the problems of shape and type found on the way."""
    problems = missing_columns(raw.column_names, table)
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    for column in table.columns:
        if column.name not in raw.column_names:
            columns[column.name] = pa.nulls(raw.num_rows, column.type)
            continue
        columns[column.name], found = _typed(raw[column.name], column, table.name)
        problems += found
    return pa.table(columns, schema=table.schema), problems


def missing_columns(present: list[str], table: Table) -> list[Problem]:
    """Required columns that are not there, and columns nobody knows, each with the nearest name."""
    known = [c.name for c in table.columns]
    unknown = [name for name in present if name not in known]
    problems = []
    for column in table.columns:
        if column.required and column.name not in present:
            near = get_close_matches(column.name, unknown, 1, 0.6)
            hint = f"Did you mean your column {near[0]!r}?" if near else "Add the column"
            problems.append(Problem(table.name, column.name, "required column is missing", "error", 0, "", hint))
    for name in unknown:
        near = get_close_matches(name, known, 1, 0.6)
        hint = f"Nearest known column: {near[0]!r}" if near else "It is ignored"
        problems.append(Problem(table.name, name, "unknown column", "warning", 0, "", hint))
    return problems


def _typed(values: pa.ChunkedArray, column: Column, table: str) -> tuple[pa.ChunkedArray, list[Problem]]:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        values = values.cast(pa.string())
    if pa.types.is_null(values.type) or values.type == column.type:
        return values.cast(column.type), []
    found = converted(values, column.kind)
    lost = pc.and_(pc.is_null(found), pc.is_valid(values))
    rows = pc.sum(lost).as_py() or 0
    if not rows:
        return found, []
    example = repr(values.filter(lost)[0].as_py())
    return found, [
        Problem(table, column.name, f"not a {_NAMES[column.kind]}", "error", rows, example, _HINTS[column.kind])
    ]


def converted(values: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Values as a kind of the contract (`text`, `instant`, ...); null where one does not fit."""
    return _CONVERT[kind](values)


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


def _number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(values.type):
        import pandas as pd  # a third of a second, for text only

        numbers = pd.to_numeric(values.to_pandas(), errors="coerce").astype("float64")
        return pa.chunked_array([pa.array(numbers, pa.float64(), from_pandas=True)])
    try:
        return values.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array([pa.nulls(len(values), pa.float64())])


def _flag(values: pa.ChunkedArray) -> pa.ChunkedArray:
    words = [None if v is None else str(v).lower() for v in values.to_pylist()]
    flags = [True if w in _TRUE else False if w in _FALSE else None for w in words]
    return pa.chunked_array([pa.array(flags, pa.bool_())])


def _instant(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times without a zone are Europe/London; an hour that happens twice is its first, a skipped one the next."""
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return values.cast(INSTANT, safe=False)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        naive = values.cast(pa.timestamp("us"), safe=False)
        return pc.assume_timezone(naive, "Europe/London", ambiguous="earliest", nonexistent="latest").cast(INSTANT)
    if not pa.types.is_string(kind):
        return pa.chunked_array([pa.nulls(len(values), INSTANT)])
    zoned = pc.match_substring_regex(values, _ZONED)
    with_zone = _parse(pc.if_else(zoned, values, None), utc=True)
    without = _instant(pa.chunked_array([_parse(pc.if_else(zoned, None, values), utc=False)]))
    return pc.coalesce(pa.chunked_array([with_zone]), without)


def _parse(values: pa.ChunkedArray, *, utc: bool) -> pa.Array:
    import pandas as pd

    parsed = pd.to_datetime(values.to_pandas(), format="ISO8601", errors="coerce", utc=utc)
    return pa.array(parsed.astype("datetime64[us, UTC]" if utc else "datetime64[us]"), from_pandas=True)


def _date(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(values.type):
        plain = pc.replace_substring_regex(values, _ZONED, "")  # the day as it is written
        return pa.chunked_array([_parse(plain, utc=False).cast(pa.date32(), safe=False)])
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return values.cast(pa.date32(), safe=False)
    return pa.chunked_array([pa.nulls(len(values), pa.date32())])


_CONVERT: dict[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "instant": _instant,
    "date": _date,
}
_NAMES = {"text": "text", "number": "number", "flag": "yes or no", "instant": "time", "date": "date"}
_HINTS = {
    "text": "",
    "number": "Use plain numbers with a decimal point",
    "flag": "Use true or false",
    "instant": "Write ISO 8601, 2026-11-16T09:30 (London) or with a zone",
    "date": "Write ISO 8601, 1938-07-14",
}
