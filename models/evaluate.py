"""Judge a model on later weeks, beside simple orders and, on synthetic data, the oracle."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models import metrics as measure
from models.baselines import Baselines, fit_logistic, oracle, single_feature
from models.bootstrap import Statistic
from models.errors import FitError
from models.evaluation import CapacityPoint, Evaluation, Metric
from models.fit import Panel, panel, text_column
from models.judged import Judged
from models.lists import ListResult, list_codes, list_results, selection
from models.logistic import sigmoid
from models.model import ANY, AVOIDABLE, Model
from models.skill import against_truth
from models.splits import TimeSplit
from models.summaries import calibration_bins, capacity_curve, importance


def evaluate(
    matrix: Matrix,
    split: TimeSplit,
    model: Model,
    *,
    capacity: Mapping[str, int],
    baselines: Baselines | None = None,
    truth: pa.Table | None = None,
    judged: np.ndarray | None = None,
    holdout_share: float = 0.0,
    seed: int = 1,
) -> Evaluation:
    """Every figure of `model`, fitted and calibrated on the first parts of `split`, on its test weeks.

    capacity maps a column of rows that names a team ('pcn', 'home_id') to residents reviewed a week; rows without
    a team are in no list. truth (resident_id, as_of, risk) adds the oracle. judged (n,) narrows the test rows, for
    example to people the model never saw. Raises FitError when the test weeks hold no event.
    """
    data = panel(matrix)
    mask = data.mask(split.test) & (np.ones(len(matrix), bool) if judged is None else judged)
    test = judged_rows(data, mask, split, model, baselines or Baselines(), seed)
    found = evaluation_of(test, split, capacity=capacity, truth=truth, model=model, seed=seed)
    return replace(found, holdout_share=holdout_share)


def evaluation_of(
    judged: Judged,
    split: TimeSplit,
    *,
    capacity: Mapping[str, int],
    truth: pa.Table | None = None,
    ceiling: pa.Table | None = None,
    model: Model | None = None,
    seed: int = 1,
) -> Evaluation:
    """Every figure that judged rows can tell, so that rows of several test spans may be pooled and judged as one.

    truth and ceiling (resident_id, as_of, risk) add the oracle, who knows every true risk, and the reachable ceiling,
    which is what the records show of it. What belongs to one fitted model (what moves it, its trees, its chance of
    any emergency) needs `model` and is left out without it.
    """
    judged = judged.beside(_known_risks(judged.matrix, {"oracle": truth, "ceiling": ceiling}))
    lists, at_capacity = _at_capacity(judged, capacity)
    leak, against_oracle = against_truth(judged)
    return Evaluation(
        split=split,
        metrics=(
            *_ranking(judged),
            *_chances(judged),
            *(_any(judged, model) if model else ()),
            *at_capacity,
            *against_oracle,
        ),
        lists=lists,
        calibration=calibration_bins(judged.y, judged.chances["model"]),
        curve=_curve(judged, capacity),
        importance=importance(model, judged.matrix.X, seed) if model else (),
        capacity=tuple(capacity.items()),
        rounds=tuple((name, head.rounds) for name, head in model.heads.items()) if model else (),
        holdout_share=0.0,
        leak_suspected=leak,
    )


def judged_rows(
    data: Panel, mask: np.ndarray, split: TimeSplit, model: Model, baselines: Baselines, seed: int
) -> Judged:
    """The rows under `mask` with the model's order and chance and those of every baseline, each fitted on the fit
    weeks of `split`. Raises FitError when the rows hold one outcome only."""
    matrix = data.matrix.take(mask)
    y = data.labels[AVOIDABLE][mask]
    if not 0 < y.sum() < len(y):
        raise FitError(f"{int(y.sum())} events among {len(y)} rows of the test weeks: nothing to judge by")
    baselines.check(matrix.names)
    # Ordered on the calibrated log-odds: as the margin within one model, and comparable between models of several folds.
    log_odds = model.heads[AVOIDABLE].log_odds(matrix.X)
    scores, chances = {"model": log_odds}, {"model": sigmoid(log_odds)}
    for name in ("prior_admissions", "frailty"):
        if getattr(baselines, name):
            scores[name] = single_feature(matrix, getattr(baselines, name))
    if baselines.logistic:
        chances["logistic"] = scores["logistic"] = _logistic(data, matrix, split, baselines.logistic, seed)
    return Judged(matrix, data.as_of[mask], data.home[mask], y, scores, chances, seed)


def _logistic(data: Panel, test: Matrix, split: TimeSplit, names: tuple[str, ...], seed: int) -> np.ndarray:
    columns = [data.matrix.names.index(name) for name in names]
    fit = data.mask(split.fit)
    fitted = fit_logistic(data.matrix.X[fit][:, columns], data.labels[AVOIDABLE][fit], seed)
    return fitted.predict_proba(test.X[:, columns].astype(np.float64))[:, 1]


def _known_risks(matrix: Matrix, tables: Mapping[str, pa.Table | None]) -> dict[str, np.ndarray]:
    """Orders by risks known from elsewhere, of those tables that know any row."""
    found = {name: oracle(matrix, table) for name, table in tables.items() if table is not None}
    return {name: risk for name, risk in found.items() if not np.isnan(risk).all()}


def _ranking(test: Judged) -> list[Metric]:
    found = [test.metric("prevalence", "model", partial(measure.prevalence, test.y))]
    for name in test.scores:
        on = test.where_known(name)
        found.append(on.metric("auroc", name, partial(measure.auroc, on.y, on.scores[name])))
        found.append(on.metric("auprc", name, partial(measure.auprc, on.y, on.scores[name])))
    return found


_CHANCE: dict[str, Callable[..., np.ndarray]] = {
    "brier": measure.brier,
    "calibration_slope": measure.calibration_slope,
    "calibration_intercept": measure.calibration_intercept,
    "observed_expected": measure.observed_expected,
}


def _chances(test: Judged) -> list[Metric]:
    return [
        test.metric(name, score, partial(statistic, test.y, p))
        for score, p in test.chances.items()
        for name, statistic in _CHANCE.items()
    ]


def _any(test: Judged, model: Model) -> list[Metric]:
    """The model's chance of any emergency admission, on the rows where that outcome is known."""
    labels = panel(test.matrix).labels[ANY]
    on, y = test.take(~np.isnan(labels)), labels[~np.isnan(labels)]
    if not 0 < y.sum() < len(y):
        return []
    p = model.heads[ANY].risk(on.matrix.X)
    values: dict[str, Statistic] = {
        "prevalence": partial(measure.prevalence, y),
        "auroc": partial(measure.auroc, y, p),
        "calibration_slope": partial(measure.calibration_slope, y, p),
        "observed_expected": partial(measure.observed_expected, y, p),
    }
    found = [(name, on.bootstrap.estimate(statistic)) for name, statistic in values.items()]
    return [Metric(name, "any", "all", e.value, e.low, e.high, len(y), int(y.sum())) for name, e in found]


