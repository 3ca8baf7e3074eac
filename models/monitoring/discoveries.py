"""Many tests at once: p-values adjusted for the share of false discoveries, whatever the tests' dependence."""

import numpy as np


def adjusted(p: np.ndarray) -> np.ndarray:
    """Benjamini and Yekutieli (2001): those at or below q hold at most a share q of false ones, on average.

    Features overlap and pull in both directions, so the rule for independent tests (Benjamini and Hochberg 1995) is
    not enough. When nothing is different at all, q is also the chance that anything is flagged.
    """
    m = len(p)
    if not m:
        return np.asarray(p, dtype=float)
    order = np.argsort(p)[::-1]
    factor = m * np.sum(1 / np.arange(1, m + 1)) / np.arange(m, 0, -1)
    out = np.empty(m)
    out[order] = np.minimum(np.minimum.accumulate(np.asarray(p)[order] * factor), 1.0)
    return out


def simes(p: np.ndarray) -> float:
    """One p-value for 'nothing in this group is different' (Simes 1986)."""
    ordered = np.sort(p)
    return float(np.min(ordered * len(p) / np.arange(1, len(p) + 1))) if len(p) else 1.0
