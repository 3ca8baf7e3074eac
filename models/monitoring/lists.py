"""Published lists as time tells on them: who had gone by then, who was admitted after, how much changes by the week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.monitoring.charts import ChartPoint, p_chart, spaced
from models.monitoring.signals import Action, Signal

VIEWS = {"mdt": "MDT lists", "round": "home rounds' lists"}
_GONE = 0.2  # share of the listed: beyond it the residents of homes are not known well enough to list anybody


@dataclass(frozen=True)
class ListWeek:
    """All lists of one kind on one Monday.

    stayed     of the listed, how many were listed the week before (NaN: no such lists)
    gone       of the listed, how many had died, moved or were in hospital on the day, as later records say
    judged     listed residents whose outcome is known; of them `admitted` had it, `expected` by their published chances
    events     admissions, listed or not, among the residents of those teams (NaN: not yet known)
    """

    view: str
    as_of: date
    listed: int
    stayed: float
    gone: int
    judged: int
    admitted: float
    expected: float
    events: float

    @property
    def ppv(self) -> float:
        return self.admitted / self.judged if self.judged else float("nan")

    @property
    def sensitivity(self) -> float:
        return self.admitted / self.events if self.events > 0 else float("nan")


def list_charts(weeks: Sequence[ListWeek], horizon_days: int) -> tuple[ChartPoint, ...]:
    """For each kind of list: share of the listed who were admitted, who had gone, and who were listed the week before.

    Admissions are shown for weeks a horizon apart; the other two for every week.
    """
    points: list[ChartPoint] = []
    for view in dict.fromkeys(week.view for week in weeks):
        own = [week for week in weeks if week.view == view]
        known = {week.as_of: week for week in own if week.judged}
        apart = [known[day] for day in spaced(list(known), horizon_days)]
        points += _chart(f"{view} admitted", apart, [w.admitted for w in apart], [w.judged for w in apart])
        points += _chart(f"{view} gone", own, [w.gone for w in own], [w.listed for w in own])
        kept = [week for week in own if np.isfinite(week.stayed)]
        points += _chart(f"{view} stayed", kept, [w.stayed for w in kept], [w.listed for w in kept])
    return tuple(points)


def _chart(name: str, weeks: Sequence[ListWeek], events: Sequence[float], n: Sequence[float]) -> tuple[ChartPoint, ...]:
    return p_chart(name, [week.as_of for week in weeks], np.array(events), np.array(n))


_MEANING = {
    "admitted": "of the listed were admitted in the horizon",
    "gone": "of the listed had died, moved or were in hospital on the day",
    "stayed": "of the listed had been listed the week before",
}


def list_signals(points: Sequence[ChartPoint]) -> tuple[Signal, ...]:
    """What the latest point of each chart says.

    Fewer admitted among the listed, beyond the limits: retrain. Many gone: hold back. Anything else the rules find is
    a note: together the four rules speak about once in a hundred weeks of a stable process, on each chart.
    """
    latest: Mapping[str, ChartPoint] = {point.chart: point for point in points}
    found = []
    for name, point in latest.items():
        view, what = name.split()
        action: Action = "none"
        if what == "gone" and point.n >= 10 and point.value > _GONE:
            action = "hold back"
        elif what == "admitted" and point.rule == "beyond the limits" and point.value < point.low:
            action = "retrain"
        elif point.rule:
            action = "note"
        if action != "none":
            why = point.rule or f"more than {_GONE:.0%}"
            said = f"{VIEWS[view]} of {point.as_of}: {point.value:.0%} {_MEANING[what]} ({why})"
            nothing = float("nan")
            limits = point.low, point.high
            found.append(Signal("lists", what, VIEWS[view], point.value, point.centre, *limits, nothing, action, said))
    return tuple(found)


def stayed(now: Mapping[str, frozenset[str]], before: Mapping[str, frozenset[str]]) -> float:
    """How many residents of these teams' lists were on the same team's list the week before; NaN without lists then."""
    both = now.keys() & before.keys()
    return float(sum(len(now[team] & before[team]) for team in both)) if both else float("nan")
