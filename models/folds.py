"""One fold of a backtest: the model as it could have been made then, and what it said of the weeks that followed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from features.matrix import Matrix, as_of_days
from models.baselines import Baselines
from models.evaluate import judged_rows
from models.fit import Panel, Recipe, fit_model, text_column
from models.judged import Judged, pooled
from models.model import AVOIDABLE
from models.splits import TimeSplit, rows_of
from models.train import hashed, without

PARTS = 5
"""Parts of residents or homes, by hash: each is judged by a model that was made without it."""

New = Literal["", "residents", "homes"]


@dataclass(frozen=True, eq=False)
class Fold:
    """What a fold's model, or models of one part each, said of the test weeks.

    rows, events   fitted on, by what was known on the first test Monday
    late           rows fitted or calibrated on as without the outcome, whose admission was coded as one later
    trees          of the outcome's head, the mean over parts
    """

    split: TimeSplit
    judged: Judged
    rows: int
    events: int
    late: int
    trees: float


def as_known(data: Panel, split: TimeSplit, then: Mapping[str, np.ndarray]) -> Panel:
    """The panel that a fold learns from and is judged on.

    Labels of the test weeks are those of `data`, known at the cut-off; all others are `then`, by head (n,), known
    before the first test Monday: an admission that was coded later had not yet been an outcome.
    """
    test = rows_of(data.as_of, split.test)
    return replace(data, labels={head: np.where(test, label, then[head]) for head, label in data.labels.items()})


def run_fold(
    data: Panel,
    split: TimeSplit,
    then: Mapping[str, np.ndarray],
    recipe: Recipe,
    *,
    baselines: Baselines | None = None,
    new: New = "",
) -> Fold:
    """Fit, calibrate and judge one fold; `new` has every row judged by a model that knew nobody like that.

    residents   made without the resident
    homes       made without the home and without anyone who ever lived there, as if it had just joined

    Then five models are made, each without one part of residents or homes, and each judges its own part: the test
    rows are those of the plain fold, so that the figures may be compared.
    """
    known = as_known(data, split, then)
    learnt = known.mask(split.fit) | known.mask(split.calibrate)
    changed = learnt & (known.labels[AVOIDABLE] == 0) & (data.labels[AVOIDABLE] == 1)
    tested = known.mask(split.test)
    parts, trees = [], []
    for inside, apart in _parts(data, new):
        if not (tested & inside).any():
            continue
        own = without(known, apart & learnt)
        model = fit_model(own, split, recipe)
        trees.append(model.heads[AVOIDABLE].rounds)
        parts.append(judged_rows(own, tested & inside, split, model, baselines or Baselines(), recipe.seed))
    fitted = known.mask(split.fit)
    events = int(known.labels[AVOIDABLE][fitted].sum())
    return Fold(split, pooled(parts), int(fitted.sum()), events, int(changed.sum()), float(np.mean(trees)))


def _parts(data: Panel, new: New) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each part the mask (n,) of rows to judge, and of rows that its model must not know."""
    if not new:
        return [(np.ones(len(data.as_of), bool), np.zeros(len(data.as_of), bool))]
    people = text_column(data.matrix, "resident_id")
    part = np.floor(PARTS * hashed(people if new == "residents" else data.home))
    inside = [part == number for number in range(PARTS)]
    return [(mask, mask | np.isin(people, people[mask])) for mask in inside]


_SCORE, _CHANCE = "score: ", "chance: "


def to_matrix(judged: Judged) -> Matrix:
    """One matrix to keep on disk: the outcome, orders and chances stand among the columns of its rows."""
    rows = judged.matrix.rows.append_column("y", pa.array(judged.y, pa.float64()))
    for prefix, columns in ((_SCORE, judged.scores), (_CHANCE, judged.chances)):
        for name, values in columns.items():
            rows = rows.append_column(prefix + name, pa.array(values, pa.float64()))
    return Matrix(rows, judged.matrix.X, judged.matrix.names)


def from_matrix(matrix: Matrix, seed: int = 1) -> Judged:
    """What `to_matrix` made a matrix of."""
    values = {name: matrix.rows[name].to_numpy() for name in matrix.rows.column_names if name == "y" or ": " in name}
    scores = {name.removeprefix(_SCORE): found for name, found in values.items() if name.startswith(_SCORE)}
    chances = {name.removeprefix(_CHANCE): found for name, found in values.items() if name.startswith(_CHANCE)}
    rows = matrix.rows.drop_columns(list(values))
    plain = Matrix(rows, matrix.X, matrix.names)
    home = text_column(plain, "home_id")
    return Judged(plain, as_of_days(rows), home, values["y"], scores, chances, seed)
