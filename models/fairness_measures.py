"""What is looked at by group, and how each measure is drawn: sums by home, so that a draw of homes costs little."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models import metrics as measure
from models.bootstrap import HomeBootstrap
from models.calibration import calibration
from models.fit import text_column
from models.judged import Judged
from models.lists import list_codes, selection
from models.ranking import auroc

RATIO, DIFFERENCE = "ratio", "difference"
LEAST_PEOPLE = 10  # with the outcome
LEAST_EXPECTED = 5  # people of either kind, if there were no difference (Cochran 1954, Biometrics 10:417)
LEAST_EVENTS = {"auroc": 10, "calibration_slope": 100}  # the second: Collins et al. 2016, Stat Med 35:214


@dataclass(frozen=True, eq=False)
class Share:
    """A sum over a sum: `top` (n,) over `bottom` (n,). `part`: the top counts some of the bottom."""

    name: str
    view: str
    comparison: str
    top: np.ndarray
    bottom: np.ndarray
    part: bool = True

    def point(self, rows: np.ndarray) -> float:
        bottom = self.bottom[rows].sum()
        return float(self.top[rows].sum() / bottom) if bottom > 0 else np.nan

    def drawn(self, rows: np.ndarray, bootstrap: HomeBootstrap) -> np.ndarray:
        """The value of each draw (B,)."""
        return ratio(*(sums(values, rows, bootstrap) for values in (self.top, self.bottom)))

    def enough(self, rows: np.ndarray, everyone: float, events: int, people: int) -> bool:
        """Whether the rows can tell a difference: of what is counted, and of what is not, enough people are expected.

        One admission is the outcome of several weeks of one resident, so weeks are taken for fewer people.
        """
        if not events:
            return False
        expected = self.bottom[rows].sum() * everyone
        rest = self.bottom[rows].sum() - expected if self.part else np.inf
        return bool(min(expected, rest) * people / events >= LEAST_EXPECTED)


@dataclass(frozen=True, eq=False)
class Fit:
    """A measure of the order or the calibration of chances: value(y, by) and draws(y, by, bootstrap of the rows)."""

    name: str
    view: str
    comparison: str
    y: np.ndarray
    by: np.ndarray
    statistic: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    draw: Callable[[np.ndarray, np.ndarray, HomeBootstrap], np.ndarray]

    def point(self, rows: np.ndarray) -> float:
        if not self._shown(rows):
            return np.nan
        return float(self.statistic(self.y[rows], self.by[rows], np.ones((1, len(rows))))[0])

    def drawn(self, rows: np.ndarray, bootstrap: HomeBootstrap) -> np.ndarray:
        """The value of each draw (B,)."""
        if not self._shown(rows):
            return np.full(len(bootstrap.draws), np.nan)
        part = bootstrap.at(rows)
        return self.draw(self.y[rows], self.by[rows], part)

    def _shown(self, rows: np.ndarray) -> bool:
        return bool(self.y[rows].sum() >= LEAST_EVENTS[self.name])

    def enough(self, rows: np.ndarray, everyone: float, events: int, people: int) -> bool:
        """Whether the rows can tell a difference."""
        return self._shown(rows) and people >= LEAST_PEOPLE


Measure = Share | Fit


def measures(judged: Judged, capacity: Mapping[str, int], contender: str) -> tuple[Measure, ...]:
    """Everything that is looked at in each group."""
    y, score, p = judged.y, judged.scores[contender], judged.chances[contender]
    one = np.ones(len(y))
    found: list[Measure] = [
        Share("prevalence", "all", "", y, one),
        Share("observed_expected", "all", RATIO, y, p, part=False),
        Fit("calibration_slope", "all", DIFFERENCE, y, p, measure.calibration_slope, _slopes),
        Fit("auroc", "all", DIFFERENCE, y, score, measure.auroc, _aurocs),
    ]
    for view, places in capacity.items():
        team = text_column(judged.matrix, view)
        member = (team != "").astype(float)
        if member.any():
            chosen = selection(score, list_codes(team, judged.as_of)[0], places) * member
            found += [
                Share("selection_rate", view, "", chosen, member),
                Share("sensitivity", view, DIFFERENCE, chosen * y, y * member),
                Share("ppv", view, "", chosen * y, chosen),
            ]
    return tuple(found)


def sums(values: np.ndarray, rows: np.ndarray, bootstrap: HomeBootstrap) -> np.ndarray:
    """The sum of values (n,) over some rows in each draw (B,)."""
    return bootstrap.at(rows).sums(values[rows])[1:]


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """NaN where the bottom is not above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _slopes(y: np.ndarray, p: np.ndarray, part: HomeBootstrap) -> np.ndarray:
    return calibration(y, p, part).slope()[1:]


def _aurocs(y: np.ndarray, score: np.ndarray, part: HomeBootstrap) -> np.ndarray:
    return auroc(y, score, part)[1:]
