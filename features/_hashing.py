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
    """uint64 per text value, FNV-1a of its UTF-8 bytes; null has a hash of its own."""
    if pa.types.is_dictionary(values.type):
        words, at = dictionary(values)
        return np.append(hash_strings(words), _PRIME)[at]
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    parts = [_hash_chunk(chunk) for chunk in chunks]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def dictionary(values: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The distinct words of a text column, and where among them each row's is: -1, the last, where it is missing."""
    if not pa.types.is_dictionary(values.type):
        coded = values.dictionary_encode()  # chunks have the same words: to unify them would go through all for each
    else:
        coded = values.unify_dictionaries() if isinstance(values, pa.ChunkedArray) else values
    chunks = coded.chunks if isinstance(coded, pa.ChunkedArray) else [coded]
    if not chunks:
        return pa.array([], pa.string()), np.empty(0, np.int32)
    indices = chunks[0].indices if len(chunks) == 1 else pa.concat_arrays([chunk.indices for chunk in chunks])
    return chunks[-1].dictionary, pc.fill_null(indices, -1).to_numpy(zero_copy_only=False)


def _hash(values: pa.ChunkedArray) -> np.ndarray:
    if values.null_count == len(values):
        return np.full(len(values), _PRIME)
    if pa.types.is_string(values.type) or pa.types.is_dictionary(values.type):
        return hash_strings(values)
    if pa.types.is_floating(values.type):
        numbers = pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False) + 0.0  # -0.0 equals 0.0
        return np.where(np.isnan(numbers), _PRIME, numbers.astype(np.float64).view(np.uint64))
    if pa.types.is_boolean(values.type):
        bits = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(np.uint64)
    else:
        bits = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False).view(np.uint64)
    if not values.null_count:
        return bits
    return np.where(pc.is_null(values).to_numpy(zero_copy_only=False), _PRIME, bits)


def _hash_chunk(chunk: pa.Array) -> np.ndarray:
    if chunk.null_count == len(chunk):
        return np.full(len(chunk), _PRIME)
    _, offsets, data = chunk.buffers()
    width = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    starts = np.frombuffer(offsets, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    hashed = _hash_bytes(starts, text)
    if chunk.null_count:
        hashed[chunk.is_null().to_numpy(zero_copy_only=False)] = _PRIME
    return hashed


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


@njit(cache=True, nogil=True)
def repeated(marks, group):  # pragma: no cover - compiled
    """The rows whose mark another row of their group has too, in ascending order.

    Groups whose rows stand together are looked at one by one, in little memory; -1 is a group as well.
    """
    begins = _begins(group)
    most = 16
    for k in range(len(begins) - 1):
        while most < 2 * (begins[k + 1] - begins[k]):
            most *= 2
    first, twice = np.full(most, -1, np.int32), np.zeros(len(marks), np.bool_)
    for k in range(len(begins) - 1):
        size = 16
        while size < 2 * (begins[k + 1] - begins[k]):
            size *= 2
        first[:size] = -1
        mask = np.uint64(size - 1)
        for row in range(begins[k], begins[k + 1]):
            slot = (marks[row] ^ (marks[row] >> np.uint64(32))) & mask
            while first[slot] >= 0 and marks[first[slot]] != marks[row]:
                slot = (slot + np.uint64(1)) & mask
            if first[slot] >= 0:
                twice[first[slot]] = twice[row] = True
            else:
                first[slot] = row
    return np.flatnonzero(twice)


@njit(cache=True, nogil=True)
def _begins(group):  # pragma: no cover - compiled
    """Where each group begins, and the end; all rows as one where a group's rows do not stand together."""
    begins = [0]
    seen = np.zeros(group.max() + 2 if len(group) else 1, np.bool_)
    for row in range(len(group)):
        if row == 0 or group[row] != group[row - 1]:
            if seen[group[row] + 1]:
                return [0, len(group)]
            seen[group[row] + 1] = True
            if row:
                begins.append(row)
    begins.append(len(group))
    return begins
