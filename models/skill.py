"""On synthetic data: how near a ranking comes to the oracle, who knows every resident's true risk."""

from dataclasses import dataclass

import numpy as np

from models.bootstrap import HomeBootstrap, Statistic
from models.evaluation import Metric
from models.metrics import auroc


@dataclass(frozen=True, eq=False)
class _Pair:
    """AUROC of the model and of the oracle under the same weights, on the same outcomes y (n,)."""

    y: np.ndarray
    score: np.ndarray
    risk: np.ndarray
    known: np.ndarray

    def model(self, weights: np.ndarray) -> np.ndarray:
        return auroc(self.y, self.score, weights * self.known)

    def oracle(self, weights: np.ndarray) -> np.ndarray:
        return auroc(self.y, self.risk, weights * self.known)

    def difference(self, weights: np.ndarray) -> np.ndarray:
        return self.model(weights) - self.oracle(weights)

    def skill(self, weights: np.ndarray) -> np.ndarray:
        """(AUROC - 0.5) / (oracle - 0.5); NaN where the oracle itself cannot rank."""
        best = self.oracle(weights) - 0.5
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(best > 0, (self.model(weights) - 0.5) / best, np.nan)


def against_truth(
    y: np.ndarray, score: np.ndarray, risk: np.ndarray, bootstrap: HomeBootstrap
) -> tuple[bool, tuple[Metric, ...]]:
    """Whether a leak is suspected, and the figures, on the rows whose true risk (n,) is not NaN.

    `skill` uses the drawn outcomes y; `skill_expected` puts the true risk in their place, which takes the luck of
    the draw out of both AUROCs. A leak is suspected when the model beats the oracle on drawn outcomes beyond the
    interval of their paired difference.
    """
    known = ~np.isnan(risk)
    events = int(y[known].sum())
    if not 0 < events < known.sum():
        return False, ()
    p = np.where(known, risk, 0.0)
    drawn, expected = _Pair(y, score, p, known), _Pair(p, score, p, known)
    named: tuple[tuple[str, str, Statistic], ...] = (
        ("auroc_where_known", "oracle", drawn.oracle),
        ("auroc_where_known", "model", drawn.model),
        ("auroc_minus_oracle", "model", drawn.difference),
        ("skill", "model", drawn.skill),
        ("auroc_expected", "oracle", expected.oracle),
        ("auroc_expected", "model", expected.model),
        ("skill_expected", "model", expected.skill),
    )
    found = [(name, who, bootstrap.estimate(statistic)) for name, who, statistic in named]
    metrics = tuple(
        Metric(name, who, "all", e.value, e.low, e.high, int(known.sum()), events) for name, who, e in found
    )
    return next(m.low > 0 for m in metrics if m.name == "auroc_minus_oracle"), metrics
