"""Rows of residents who had been reviewed, left out of a fit or made up for by those who had not been.

A review may keep a resident from an admission that the records foretold. A model that is to say what happens without
one must not learn from such rows as if nothing had been done. Leaving them out is right where the features tell all
that reviews were chosen by; the others must stand for them besides where shares and chances of everyone are wanted:
each is weighted by one over the chance of not having been reviewed (Robins, Hernan and Brumback, Epidemiology
2000;11:550). Nothing mends a group of which everybody is reviewed.
"""

from typing import Literal

import numpy as np

from features.matrix import Matrix
from models.errors import FitError
from models.logistic import fit_design, logit, sigmoid

Reviewed = Literal["keep", "leave_out", "weight"]
EXPOSURE, LISTED_RISK = "exposure", "listed_risk"
"""Columns that `exposed.with_exposure` adds to the rows of a matrix."""
PRIOR_USE = "emergency_admission_count_364"
MIN_ROWS = 200
"""Listed rows below which all are given the same chance of a review."""
TRUNCATED = 5.0
"""The largest weight, as a multiple of the mean: single rows must not decide."""
_MOST = 0.98  # chance of a review beyond which the few who had none say nothing of the others


def review_weights(matrix: Matrix, part: np.ndarray, how: Reviewed) -> np.ndarray:
    """Weights (n,): 0 for rows under `part` (n,) of residents reviewed in the weeks before, 1 on average for its
    others, and 1 outside of it.

    leave_out   all others weigh the same
    weight      stabilised and truncated inverse chances of not having been reviewed, which is 1 for who was not listed
    Raises FitError for a matrix that does not tell who was reviewed, and where all who were listed have been.
    """
    weight = np.ones(len(matrix))
    if how == "keep":
        return weight
    if EXPOSURE not in matrix.rows.column_names:
        raise FitError("the matrix does not tell who had been listed or reviewed: build it again with its lists")
    reviewed = part & (np.asarray(matrix.rows[EXPOSURE].to_numpy(), dtype=object) == "reviewed")
    kept = part & ~reviewed
    if how == "weight":
        weight[part] = 1 / (1 - _chances(matrix, part, reviewed))[part]
        weight[kept] /= weight[kept].mean()
        weight[kept] = np.minimum(weight[kept], TRUNCATED)
        weight[kept] /= weight[kept].mean()
    weight[reviewed] = 0.0
    return weight


def _chances(matrix: Matrix, part: np.ndarray, reviewed: np.ndarray) -> np.ndarray:
    """Chance (n,) of having been reviewed: of who was listed, by the chance that the list stated and by prior use."""
    risk = matrix.rows[LISTED_RISK].to_numpy()
    listed = part & ~np.isnan(risk)
    chance = np.zeros(len(matrix))
    if not listed.any():
        return chance
    share = reviewed[listed].mean()
    if share == 1:
        raise FitError("everybody who was listed was reviewed, so nobody can stand for them: leave_out, or keep")
    chance[listed] = share
    terms = [np.ones(int(listed.sum())), logit(risk[listed])]
    if PRIOR_USE in matrix.names:
        terms.append(np.log1p(np.nan_to_num(matrix.column(PRIOR_USE)[listed])))
    if listed.sum() >= MIN_ROWS and share > 0:
        design = np.stack([terms[0], *(term for term in terms[1:] if np.ptp(term) > 0)])
        beta = fit_design(reviewed[listed].astype(float), design, np.ones((1, design.shape[1])))[0]
        if np.isfinite(beta).all():
            chance[listed] = sigmoid(beta @ design)
    return np.minimum(chance, _MOST)
