"""Days as numbers: day 0 is a Monday long before the history, so that day % 7 is the day of the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from ..asof import DAY, NEVER, instant
from .season import seasons
from .simulate import Span

HOUR = 3_600 * 1_000_000
# Diagnoses may be recorded ten years before a move; the state runs in for two years before the history begins.
BEFORE, RUN_IN, BEYOND = 4_200, 728, 56
_PADDING = 130  # days whose midnights are needed beyond the end: stays, recordings
SAME_DAY_CARE = date(2025, 4, 1)
GRACE_HOURS = 6


@dataclass(frozen=True)
class Calendar:
    """Days of a simulation: UTC midnights, day of year, season.py's seasons and the span."""

    zero: date
    midnight: np.ndarray
    day_of_year: np.ndarray
    season: np.ndarray
    span: Span

    def day(self, number: int) -> date:
        return self.zero + timedelta(days=int(number))

    def dates(self, day: np.ndarray) -> pa.Array:
        """date32 of day numbers; a negative one is missing."""
        epoch = np.datetime64(self.zero, "D").astype(np.int64)
        return pa.array((epoch + day).astype(np.int32), pa.int32(), mask=day < 0).cast(pa.date32())

    @property
    def cutoff(self) -> int:
        """Only what was recorded before this instant is in the history."""
        return int(self.midnight[self.span.end]) + GRACE_HOURS * HOUR


def make_calendar(end: date, weeks: int, mondays: Sequence[date], horizon: int = 0) -> Calendar:
    """`end` is the Monday of the export, `mondays` those of the truth, which looks ahead `horizon` days.

    Raises ValueError for a day that is no Monday of the history.
    """
    first = end - timedelta(days=7 * (weeks - 1))
    for day in (end, *mondays):
        if day.weekday() != 0 or not first <= day <= end:
            raise ValueError(f"{day:%A %d %B %Y} is not a Monday from {first} to {end}")
    beyond = max(BEYOND, horizon)
    days = BEFORE + RUN_IN + 7 * weeks
    zero = end - timedelta(days=days)
    dates = [zero + timedelta(days=n) for n in range(days + beyond + _PADDING)]
    midnight = np.array([instant(d) for d in dates], np.int64)
    doy = np.array([d.timetuple().tm_yday for d in dates], np.int64)
    span = Span(
        begin=BEFORE,
        first=BEFORE + RUN_IN,
        end=days,
        last=days + beyond,
        truth=(min(mondays) - zero).days if mondays else days + 10_000,
        same_day_care=(SAME_DAY_CARE - zero).days,
    )
    return Calendar(zero, midnight, doy, seasons(dates), span)


def instants(midnight: np.ndarray, day: np.ndarray, second: np.ndarray) -> np.ndarray:
    """UTC microseconds of a second of a day."""
    return midnight[day] + np.asarray(second).astype(np.int64) * 1_000_000


def visible(recorded: pa.ChunkedArray, cutoff: int) -> np.ndarray:
    """Which rows were recorded before the cutoff."""
    return recorded.cast(pa.int64()).fill_null(NEVER).to_numpy() < cutoff


__all__ = ["DAY", "HOUR", "Calendar", "instants", "make_calendar", "visible"]
