"""The kernel: every feature of every panel row in one backward look over each stream.

For a row (entity, as-of) and a stream, records are read from the newest before t towards the past. Windows are nested,
so their running sums are read off as each window's edge is crossed. `reference/engine.py` states the same in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numba import njit, prange

from .asof import EPOCH, LONG_AGO, instant, window_starts
from .block import Block


class Stat(IntEnum):
    """What is read from the records of a window; `SINCE`, `EVER` and `ACTIVE` look at the newest record only."""

    COUNT = 0
    SUM = 1
    MEAN = 2
    MIN = 3
    MAX = 4
    LAST = 5
    CHANGE = 6  # newest minus oldest of the window
    SHARE = 7  # (newest - oldest) / oldest
    SLOPE = 8  # least squares, per 28 days
    DAYS = 9  # distinct local calendar days with a record
    SINCE = 10  # local calendar days since the newest record
    EVER = 11
    ACTIVE = 12  # the newest record does not say 0: a start without a value is a start
    RISE = 13  # newest minus the mean of the others in the window


# Statistics that read 0, not missing, when there is no record.
ZERO_WHEN_EMPTY = frozenset({Stat.COUNT, Stat.DAYS, Stat.EVER, Stat.ACTIVE})
ALL_HISTORY = 0  # a window of 0 days stands for everything before t


@dataclass(frozen=True)
class Measure:
    """One number about one stream: a statistic over a window of local calendar days (0: all history)."""

    stream: str
    stat: Stat
    window: int = ALL_HISTORY

    @property
    def empty(self) -> float:
        return 0.0 if self.stat in ZERO_WHEN_EMPTY else np.nan


@dataclass(frozen=True)
class Plan:
    """Measures arranged for the kernel: windows ascending, and operations sorted by (stream, window)."""

    windows: tuple[int, ...]
    op_start: np.ndarray
    op_stat: np.ndarray
    op_column: np.ndarray
    last_window: np.ndarray  # windows that must be crossed before the look back may stop
    newest_only: np.ndarray  # 1 where a measure asks for the newest record, however old
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
    newest = np.zeros(len(streams), np.int64)
    for m in measures:
        # Statistics of the newest record alone never need the scan to go on.
        alone = m.stat in (Stat.SINCE, Stat.EVER, Stat.ACTIVE)
        newest[number[m.stream]] |= alone
        last[number[m.stream]] = max(last[number[m.stream]], 0 if alone else slot[m.window] + 1)
    stats = np.array([m.stat for m in measures], np.int64)[order]
    return Plan(
        windows,
        op_start,
        stats,
        order.astype(np.int64),
        last,
        newest,
        np.array([m.empty for m in measures], np.float32),
    )


def compute(block: Block, plan_: Plan, when: Clock, entity: np.ndarray, week: np.ndarray) -> np.ndarray:
    """float32 (rows, measures) for rows given as entity and as-of indices; NaN is missing.

    Rows of one entity in ascending weeks cost least: the place in each stream is then carried from week to week.
    """
    out = np.empty((len(entity), len(plan_.empty)), np.float32)
    entity, week = entity.astype(np.int64), week.astype(np.int64)
    _compute(
        _runs(entity, week), block.start, block.width, block.time, block.since, block.until, block.day, block.value,
        plan_.op_start, plan_.op_stat, plan_.op_column, plan_.last_window, plan_.newest_only, plan_.empty,
        len(plan_.windows),
        when.t, when.known_at, when.day, when.edges, entity, week, out,
    )  # fmt: skip
    return out


def _runs(entity: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Where each run of one entity in ascending weeks begins, and the number of rows."""
    if not len(entity):
        return np.zeros(1, np.int64)
    breaks = np.flatnonzero((entity[1:] != entity[:-1]) | (week[1:] < week[:-1])) + 1
    return np.concatenate([[0], breaks, [len(entity)]]).astype(np.int64)


@njit(cache=True, parallel=True)
def _compute(
    runs, start, width, time, since, until, day, value, op_start, op_stat, op_column, last_window, newest_only,
    empty, windows, t, known_at, t_day, edges, entity, week, out,
):  # fmt: skip  # pragma: no cover - compiled
    for run in prange(len(runs) - 1):
        e = entity[runs[run]]
        for row in range(runs[run], runs[run + 1]):
            out[row] = empty
        for s in range(width):
            lo, hi = start[e * width + s], start[e * width + s + 1]
            if lo == hi or last_window[s] < 0:
                continue
            after = lo
            for row in range(runs[run], runs[run + 1]):
                k = week[row]
                while after < hi and time[after] < t[k]:
                    after += 1
                if after == lo:
                    continue
                # Nothing so recent that any window holds it, and nobody asks for the newest record of all.
                if newest_only[s] == 0 and last_window[s] <= windows and time[after - 1] < edges[k, last_window[s] - 1]:
                    continue
                _one_stream(
                    after - 1, lo, time, since, until, day, value, op_start, op_stat, op_column, s * (windows + 1),
                    last_window[s], windows, t[k], known_at[k], t_day[k], edges[k], out[row],
                )  # fmt: skip


