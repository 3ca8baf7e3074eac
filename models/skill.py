"""On synthetic data: how near a ranking comes to the oracle, who knows every resident's true risk."""

import numpy as np

from models.evaluation import Metric
from models.judged import Judged
from models.ranking import auroc


def against_truth(judged: Judged) -> tuple[bool, tuple[Metric, ...]]:
    """Whether a leak is suspected, and the figures, on the rows whose true risk the order `oracle` knows.

    `skill` is (AUROC - 0.5) / (oracle's - 0.5) on the drawn outcomes; `skill_expected` puts the true risk in their
    place, which takes the luck of the draw out of both AUROCs. `skill_reachable` has the ceiling in the oracle's
    place. A leak is suspected when the model beats the oracle on drawn outcomes beyond the interval of their paired
    difference.
    """
    if "oracle" not in judged.scores:
        return False, ()
    on = judged.where_known("oracle")
    events = int(on.y.sum())
    if not 0 < events < len(on):
        return False, ()
    score, risk = on.scores["model"], on.scores["oracle"]
    model, oracle = auroc(on.y, score, on.bootstrap), auroc(on.y, risk, on.bootstrap)
    model_expected, oracle_expected = auroc(risk, score, on.bootstrap), auroc(risk, risk, on.bootstrap)
    ahead = on.figure("auroc_minus_oracle", "model", model - oracle)
    return ahead.low > 0, (
        on.figure("auroc_where_known", "oracle", oracle),
        on.figure("auroc_where_known", "model", model),
        ahead,
        on.figure("skill", "model", _skill(model, oracle)),
        on.figure("auroc_expected", "oracle", oracle_expected),
        on.figure("auroc_expected", "model", model_expected),
        on.figure("skill_expected", "model", _skill(model_expected, oracle_expected)),
        *_reachable(on),
    )


def _reachable(on: Judged) -> list[Metric]:
    """The same with the reachable ceiling in the oracle's place, on the rows where both are known."""
    if "ceiling" not in on.scores:
        return []
    on = on.where_known("ceiling")
    truth = on.scores["oracle"]
    reached, ceiling = (auroc(truth, on.scores[name], on.bootstrap) for name in ("model", "ceiling"))
    return [
        on.figure("auroc_expected", "ceiling", ceiling),
        on.figure("skill_reachable", "model", _skill(reached, ceiling)),
    ]


def _skill(model: np.ndarray, best: np.ndarray) -> np.ndarray:
    """NaN where the best order itself cannot rank."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(best > 0.5, (model - 0.5) / (best - 0.5), np.nan)
