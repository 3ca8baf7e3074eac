"""Training: split, choose rounds, fit, calibrate, judge, then refit for use. No registry, no files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from features.matrix import Matrix, as_of_days
from models.baselines import Baselines
from models.boosting import Params
from models.evaluate import evaluate, judged_rows
from models.evaluation import Evaluation
from models.fit import Panel, Recipe, fit_model, panel, text_column
from models.judged import Judged
from models.model import AVOIDABLE, Model, fingerprint
from models.splits import TimeSplit, refit_split, rows_of, time_split
from models.tune import Search, Tuned, tune


@dataclass(frozen=True, eq=False)
class Trained:
    """A model for use, the evaluation of its twin fitted on earlier weeks, and both splits.

    judged is the twin: the figures of `evaluation` are its own, `model` is refitted by the rule of `refit_split`.
    tuned is what a search for parameters found, where one was asked for; both models have its parameters.
    """

    model: Model
    evaluation: Evaluation
    split: TimeSplit
    refit: TimeSplit
    judged: Model
    tuned: Tuned | None = None


def train(
    matrix: Matrix,
    *,
    groups: Mapping[str, str],
    monotone: Mapping[str, int],
    horizon_days: int,
    delay_days: int,
    until: date,
    capacity: Mapping[str, int],
    truth: pa.Table | None = None,
    params: Params | None = None,
    search: Search | None = None,
    baselines: Baselines | None = None,
    outcome: str = "iau_2019",
    feature_fingerprint: str = "",
    holdout_share: float = 0.0,
    test_weeks: int = 8,
    calibrate_weeks: int = 12,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train on a labelled matrix whose labels were known by `until`.

    search looks for better parameters inside the fit weeks first; without it those given are used.
    holdout_share keeps that share of residents out of the evaluated fit and judges on them alone (later weeks in
    other people). Raises SplitError for too short a history and FitError for too few events.
    """
    say = progress or (lambda _: None)
    data = panel(matrix)
    span: dict[str, Any] = {"horizon_days": horizon_days, "delay_days": delay_days, "until": until}
    as_ofs = np.unique(data.as_of[data.eligible])
    split = time_split(as_ofs, test_weeks=test_weeks, calibrate_weeks=calibrate_weeks, **span)
    refit = refit_split(as_ofs, calibrate_weeks=calibrate_weeks, **span)
    mark = feature_fingerprint or fingerprint(matrix.names, groups, monotone)
    recipe = Recipe(groups, monotone, mark, outcome, horizon_days, delay_days, params or Params(), seed)
    held_out = residents_held_out(matrix, holdout_share)
    known = without(data, held_out)
    tuned = None
    if search:
        say(f"trying {search.trials} sets of parameters")
        tuned = tune(known, split, recipe, search)
        recipe = replace(recipe, params=tuned.params)
    say(f"fitting on {len(split.fit)} weeks, calibrating on {len(split.calibrate)}")
    judged = fit_model(known, split, recipe)
    say(f"judging on {len(split.test)} later weeks")
    evaluation = evaluate(
        matrix,
        split,
        judged,
        capacity=capacity,
        baselines=baselines,
        truth=truth,
        judged=held_out if holdout_share else None,
        holdout_share=holdout_share,
        seed=seed,
    )
    say(f"refitting for use on {len(refit.fit)} weeks")
    model = fit_model(data, refit, recipe, judged.heads[AVOIDABLE].rounds)
    return Trained(model, evaluation, split, refit, judged, tuned)


def rows_judged(matrix: Matrix, done: Trained, seed: int) -> Judged:
    """The rows that `done.evaluation` is about, with the order and the chance of the model that was judged."""
    weeks = matrix.take(rows_of(as_of_days(matrix.rows), done.split.test))
    data = panel(weeks)
    mask = data.mask(done.split.test)
    if done.evaluation.holdout_share:
        mask &= residents_held_out(weeks, done.evaluation.holdout_share)
    return judged_rows(data, mask, done.split, done.judged, Baselines(), seed)


def residents_held_out(matrix: Matrix, share: float) -> np.ndarray:
    """Mask (n,) of the residents held out: those whose hashed id falls in the first `share` of all hashes."""
    if not share:
        return np.zeros(len(matrix), dtype=bool)
    return hashed(text_column(matrix, "resident_id")) < share


def hashed(ids: np.ndarray) -> np.ndarray:
    """A number in [0, 1) for each id (n,), the same in every history and on every machine."""
    names, codes = np.unique(ids, return_inverse=True)
    return np.array([int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64 for name in names])[codes]


def without(data: Panel, held_out: np.ndarray) -> Panel:
    """The panel with the rows under a mask (n,) neither fitted nor calibrated on."""
    return replace(data, eligible=data.eligible & ~held_out)
