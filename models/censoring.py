"""Weights that make up for residents who left every home inside the horizon (inverse probability of censoring).

Their rows have no label, so leaving them out is right only if those who leave are like those who stay; and whoever was
admitted before they could leave is kept, which alone raises the share admitted. Weighting each kept row by one over
the chance of not having left by the end of its own following mends both, as far as the strata tell who leaves
(Robins and Finkelstein, Biometrics 2000;56:779).
"""

import numpy as np

from features.matrix import Matrix
from models.errors import FitError
from models.followed import Followed, followed, has_followed

MIN_ROWS = 200
"""Rows below which a stratum is given everyone's chance of leaving."""
TRUNCATED = 5.0
"""The largest weight, as a multiple of the mean: single rows must not decide."""
_MOVED_IN_DAYS = (28, 91)


def staying_weights(matrix: Matrix, head: str, part: np.ndarray) -> np.ndarray:
    """Weights (n,) of the rows under `part` (n,) that stayed, 1 on average; 0 for who left and for all other rows.

    One constant scales them: a numerator that varies with the end of following would bring the bias back. Raises
    FitError for a matrix that does not tell until when its rows were followed.
    """
    if not has_followed(matrix):
        raise FitError("weights for leaving need a matrix that tells until when rows were followed: build it again")
    ends = followed(matrix, head)
    part = part & ends.known
    weight = np.zeros(len(matrix))
    weight[part] = _inverse(ends.take(part), _strata(matrix, part))
    stayed = part & ~ends.left
    weight[~stayed] = 0.0
    if not stayed.any():
        return weight
    weight = np.minimum(weight, TRUNCATED * weight[stayed].mean())
    return weight / weight[stayed].mean()


def _inverse(ends: Followed, stratum: np.ndarray) -> np.ndarray:
    """1 / chance (n,) of not having left by the end of following: Kaplan-Meier of leaving within strata."""
    chance = _stays(ends.days, ends.left)
    for one in np.unique(stratum):
        rows = stratum == one
        if rows.sum() >= MIN_ROWS:
            chance[rows] = _stays(ends.days[rows], ends.left[rows])
    return 1 / chance


def _stays(days: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Kaplan-Meier chance (n,) of not having left before each row's last day; others' ends censor leaving."""
    distinct, at = np.unique(days, return_inverse=True)
    gone = np.bincount(at, left, len(distinct))
    ended = np.bincount(at, ~left, len(distinct))
    # Who is admitted or dies at the instant of a leaving was no longer at risk of leaving.
    at_risk = np.cumsum((gone + ended)[::-1])[::-1] - ended
    hazard = np.divide(gone, at_risk, out=np.zeros(len(distinct)), where=at_risk > 0)
    return np.r_[1.0, np.cumprod(1 - hazard)[:-1]][at]


def _strata(matrix: Matrix, part: np.ndarray) -> np.ndarray:
    """Code (n,) of home type, whether the stay is permanent, and how long ago the resident moved in."""
    rows = matrix.rows["home_type"].combine_chunks().fill_null("").dictionary_encode()
    code = np.asarray(rows.indices, dtype=np.int64)[part]
    if "permanent" in matrix.names:
        code = 2 * code + (matrix.column("permanent")[part] > 0)
    if "move_in_since" in matrix.names:
        since = matrix.column("move_in_since")[part]
        code = (len(_MOVED_IN_DAYS) + 1) * code + np.searchsorted(
            _MOVED_IN_DAYS, np.nan_to_num(since, nan=np.inf), "right"
        )
    return code
