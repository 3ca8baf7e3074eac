"""Cells of theirs as text that our columns can take: mapped words, shares, times in their format."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ...contract import Column
from ..tally import Batch
from .mapping import Read

_ANY, _NONE = "*", ""
_NO_NUMBER = "?"
# Beyond these a zone's hours lead out of what a date can be.
_FIRST, _LAST = pd.Timestamp("0002-01-01", tz="UTC"), pd.Timestamp("9998-12-31", tz="UTC")


def chosen(batch: Batch, one: Read) -> np.ndarray:
    """Mask of the rows that `only` names: by their words, `*` for any word, an empty text for no word."""
    out = np.ones(len(batch), bool)
    for name, words in one.only.items():
        cells = _trimmed(batch.table[name.lower().strip()])
        found = pc.is_in(pc.fill_null(cells, _NONE), value_set=pa.array(words, pa.string()))
        out &= (pc.or_(found, pc.is_valid(cells)) if _ANY in words else found).to_numpy(zero_copy_only=False)
    return out


def told(batch: Batch, one: Read, column: Column) -> pa.ChunkedArray | None:
    """A column of ours as text in ISO 8601 where it is a time, an empty text where the mapping leaves the row out;
    None where the mapping has nothing for it."""
    text = _theirs(batch, one, column)
    if text is None or column.name in one.shares:
        return text
    return _dated(_mapped(text, one, column.name), one, column)


def kept(text: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """The values, null where the text is none of the column's kind."""
    found = converted(text, column.kind)
    if column.kind == "number":
        return pc.if_else(pc.is_finite(found), found, None)
    if column.kind == "instant":
        return pc.if_else(pc.and_(pc.greater_equal(found, _FIRST), pc.less_equal(found, _LAST)), found, None)
    return found


def _theirs(batch: Batch, one: Read, column: Column) -> pa.ChunkedArray | None:
    if column.name in one.columns:
        return _trimmed(batch.table[one.columns[column.name].lower().strip()])
    if column.name in one.constants:
        return _trimmed(pa.chunked_array([pa.array([str(one.constants[column.name])] * len(batch), pa.string())]))
    return _share(batch, one.shares[column.name]) if column.name in one.shares else None


def _trimmed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(text, ""), None, text)


def _share(batch: Batch, share: dict[str, list[str]]) -> pa.ChunkedArray:
    """The part of the whole, both sums of columns; rows in which a cell is empty or the whole is 0 are left out."""
    sums, empty = {}, np.zeros(len(batch), bool)
    for side, names in share.items():
        cells = [_trimmed(batch.table[name.lower().strip()]) for name in names]
        numbers = [converted(column, "number").to_numpy() for column in cells]
        sums[side] = np.sum(numbers, axis=0)
        empty |= np.any([pc.is_null(column).to_numpy(zero_copy_only=False) for column in cells], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = sums["part"] / sums["whole"]
    good = np.isfinite(found) & (sums["whole"] > 0) & (found >= 0)
    words = np.where(empty | (sums["whole"] == 0), _NONE, np.where(good, found.astype(str), _NO_NUMBER))
    return pa.chunked_array([pa.array(words, pa.string())])


def _mapped(text: pa.ChunkedArray, one: Read, name: str) -> pa.ChunkedArray:
    """Their values as ours; codes that the mapping does not name get the code system before them."""
    known = one.values.get(name, {})
    if not known and not (name == "code" and one.system):
        return text
    series = text.to_pandas()
    rest = one.system + ":" + series if name == "code" and one.system else series
    ours = series.map({word: to for word, to in known.items() if word not in (_ANY, _NONE)})
    if _ANY in known:
        rest = rest.where(series.isna(), known[_ANY])
    if _NONE in known:
        rest = rest.where(series.notna(), known[_NONE])
    return pa.chunked_array([pa.array(ours.fillna(rest), pa.string(), from_pandas=True)])


def _dated(text: pa.ChunkedArray, one: Read, column: Column) -> pa.ChunkedArray:
    """Times and dates in the first of their formats that fits as ISO 8601; what fits none is no time."""
    if column.name not in one.formats or column.kind not in ("instant", "date"):
        return text
    given, forms = text.to_pandas(), one.formats[column.name]
    iso = pd.Series(None, given.index, dtype=object)
    for form in [forms] if isinstance(forms, str) else forms:
        found = pd.to_datetime(given.where(iso.isna()), format=form, errors="coerce")
        iso = iso.fillna(found.map(lambda at: at.isoformat(), na_action="ignore").astype(object))
    iso = iso.where(given.isna() | iso.notna(), given.where(given == _NONE, _NO_NUMBER))
    return pa.chunked_array([pa.array(iso, pa.string(), from_pandas=True)])
