"""The kernel: every feature of every panel row in one backward look over each stream.

For a row (entity, as-of) and a stream, records are read from the newest before t towards the past. Windows are nested,
so their running sums are read off as each window's edge is crossed. `scan.py` holds the compiled loops, and
`reference/engine.py` states the same in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from . import scan
from .asof import EPOCH, LONG_AGO, instant, window_starts
from .block import Block
from .measures import ALL_HISTORY, NEWEST_ALONE, WITHOUT_NUMBERS, Measure
from .threads import in_threads


@dataclass(frozen=True)
class Plan:
    """Measures arranged for the kernel: windows ascending, and operations sorted by (stream, window)."""

    windows: tuple[int, ...]
    op_start: np.ndarray
    op_stat: np.ndarray
    op_column: np.ndarray
    last_window: np.ndarray  # windows that must be crossed before the look back may stop
    newest_only: np.ndarray  # streams of which a measure asks for the newest record, however old
    numeric: np.ndarray  # streams of which a measure reads the numbers
    empty: np.ndarray


@dataclass(frozen=True)
class Clock:
    """Instants of each as-of: t, t + grace, t's local day, and the start of each window."""

    t: np.ndarray
    known_at: np.ndarray
    day: np.ndarray
    edges: np.ndarray


def clock(as_ofs: Sequence[date], grace: int, windows: Sequence[int]) -> Clock:
    """The as-ofs as instants; `grace` in microseconds."""
    t = np.array([instant(a) for a in as_ofs], np.int64)
    edges = np.array([window_starts(a, windows) for a in as_ofs], np.int64).reshape(len(as_ofs), len(windows))
    days = np.array([(a - EPOCH).days for a in as_ofs], np.int32)
    return Clock(t, t + grace, days, edges)


def plan(measures: Sequence[Measure], streams: Sequence[str]) -> Plan:
    """Compile measures (one output column each, in order) for a block with these streams."""
    windows = tuple(sorted({m.window for m in measures} - {ALL_HISTORY}))
    slots = len(windows) + 1  # the last slot is all history
    slot = {w: i for i, w in enumerate(windows)} | {ALL_HISTORY: len(windows)}
    number = {s: i for i, s in enumerate(streams)}
    keys = np.array([number[m.stream] * slots + slot[m.window] for m in measures], np.int64)
    order = np.argsort(keys, kind="stable")
    op_start = np.searchsorted(keys[order], np.arange(len(streams) * slots + 1)).astype(np.int64)
    last = np.full(len(streams), -1, np.int64)
    newest, numeric = np.zeros(len(streams), np.bool_), np.zeros(len(streams), np.bool_)
    for m in measures:
        s, alone = number[m.stream], m.stat in NEWEST_ALONE
        newest[s] |= alone
        numeric[s] |= m.stat not in WITHOUT_NUMBERS
        # Statistics of the newest record alone never need the look to go on.
        last[s] = max(last[s], 0 if alone else slot[m.window] + 1)
    stats = np.array([m.stat for m in measures], np.int64)[order]
    empty = np.array([m.empty for m in measures], np.float32)
    return Plan(windows, op_start, stats, order.astype(np.int64), last, newest, numeric, empty)


def compute(block: Block, plan_: Plan, when: Clock, entity: np.ndarray, week: np.ndarray) -> np.ndarray:
    """float32 (rows, measures) for rows given as entity and as-of indices; NaN is missing.

    Rows of one entity in ascending weeks cost least: what has not changed since the week before is not read again.
    """
    out = np.empty((len(entity), len(plan_.empty)), np.float32)
    entity, week = entity.astype(np.int64), week.astype(np.int64)
    runs = _runs(entity, week)
    in_threads(
        scan.measure, len(runs) - 1, runs, block.start, block.width, block.time, block.since, block.until, block.day,
        block.value, plan_.op_start, plan_.op_stat, plan_.op_column, plan_.last_window, plan_.newest_only,
        plan_.numeric, plan_.empty, np.array(plan_.windows, np.int64), when.t, when.known_at, when.day, when.edges,
        entity, week, out,
    )  # fmt: skip
    return out


def newest_times(
    block: Block, streams: Sequence[str], entity: np.ndarray, t: np.ndarray, known_at: np.ndarray
) -> np.ndarray:
    """int64 instant of the newest record of any of the streams, by row; LONG_AGO if none counts."""
    wanted = np.array([block.streams.index(s) for s in streams], np.int64)
    out = np.full(len(entity), LONG_AGO, np.int64)
    in_threads(
        scan.newest_times, len(entity), block.start, block.width, block.time, block.since, block.until, wanted,
        entity.astype(np.int64), t, known_at, out,
    )  # fmt: skip
    return out


def _runs(entity: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Where each run of one entity in ascending weeks begins, and the number of rows."""
    if not len(entity):
        return np.zeros(1, np.int64)
    breaks = np.flatnonzero((entity[1:] != entity[:-1]) | (week[1:] < week[:-1])) + 1
    return np.concatenate([[0], breaks, [len(entity)]]).astype(np.int64)
