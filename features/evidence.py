"""The records behind a feature's value: what a clinician would look up to believe it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numba import njit

from .asof import EPOCH, instant
from .block import Block
from .build import Prepared
from .cohort import Panel
from .measures import ALL_HISTORY


class Record(NamedTuple):
    """One visible record: its local day, value (None if it has none), where it is (Records.row) and its instant."""

    on: date
    value: float | None
    row: int
    time: int


@dataclass(frozen=True)
class Seen:
    """What counts as of some panel rows: of the i-th of them and stream s, the records of the block at
    `at[start[i * S + s] : start[i * S + s + 1]]`, oldest first."""

    start: np.ndarray
    at: np.ndarray


def seen(block: Block, panel: Panel, rows: np.ndarray | slice) -> Seen:
    """The records that count as of each of these rows."""
    week = panel.week[rows]
    return Seen(
        *_seen(
            block.start, block.width, block.time, block.since, block.until, panel.entity[rows], panel.clock.t[week],
            panel.clock.known_at[week],
        )
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _seen(start, width, time, since, until, entity, t, known_at):  # pragma: no cover - compiled
    most = 0
    for e in entity:
        most += start[(e + 1) * width] - start[e * width]
    begin, at, found = np.zeros(len(entity) * width + 1, np.int64), np.empty(most, np.int64), 0
    for i in range(len(entity)):
        for s in range(width):
            lo, hi = start[entity[i] * width + s], start[entity[i] * width + s + 1]
            while lo < hi and time[lo] < t[i]:
                if since[lo] < known_at[i] <= until[lo]:
                    at[found] = lo
                    found += 1
                lo += 1
            begin[i * width + s + 1] = found
    return begin, at[:found]


@dataclass(frozen=True)
class Look:
    """The records of one panel row as known then."""

    prepared: Prepared
    panel: Panel
    row: int

    @cached_property
    def as_of(self) -> date:
        return self.panel.as_ofs[self.panel.week[self.row]]

    def records(self, stream: str, window: int = ALL_HISTORY) -> tuple[Record, ...]:
        """Visible records of a stream in the last `window` local days (0: all history), newest first."""
        return self._records(self._at(stream, window))

    def newest(self, stream: str, window: int = ALL_HISTORY) -> Record | None:
        """The first of `records`, or None."""
        return next(iter(self._records(self._at(stream, window)[-1:])), None)

    def count(self, stream: str, window: int = ALL_HISTORY) -> int:
        """How many `records` there are."""
        return len(self._at(stream, window))

    @cached_property
    def _seen(self) -> tuple[list[int], np.ndarray]:
        found = seen(self.prepared.residents, self.panel, slice(self.row, self.row + 1))
        return found.start.tolist(), found.at

    def _at(self, stream: str, window: int) -> np.ndarray:
        """Where in the block the visible records of a stream and window are, oldest first."""
        block, (start, at) = self.prepared.residents, self._seen
        number = block.number[stream]
        at = at[start[number] : start[number + 1]]
        if window and len(at):
            at = at[block.time[at].searchsorted(_begins(self.as_of, window)) :]
        return at

    def _records(self, at: np.ndarray) -> tuple[Record, ...]:
        if not len(at):
            return ()
        block, at = self.prepared.residents, at[::-1]
        told = (block.day[at].tolist(), block.value[at].tolist(), block.row[at].tolist(), block.time[at].tolist())
        return tuple(
            Record(_date(day), None if value != value else value, row, time)
            for day, value, row, time in zip(*told, strict=True)
        )


@cache
def _begins(as_of: date, window: int) -> int:
    """The instant at which a window of so many local days begins."""
    return instant(as_of - timedelta(days=window))


@cache
def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
