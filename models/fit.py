"""From rows to a calibrated model: boosters on the fit weeks, a sigmoid on later weeks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from features.matrix import Matrix, as_of_days
from models import boosting
from models.boosting import Params
from models.errors import FitError
from models.logistic import fit_intercept, fit_line
from models.model import ANY, AVOIDABLE, Head, Model
from models.splits import TimeSplit, rows_of

RANKED = ("eligible", "hospital_uncertain")
"""Statuses of residents who are ranked: they alone teach and are judged."""

LABELS = {AVOIDABLE: "label", ANY: "any_label"}


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a fit needs beside rows: the meaning of the features and of the outcome."""

    groups: Mapping[str, str]
    monotone: Mapping[str, int]
    fingerprint: str
    outcome: str
    horizon_days: int
    delay_days: int
    params: Params
    seed: int


@dataclass(frozen=True, eq=False)
class Panel:
    """The rows of a matrix as arrays (n,): as-of, home, team columns, and whether a row may be learnt from."""

    matrix: Matrix
    as_of: np.ndarray
    home: np.ndarray
    eligible: np.ndarray
    labels: Mapping[str, np.ndarray]

    def mask(self, dates: tuple[date, ...], head: str = AVOIDABLE) -> np.ndarray:
        """Ranked residents' rows of these as-ofs whose label is known."""
        return rows_of(self.as_of, dates) & self.eligible & ~np.isnan(self.labels[head])


def panel(matrix: Matrix) -> Panel:
    """Arrays of a labelled matrix. Residents who would not be ranked, such as those in hospital, teach nothing."""
    rows = matrix.rows
    labels = {head: _floats(matrix, column) for head, column in LABELS.items()}
    eligible = np.isin(text_column(matrix, "status"), RANKED)
    return Panel(matrix, as_of_days(rows), text_column(matrix, "home_id"), eligible, labels)


def text_column(matrix: Matrix, name: str) -> np.ndarray:
    """A column of `rows` as Python strings (n,), '' for null."""
    return np.asarray(matrix.rows[name].fill_null("").to_numpy(), dtype=object).astype(str)


def fit_model(data: Panel, split: TimeSplit, recipe: Recipe, rounds: int | None = None) -> Model:
    """Fit both heads on the fit weeks and calibrate them on the calibrate weeks.

    `rounds` fixes the number of trees (the refit for use); without it the outcome's fit weeks choose it, for both
    heads. Raises FitError when a part holds too few events.
    """
    heads = _heads(data, split, recipe, rounds)
    mask = data.mask(split.fit)
    return Model(
        heads=heads,
        names=data.matrix.names,
        groups=dict(recipe.groups),
        fingerprint=recipe.fingerprint,
        outcome=recipe.outcome,
        horizon_days=recipe.horizon_days,
        delay_days=recipe.delay_days,
        trained_until=split.until,
        rows=int(mask.sum()),
        events=int(data.labels[AVOIDABLE][mask].sum()),
        params=_recorded(recipe),
    )


def _heads(data: Panel, split: TimeSplit, recipe: Recipe, rounds: int | None) -> dict[str, Head]:
    texts, trees = _bag(data, split, recipe, AVOIDABLE, rounds or recipe.params.rounds)
    if np.array_equal(data.labels[AVOIDABLE], data.labels[ANY], equal_nan=True):
        head = _calibrated(texts, trees, data, split, AVOIDABLE)
        return {AVOIDABLE: head, ANY: head}
    companions, _ = _bag(data, split, recipe, ANY, trees)
    own = (*texts, *companions) if recipe.params.companion else texts
    return {
        AVOIDABLE: _calibrated(own, trees, data, split, AVOIDABLE),
        ANY: _calibrated(companions, trees, data, split, ANY),
    }


def platt(margin: np.ndarray, y: np.ndarray) -> tuple[float, float, str]:
    """Sigmoid calibration: (a, b, note) of logit p = a * margin + b, a > 0.

    A slope that is not positive would turn the ranking round; then only the level is calibrated (a = 1) and the
    note says so. Raises FitError when the rows hold one outcome only.
    """
    if not 0 < y.mean() < 1:
        raise FitError(f"{int(y.sum())} events among {len(y)} rows to calibrate on: both outcomes are needed")
    b, a = fit_line(y, margin)
    if np.isfinite(a) and a > 0:
        return float(a), float(b), ""
    note = f"the calibration slope was {a:.3g}, not positive: only the level was calibrated"
    return 1.0, float(fit_intercept(y, margin)), note


def _bag(data: Panel, split: TimeSplit, recipe: Recipe, head: str, rounds: int | None) -> tuple[tuple[str, ...], int]:
    """Boosters for one head's labels and their number of trees, chosen on the fit weeks unless given."""
    params, mask = recipe.params, data.mask(split.fit, head)
    rows = boosting.fit_rows(
        data.matrix.X, data.labels[head], _folded_by(data, mask, params), mask, params, recipe.seed
    )
    params = boosting.with_threads(params, rows)
    binned = boosting.dataset(rows, params)
    bound = boosting.monotone_vector(data.matrix.names, recipe.monotone, params)
    trees = rounds or boosting.choose_rounds(binned, rows, params, bound, recipe.seed)
    return boosting.fit_boosters(binned, replace(params, rounds=trees), bound, recipe.seed), trees


def _folded_by(data: Panel, mask: np.ndarray, params: Params) -> np.ndarray:
    """What keeps a resident on one side of a fold (n,): homes, or residents where there are fewer homes than folds."""
    few = len(np.unique(data.home[mask])) < params.folds
    return text_column(data.matrix, "resident_id") if few else data.home


def _calibrated(texts: tuple[str, ...], rounds: int, data: Panel, split: TimeSplit, name: str) -> Head:
    """A head of these boosters, calibrated on the calibrate weeks."""
    mask = data.mask(split.calibrate, name)
    known = data.labels[name][mask]
    if not len(known):
        raise FitError("no labelled rows to calibrate on")
    raw = Head(texts, 1.0, 0.0, rounds, float(known.mean()))
    a, b, note = platt(raw.margin(data.matrix.X[mask]), known)
    return replace(raw, a=a, b=b, note=note)


def _recorded(recipe: Recipe) -> dict[str, Any]:
    # How many threads ran is no property of the model: trees are the same for any number.
    settings = {name: value for name, value in recipe.params.as_dict().items() if name != "num_threads"}
    return {**settings, "seed": recipe.seed}


def _floats(matrix: Matrix, name: str) -> np.ndarray:
    column = matrix.rows[name].cast("float64")
    return np.asarray(column.to_numpy(), dtype=np.float64)
