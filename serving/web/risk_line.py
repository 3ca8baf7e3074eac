"""The risk of the last weeks as a small line chart: where its points lie, for the template that draws them.

The axis begins at 0, because a line cut off below makes small changes look large. A week without a chance is a gap,
never a line drawn across it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType

from serving.published import Appearance
from serving.render.words import MONTHS, in_100

WEEKS = 8
WIDTH, HEIGHT = 400, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 24, 24, 30  # room for the numbers around the plot
_TOPS = (4, 10, 20, 40, 60, 80, 100)  # in 100; halves of them are whole


@dataclass(frozen=True)
class Point:
    """One Monday; without a `y` and a `number` where the list gave no chance."""

    as_of: date
    label: str
    x: float
    y: float | None
    number: str
    words: str


@dataclass(frozen=True)
class RiskLine:
    """`runs` are the stretches of neighbouring weeks with a chance, as SVG points; `ticks` are (in 100, y)."""

    points: tuple[Point, ...]
    runs: tuple[str, ...]
    ticks: tuple[tuple[int, float], ...]
    models: int

    @property
    def told(self) -> tuple[Point, ...]:
        """The weeks with a chance."""
        return tuple(point for point in self.points if point.y is not None)


def risk_line(
    shown: Appearance, earlier: Sequence[Appearance], models: Mapping[date, str] = MappingProxyType({})
) -> RiskLine | None:
    """The line up to the week shown; None where fewer than two weeks have a chance.

    models   the versions that made the lists, by week: where they differ, a change may be the model's
    """
    weeks = [shown.as_of - timedelta(days=7 * back) for back in reversed(range(WEEKS))]
    risks = {one.as_of: one.entry.risk for one in (shown, *earlier)}
    known = [risk for week in weeks if (risk := risks.get(week)) is not None]
    if len(known) < 2:
        return None
    top = next(top for top in _TOPS if 100 * max(known) <= top)
    points = tuple(_point(week, at, risks.get(week), top) for at, week in enumerate(weeks))
    runs = (list(run) for has, run in groupby(points, lambda p: p.y is not None) if has)
    return RiskLine(
        points,
        tuple(" ".join(f"{p.x:g},{p.y:g}" for p in run) for run in runs if len(run) > 1),
        tuple((n, _y(n, top)) for n in (0, top // 2, top)),
        len({version for week, version in models.items() if week in weeks}),
    )


def _point(week: date, at: int, risk: float | None, top: int) -> Point:
    x = round(_LEFT + at * (WIDTH - _LEFT - _RIGHT) / (WEEKS - 1), 1)
    label = f"{week.day} {MONTHS[week.month - 1][:3]}"
    if risk is None:
        return Point(week, label, x, None, "", "no chance")
    return Point(week, label, x, _y(100 * risk, top), _number(risk), in_100(risk))


def _y(in_hundred: float, top: int) -> float:
    return round(HEIGHT - _BOTTOM - in_hundred / top * (HEIGHT - _TOP - _BOTTOM), 1)


def _number(risk: float) -> str:
    """The same rounding as in words, short enough to stand at a point."""
    return "<1" if risk < 0.01 else ">99" if risk > 0.99 else in_100(risk).split("\N{NO-BREAK SPACE}")[0]
