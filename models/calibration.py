"""How chances compare with what came true: slope, intercept, and a flexible curve with its distances from the chance.

The curve is a logistic regression on a restricted cubic spline of logit p, with knots at the 5th, 35th, 65th and 95th
percentiles (Harrell, Regression Modeling Strategies, 2015). ICI is the mean distance between curve and chance over
the rows, E-max the largest (Austin & Steyerberg 2019, Statistics in Medicine 38:4051).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.bootstrap import HomeBootstrap
from models.evaluation import ChanceBin, CurvePoint
from models.logistic import fit_design, fit_intercept, fit_line, logit, sigmoid

_POINTS = 1_000
_KNOTS = (0.05, 0.35, 0.65, 0.95)
_SHOWN = 60


@dataclass(frozen=True, eq=False)
class Calibration:
    """Outcomes by the slices of logit p that hold neighbouring rows, under each draw of homes.

    Up to 1,000 rows a slice is a row; beyond, neighbours share their mean, which moves a slope by about one part
    in 10,000.

    x               (K,) mean logit p of each slice, lowest first
    events, others  (1 + B, K) how many of either outcome a draw holds
    knots           of the spline
    """

    x: np.ndarray
    events: np.ndarray
    others: np.ndarray
    knots: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """Rows (1 + B, K) of each slice."""
        return self.events + self.others

    def slope(self) -> np.ndarray:
        """Slope (1 + B,) of the logistic recalibration; 1 is ideal, below 1 the chances are too extreme."""
        return fit_line(*self._stacked)[:, 1]

    def intercept(self) -> np.ndarray:
        """Intercept (1 + B,) with the slope held at 1; 0 is ideal (Van Calster et al. 2019)."""
        return fit_intercept(*self._stacked)

    @cached_property
    def curve(self) -> np.ndarray:
        """What came true (1 + B, K) at each x, smoothed; NaN for a draw that no curve fits."""
        y, x, weights = self._stacked
        return sigmoid(fit_design(y, _spline(x, self.knots), weights) @ _spline(self.x, self.knots))

    def ici(self) -> np.ndarray:
        """Mean distance (1 + B,) between what came true and the chance, over the rows."""
        return (self.rows * self._distance).sum(axis=1) / self.rows.sum(axis=1)

    def ici_over_base(self) -> np.ndarray:
        """The same over the share of events (1 + B,): 0.1 is a tenth of what there is to foresee."""
        return self.ici() * self.rows.sum(axis=1) / self.events.sum(axis=1)

    def e_max(self) -> np.ndarray:
        """The largest distance (1 + B,) over the slices a draw holds."""
        return np.where(self.rows > 0, self._distance, 0.0).max(axis=1)

    def points(self) -> tuple[CurvePoint, ...]:
        """The curve with its interval at up to 60 chances spread evenly over the rows and over the range."""
        across = np.searchsorted(self.x, np.linspace(self.x[0], self.x[-1], _SHOWN // 2))
        at = np.unique(np.r_[_evenly(len(self.x)), across])
        drawn = self.curve[1:][~np.isnan(self.curve[1:]).any(axis=1)]
        bounds = np.quantile(drawn, [0.025, 0.975], axis=0) if len(drawn) else np.full((2, len(self.x)), np.nan)
        chance = sigmoid(self.x)
        return tuple(
            CurvePoint(float(chance[k]), float(self.curve[0, k]), float(bounds[0, k]), float(bounds[1, k])) for k in at
        )

    @cached_property
    def _distance(self) -> np.ndarray:
        return np.abs(self.curve - sigmoid(self.x))

    @property
    def _stacked(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        y = np.repeat([1.0, 0.0], len(self.x))
        return y, np.r_[self.x, self.x], np.concatenate([self.events, self.others], axis=1)


def calibration(y: np.ndarray, p: np.ndarray, bootstrap: HomeBootstrap) -> Calibration:
    """The calibration of the chances p (n,) under the draws of a bootstrap."""
    x = logit(p)
    order = np.argsort(x, kind="stable")
    count = min(len(x), _POINTS)
    starts = np.linspace(0, len(x), count, endpoint=False).astype(np.int64)
    slices = np.empty(len(x), dtype=np.int64)
    slices[order] = np.repeat(np.arange(count), np.diff(np.r_[starts, len(x)]))
    centre = np.bincount(slices, x) / np.bincount(slices)
    homes = bootstrap.counts.shape[1]
    cell, shape = bootstrap.home * count + slices, (homes, count)
    events = np.bincount(cell, y * bootstrap.weight, minlength=homes * count).reshape(shape)
    others = np.bincount(cell, (1 - y) * bootstrap.weight, minlength=homes * count).reshape(shape)
    return Calibration(centre, bootstrap.counts @ events, bootstrap.counts @ others, np.quantile(x, _KNOTS))


def chance_bins(y: np.ndarray, p: np.ndarray, bins: int = 100) -> tuple[ChanceBin, ...]:
    """How the chances spread: equal steps from 0 to the largest."""
    edges = np.linspace(0.0, float(p.max()), bins + 1)
    at = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, bins - 1)
    n, events = np.bincount(at, minlength=bins), np.bincount(at, y, minlength=bins)
    return tuple(ChanceBin(float(edges[k]), float(edges[k + 1]), int(n[k]), int(events[k])) for k in range(bins))


def _evenly(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, _SHOWN // 2).round().astype(np.int64))


def _spline(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Design (k, n) of a restricted cubic spline: 1, x and a cubic term for each knot but two, linear in the tails."""
    knots = np.unique(knots)
    if len(knots) < 3:
        return np.stack([np.ones_like(x), x])
    last, before = knots[-1], knots[-2]
    terms = [
        (
            _cube(x - k)
            - _cube(x - before) * (last - k) / (last - before)
            + _cube(x - last) * (before - k) / (last - before)
        )
        / (last - knots[0]) ** 2
        for k in knots[:-2]
    ]
    return np.stack([np.ones_like(x), x, *terms])


def _cube(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(x, 0.0) ** 3)
