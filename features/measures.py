"""Measures: one number about one stream, as a statistic over a window of days."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


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
# Statistics that need no number from a record, only that and when it was made, or what the newest one says.
WITHOUT_NUMBERS = frozenset({Stat.COUNT, Stat.DAYS, Stat.SINCE, Stat.EVER, Stat.ACTIVE})
# Statistics of the newest record alone, however old it is.
NEWEST_ALONE = frozenset({Stat.SINCE, Stat.EVER, Stat.ACTIVE})
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
