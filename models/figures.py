"""Figures over all judged rows, of every contender: who is ranked above whom, and whether chances come true."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.calibration import Calibration, calibration
from models.evaluation import Metric
from models.fit import panel
from models.judged import Judged
from models.model import ANY, Model
from models.ranking import auprc, auroc, auroc_within_home


def ranking_figures(judged: Judged) -> list[Metric]:
    """Prevalence, AUROC over all and within homes, AUPRC, and the AUROC that the model has over each contender.

    An order that is not known for every row, such as the oracle, is judged on the rows where it is, and so is the
    model beside it.
    """
    found = [judged.figure("prevalence", "model", judged.bootstrap.ratio(judged.y, np.ones(len(judged))))]
    for name in judged.scores:
        on = judged.where_known(name)
        for figure, values in _ranking(on, name).items():
            found.append(on.figure(figure, name, values))
        if name not in ("model", "oracle"):  # models.skill compares with the oracle
            ahead = auroc(on.y, on.scores["model"], on.bootstrap) - auroc(on.y, on.scores[name], on.bootstrap)
            found.append(on.figure(f"auroc_minus_{name}", "model", ahead))
    return found


def chance_figures(judged: Judged, calibrated: Mapping[str, Calibration]) -> list[Metric]:
    """Brier score, its skill over stating the prevalence for all, observed over expected, and calibration."""
    found = []
    for name in judged.chances:
        figures = _accuracy(judged, name)
        known = calibrated[name]
        figures |= {
            "calibration_slope": known.slope(),
            "calibration_intercept": known.intercept(),
            "ici": known.ici(),
            "ici_over_base": known.ici_over_base(),
            "e_max": known.e_max(),
        }
        found += [judged.figure(figure, name, values) for figure, values in figures.items()]
    return found


def any_figures(judged: Judged, model: Model) -> list[Metric]:
    """The model's chance of any emergency admission, on the rows where that outcome is known."""
    labels = panel(judged.matrix).labels[ANY]
    known = ~np.isnan(labels)
    if not 0 < labels[known].sum() < known.sum():
        return []
    on = judged.take(known)
    p = model.heads[ANY].risk(on.matrix.X)
    on = replace(on, y=labels[known], scores={ANY: p}, chances={ANY: p})
    accuracy = _accuracy(on, ANY)
    values = {
        "prevalence": on.bootstrap.ratio(on.y, np.ones(len(on))),
        "auroc": auroc(on.y, p, on.bootstrap),
        "brier": accuracy["brier"],
        "observed_expected": accuracy["observed_expected"],
        "calibration_slope": calibration(on.y, p, on.bootstrap).slope(),
    }
    return [on.figure(name, ANY, value) for name, value in values.items()]


def _ranking(on: Judged, name: str) -> dict[str, np.ndarray]:
    score = on.scores[name]
    return {
        "auroc": auroc(on.y, score, on.bootstrap),
        "auroc_within_home": auroc_within_home(on.y, score, on.bootstrap, on.as_of),
        "auprc": auprc(on.y, score, on.bootstrap),
    }


def _accuracy(judged: Judged, name: str) -> dict[str, np.ndarray]:
    y, p, draws = judged.y, judged.chances[name], judged.bootstrap
    brier, base = draws.ratio(np.square(y - p), np.ones(len(y))), draws.ratio(y, np.ones(len(y)))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Stating the prevalence for everyone has a Brier score of base * (1 - base).
        skill = np.where((base > 0) & (base < 1), 1 - brier / (base * (1 - base)), np.nan)
    return {"brier": brier, "brier_skill": skill, "observed_expected": draws.ratio(y, p)}
