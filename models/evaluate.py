"""Judge a model on later weeks, beside every contender."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models.apart import apart, apart_metrics
from models.bands import chance_bands
from models.baselines import Baselines
from models.bootstrap import home_bootstrap
from models.calibration import calibration, chance_bins
from models.capacity import Listed, at_capacity, listed, weekly_changes
from models.competing import Incidence, competing_risk
from models.contenders import contenders, known_risks
from models.errors import FitError
from models.evaluation import Evaluation
from models.figures import any_figures, chance_figures, ranking_figures
from models.fit import Panel, panel, row_weights, text_column
from models.followed import followed, has_followed
from models.judged import Judged
from models.lists import ListResult, list_results
from models.model import AVOIDABLE, Model
from models.netbenefit import net_benefits
from models.skill import against_truth
from models.splits import TimeSplit, rows_of
from models.summaries import calibration_bins, capacity_curve, importance
from models.top import reviews_needed, top_n
from models.warning import warned


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
    judged = np.ones(len(matrix), bool) if judged is None else judged
    mask = data.mask(split.test) & judged
    test = judged_rows(data, mask, split, model, baselines or Baselines(), seed)
    found = evaluation_of(test, split, capacity=capacity, truth=truth, model=model, seed=seed)
    competing = _competing(data, split, model, judged, seed)
    return replace(found, holdout_share=holdout_share, competing=competing)


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
    judged = judged.beside(known_risks(judged.matrix, truth, ceiling))
    views = listed(judged, capacity)
    calibrated = {name: calibration(judged.y, p, judged.bootstrap) for name, p in judged.chances.items()}
    leak, against_oracle = against_truth(judged)
    warnings, warning_figures = warned(judged, views)
    return Evaluation(
        split=split,
        metrics=(
            *ranking_figures(judged),
            *chance_figures(judged, calibrated),
            *((*any_figures(judged, model), *apart_metrics(judged, model)) if model else ()),
            *at_capacity(judged, views),
            *warning_figures,
            *against_oracle,
        ),
        lists=tuple(result for lists in views for result in _results(lists)),
        calibration=calibration_bins(judged.y, judged.chances["model"]),
        curve=tuple(point for lists in views for point in capacity_curve(lists)),
        importance=importance(model, judged.matrix.X, seed) if model else (),
        capacity=tuple(capacity.items()),
        rounds=tuple((name, head.rounds) for name, head in model.heads.items()) if model else (),
        holdout_share=0.0,
        leak_suspected=leak,
        calibration_curve=calibrated["model"].points(),
        chances=chance_bins(judged.y, judged.chances["model"]),
        net_benefit=net_benefits(judged, views),
        changes=tuple(row for lists in views for name in judged.scores for row in weekly_changes(lists, name)),
        top=top_n(judged),
        reviews=reviews_needed(judged),
        warned=tuple(warnings),
        apart=apart(judged, model) if model else (),
        bands=chance_bands(calibrated["model"]),
    )


def judged_rows(
    data: Panel, mask: np.ndarray, split: TimeSplit, model: Model, baselines: Baselines, seed: int
) -> Judged:
    """The rows under `mask` with the orders and chances of the model and of every contender, each fitted on the fit
    weeks of `split`. Raises FitError when the rows hold one outcome only."""
    y = data.labels[AVOIDABLE][mask]
    if not 0 < y.sum() < len(y):
        raise FitError(f"{int(y.sum())} events among {len(y)} rows of the test weeks: nothing to judge by")
    scores, chances = contenders(data, mask, split, model, baselines, seed)
    censoring, reviewed = bool(model.params.get("censoring_weights")), model.params.get("reviewed", "keep")
    weighted = censoring or reviewed != "keep"
    weight = row_weights(data, split.test, AVOIDABLE, censoring, reviewed)[mask] if weighted else None
    return Judged(data.matrix.take(mask), data.as_of[mask], data.home[mask], y, scores, chances, seed, weight)


def _results(lists: Listed) -> tuple[ListResult, ...]:
    judged, member = lists.judged, lists.member
    team, model = text_column(judged.matrix, lists.view), judged.scores["model"]
    return list_results(lists.view, team[member], judged.as_of[member], judged.y[member], model[member], lists.places)


def _competing(data: Panel, split: TimeSplit, model: Model, judged: np.ndarray, seed: int) -> tuple[Incidence, ...]:
    """Over everyone ranked in the test weeks and followed at all: those who left have no label but were at risk."""
    if not has_followed(data.matrix):
        return ()
    ends = followed(data.matrix)
    rows = rows_of(data.as_of, split.test) & data.eligible & ends.known & judged
    chance = model.risk(data.matrix.X[rows])
    return competing_risk(ends.take(rows), chance, home_bootstrap(data.home[rows], seed=seed))
