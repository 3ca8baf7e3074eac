"""One ranking under other definitions of the outcome and over other horizons: what it catches of each, at capacity.

Lists are those teams would have had: everyone ranked competes for a place, and who has no known outcome counts
neither as listed nor as missed. The sensitivity of the model at capacity is the share of an outcome's events that the
lists already catch, whatever they were made for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from features.matrix import Matrix
from models.bootstrap import HomeBootstrap, Statistic
from models.fit import text_column
from models.lists import list_codes, selection
from models.metrics import auroc, prevalence

MODEL, REFITTED, GAIN = "model", "refitted", "gain"


@dataclass(frozen=True)
class Asked:
    """A definition of the outcome (features/codelists/outcomes) and a horizon."""

    outcome: str
    horizon_days: int


@dataclass(frozen=True)
class OutcomeFigure:
    """One figure of one outcome and horizon, with its 95 % interval from the bootstrap by home.

    contender   the model as it is; refitted, for this outcome and horizon; or the gain of the second over the first
    name        prevalence, auroc, or at capacity ppv, sensitivity and lift (PPV over prevalence)
    view        'all' rows, or the lists it was judged on, such as 'pcn'
    """

    outcome: str
    horizon_days: int
    contender: str
    name: str
    view: str
    value: float
    low: float
    high: float
    n: int
    events: int

    @property
    def asked(self) -> Asked:
        return Asked(self.outcome, self.horizon_days)


@dataclass(frozen=True, eq=False)
class Ranked:
    """Everyone ranked in the test weeks: their rows, as-ofs (n,), places by the column that names the team."""

    matrix: Matrix
    as_of: np.ndarray
    capacity: Mapping[str, int]
    bootstrap: HomeBootstrap

    @cached_property
    def lists(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Of each view that has teams: the list (n,) of each row and whether it is on any."""
        teams = {view: text_column(self.matrix, view) for view in self.capacity}
        return {
            view: (list_codes(team, self.as_of)[0], team != "") for view, team in teams.items() if (team != "").any()
        }

    def chosen(self, score: np.ndarray, view: str) -> np.ndarray:
        """Chance (n,) that each row is on its list."""
        codes, member = self.lists[view]
        return selection(score, codes, self.capacity[view]) * member


def judge(asked: Asked, test: Ranked, label: np.ndarray, scores: Mapping[str, np.ndarray]) -> Iterator[OutcomeFigure]:
    """Every figure of each order in `scores` against the labels (n,), NaN where not known; and of the gain."""
    known = ~np.isnan(label)
    y = np.where(known, label, 0.0)

    def figure(contender: str, name: str, statistic: Statistic, view: str = "all") -> OutcomeFigure:
        found = test.bootstrap.estimate(lambda weights: statistic(weights * known))
        counts = int(known.sum()), int(y.sum())
        return OutcomeFigure(
            asked.outcome, asked.horizon_days, contender, name, view, found.value, found.low, found.high, *counts
        )

    yield figure(MODEL, "prevalence", partial(prevalence, y))
    named = {contender: dict(_statistics(test, y, score)) for contender, score in scores.items()}
    if REFITTED in named:
        named[GAIN] = {key: partial(_difference, named[REFITTED][key], of) for key, of in named[MODEL].items()}
    for contender, statistics in named.items():
        for (name, view), statistic in statistics.items():
            yield figure(contender, name, statistic, view)


def _statistics(test: Ranked, y: np.ndarray, score: np.ndarray) -> Iterator[tuple[tuple[str, str], Statistic]]:
    yield ("auroc", "all"), partial(auroc, y, score)
    for view, (_, member) in test.lists.items():
        chosen = test.chosen(score, view)
        yield ("ppv", view), partial(_ppv, y, chosen)
        yield ("sensitivity", view), partial(_ppv, chosen, y * member)
        yield ("lift", view), partial(_lift, y, chosen, member)


def _ppv(y: np.ndarray, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return prevalence(y, weights * chosen)


def _lift(y: np.ndarray, chosen: np.ndarray, member: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _ppv(y, chosen, weights) / prevalence(y, weights * member)


def _difference(one: Statistic, other: Statistic, weights: np.ndarray) -> np.ndarray:
    return one(weights) - other(weights)
