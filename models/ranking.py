"""AUROC and AUPRC under draws of homes, exactly and at the cost of one.

A draw of homes weighs a pair of an event and a non-event by how often its two homes were drawn, so the counts of pairs
by (home, home) give every draw. `models.metrics` has the same measures under any weights of rows. Comparing only
residents of one home, or of one team's list, in one week answers the question that a weekly list puts: who of these?
An AUROC over all rows also rewards telling homes and weeks apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from models import metrics
from models.bootstrap import HomeBootstrap

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Rows in order of (list, score), beside the groups: each distinct (list, score) that holds an event.

    events, others  (n,) how much of an event and of a non-event the row is, times its weight
    row         (n,) which row stands here; lists (n,) its list, coded from 0
    group       (n,) the first group that does not score below the row; `tied` (n,) whether it scores the same
    group_list  (G,) the list of each group
    """

    events: np.ndarray
    others: np.ndarray
    row: np.ndarray
    lists: np.ndarray
    group: np.ndarray
    tied: np.ndarray
    group_list: np.ndarray


def auroc(y: np.ndarray, score: np.ndarray, bootstrap: HomeBootstrap, lists: np.ndarray | None = None) -> np.ndarray:
    """Chance (1 + B,) that an event outranks a non-event, ties half; with codes `lists` (n,), of the same list.

    Outcomes y may be true chances in place of drawn outcomes, as in models.metrics.
    """
    if _many(y, bootstrap):
        return bootstrap.values(partial(metrics.auroc, y, score, lists=lists))
    rows = _sorted(y, score, np.zeros(len(y), dtype=np.int64) if lists is None else lists, bootstrap.weight)
    home, counts = bootstrap.home[rows.row], bootstrap.counts
    events = _events(rows, home, counts.shape[1])
    wins, pairs = np.zeros(len(counts)), np.zeros(len(counts))
    for first, last in _columns(events):
        below, all_others = _others(rows, home - first, last - first)
        drawn = counts[:, first:last]
        wins += ((counts @ (events @ below)) * drawn).sum(axis=1)
        pairs += ((counts @ (events @ all_others)) * drawn).sum(axis=1)
    return _ratio(wins, pairs)


def auprc(y: np.ndarray, score: np.ndarray, bootstrap: HomeBootstrap) -> np.ndarray:
    """Average precision (1 + B,): precision at each distinct score, weighted by the recall it adds."""
    if _many(y, bootstrap):
        return bootstrap.values(partial(metrics.auprc, y, score))
    rows = _sorted(y, -score, np.zeros(len(y), dtype=np.int64), bootstrap.weight)
    home, counts = bootstrap.home[rows.row], bootstrap.counts
    events = _events(rows, home, counts.shape[1])
    added = counts @ events
    others = np.zeros_like(added)
    for first, last in _columns(events):
        at = home - first
        use = (rows.others > 0) & (at >= 0) & (at < last - first)
        table = _table(rows.group[use], at[use], rows.others[use], events.shape[1] + 1, last - first)
        others += counts[:, first:last] @ np.cumsum(table, axis=0)[:-1].T
    hits = np.cumsum(added, axis=1)
    precision = _ratio(hits, hits + others)
    return _ratio(np.nansum(added * precision, axis=1), added.sum(axis=1))


def auroc_within_home(y: np.ndarray, score: np.ndarray, bootstrap: HomeBootstrap, week: np.ndarray) -> np.ndarray:
    """Chance (1 + B,) that an event outranks a non-event of the same home and week (n,), pooled over the pairs.

    A home drawn twice counts as two homes: its pairs double, and none is made between the two.
    """
    weeks, codes = np.unique(week, return_inverse=True)
    rows = _sorted(y, score, bootstrap.home * len(weeks) + codes, bootstrap.weight)
    below, all_others = _others(rows, np.zeros(len(y), dtype=np.int64), 1)
    wins, pairs = np.zeros(len(y)), np.zeros(len(y))
    event = rows.events > 0
    wins[rows.row[event]] = y[rows.row[event]] * below[rows.group[event], 0]
    pairs[rows.row[event]] = y[rows.row[event]] * all_others[rows.group[event], 0]
    return bootstrap.ratio(wins, pairs)


def _many(y: np.ndarray, bootstrap: HomeBootstrap) -> bool:
    """Whether homes are so many that their pairs cost more than weighing every row in every draw."""
    draws, homes = bootstrap.counts.shape
    return homes * np.count_nonzero(y) > draws * len(y)


def _sorted(y: np.ndarray, score: np.ndarray, lists: np.ndarray, weight: np.ndarray) -> _Sorted:
    lists = np.unique(lists, return_inverse=True)[1]
    order = np.lexsort((score, lists))
    y, ranked, code = y[order].astype(np.float64), score[order], lists[order]
    slot = np.cumsum(np.r_[True, (ranked[1:] != ranked[:-1]) | (code[1:] != code[:-1])]) - 1
    event_slots, first = np.unique(slot[y > 0], return_index=True)
    group = np.searchsorted(event_slots, slot)
    tied = np.append(event_slots, -1)[group] == slot
    return _Sorted(y * weight[order], (1 - y) * weight[order], order, code, group, tied, code[y > 0][first])


def _events(rows: _Sorted, home: np.ndarray, homes: int) -> "csr_array":
    """Events by home and group, (homes, G)."""
    from scipy.sparse import csr_array

    event = np.flatnonzero(rows.events > 0)
    return csr_array((rows.events[event], (home[event], rows.group[event])), shape=(homes, len(rows.group_list)))


def _columns(events: "csr_array") -> Iterator[tuple[int, int]]:
    """Spans of homes whose tables by group stay within bounded memory."""
    homes, groups = events.shape
    step = max(1, _CELLS // max(1, groups, homes))  # both tables, by group and by home, have that many columns
    return ((first, min(first + step, homes)) for first in range(0, homes, step))


def _others(rows: _Sorted, column: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Per group (G, columns): the non-events of its list that score below, ties half, and all those of its list."""
    groups, lists = len(rows.group_list), int(rows.lists[-1]) + 1
    use = (rows.others > 0) & (column >= 0) & (column < columns)
    at, weight, tied = column[use], rows.others[use], rows.tied[use]
    half = np.where(tied, weight / 2, 0.0)
    below = _table(rows.group[use], at, weight - half, groups + 1, columns)
    below += _table(rows.group[use] + tied, at, half, groups + 1, columns)
    total = _table(rows.lists[use], at, weight, lists, columns)
    earlier = np.cumsum(total, axis=0) - total
    return np.cumsum(below, axis=0)[:groups] - earlier[rows.group_list], total[rows.group_list]


def _table(row: np.ndarray, column: np.ndarray, weight: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.bincount(row * columns + column, weight, minlength=rows * columns).reshape(rows, columns)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)
