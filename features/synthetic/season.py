"""The seasons, and the heat waves of each summer: the weather is the same for every seed."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

_HEAT = 0x48454154  # this file's own stream of random numbers
# Heat periods of an English summer, from June to early September; numbers and lengths are assumed.
_WAVES, _DAYS = (1, 4), (4, 10)
_FIRST_DAY, _LAST_DAY = 156, 244


def seasons(dates: Sequence[date]) -> np.ndarray:
    """float64 (day, [respiratory, gut, summer, heat wave]): three multipliers that average one over a year.

    The last is the share of the day's week (from Monday) that lies in a heat wave.
    """
    angle = 2 * np.pi * (np.array([d.timetuple().tm_yday for d in dates]) - 8) / 365.25
    hot = {d for year in {d.year for d in dates} for d in heat_waves(year)}
    weeks = {d - timedelta(days=d.weekday()) for d in dates}
    share = {m: sum(m + timedelta(days=n) in hot for n in range(7)) / 7 for m in weeks}
    wave = np.array([share[d - timedelta(days=d.weekday())] for d in dates])
    return np.column_stack([1 + 0.32 * np.cos(angle), 1 + 0.2 * np.cos(angle - 0.5), 1 - 0.15 * np.cos(angle), wave])


def heat_waves(year: int) -> frozenset[date]:
    """The days of a year that lie in a heat wave; a year's weather is always the same."""
    rng = np.random.Generator(np.random.Philox(key=[year, _HEAT]))
    out: set[date] = set()
    for _ in range(int(rng.integers(*_WAVES, endpoint=True))):
        first = date(year, 1, 1) + timedelta(days=int(rng.integers(_FIRST_DAY, _LAST_DAY)))
        out |= {first + timedelta(days=n) for n in range(int(rng.integers(*_DAYS, endpoint=True)))}
    return frozenset(out)