@njit(cache=True, inline="always")
def _one_stream(
    at, lo, time, since, until, day, value, op_start, op_stat, op_column, ops, last_window, windows, t, known_at,
    t_day, edges, out,
):  # fmt: skip  # pragma: no cover - compiled
    n = 0
    numbers = 0
    days = 0
    newest_day = last_day = np.int32(0)
    newest = oldest = total = low = high = sx = sxx = sxy = 0.0
    newest_value = np.nan
    w = 0
    while at >= lo:
        if since[at] >= known_at or until[at] < known_at:
            at -= 1
            continue
        while w < windows and time[at] < edges[w]:
            if n and op_start[ops + w] < op_start[ops + w + 1]:
                _emit(op_start[ops + w], op_start[ops + w + 1], op_stat, op_column, n, numbers, days, newest_day,
                      t_day, newest, newest_value, oldest, total, low, high, sx, sxx, sxy, out)  # fmt: skip
            w += 1
        if w >= last_window and n:
            break
        x = day[at]
        if n == 0:
            newest_day = x
            newest_value = value[at]
        if n == 0 or x != last_day:
            days += 1
            last_day = x
        n += 1
        v = value[at]
        if not np.isnan(v):
            past = np.float64(x - t_day)
            if numbers == 0:
                newest = low = high = v
            low = min(low, v)
            high = max(high, v)
            oldest = v
            numbers += 1
            total += v
            sx += past
            sxx += past * past
            sxy += past * v
        at -= 1
    if n:
        for rest in range(w, windows + 1):
            if op_start[ops + rest] < op_start[ops + rest + 1]:
                _emit(op_start[ops + rest], op_start[ops + rest + 1], op_stat, op_column, n, numbers, days,
                      newest_day, t_day, newest, newest_value, oldest, total, low, high, sx, sxx, sxy, out)  # fmt: skip


@njit(cache=True)
def _emit(
    first, last, op_stat, op_column, n, numbers, days, newest_day, t_day, newest, newest_value, oldest, total, low,
    high, sx, sxx, sxy, out,
):  # fmt: skip  # pragma: no cover - compiled
    for op in range(first, last):
        stat, column = op_stat[op], op_column[op]
        if stat == 0:
            out[column] = n
        elif stat == 9:
            out[column] = days
        elif stat == 10:
            out[column] = t_day - newest_day
        elif stat == 11:
            out[column] = 1.0
        elif stat == 12:
            out[column] = 0.0 if newest_value <= 0 else 1.0
        elif numbers == 0:
            continue
        elif stat == 1:
            out[column] = total
        elif stat == 2:
            out[column] = total / numbers
        elif stat == 3:
            out[column] = low
        elif stat == 4:
            out[column] = high
        elif stat == 5:
            out[column] = newest
        elif numbers < 2:
            continue
        elif stat == 6:
            out[column] = newest - oldest
        elif stat == 7:
            if oldest != 0:
                out[column] = (newest - oldest) / oldest
        elif stat == 8:
            spread = numbers * sxx - sx * sx
            if spread > 0:
                out[column] = 28.0 * (numbers * sxy - sx * total) / spread
        elif stat == 13:
            out[column] = newest - (total - newest) / (numbers - 1)


@njit(cache=True, parallel=True)
def newest_times(start, width, time, since, until, wanted, entity, t, known_at):  # pragma: no cover - compiled
    """int64 instant of the newest record counted at each row over the `wanted` streams; LONG_AGO if none."""
    out = np.full(len(entity), LONG_AGO, np.int64)
    for row in prange(len(entity)):
        for s in wanted:
            lo, hi = start[entity[row] * width + s], start[entity[row] * width + s + 1]
            at = lo + np.searchsorted(time[lo:hi], t[row]) - 1
            while at >= lo and time[at] > out[row]:
                if since[at] < known_at[row] <= until[at]:
                    out[row] = time[at]
                at -= 1
    return out
