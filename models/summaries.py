"""Binned numbers behind the plots: calibration by tenths, yield by capacity, importance by feature group."""

import numpy as np

from models.capacity import Listed
from models.evaluation import CalibrationBin, CapacityPoint, GroupImportance
from models.explain import grouped_contributions
from models.model import Model
from models.top import expected_by_place

CAPACITIES = (1, 2, 3, 5, 8, 10, 15, 20, 30)
_Z = 1.959964
_EXPLAINED = 2_000


def calibration_bins(y: np.ndarray, p: np.ndarray, bins: int = 10) -> tuple[CalibrationBin, ...]:
    """Equal-sized bins by predicted chance, lowest first. Weekly rows of a resident overlap, so the Wilson
    intervals, which take rows as independent, are narrower than the truth."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return tuple(_bin(i + 1, y[part], p[part]) for i, part in enumerate(parts))


def _bin(number: int, y: np.ndarray, p: np.ndarray) -> CalibrationBin:
    low, high = wilson(float(y.sum()), len(y))
    return CalibrationBin(number, len(y), int(y.sum()), float(p.mean()), float(y.mean()), low, high)


def wilson(events: float, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share."""
    share, z2 = events / n, _Z * _Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def capacity_curve(lists: Listed) -> list[CapacityPoint]:
    """PPV and sensitivity of every order at every capacity of CAPACITIES, over the lists of a view."""
    y, code = lists.judged.y[lists.member], lists.code[lists.member]
    size = np.bincount(code)
    points = []
    for name, score in lists.judged.scores.items():
        hits = np.cumsum(expected_by_place(y, score[lists.member], code))
        for capacity in CAPACITIES:
            found = float(hits[min(capacity, len(hits)) - 1])
            reviews = float(np.minimum(size, capacity).sum())
            points.append(
                CapacityPoint(lists.view, name, capacity, found / reviews, found / y.sum() if y.any() else np.nan)
            )
    return points


def importance(model: Model, X: np.ndarray, seed: int) -> tuple[GroupImportance, ...]:
    """Mean absolute contribution by group over at most 2,000 rows drawn from X, largest first."""
    if len(X) > _EXPLAINED:
        X = X[np.sort(np.random.default_rng(seed).choice(len(X), _EXPLAINED, replace=False))]
    grouped = grouped_contributions(model, X)
    mean = np.abs(grouped.values).mean(axis=0)
    total = float(mean.sum()) or 1.0
    order = np.argsort(-mean, kind="stable")
    return tuple(GroupImportance(grouped.groups[j], float(mean[j]), float(mean[j]) / total) for j in order)
