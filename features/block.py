"""Records sorted for the kernel: by entity, stream, time; ties at one instant by recording, record id, value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numba import njit

from .asof import local_days
from .records import Records
from .streams import Stream


@dataclass(frozen=True)
class Block:
    """Compressed rows: records of entity e and stream s are `start[e * S + s] : start[e * S + s + 1]`."""

    ids: pa.Array
    streams: tuple[str, ...]
    start: np.ndarray
    time: np.ndarray
    since: np.ndarray
    until: np.ndarray
    day: np.ndarray
    value: np.ndarray
    row: np.ndarray

    @property
    def width(self) -> int:
        return len(self.streams)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Each stream's number."""
        return {stream: i for i, stream in enumerate(self.streams)}


def build_block(
    records: Records, ids: pa.Array, streams: Mapping[str, Stream], record_ids: pa.ChunkedArray | None = None
) -> Block:
    """Assign records to streams and sort them; `record_ids` (by origin row) settle ties at one recording time."""
    picked, stream = _assign(records, streams)
    # Sorted by time first: the buckets keep that order, and only ties are left to settle in each.
    by_time = np.argsort(records.time[picked], kind="stable")
    picked, stream = picked[by_time], stream[by_time]
    key = records.entity[picked].astype(np.int64) * len(streams) + stream
    start, order = _bucket(key, len(ids) * len(streams))
    order = picked[order]
    time, since, value = records.time[order], records.since[order], records.value[order]
    row = records.row[order]
    rank = _id_rank(start, time, since, row, record_ids)
    within = _sort_within(start, time, since, rank, value)
    order = order[within]
    time = records.time[order]
    return Block(
        ids,
        tuple(streams),
        start,
        time,
        records.since[order],
        records.until[order],
        local_days(time),
        records.value[order],
        records.row[order],
    )


def _assign(records: Records, streams: Mapping[str, Stream]) -> tuple[np.ndarray, np.ndarray]:
    """Record indices and stream numbers, one pair for each record in each stream that selects it."""
    concept_of = {name: i for i, name in enumerate(records.concepts)}
    base = np.full(len(records.concepts) or 1, -1, np.int32)
    extra: list[tuple[int, Stream, list[int]]] = []
    for number, stream in enumerate(streams.values()):
        wanted = [concept_of[c] for c in stream.concepts if c in concept_of]
        if stream.is_base and wanted:
            base[wanted[0]] = number
        elif wanted:
            extra.append((number, stream, wanted))
    first = base[records.concept]
    rows, numbers = [np.flatnonzero(first >= 0)], [first[first >= 0]]
    for number, stream, wanted in extra:
        mask = np.isin(records.concept, wanted)
        if stream.low is not None:
            mask &= records.value >= stream.low
        if stream.high is not None:
            mask &= records.value <= stream.high
        found = np.flatnonzero(mask)
        rows.append(found)
        numbers.append(np.full(len(found), number, np.int32))
    return np.concatenate(rows), np.concatenate(numbers)


@njit(cache=True, nogil=True)
def _bucket(key, buckets):  # pragma: no cover - compiled
    """Stable counting sort: bucket starts and the order of rows."""
    start = np.zeros(buckets + 1, np.int64)
    for k in key:
        start[k + 1] += 1
    for b in range(buckets):
        start[b + 1] += start[b]
    free = start[:-1].copy()
    order = np.empty(len(key), np.int64)
    for i in range(len(key)):
        order[free[key[i]]] = i
        free[key[i]] += 1
    return start, order


def _id_rank(
    start: np.ndarray,
    time: np.ndarray,
    since: np.ndarray,
    row: np.ndarray,
    record_ids: pa.ChunkedArray | None,
) -> np.ndarray:
    """int32 rank of the record ids, found only for records that share entity, stream, time and recording time."""
    rank = np.zeros(len(time), np.int32)
    if record_ids is None or not len(time):
        return rank
    tied = np.flatnonzero(_tied(start, time, since) & (row >= 0))
    if len(tied):
        texts = np.array([t or "" for t in record_ids.take(pa.array(row[tied])).to_pylist()])
        rank[tied] = np.unique(texts, return_inverse=True)[1] + 1
    return rank


@njit(cache=True, nogil=True)
def _tied(start, time, since):  # pragma: no cover - compiled
    """Whether another record of the same bucket has the same two times; buckets are sorted by time."""
    out = np.zeros(len(time), np.bool_)
    for b in range(len(start) - 1):
        for i in range(start[b] + 1, start[b + 1]):
            j = i - 1
            while j >= start[b] and time[j] == time[i]:
                if since[j] == since[i]:
                    out[i] = True
                    out[j] = True
                j -= 1
    return out


@njit(cache=True, nogil=True)
def _sort_within(start, time, since, rank, value):  # pragma: no cover - compiled
    """Order by (time, since, rank, value) inside each bucket: insertion, since the buckets are sorted by time."""
    order = np.arange(len(time))
    for b in range(len(start) - 1):
        lo, hi = start[b], start[b + 1]
        for i in range(lo + 1, hi):
            moving = order[i]
            j = i - 1
            while j >= lo and _after(order[j], moving, time, since, rank, value):
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = moving
    return order


@njit(cache=True, nogil=True)
def _after(a, b, time, since, rank, value):  # pragma: no cover - compiled
    if time[a] != time[b]:
        return time[a] > time[b]
    if since[a] != since[b]:
        return since[a] > since[b]
    if rank[a] != rank[b]:
        return rank[a] > rank[b]
    if np.isnan(value[b]):
        return False
    return np.isnan(value[a]) or value[a] > value[b]
