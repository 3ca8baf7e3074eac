"""Residents judged apart: figures of their own on the test weeks, and whether there was enough to validate them by."""

from functools import partial

from models import metrics as measure
from models.evaluation import Apart, Metric
from models.judged import Judged
from models.model import AVOIDABLE, Model
from models.strata import first_member


def apart(test: Judged, model: Model) -> tuple[Apart, ...]:
    """Every stratum that the model's features can tell."""
    strata = model.heads[AVOIDABLE].strata
    stratum = first_member(strata, test.matrix.X)
    return tuple(
        Apart(one.name, int((stratum == i).sum()), int(test.y[stratum == i].sum()), one.residents, one.own)
        for i, one in enumerate(strata)
    )


def apart_metrics(test: Judged, model: Model) -> list[Metric]:
    """Share, ranking and calibration within each stratum; the view is its name."""
    strata = model.heads[AVOIDABLE].strata
    stratum = first_member(strata, test.matrix.X)
    found = []
    for i, one in enumerate(strata):
        if (stratum == i).any():
            rows = test.take(stratum == i)
            y, score, p = rows.y, rows.scores["model"], rows.chances["model"]
            named = {
                "prevalence": partial(measure.prevalence, y),
                "auroc": partial(measure.auroc, y, score),
                "observed_expected": partial(measure.observed_expected, y, p),
            }
            found += [rows.metric(name, "model", statistic, one.name) for name, statistic in named.items()]
    return found