def _at_capacity(test: Judged, capacity: Mapping[str, int]) -> tuple[tuple[ListResult, ...], list[Metric]]:
    """Per-list results of the model, and PPV and sensitivity over the lists of each view for every order.

    Who is listed is decided on the lists as they were; the bootstrap then draws homes, so intervals tell how the
    figures would vary with other homes under the same lists.
    """
    lists: list[ListResult] = []
    found: list[Metric] = []
    for view, places in capacity.items():
        team = text_column(test.matrix, view)
        has_team = team != ""
        if not has_team.any():
            continue
        codes = list_codes(team, test.as_of)[0]
        model = test.scores["model"]
        lists += list_results(view, team[has_team], test.as_of[has_team], test.y[has_team], model[has_team], places)
        for name, score in test.scores.items():
            chosen = selection(score, codes, places) * has_team
            found += _yield(test, chosen, has_team.astype(float), name, view)
    return tuple(lists), found


def _yield(test: Judged, chosen: np.ndarray, member: np.ndarray, score: str, view: str) -> list[Metric]:
    y = test.y
    return [
        test.metric("ppv", score, lambda w: measure.prevalence(y, w * chosen), view),
        test.metric("sensitivity", score, lambda w: measure.prevalence(chosen, w * y * member), view),
    ]


def _curve(test: Judged, capacity: Mapping[str, int]) -> tuple[CapacityPoint, ...]:
    points: list[CapacityPoint] = []
    for view in capacity:
        team = text_column(test.matrix, view)
        member = team != ""
        if member.any():
            codes = list_codes(team[member], test.as_of[member])[0]
            scores = {name: score[member] for name, score in test.scores.items()}
            points += capacity_curve(view, codes, test.y[member], scores)
    return tuple(points)
