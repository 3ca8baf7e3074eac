"""Death as a competing risk: is the chance shown the share admitted, death first counted as no admission?

The chance is an absolute risk. Its check is the cumulative incidence of Aalen and Johansen (1978), with residents who
left every home censored at leaving, instead of left out as in the labels. Kaplan-Meier with deaths censored answers
another question (the risk if nobody died), and always says more; it stands beside to show by how much (Austin, Lee
and Fine, Circulation 2016;133:601).
"""

from dataclasses import dataclass

import numpy as np

from models.bootstrap import HomeBootstrap
from models.followed import ADMITTED, DIED, Followed

TENTHS = 10


@dataclass(frozen=True)
class Incidence:
    """Rows of one tenth by predicted chance, lowest first, or of all (tenth 0), followed to the horizon.

    incidence      share admitted, death competing (Aalen-Johansen); low and high from the bootstrap by home
    kaplan_meier   the same with deaths censored: too high
    ratio          incidence over the mean predicted chance; 1 is ideal
    """

    tenth: int
    n: int
    admitted: int
    died: int
    left: int
    predicted: float
    incidence: float
    low: float
    high: float
    kaplan_meier: float
    ratio: float
    ratio_low: float
    ratio_high: float


def competing_risk(rows: Followed, chance: np.ndarray, bootstrap: HomeBootstrap) -> tuple[Incidence, ...]:
    """All rows, then tenths of the predicted chance (n,). Every row must have been followed."""
    order = np.argsort(chance, kind="stable")
    tenths = [np.sort(part) for part in np.array_split(order, TENTHS) if len(part)]
    parts = [np.arange(len(chance)), *tenths]
    return tuple(_incidence(i, part, rows.take(part), chance[part], bootstrap) for i, part in enumerate(parts))


def _incidence(tenth: int, part: np.ndarray, rows: Followed, p: np.ndarray, bootstrap: HomeBootstrap) -> Incidence:
    def share(weights: np.ndarray) -> np.ndarray:
        return cumulative_incidence(rows.days, rows.cause, weights[:, part])

    def ratio(weights: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return share(weights) / (weights[:, part] @ p) * weights[:, part].sum(axis=1)

    found, over = bootstrap.estimate(share), bootstrap.estimate(ratio)
    return Incidence(
        tenth=tenth,
        n=len(part),
        admitted=int((rows.cause == ADMITTED).sum()),
        died=int((rows.cause == DIED).sum()),
        left=int(rows.left.sum()),
        predicted=float(p.mean()),
        incidence=found.value,
        low=found.low,
        high=found.high,
        kaplan_meier=float(kaplan_meier(rows.days, rows.cause, np.ones((1, len(part))))[0]),
        ratio=over.value,
        ratio_low=over.low,
        ratio_high=over.high,
    )


def cumulative_incidence(days: np.ndarray, cause: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Aalen-Johansen share admitted by the last day, from weights (B, n) to (B,); NaN where nothing is weighted.

    Who leaves at the instant of another's event was still at risk of it.
    """
    at_risk, (admitted, died) = _steps(days, cause, weights)
    hazard = _per(admitted + died, at_risk)
    before = np.cumprod(np.concatenate([np.ones((len(weights), 1)), 1 - hazard[:, :-1]], axis=1), axis=1)
    return np.where(weights.sum(axis=1) > 0, (before * _per(admitted, at_risk)).sum(axis=1), np.nan)


def kaplan_meier(days: np.ndarray, cause: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """1 - Kaplan-Meier of admission with deaths censored, by the last day, from weights (B, n) to (B,)."""
    at_risk, (admitted, _) = _steps(days, cause, weights)
    return np.where(weights.sum(axis=1) > 0, 1 - np.prod(1 - _per(admitted, at_risk), axis=1), np.nan)


def _steps(days: np.ndarray, cause: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """At each distinct day (B, distinct): the weight at risk, and of it admitted and died."""
    order = np.argsort(days, kind="stable")
    ranked = days[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    w, c = weights[:, order], cause[order]
    ended = np.add.reduceat(w, starts, axis=1)
    at_risk = np.cumsum(ended[:, ::-1], axis=1)[:, ::-1]
    return at_risk, tuple(np.add.reduceat(w * (c == k), starts, axis=1) for k in (ADMITTED, DIED))


def _per(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    # Where nobody is at risk any more nothing happens either.
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
