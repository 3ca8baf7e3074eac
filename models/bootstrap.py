"""Intervals from a bootstrap by home: whole homes are drawn, because residents of one home are alike.

A figure under the draws is an array (1 + B,): first its value on the rows as they are, then one value for each draw.
Figures of the same rows share their draws, so that their difference or ratio is one of arrays, and is paired.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]
"""From weights (B, n) to values (B,)."""

_CELLS = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; the bounds are NaN where one home alone cannot give them."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class HomeBootstrap:
    """Draws of homes with replacement: `home` (n,) codes of each row's home, `draws` (B, homes) counts.

    weight (n,) counts every row so often, in the estimate and in every draw.
    """

    home: np.ndarray
    draws: np.ndarray
    weight: np.ndarray

    def estimate(self, statistic: Statistic) -> Estimate:
        """The statistic on the rows as they are, and the 2.5 and 97.5 percentiles over the draws."""
        return interval(self.values(statistic))

    def values(self, statistic: Statistic) -> np.ndarray:
        """The statistic (1 + B,) of weights by row: any statistic, at a cost that grows with rows times draws."""
        return np.concatenate([statistic(weights) for weights in self._blocks()])

    def sums(self, cells: np.ndarray) -> np.ndarray:
        """Sums (1 + B,) of `cells` (n,) over the rows drawn: far quicker than by row, for whatever adds up."""
        return self.counts @ np.bincount(self.home, cells * self.weight, minlength=self.counts.shape[1])

    def ratio(self, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        """The sum of `top` (n,) over that of `bottom` (n,), (1 + B,); NaN where nothing is below."""
        above, below = self.sums(top), self.sums(bottom)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below > 0, above / below, np.nan)

    def at(self, rows: np.ndarray) -> "HomeBootstrap":
        """The same draws for some rows, by a boolean mask (n,) or by their positions."""
        return HomeBootstrap(self.home[rows], self.draws, self.weight[rows])

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each home counts (1 + B, homes): once as the rows are, then as drawn. One home is not drawn."""
        once = np.ones((1, self.draws.shape[1]))
        return once if self.draws.shape[1] < 2 else np.concatenate([once, self.draws])

    def _blocks(self) -> Iterator[np.ndarray]:
        # Bounded memory: a block of draws at a time.
        step = max(1, _CELLS // max(1, len(self.home)))
        for start in range(0, len(self.counts), step):
            yield self.counts[start : start + step][:, self.home] * self.weight


def interval(values: np.ndarray) -> Estimate:
    """The value on the rows as they are, and the 2.5 and 97.5 percentiles over the draws where it is defined."""
    drawn = values[1:][~np.isnan(values[1:])]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    return Estimate(float(values[0]), float(low), float(high))


def home_bootstrap(
    homes: np.ndarray, *, replicates: int = 200, seed: int = 1, weight: np.ndarray | None = None
) -> HomeBootstrap:
    """Bootstrap over the distinct values of `homes` (n,), deterministic by seed."""
    names, codes = np.unique(homes, return_inverse=True)
    count = len(names)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    return HomeBootstrap(codes, draws.astype(np.float64), np.ones(len(homes)) if weight is None else weight)
