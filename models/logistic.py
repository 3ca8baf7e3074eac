"""Logistic regression on few terms by Newton's method, vectorised over rows of weights.

The same few lines calibrate a model (Platt's sigmoid) and measure calibration (slope, intercept, flexible curve).
"""

import numpy as np

_STEPS = 50
_TOLERANCE = 1e-10


def sigmoid(x: np.ndarray | float) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(np.asarray(x, dtype=np.float64), -700.0, 700.0)))


def logit(p: np.ndarray) -> np.ndarray:
    """ln(p / (1 - p)), with p kept 1e-12 away from 0 and 1."""
    p = np.clip(np.asarray(p, dtype=np.float64), 1e-12, 1 - 1e-12)
    return np.log(p) - np.log1p(-p)


def fit_line(y: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Maximum-likelihood (intercept, slope) of logit P(y = 1) = intercept + slope x.

    y and x are (n,), weights (n,) or (B, n); the answer is (2,) or (B, 2). NaN where the weighted outcomes are
    all alike, x does not vary, or the two classes are separated and no finite maximum exists.
    """
    w = np.ones((1, len(y))) if weights is None else np.atleast_2d(weights)
    centre, scale = float(x.mean()), float(x.std()) or 1.0
    z = (x - centre) / scale
    beta = _newton(np.asarray(y, dtype=np.float64), np.stack([np.ones_like(z), z]), w)
    slope = beta[:, 1] / scale
    answer = np.stack([beta[:, 0] - slope * centre, slope], axis=1)
    return answer[0] if weights is None or np.ndim(weights) == 1 else answer


def fit_intercept(y: np.ndarray, offset: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Maximum-likelihood a of logit P(y = 1) = a + offset; a scalar array, or (B,) for weights (B, n)."""
    w = np.ones((1, len(y))) if weights is None else np.atleast_2d(weights)
    beta = _newton(np.asarray(y, dtype=np.float64), np.ones((1, len(y))), w, offset)[:, 0]
    return beta[0] if weights is None or np.ndim(weights) == 1 else beta


def fit_design(y: np.ndarray, design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Maximum-likelihood coefficients (B, k) of logit P(y = 1) = beta @ design (k, n), whose first row is of ones,
    under weights (B, n). NaN where no finite maximum exists."""
    centre, scale = design[1:].mean(axis=1, keepdims=True), design[1:].std(axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1.0)
    beta = _newton(
        np.asarray(y, dtype=np.float64), np.concatenate([design[:1], (design[1:] - centre) / scale]), weights
    )
    slopes = beta[:, 1:] / scale[:, 0]
    return np.concatenate([beta[:, :1] - (slopes @ centre), slopes], axis=1)


def _newton(y: np.ndarray, design: np.ndarray, w: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    rate = (w @ y) / w.sum(axis=1)
    beta = np.zeros((len(w), len(design)))
    beta[:, 0] = logit(rate) - float(np.mean(offset))
    for _ in range(_STEPS):
        p = sigmoid(beta @ design + offset)
        gradient = (w * (y - p)) @ design.T
        hessian = np.einsum("bn,in,jn->bij", w * p * (1 - p), design, design, optimize=True)
        step = _solve(hessian, gradient)
        beta += np.clip(step, -4.0, 4.0)
        if np.nanmax(np.abs(step), initial=0.0) < _TOLERANCE:
            break
    settled = np.abs(step).max(axis=1) < 1e-6
    beta[~settled | (rate <= 0) | (rate >= 1)] = np.nan
    return beta


def _solve(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    # A vanishing determinant means separation or no variation: NaN, and the row stays NaN.
    with np.errstate(invalid="ignore"):
        good = np.linalg.det(hessian) > 1e-12
    step = np.full_like(gradient, np.nan)
    if good.any():
        step[good] = np.linalg.solve(hessian[good], gradient[good][:, :, None])[:, :, 0]
    return step
