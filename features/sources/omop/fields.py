"""Values of OMOP tables: ids, times, and whether there is one."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ...problems import HistoryError, Problem
from ..tally import Batch

_EXACT = 2**53  # from here on a decimal column turns some whole numbers into their neighbours
LAST_MINUTE = pd.Timedelta(hours=23, minutes=59)  # of a day; those on which the clocks change are an hour out
_DOUBTFUL = r"^-?(\d{16,}\.0+|\d(\.\d+)?[eE]\+?\d+)$"


def trimmed(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without blanks around it; what is only blanks is missing."""
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, ""), None, values)


def ids(batch: Batch, column: str) -> pa.ChunkedArray:
    """Ids as text; whole numbers that came by way of a decimal column lose their `.0`.

    Raises HistoryError for one that is too large for that: it was rounded, and may now be somebody else's.
    """
    values = trimmed(batch.table[column])
    if not pc.any(pc.match_substring_regex(values, r"\d[.eE]")).as_py():
        return values
    plain = pc.replace_substring_regex(values, r"^(-?\d+)\.0+$", r"\1")
    doubtful = pc.fill_null(pc.match_substring_regex(values, _DOUBTFUL), False)
    if not pc.any(doubtful).as_py():
        return plain
    written = values.filter(doubtful).to_pylist()
    large = [abs(Decimal(one)) >= _EXACT for one in written]
    if any(large):
        row = batch.first + int(np.flatnonzero(doubtful.to_numpy())[large.index(True)])
        hint = f"row {row:,} is the first: ids from 2^53 on get lost in decimal numbers, send whole numbers or text"
        raise HistoryError([Problem(batch.file, column, "ids were rounded", "error", sum(large), "", hint)])
    return pa.chunked_array([pc.replace_with_mask(plain.combine_chunks(), doubtful.combine_chunks(), _whole(written))])


def _whole(written: list[str]) -> pa.Array:
    """`1.5e3` as `1500`; what is no whole number stays as it is."""
    numbers = [Decimal(one) for one in written]
    return pa.array([str(int(n)) if n == int(n) else one for one, n in zip(written, numbers, strict=True)], pa.string())


def time(table: pa.Table, *columns: str) -> pd.Series:
    """The first of these columns that can be read as a time, UTC; NaT where none can."""
    found = _instants(table[columns[0]])
    for name in columns[1:]:
        if found.null_count:
            found = pc.coalesce(found, _instants(table[name]))
    return found.to_pandas()


def _instants(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each way of writing a time is read once, for most days and hours come again."""
    coded = values.combine_chunks().dictionary_encode()
    words = pc.replace_substring_regex(pc.utf8_trim_whitespace(coded.dictionary), r"^(\d{8})\.0$", r"\1")
    return converted(pa.chunked_array([words]), "instant").take(coded.indices)


def day(times: pd.Series) -> pd.Series:
    """The midnight in London before each time: extracts often give days alone."""
    return times.dt.tz_convert("Europe/London").dt.normalize().dt.tz_convert("UTC")


def day_ends(times: pd.Series) -> pd.Series:
    """The last minute of each day that is given without a clock, so as midnight; other times as they are."""
    midnight = day(times)
    return times.mask(times == midnight, midnight + LAST_MINUTE)


def known(values: pd.Series) -> np.ndarray:
    return values.notna().to_numpy()
