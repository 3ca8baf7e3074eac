"""From rows to a calibrated model: boosters on the fit weeks, a sigmoid on later weeks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from features.matrix import Matrix, as_of_days
from models import boosting
from models.boosting import Params
from models.calibrate import CalibrationRows, calibrate
from models.censoring import staying_weights
from models.errors import FitError
from models.model import ANY, AVOIDABLE, Head, Model
from models.reviewed import Reviewed, review_weights
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
    coded = matrix.rows[name].fill_null("").combine_chunks().dictionary_encode()
    return np.array(coded.dictionary.to_pylist(), dtype=str)[coded.indices.to_numpy()]


def fit_model(data: Panel, split: TimeSplit, recipe: Recipe, rounds: int | None = None) -> Model:
    """Fit both heads on the fit weeks and calibrate them on the calibrate weeks.

    `rounds` fixes the number of trees (the refit for use); without it the outcome's fit weeks choose it, for both
    heads. Raises FitError when a part holds too few events.
    """
    mask = _rows(data, split.fit, AVOIDABLE, recipe.params)[0]
    events = int(data.labels[AVOIDABLE][mask].sum())
    heads = _heads(data, split, recipe, rounds, events)
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
        events=events,
        params=_recorded(recipe),
    )


def _heads(data: Panel, split: TimeSplit, recipe: Recipe, rounds: int | None, events: int) -> dict[str, Head]:
    texts, trees = _bag(data, split, recipe, AVOIDABLE, rounds or recipe.params.rounds)
    if np.array_equal(data.labels[AVOIDABLE], data.labels[ANY], equal_nan=True):
        head = _calibrated(texts, trees, data, split, AVOIDABLE, recipe)
        return {AVOIDABLE: head, ANY: head}
    companions, _ = _bag(data, split, recipe, ANY, trees)
    helped = _helped(recipe.params, events)
    own = (*texts, *companions) if helped else texts
    shares = tuple(np.repeat([1 - helped, helped], recipe.params.bags) / recipe.params.bags) if helped else ()
    return {
        AVOIDABLE: _calibrated(own, trees, data, split, AVOIDABLE, recipe, shares),
        ANY: _calibrated(companions, trees, data, split, ANY, recipe),
    }


def _helped(params: Params, events: int) -> float:
    """The companion's share of the margin, by how many events the outcome has of its own."""
    return min(0.5, params.companion / (params.companion + events))


def _bag(data: Panel, split: TimeSplit, recipe: Recipe, head: str, rounds: int | None) -> tuple[tuple[str, ...], int]:
    """Boosters for one head's labels and their number of trees, chosen on the fit weeks unless given."""
    params = recipe.params
    mask, weight = _rows(data, split.fit, head, params)
    rows = boosting.fit_rows(
        data.matrix.X, data.labels[head], folded_by(data, mask, params), mask, params, recipe.seed, weight
    )
    params = boosting.with_threads(params, rows)
    binned = boosting.dataset(rows, params)
    bound = boosting.monotone_vector(data.matrix.names, recipe.monotone, params)
    trees = rounds or boosting.choose_rounds(binned, rows, params, bound, recipe.seed)
    return boosting.fit_boosters(binned, replace(params, rounds=trees), bound, recipe.seed), trees


def folded_by(data: Panel, mask: np.ndarray, params: Params) -> np.ndarray:
    """What keeps a resident on one side of a fold (n,): homes, or residents where there are fewer homes than folds."""
    few = len(np.unique(data.home[mask])) < params.folds
    return text_column(data.matrix, "resident_id") if few else data.home


def row_weights(
    data: Panel, dates: tuple[date, ...], head: str, censoring: bool, reviewed: Reviewed = "keep"
) -> np.ndarray:
    """Weights (n,) of the rows of these as-ofs: for who left and who was reviewed, where that is asked for, else 1 for
    every row."""
    part = rows_of(data.as_of, dates) & data.eligible
    weight = staying_weights(data.matrix, head, part) if censoring else np.ones(len(data.matrix))
    return weight * review_weights(data.matrix, part, reviewed)


def _rows(data: Panel, dates: tuple[date, ...], head: str, params: Params) -> tuple[np.ndarray, np.ndarray]:
    """Mask (n,) of the rows of these as-ofs to learn from, and weights (n,)."""
    weight = row_weights(data, dates, head, params.censoring_weights, params.reviewed)
    return data.mask(dates, head) & (weight > 0), weight


def _calibrated(
    texts: tuple[str, ...],
    rounds: int,
    data: Panel,
    split: TimeSplit,
    name: str,
    recipe: Recipe,
    shares: tuple[float, ...] = (),
) -> Head:
    """A head of these boosters, calibrated on the calibrate weeks."""
    mask, weight = _rows(data, split.calibrate, name, recipe.params)
    known, weight = data.labels[name][mask], weight[mask]
    if not len(known):
        raise FitError("no labelled rows to calibrate on")
    raw, X = Head(texts, 1.0, 0.0, rounds, float(np.average(known, weights=weight)), shares=shares), data.matrix.X[mask]
    rows = CalibrationRows(X, text_column(data.matrix, "resident_id")[mask], raw.margin(X), known, weight)
    (a, b, note), strata = calibrate(rows, data.matrix.names)
    return replace(raw, a=a, b=b, note=note, strata=strata)


def _recorded(recipe: Recipe) -> dict[str, Any]:
    # How many threads ran is no property of the model: trees are the same for any number.
    settings = {name: value for name, value in recipe.params.as_dict().items() if name != "num_threads"}
    return {**settings, "seed": recipe.seed}


def _floats(matrix: Matrix, name: str) -> np.ndarray:
    column = matrix.rows[name].cast("float64")
    return np.asarray(column.to_numpy(), dtype=np.float64)
