"""SHAP values as counts and means over many residents: what a plot may show, and no row of anybody's.

Each resident takes part once. Every figure is of at least 8 residents and counts are rounded to the nearest 5, as NHS
England publishes hospital counts below national level (HES analysis guide: 1 to 7 suppressed, others rounded to 5).
The outermost bounds are those of the eighth resident from the end, so that no bound is anyone's own value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.bootstrap import home_bootstrap, interval
from models.explain import group_names, sum_by_group
from models.model import Model

LEAST = 8
_ROUNDED = 5
_STEP = 0.05  # log-odds: the width of a group's cell before neighbours are joined
_FINE = 0.02  # of a feature's
_BINS = 8
_SHOWN = 12
_MOST = 1_000


@dataclass(frozen=True)
class SwarmCell:
    """Residents whose contribution of a feature (or of a group, where `feature` is empty) is from low to high.

    level is the mean rank of their values of the feature among all residents, 0 the smallest and 1 the largest; NaN
    for a group, or where nobody there has a value. The first and the last cell hold whoever lies beyond them.
    """

    group: str
    feature: str
    low: float
    high: float
    residents: int
    level: float


@dataclass(frozen=True)
class DependenceBin:
    """Residents alike in their value of a feature: its mean, and the mean contribution with its 95 % interval by home.

    value is NaN for those without a value.
    """

    group: str
    feature: str
    bin: int
    value: float
    mean: float
    low: float
    high: float
    residents: int


@dataclass(frozen=True, eq=False)
class Explained:
    """One row a resident: values X (n, p), contributions (n, p) in calibrated log-odds, and the home of each."""

    names: tuple[str, ...]
    groups: dict[str, str]
    X: np.ndarray
    values: np.ndarray
    home: np.ndarray

    def order(self) -> list[int]:
        """Features by mean absolute contribution, largest first."""
        return [int(j) for j in np.argsort(-np.abs(self.values).mean(axis=0), kind="stable")]


def explained(
    model: Model, X: np.ndarray, resident: np.ndarray, home: np.ndarray, as_of: np.ndarray, seed: int = 1
) -> Explained:
    """The latest row of each of at most 1,000 residents, explained by the model; X (n, p) is in its feature order."""
    order = np.lexsort((as_of, resident))
    latest = order[np.append(resident[order][1:] != resident[order][:-1], True)]
    if len(latest) > _MOST:
        latest = np.random.default_rng(seed).choice(latest, _MOST, replace=False)
    values, _ = model.contributions(X[latest])
    return Explained(model.names, dict(model.groups), X[latest], values, home[latest])


def group_swarm(found: Explained) -> tuple[SwarmCell, ...]:
    """Cells of every group's summed contribution, the group that moves most first."""
    labels = group_names(found.names, found.groups)
    sums = sum_by_group(found.values, found.names, found.groups)
    order = np.argsort(-np.abs(sums).mean(axis=0), kind="stable")
    none = np.full(len(sums), np.nan)
    return tuple(cell for j in order for cell in _cells(labels[j], "", sums[:, j], none, _STEP))


def feature_swarm(found: Explained, most: int = _SHOWN) -> tuple[SwarmCell, ...]:
    """Cells of the features that move the estimates most, in that order."""
    return tuple(
        cell
        for j in found.order()[:most]
        for cell in _cells(_group(found, j), found.names[j], found.values[:, j], _level(found.X[:, j]), _FINE)
    )


def dependence(found: Explained, most: int = _SHOWN, seed: int = 1) -> tuple[DependenceBin, ...]:
    """Each group's leading feature, the largest first: its contribution by its value."""
    leading: dict[str, int] = {}
    for j in found.order():
        leading.setdefault(_group(found, j), j)
    return tuple(row for j in list(leading.values())[:most] for row in _dependence(found, j, seed))


def _group(found: Explained, j: int) -> str:
    return found.groups.get(found.names[j], "")


def _level(x: np.ndarray) -> np.ndarray:
    """Mid-ranks between 0 and 1; NaN stays."""
    from scipy.stats import rankdata

    out = np.full(len(x), np.nan)
    known = np.isfinite(x)
    out[known] = (rankdata(x[known]) - 0.5) / max(1, known.sum())
    return out


def _cells(group: str, feature: str, v: np.ndarray, level: np.ndarray, step: float) -> list[SwarmCell]:
    if len(v) < LEAST:
        return []
    inside = min(LEAST - 1, len(v) // 2)  # few residents: one cell in their middle
    low, high = np.sort(v)[[inside, -1 - inside]]
    first_step = np.floor(low / step)
    grid = step * np.arange(first_step, max(np.ceil(high / step), first_step + 1) + 1)
    at = np.clip(np.searchsorted(grid, v, side="right") - 1, 0, len(grid) - 2)
    first = joined(np.bincount(at, minlength=len(grid) - 1))
    which = np.searchsorted(first, at, side="right") - 1
    bounds = [*grid[first], grid[-1]]
    return [
        SwarmCell(group, feature, round(float(bounds[k]), 2), round(float(bounds[k + 1]), 2),
                  rounded(int(here.sum())), _mean(level[here]))
        for k in range(len(first))
        for here in (which == k,)
    ]  # fmt: skip


def joined(counts: np.ndarray) -> np.ndarray:
    """Where cells begin when each is joined with the next until it holds LEAST; what is left joins the last."""
    ends, held = [], 0
    for i, count in enumerate(counts):
        held += int(count)
        if held >= LEAST:
            ends.append(i + 1)
            held = 0
    return np.array([0, *ends[:-1]])


def rounded(count: int) -> int:
    return _ROUNDED * round(count / _ROUNDED)


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) >= LEAST else float("nan")


def _dependence(found: Explained, j: int, seed: int) -> list[DependenceBin]:
    x, v = found.X[:, j], found.values[:, j]
    rows = []
    for k, here in enumerate(_alike(x)):
        boot = home_bootstrap(found.home[here], seed=seed)
        inside = interval(boot.ratio(v[here], np.ones(int(here.sum()))))
        rows.append(DependenceBin(_group(found, j), found.names[j], k + 1, _mean(x[here]), inside.value, inside.low,
                                  inside.high, rounded(int(here.sum()))))  # fmt: skip
    return rows


def _alike(x: np.ndarray) -> Sequence[np.ndarray]:
    """Masks of residents by value, about an eighth each, equal values together, and of those without one."""
    known = np.isfinite(x)
    masks = []
    if known.sum() >= LEAST:
        cuts = np.unique(np.quantile(x[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
        at = np.searchsorted(cuts, x, side="left")
        first = joined(np.bincount(at[known], minlength=len(cuts) + 1))
        which = np.searchsorted(first, at, side="right") - 1
        masks = [known & (which == k) for k in range(len(first))]
    return [*masks, *([~known] if (~known).sum() >= LEAST else [])]
