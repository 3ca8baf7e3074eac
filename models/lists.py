"""What a ranking is worth on the lists people see: one team, one week, as many residents as it can review."""

from dataclasses import dataclass
from datetime import date

import numpy as np


@dataclass(frozen=True)
class ListResult:
    """One team's list in one week at its capacity; `hits` is an expectation over the order of ties."""

    view: str
    team: str
    as_of: date
    residents: int
    events: float
    selected: float
    hits: float

    @property
    def ppv(self) -> float:
        """Share of the listed who had the event."""
        return self.hits / self.selected

    @property
    def sensitivity(self) -> float:
        """Share of the events that were listed; NaN when there were none."""
        return self.hits / self.events if self.events else float("nan")


def selection(score: np.ndarray, lists: np.ndarray, capacity: int) -> np.ndarray:
    """Chance (n,) that each row is on its list of `capacity` places when tied rows are ordered at random.

    `lists` (n,) holds integer codes, one per list. A tie across the last place shares what is left of it
    equally, so sums over rows are exact expectations and no seed enters. A score that is not known (NaN) comes last.
    """
    score = np.where(np.isnan(score), -np.inf, score)
    order = np.lexsort((-score, lists))
    group, ranked = lists[order], score[order]
    first = np.r_[True, group[1:] != group[:-1]]
    tie = np.cumsum(first | np.r_[True, ranked[1:] != ranked[:-1]]) - 1
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    size = np.bincount(tie)
    ahead = place[np.r_[True, tie[1:] != tie[:-1]]] if len(order) else place
    share = np.clip((capacity - ahead) / size, 0.0, 1.0)
    chance = np.empty(len(order))
    chance[order] = share[tie]
    return chance


def list_codes(team: np.ndarray, as_of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (n,) of the (team, as-of) lists, and the team and the as-of of each code."""
    teams, t = np.unique(team, return_inverse=True)
    days, d = np.unique(as_of, return_inverse=True)
    pairs, codes = np.unique(t * len(days) + d, return_inverse=True)
    return codes, teams[pairs // len(days)], days[pairs % len(days)]


def list_results(
    view: str, team: np.ndarray, as_of: np.ndarray, y: np.ndarray, score: np.ndarray, capacity: int
) -> tuple[ListResult, ...]:
    """One result per list, ordered by team and week."""
    codes, teams, days = list_codes(team, as_of)
    chosen = selection(score, codes, capacity)
    sums = [np.bincount(codes, weights) for weights in (np.ones(len(y)), y, chosen, chosen * y)]
    return tuple(
        ListResult(view, str(t), d, int(n), float(events), float(k), float(hits))
        for t, d, n, events, k, hits in zip(teams, days.astype(object), *sums, strict=True)
    )
