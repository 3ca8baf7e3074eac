"""The rows that are watched: ranked residents of the reference weeks and of the week judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from features.matrix import Matrix, as_of_days
from models.fit import RANKED, text_column
from models.model import AVOIDABLE, Model
from models.monitoring.cells import Cells, cells, ranks
from models.monitoring.signals import Rules
from models.splits import rows_of


@dataclass(frozen=True, eq=False)
class Watched:
    """Rows of ranked residents with what the model says of them.

    weeks      the reference, as-ofs that the model could learn from, oldest first, and last the one judged
    home, week (n,) codes; homes are the ids of the codes
    log_odds   (n,) calibrated
    """

    matrix: Matrix
    model: Model
    weeks: tuple[date, ...]
    homes: tuple[str, ...]
    home: np.ndarray
    week: np.ndarray
    log_odds: np.ndarray

    @property
    def reference(self) -> tuple[date, ...]:
        return self.weeks[:-1]

    @property
    def before(self) -> np.ndarray:
        """Indices of the reference weeks."""
        return np.arange(len(self.weeks) - 1)

    @property
    def now(self) -> np.ndarray:
        """Mask of the rows of the week judged."""
        return self.week == len(self.weeks) - 1

    @cached_property
    def places(self) -> Cells:
        """Cells of every feature of the model, its values as places among the reference."""
        X = self.matrix.X[:, self.model.columns(self.matrix.names)]
        return self.cells(self.model.names, ranks(X, ~self.now))

    def cells(self, names: Sequence[str], columns: np.ndarray) -> Cells:
        """Cells of any columns (n, p)."""
        return cells(names, columns, self.home, self.week, (len(self.homes), len(self.weeks)))


def watched(matrix: Matrix, model: Model, as_of: date, rules: Rules) -> Watched:
    """Ranked residents' rows up to `as_of`; the reference is the latest weeks that the model could learn from.

    A week just before its training's cut-off counts: its inputs were there, even where its outcomes were not yet.
    """
    day = as_of_days(matrix.rows)
    ranked = np.isin(text_column(matrix, "status"), RANKED)
    matrix, day = matrix.take(ranked), day[ranked]
    reference = reference_of(np.unique(day).astype(object), model.trained_until, as_of, rules)
    weeks = (*reference, as_of)
    kept = rows_of(day, weeks)
    matrix, day = matrix.take(kept), day[kept]
    homes, home = np.unique(text_column(matrix, "home_id"), return_inverse=True)
    week = np.searchsorted(np.array(weeks, dtype="datetime64[D]"), day)
    X = matrix.X[:, model.columns(matrix.names)]
    log_odds = model.heads[AVOIDABLE].log_odds(X) if len(X) else np.empty(0)
    return Watched(matrix, model, weeks, tuple(map(str, homes)), home, week, log_odds)


def reference_of(days: Iterable[date], trained_until: date, as_of: date, rules: Rules) -> tuple[date, ...]:
    """The latest weeks before both the judged one and the end of what the model learnt from."""
    return tuple(day for day in sorted(days) if day < min(trained_until, as_of))[-rules.reference_weeks :]
