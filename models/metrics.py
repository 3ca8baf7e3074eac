"""Measures of a ranking and of a chance. Every measure takes weights (B, n) and answers (B,).

Rows of weights are bootstrap draws; one row of ones is the plain estimate. Outcomes y may be fractional (a true
chance instead of a drawn outcome): a row then counts y as an event and 1 - y as none. Undefined is NaN, never 0.
"""

import numpy as np

from models.logistic import fit_intercept, fit_line, logit

_POINTS = 1_000


def auroc(y: np.ndarray, score: np.ndarray, weights: np.ndarray, lists: np.ndarray | None = None) -> np.ndarray:
    """Chance that an event outranks a non-event, ties counting half (Mann-Whitney).

    With codes `lists` (n,), a non-event of the same list, pooled over the pairs.
    """
    if lists is None:
        wins, pairs = _wins(y, score, weights)
        return _ratio(wins, pairs)
    parts = [_wins(y[at], score[at], weights[:, at]) for at in (lists == code for code in np.unique(lists))]
    wins, pairs = np.sum(parts, axis=0)
    return _ratio(wins, pairs)


def auprc(y: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision: precision at each distinct score, weighted by the recall it adds. Chance = prevalence."""
    positive, negative = (part[:, ::-1] for part in _by_value(y, score, weights))
    hits = np.cumsum(positive, axis=1)
    precision = _ratio(hits, hits + np.cumsum(negative, axis=1))
    return _ratio(np.nansum(positive * precision, axis=1), positive.sum(axis=1))


def prevalence(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of events."""
    return _ratio(weights @ y, weights.sum(axis=1))


def brier(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared error of the chance."""
    return _ratio(weights @ np.square(y - p), weights.sum(axis=1))


def observed_expected(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Events over the sum of chances; 1 is ideal."""
    return _ratio(weights @ y, weights @ p)


def calibration_slope(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Slope of the logistic recalibration on logit p; 1 is ideal, below 1 the chances are too extreme."""
    return fit_line(*_thinned(y, logit(p), weights))[:, 1]


def calibration_intercept(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Calibration in the large: the intercept with the slope held at 1; 0 is ideal (Van Calster et al. 2019)."""
    return fit_intercept(*_thinned(y, logit(p), weights))


def _wins(y: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (B,) of an event and a non-event that the event wins, ties half, and all pairs."""
    positive, negative = _by_value(y, score, weights)
    below = np.cumsum(negative, axis=1) - negative
    wins = (positive * (below + negative / 2)).sum(axis=1)
    return wins, positive.sum(axis=1) * negative.sum(axis=1)


def _by_value(y: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted events and non-events at each distinct score, lowest first: two arrays (B, distinct)."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    w, y = weights[:, order], y[order]
    return np.add.reduceat(w * y, starts, axis=1), np.add.reduceat(w * (1 - y), starts, axis=1)


def _thinned(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same regression on at most _POINTS values of x, as (y, x, weights) with summed weights.

    Neighbours in x share their mean; exact up to _POINTS rows, and beyond it the slope moves by the share of the
    variance of x that lies inside the slices, about one part in 10,000.
    """
    order = np.argsort(x, kind="stable")
    starts = np.unique(np.linspace(0, len(x), min(len(x), _POINTS), endpoint=False).astype(np.int64))
    w, y = weights[:, order], y[order]
    centre = np.add.reduceat(x[order], starts) / np.diff(np.r_[starts, len(x)])
    events, others = np.add.reduceat(w * y, starts, axis=1), np.add.reduceat(w * (1 - y), starts, axis=1)
    outcome = np.repeat([1.0, 0.0], len(starts))
    return outcome, np.r_[centre, centre], np.concatenate([events, others], axis=1)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)
