"""The rows that orders and chances are judged on: what came true, and what each contender said of it beforehand.

Evaluation, comparison with the champion, fairness and the backtest all read this and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models.bootstrap import HomeBootstrap, Statistic, home_bootstrap, interval
from models.evaluation import Metric

_CELLS = 40_000_000


@dataclass(frozen=True, eq=False)
class Judged:
    """Ranked residents' rows whose outcome is known.

    matrix    the rows, with their features
    as_of     (n,) datetime64[D]; home (n,) the home's id, by which the bootstrap draws
    y         (n,) 0 or 1
    scores    orders by contender (n,), larger first: model, logistic, prior_admissions ...; NaN = not known
    chances   calibrated chances by contender (n,), for those contenders that state one
    seed      of the bootstrap
    weight    (n,) of each row in every figure, where rows are weighted; see censoring.py and reviewed.py
    """

    matrix: Matrix
    as_of: np.ndarray
    home: np.ndarray
    y: np.ndarray
    scores: Mapping[str, np.ndarray]
    chances: Mapping[str, np.ndarray]
    seed: int = 1
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def bootstrap(self) -> HomeBootstrap:
        """Draws of homes, fewer for very many rows."""
        replicates = int(np.clip(_CELLS // max(1, len(self)), 100, 200))
        return home_bootstrap(self.home, replicates=replicates, seed=self.seed, weight=self.weight)

    def metric(self, name: str, score: str, statistic: Statistic, view: str = "all") -> Metric:
        """One figure with its interval, from a statistic of weights by row."""
        return self.figure(name, score, self.bootstrap.values(statistic), view)

    def figure(self, name: str, score: str, values: np.ndarray, view: str = "all") -> Metric:
        """One figure with its interval, from its values (1 + B,) under the draws of `bootstrap`."""
        found = interval(values)
        return Metric(name, score, view, found.value, found.low, found.high, len(self), int(self.y.sum()))

    def beside(self, scores: Mapping[str, np.ndarray]) -> "Judged":
        """The same rows with more orders."""
        return replace(self, scores={**self.scores, **scores})

    def where_known(self, score: str) -> "Judged":
        """The rows on which that order is known."""
        known = ~np.isnan(self.scores[score])
        return self if known.all() else self.take(known)

    def take(self, mask: np.ndarray) -> "Judged":
        """The rows under a boolean mask (n,)."""
        return Judged(
            self.matrix.take(mask),
            self.as_of[mask],
            self.home[mask],
            self.y[mask],
            {name: score[mask] for name, score in self.scores.items()},
            {name: chance[mask] for name, chance in self.chances.items()},
            self.seed,
            None if self.weight is None else self.weight[mask],
        )


def pooled(parts: Sequence[Judged]) -> Judged:
    """The rows of several test spans as one; contenders missing from a part are left out of all."""
    first = parts[0]
    scores = [name for name in first.scores if all(name in part.scores for part in parts)]
    chances = [name for name in first.chances if all(name in part.chances for part in parts)]
    rows = pa.concat_tables([part.matrix.rows for part in parts])
    matrix = Matrix(rows, np.concatenate([part.matrix.X for part in parts]), first.matrix.names)
    return Judged(
        matrix,
        np.concatenate([part.as_of for part in parts]),
        np.concatenate([part.home for part in parts]),
        np.concatenate([part.y for part in parts]),
        {name: np.concatenate([part.scores[name] for part in parts]) for name in scores},
        {name: np.concatenate([part.chances[name] for part in parts]) for name in chances},
        first.seed,
        None if first.weight is None else np.concatenate([part.weight for part in parts if part.weight is not None]),
    )
