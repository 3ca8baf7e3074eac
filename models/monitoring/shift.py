"""Is this week different? Each home against its own past, homes as the unit, and no surer than past weeks were alike.

For each home the mean of this week less its mean over the reference; D is the mean of these differences, weighted by
residents. Its variance has two parts. Between homes: how unequally homes differ, which holds whatever dependence
there is between weeks of a resident or residents of a home (Liang and Zeger 1986). Between weeks: how much more D
varied over the reference weeks than homes explain, by moments (DerSimonian and Laird 1986), which holds what strikes
all homes at once, such as the season. Without the second part every January would raise the alarm.
"""

from dataclasses import dataclass

import numpy as np

from models.monitoring.cells import Cells

_LEAST_HOMES = 3


@dataclass(frozen=True, eq=False)
class Shifts:
    """Per column (p,): mean now and in the reference over the same homes, difference, standard error, two-sided p."""

    names: tuple[str, ...]
    now: np.ndarray
    before: np.ndarray
    error: np.ndarray
    p: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        return self.now - self.before


def shifts(cells: Cells, week: int, reference: np.ndarray) -> Shifts:
    """Compare one week with the reference weeks (indices). p is 1 where fewer than three homes can be compared."""
    from scipy.stats import t as student

    past = cells.upto(reference)
    total, known = past.total.sum(axis=2), past.known.sum(axis=2)
    base = _ratio(total, known)
    known_now = cells.known[..., week]
    now, before, between, homes = _against(cells.total[..., week], known_now, base)
    weekly = _weekly(past, base)
    # Where nothing ever varied, one resident is still two standard errors of nothing: a share of 0 is no law.
    least = 0.5 / np.maximum(known_now.sum(axis=1), 1)
    error = np.sqrt(between + weekly + np.square(least))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(now - before) / error
    p = 2 * student.sf(z, np.maximum(homes - 1, 1))
    return Shifts(cells.names, now, before, error, np.where(np.isfinite(z) & (homes >= _LEAST_HOMES - 0.5), p, 1.0))


def _against(
    total: np.ndarray, known: np.ndarray, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean of one week and of the base at the same weights, the variance between homes, and homes that carry it."""
    there = (known > 0) & np.isfinite(base)
    weight = np.where(there, known, 0.0)
    all_weight = weight.sum(axis=-1)
    mean = _ratio(np.where(there, total, 0.0), weight)
    own = np.where(there, mean - np.where(there, base, 0.0), 0.0)
    now = _ratio(np.where(there, total, 0.0).sum(axis=-1), all_weight)
    before = _ratio((weight * np.where(there, base, 0.0)).sum(axis=-1), all_weight)
    part = np.square(weight * (own - (now - before)[..., None]))
    homes = there.sum(axis=-1)
    between = _ratio(part.sum(axis=-1), np.square(all_weight)) * homes / np.maximum(homes - 1, 1)
    # Where few homes carry most of the variance, it is known no better than from so many homes.
    effective = np.nan_to_num(_ratio(np.square(part.sum(axis=-1)), np.square(part).sum(axis=-1)), nan=0.0)
    alike = part.sum(axis=-1) <= 1e-18 * np.maximum(np.square(all_weight), 1)
    return now, before, between, np.where(alike, homes, effective)


def _weekly(past: Cells, base: np.ndarray) -> np.ndarray:
    """Variance (p,) of the difference over the reference weeks beyond what homes explain; 0 or more."""
    total, weeks = np.zeros(len(base)), np.zeros(len(base))
    for w in range(past.rows.shape[1]):
        now, before, between, _ = _against(past.total[..., w], past.known[..., w], base)
        excess = np.square(now - before) - between
        total += np.nan_to_num(excess)
        weeks += np.isfinite(excess)
    return np.maximum(total / np.maximum(weeks, 1), 0.0)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)
