"""A 64-bit hash per row over some columns, straight from Arrow's buffers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

_PRIME = np.uint64(0x9E3779B97F4A7C15)


def hash_rows(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    """uint64 per row; equal content gives equal hashes, so unequal hashes prove unequal content."""
    total = np.zeros(table.num_rows, np.uint64)
    for name in names:
        total = _mix(total, _hash(table[name]))
    return total


def hash_strings(values: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """uint64 per text value; null has a hash of its own."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    parts = [_hash_chunk(chunk.cast(pa.large_string())) for chunk in chunks]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def _hash(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_string(values.type):
        return hash_strings(values)
    missing = pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(values.type):
        numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False) + 0.0  # -0.0 equals 0.0
        bits = numbers.astype(np.float64).view(np.uint64)
    elif pa.types.is_boolean(values.type):
        bits = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(np.uint64)
    else:
        bits = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False).view(np.uint64)
    return np.where(missing, _PRIME, bits)


def _hash_chunk(chunk: pa.Array) -> np.ndarray:
    if not len(chunk):
        return np.empty(0, np.uint64)
    if chunk.null_count == len(chunk):
        return np.full(len(chunk), _PRIME)
    _, offsets, data = chunk.buffers()
    starts = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    missing = chunk.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing, _PRIME, _hash_bytes(starts, text))


@njit(cache=True, nogil=True)
def _hash_bytes(starts, text):  # pragma: no cover - compiled
    out = np.empty(len(starts) - 1, np.uint64)
    for row in range(len(starts) - 1):
        h = np.uint64(14695981039346656037)  # FNV-1a, then mixed below
        for at in range(starts[row], starts[row + 1]):
            h = (h ^ np.uint64(text[at])) * np.uint64(1099511628211)
        out[row] = h
    return out


@njit(cache=True, nogil=True)
def _mix(total, values):  # pragma: no cover - compiled
    out = np.empty_like(total)
    for row in range(len(total)):
        h = total[row] * np.uint64(0x9E3779B97F4A7C15) ^ values[row]
        h ^= h >> np.uint64(30)
        h *= np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(27)
        h *= np.uint64(0x94D049BB133111EB)
        out[row] = h ^ (h >> np.uint64(31))
    return out
