"""Until when each row was followed and what ended it: what a competing risk or leaving must be judged on."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from features.matrix import Matrix
from models.model import ANY, AVOIDABLE

CENSORED, ADMITTED, DIED = 0, 1, 2
_COLUMNS = {AVOIDABLE: ("label", "followed_days"), ANY: ("any_label", "any_followed_days")}


@dataclass(frozen=True, eq=False)
class Followed:
    """days (n,) to the end of following, NaN where a row was not followed; cause (n,) of that end.

    CENSORED is the end of the horizon or, earlier, leaving every home: `left` (n,) tells which.
    """

    days: np.ndarray
    cause: np.ndarray
    left: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Mask (n,) of the rows that were followed at all."""
        return ~np.isnan(self.days)

    def take(self, mask: np.ndarray) -> "Followed":
        """The rows under a boolean mask (n,)."""
        return Followed(self.days[mask], self.cause[mask], self.left[mask])


def has_followed(matrix: Matrix) -> bool:
    """Whether the matrix tells until when its rows were followed."""
    return {"state", "followed_days", "any_followed_days"} <= set(matrix.rows.column_names)


def followed(matrix: Matrix, head: str = AVOIDABLE) -> Followed:
    """Of every row of a labelled matrix, for one outcome."""
    label, days = (_floats(matrix, name) for name in _COLUMNS[head])
    died = np.asarray(pc.equal(matrix.rows["state"], "died_first").to_numpy(), dtype=bool)
    cause = np.where(label == 1, ADMITTED, np.where(died & (label == 0), DIED, CENSORED))
    return Followed(days, cause, np.isnan(label) & ~np.isnan(days))


def _floats(matrix: Matrix, name: str) -> np.ndarray:
    return np.asarray(matrix.rows[name].cast("float64").to_numpy(), dtype=np.float64)
