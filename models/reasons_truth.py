"""How right reasons are where the true drivers are known: invented residents, whose risk can be taken apart.

All arrays are (n residents, g groups). A driver is what a group adds to a resident's true log-odds; an attribution is
what a model says it adds. `named` (n,) is the position of the group that a list names, -1 where it names none.
"""

from dataclasses import dataclass

import numpy as np

from models.bootstrap import home_bootstrap

NONE = -1


@dataclass(frozen=True)
class Figure:
    """One figure over residents with its 95 % interval from a bootstrap by home."""

    name: str
    value: float
    low: float
    high: float
    n: int


def figure(name: str, values: np.ndarray, home: np.ndarray, seed: int = 1) -> Figure:
    """The mean of `values` (n,), leaving out NaN, with its interval; `home` (n,) is what is drawn."""
    known = ~np.isnan(values)
    if not known.any():
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    of = values[known]
    found = home_bootstrap(home[known], replicates=1000, seed=seed).estimate(lambda w: (w @ of) / w.sum(axis=1))
    return Figure(name, found.value, found.low, found.high, int(known.sum()))


def leading(drivers: np.ndarray, k: int) -> np.ndarray:
    """bool (n, g): the k largest drivers of each resident; only what raises the risk leads.

    Of equal drivers the one whose column comes first leads.
    """
    place = np.argsort(np.argsort(-drivers, axis=1, kind="stable"), axis=1, kind="stable")
    return (place < k) & (drivers > 0)


def right(named: np.ndarray, drivers: np.ndarray, k: int) -> np.ndarray:
    """float (n,): 1 where the named group is among the k leading drivers, else 0, also where none is named."""
    return _picked(leading(drivers, k), named)


def _picked(marked: np.ndarray, named: np.ndarray) -> np.ndarray:
    found = marked[np.arange(len(named)), np.maximum(named, 0)] & (named >= 0)
    return found.astype(float)


def right_or_sign(named: np.ndarray, sign: np.ndarray, ill: np.ndarray, drivers: np.ndarray, k: int) -> np.ndarray:
    """As `right`, but a sign of acute illness also speaks for the group of the illness that a resident has.

    NEWS2, soft signs or an urgent call tell that somebody is ill, not of what; `sign` (n,) says which named facts are
    such signs and `ill` (n, g) which group the present illness belongs to.
    """
    by_illness = (leading(drivers, k) & ill).any(axis=1)
    return np.maximum(right(named, drivers, k), (sign & by_illness).astype(float))


def by_chance(drivers: np.ndarray, k: int) -> np.ndarray:
    """float (n,): how often a group drawn at random would be right, exactly."""
    return leading(drivers, k).mean(axis=1)


def agreement(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Kendall's tau-b (n,) of the order of groups within each resident; NaN where one knows no order at all."""
    i, j = np.triu_indices(one.shape[1], 1)
    a, b = np.sign(one[:, i] - one[:, j]), np.sign(other[:, i] - other[:, j])
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.full(len(one), np.nan), where=scale > 0)


def same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """float (n,): 1 where both name the same group, or both none."""
    return (one == other).astype(float)
