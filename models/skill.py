"""On synthetic data: how near a ranking comes to the oracle, who knows every resident's true risk."""

from dataclasses import dataclass

import numpy as np

from models.bootstrap import Statistic
from models.evaluation import Metric
from models.judged import Judged
from models.metrics import auroc


@dataclass(frozen=True, eq=False)
class _Pair:
    """AUROC of the model and of the oracle under the same weights, on the same outcomes y (n,)."""

    y: np.ndarray
    score: np.ndarray
    risk: np.ndarray

    def model(self, weights: np.ndarray) -> np.ndarray:
        return auroc(self.y, self.score, weights)

    def oracle(self, weights: np.ndarray) -> np.ndarray:
        return auroc(self.y, self.risk, weights)

    def difference(self, weights: np.ndarray) -> np.ndarray:
        return self.model(weights) - self.oracle(weights)

    def skill(self, weights: np.ndarray) -> np.ndarray:
        """(AUROC - 0.5) / (oracle - 0.5); NaN where the oracle itself cannot rank."""
        best = self.oracle(weights) - 0.5
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(best > 0, (self.model(weights) - 0.5) / best, np.nan)


def against_truth(judged: Judged) -> tuple[bool, tuple[Metric, ...]]:
    """Whether a leak is suspected, and the figures, on the rows whose true risk the order `oracle` knows.

    `skill` uses the drawn outcomes; `skill_expected` puts the true risk in their place, which takes the luck of
    the draw out of both AUROCs. A leak is suspected when the model beats the oracle on drawn outcomes beyond the
    interval of their paired difference.
    """
    if "oracle" not in judged.scores:
        return False, ()
    on = judged.where_known("oracle")
    events = int(on.y.sum())
    if not 0 < events < len(on):
        return False, ()
    model, risk = on.scores["model"], on.scores["oracle"]
    drawn, expected = _Pair(on.y, model, risk), _Pair(risk, model, risk)
    named: tuple[tuple[str, str, Statistic], ...] = (
        ("auroc_where_known", "oracle", drawn.oracle),
        ("auroc_where_known", "model", drawn.model),
        ("auroc_minus_oracle", "model", drawn.difference),
        ("skill", "model", drawn.skill),
        ("auroc_expected", "oracle", expected.oracle),
        ("auroc_expected", "model", expected.model),
        ("skill_expected", "model", expected.skill),
    )
    metrics = tuple(on.metric(name, who, statistic) for name, who, statistic in named)
    return next(m.low > 0 for m in metrics if m.name == "auroc_minus_oracle"), metrics
