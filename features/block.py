"""Records sorted for the kernel: by entity, stream, time; ties at one instant by recording, record id, value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from .asof import DAY, clock_changes
from .placing import gather, place, settle_ties, sort_by_time, tied
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
    at, stream, bounded, low, high = _streams_of(records.concepts, streams)
    start, order = place(
        records.entity, records.concept, records.value, at, stream, bounded, low, high, len(streams), len(ids)
    )
    sort_by_time(start, order, records.time)
    edges, offsets = clock_changes(records.time[records.entity >= 0])
    time, since, until, day, value, row = gather(
        order, records.time, records.since, records.until, records.value, records.row, edges, offsets, DAY
    )
    rank = _id_rank(start, time, since, row, record_ids)
    settle_ties(start, rank, time, since, until, day, value, row)
    return Block(ids, tuple(streams), start, time, since, until, day, value, row)


def _streams_of(concepts: Sequence[str], streams: Mapping[str, Stream]) -> tuple[np.ndarray, ...]:
    """The streams of each concept one concept after the other, where each begins, and the bounds of value."""
    of: dict[str, list[tuple[int, Stream]]] = {concept: [] for concept in concepts}
    for number, stream in enumerate(streams.values()):
        for concept in stream.concepts:
            if concept in of:
                of[concept].append((number, stream))
    found = [pair for concept in concepts for pair in of[concept]]
    at = np.cumsum([0, *(len(of[concept]) for concept in concepts)])
    numbers = np.array([n for n, _ in found], np.int64)
    bounded = np.array([s.low is not None or s.high is not None for _, s in found], bool)
    low = np.array([-np.inf if s.low is None else s.low for _, s in found], float)
    high = np.array([np.inf if s.high is None else s.high for _, s in found], float)
    return at, numbers, bounded, low, high


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
    some = tied(start, time, since)
    some = some[row[some] >= 0]
    if len(some):
        texts = np.array([t or "" for t in record_ids.take(pa.array(row[some])).to_pylist()])
        rank[some] = np.unique(texts, return_inverse=True)[1] + 1
    return rank
