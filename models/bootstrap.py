"""Intervals from a bootstrap by home: whole homes are drawn, because residents of one home are alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    """Draws of homes with replacement: `home` (n,) codes of each row's home, `draws` (B, homes) counts."""

    home: np.ndarray
    draws: np.ndarray

    def estimate(self, statistic: Statistic) -> Estimate:
        """The statistic on the rows as they are, and the 2.5 and 97.5 percentiles over the draws."""
        value = float(statistic(np.ones((1, len(self.home))))[0])
        if self.draws.shape[1] < 2:
            return Estimate(value, np.nan, np.nan)
        drawn = np.concatenate([statistic(weights) for weights in self._blocks()])
        drawn = drawn[~np.isnan(drawn)]
        low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
        return Estimate(value, float(low), float(high))

    def _blocks(self) -> Iterator[np.ndarray]:
        # Bounded memory: a block of draws at a time.
        step = max(1, _CELLS // max(1, len(self.home)))
        for start in range(0, len(self.draws), step):
            yield self.draws[start : start + step][:, self.home]


def home_bootstrap(homes: np.ndarray, *, replicates: int = 200, seed: int = 1) -> HomeBootstrap:
    """Bootstrap over the distinct values of `homes` (n,), deterministic by seed."""
    names, codes = np.unique(homes, return_inverse=True)
    count = len(names)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    return HomeBootstrap(codes, draws.astype(np.float64))
