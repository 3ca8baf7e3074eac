"""Columns of spells as distinct values and the rows that hold them."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .rules import Prefixes

Column: TypeAlias = pa.Array | pa.ChunkedArray | np.ndarray | Sequence
Factor: TypeAlias = tuple[np.ndarray, list]


def arrow(column: Column, kind: pa.DataType) -> pa.Array:
    """One Arrow array of the type given from an Arrow, numpy or pandas column or a sequence."""
    array = column if isinstance(column, (pa.Array, pa.ChunkedArray)) else pa.array(column, from_pandas=True)
    array = array.cast(kind)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def single(column: Column) -> Factor:
    """Each row's position among the distinct codes, normalised; missing is an empty code."""
    return _encode(_clean(arrow(column, pa.string())))


def several(column: Column, seen: Prefixes) -> Factor:
    """As `single`, for `;`-separated codes: each distinct value is the tuple of those that begin as `seen`.

    Codes no rule looks at are dropped, or nearly every spell would be a combination of its own.
    """
    lists = pc.split_pattern(_clean(arrow(column, pa.string())), ";")
    codes, rows = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
    encoded = codes.dictionary_encode()
    wanted = np.array([bool(c) and c.startswith(seen) for c in encoded.dictionary.to_pylist()], dtype=bool)
    kept = np.flatnonzero(wanted[encoded.indices.to_numpy()])
    ends = np.cumsum(np.bincount(rows[kept], minlength=len(lists)), dtype=np.int32)
    left = pa.ListArray.from_arrays(pa.array(np.append(np.int32(0), ends)), codes.take(kept))
    positions, distinct = _encode(pc.binary_join(left, ";"))
    return positions, [tuple(filter(None, value.split(";"))) for value in distinct]


def years(column: Column) -> Factor:
    """As `single`, for ages in whole years; missing is None."""
    encoded = pc.floor(arrow(column, pa.float64())).dictionary_encode("encode")
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def constant(length: int, value: object) -> Factor:
    """The same value in every row."""
    return np.zeros(length, dtype=np.int64), [value]


def combinations(factors: Sequence[Factor]) -> tuple[list[tuple], np.ndarray]:
    """The distinct combinations of the factors' values, and each row's position among them."""
    key = np.zeros(len(factors[0][0]), dtype=np.int64)
    for positions, distinct in factors:
        # Renumbered at every step, so the product cannot overflow.
        key = np.unique(key * len(distinct) + positions, return_inverse=True)[1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    columns = [[distinct[at] for at in positions[first]] for positions, distinct in factors]
    return list(zip(*columns, strict=True)), inverse


def _clean(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.ascii_upper(pc.fill_null(text, "")), "[^A-Z0-9;]", "")


def _encode(text: pa.Array) -> Factor:
    encoded = text.dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
