"""As-of instants: Mondays 00:00 Europe/London as UTC microseconds, and windows in local calendar days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

LONDON = ZoneInfo("Europe/London")
MICRO = 1_000_000
DAY = 86_400 * MICRO
EPOCH = date(1970, 1, 1)
NEVER = np.iinfo(np.int64).max
LONG_AGO = np.iinfo(np.int64).min


@cache
def instant(day: date) -> int:
    """UTC microseconds of local midnight at the start of `day`; 23- and 25-hour days are exact."""
    midnight = datetime.combine(day, time(), LONDON)
    return round(midnight.timestamp()) * MICRO


def local_date(micros: int) -> date:
    """The London calendar day in which an instant falls."""
    return datetime.fromtimestamp(micros // MICRO, UTC).astimezone(LONDON).date()


def monday_of(day: date) -> date:
    """The Monday of the week that holds `day`."""
    return day - timedelta(days=day.weekday())


def mondays(first: date, last: date) -> tuple[date, ...]:
    """Every Monday from `first` to `last`, both included."""
    start = monday_of(first + timedelta(days=6))
    weeks = (last - start).days // 7 + 1
    return tuple(start + timedelta(weeks=k) for k in range(max(weeks, 0)))


def window_starts(as_of: date, windows: Sequence[int]) -> np.ndarray:
    """int64 instants at which each window of w local days before `as_of` begins."""
    return np.array([instant(as_of - timedelta(days=w)) for w in windows], np.int64)


def local_days(micros: np.ndarray) -> np.ndarray:
    """int32 days since 1970-01-01 of the London calendar day of each instant."""
    return (_wall(micros) // DAY).astype(np.int32)


def local_hours(micros: np.ndarray) -> np.ndarray:
    """int32 hour that a London clock shows at each instant."""
    return (_wall(micros) % DAY // (DAY // 24)).astype(np.int32)


def _wall(micros: np.ndarray) -> np.ndarray:
    """Each instant as microseconds of London's own clock since 1970-01-01 00:00."""
    if not len(micros):
        return np.empty(0, np.int64)
    edges, offsets = clock_changes(micros)
    return micros + offsets[np.searchsorted(edges, micros, side="right") - 1]


def clock_changes(micros: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Instants at which London's offset from UTC changes while these instants go by, and the offset from each on."""
    if not len(micros):
        return np.array([LONG_AGO]), np.zeros(1, np.int64)
    first, last = local_date(int(micros.min())).year, local_date(int(micros.max())).year
    found = [(LONG_AGO, _offset(instant(date(first, 1, 1)))), *(c for y in range(first, last + 1) for c in _changes(y))]
    edges, offsets = zip(*found, strict=True)
    return np.array(edges, np.int64), np.array(offsets, np.int64)


@cache
def _changes(year: int) -> tuple[tuple[int, int], ...]:
    """The changes within one year; London has never changed its clock between New Year's Eve and New Year's Day."""
    # London changes its clock at most once in any thirty days.
    days = [*(date(year, 1, 1) + timedelta(days=d) for d in range(0, 361, 30)), date(year, 12, 31)]
    spans = ((instant(day), instant(end)) for day, end in pairwise(days))
    return tuple((_change(*span), _offset(span[1])) for span in spans if _offset(span[0]) != _offset(span[1]))


def _change(before: int, after: int) -> int:
    """The instant at which the offset becomes that of `after`, by bisection to the second."""
    low, high = before // MICRO, after // MICRO
    target = _offset(after)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle * MICRO) == target:
            high = middle
        else:
            low = middle
    return high * MICRO


def _offset(micros: int) -> int:
    shift = datetime.fromtimestamp(micros // MICRO, UTC).astimezone(LONDON).utcoffset()
    assert shift is not None
    return round(shift.total_seconds()) * MICRO
