"""Control charts of weekly proportions with Laney's p' limits and the four rules of the NHS.

Limits widen where a week has few residents, as those of a funnel do, and by sigma_z, how much more weeks vary than
chance alone would have them (Laney 2002): residents and homes repeat from week to week. sigma_z is never below 1.
Weeks whose horizons overlap share admissions; `spaced` keeps weeks a whole horizon apart, counted back from the latest.
The rules are those of NHS England's Making Data Count as NHSRplotthedots states them: a point beyond three sigma, seven
on one side of the mean, seven rising or falling, two of three beyond two sigma on one side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

Rule = Literal["", "beyond the limits", "seven on one side", "seven in one direction", "two of three near a limit"]
LEAST = 8
_RUN = 7


@dataclass(frozen=True)
class ChartPoint:
    """One week: events among n, their share, the limits, and the rule that the week breaks ('' for none).

    high and low are NaN where too few weeks went before.
    """

    chart: str
    as_of: date
    n: float
    events: float
    value: float
    centre: float
    low: float
    high: float
    rule: Rule


def spaced(days: Sequence[date], horizon_days: int) -> tuple[date, ...]:
    """Days at least a horizon apart, counted back from the latest."""
    kept: list[date] = []
    for day in sorted(days, reverse=True):
        if not kept or day <= kept[-1] - timedelta(days=horizon_days):
            kept.append(day)
    return tuple(reversed(kept))


def p_chart(chart: str, days: Sequence[date], events: np.ndarray, n: np.ndarray) -> tuple[ChartPoint, ...]:
    """The chart; centre and sigma_z are those of all weeks but the latest, which is the one that is judged."""
    events, n = np.asarray(events, float), np.asarray(n, float)
    share = np.divide(events, n, out=np.full(len(n), np.nan), where=n > 0)
    past = slice(0, len(n) - 1)
    if len(n) <= LEAST or not n[past].sum():
        nothing = float("nan")
        return tuple(
            ChartPoint(chart, day, float(k), float(e), float(v), nothing, nothing, nothing, "")
            for day, k, e, v in zip(days, n, events, share, strict=True)
        )
    centre = float(events[past].sum() / n[past].sum())
    chance = np.sqrt(centre * (1 - centre) / np.maximum(n, 1e-9))
    z = np.divide(share - centre, chance, out=np.zeros(len(n)), where=(n > 0) & (chance > 0))
    sigma = max(1.0, float(np.abs(np.diff(z[past])).mean() / 1.128))
    z = z / sigma
    return tuple(
        ChartPoint(
            chart,
            day,
            float(n[i]),
            float(events[i]),
            float(share[i]),
            centre,
            float(max(0.0, centre - 3 * sigma * chance[i])),
            float(min(1.0, centre + 3 * sigma * chance[i])),
            broken(z[: i + 1]),
        )
        for i, day in enumerate(days)
    )


def broken(z: np.ndarray) -> Rule:
    """The rule that the last of these standardised points breaks, the plainest first."""
    if abs(z[-1]) > 3:
        return "beyond the limits"
    if len(z) >= _RUN and (np.all(z[-_RUN:] > 0) or np.all(z[-_RUN:] < 0)):
        return "seven on one side"
    if len(z) >= _RUN and (np.all(np.diff(z[-_RUN:]) > 0) or np.all(np.diff(z[-_RUN:]) < 0)):
        return "seven in one direction"
    last = z[-3:]
    if len(last) == 3 and abs(z[-1]) > 2 and np.sum(np.sign(z[-1]) * last > 2) >= 2:
        return "two of three near a limit"
    return ""
