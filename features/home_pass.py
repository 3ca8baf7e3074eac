"""The home pass: what happened to a home's other residents, counted where they lived when it happened.

One light pass over all residents makes totals per (home, as-of); a row's own share is taken out again, so that no
resident's records ever reach their own row through the home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from .asof import DAY, NEVER
from .block import Block
from .cohort import Interval, Panel
from .history import History
from .kernel import Clock
from .records import by_entity, entities
from .threads import in_threads
from .visibility import micros

_ANYWHERE = -1  # in the place of a home: count in whichever home it was


@dataclass(frozen=True)
class Stays:
    """Stays by resident in order of moving in, as flat arrays; `died` bounds every stay once the death is known."""

    start: np.ndarray
    home: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    end_known: np.ndarray
    since: np.ndarray
    until: np.ndarray
    died: np.ndarray
    died_known: np.ndarray


def stays_by_resident(history: History, residents: pa.Array, homes: pa.Array) -> Stays:
    """Arrange the stays of `residents` (sorted ids) for the compiled loops."""
    table, people = history["stays"], history["residents"]
    rows = Interval.of(table, residents, "moved_in", "moved_out", "moved_out_recorded_at")
    order = rows.order[rows.entity[rows.order] >= 0]
    order = order[np.argsort(rows.entity[order], kind="stable")]
    start = np.searchsorted(rows.entity[order], np.arange(len(residents) + 1)).astype(np.int64)
    died = [
        by_entity(micros(people[c]), people["resident_id"], residents, NEVER) for c in ("died_on", "died_recorded_at")
    ]
    home = entities(table["home_id"], homes).astype(np.int64)[order]
    return Stays(
        start, home, rows.begin[order], rows.end[order], rows.end_known[order], rows.known.since[order],
        rows.known.until[order], died[0], died[1],
    )  # fmt: skip


@dataclass(frozen=True)
class HomeTotals:
    """Counts (homes, weeks, streams, windows) and resident-days (homes, weeks, windows), all residents together."""

    counts: np.ndarray
    days: np.ndarray

    def __add__(self, other: "HomeTotals") -> "HomeTotals":
        return HomeTotals(self.counts + other.counts, self.days + other.days)


def home_totals(block: Block, stays: Stays, when: Clock, streams: Sequence[str], homes: int) -> HomeTotals:
    """One block's contribution; blocks add up. `when.edges` holds the windows of the rates."""
    weeks, windows = when.edges.shape
    entity = np.repeat(np.arange(len(block.ids)), weeks)
    week = np.tile(np.arange(weeks), len(block.ids))
    counts, days = np.zeros((homes * weeks, len(streams), windows)), np.zeros((homes * weeks, windows))
    anywhere = np.full(len(entity), _ANYWHERE)
    in_one = (*_arrays(block, stays, when, streams), entity, week, anywhere, counts, days)
    _count(0, len(entity), *in_one)  # type: ignore[call-arg]  # numba's types miss starred arguments
    return HomeTotals(counts.reshape(homes, weeks, len(streams), windows), days.reshape(homes, weeks, windows))


def others_rates(
    block: Block, stays: Stays, when: Clock, streams: Sequence[str], panel: Panel, totals: HomeTotals
) -> np.ndarray:
    """float32 (rows, streams, windows): records per 100 resident-days of the home's other residents; NaN if none."""
    rows, windows = len(panel), when.edges.shape[1]
    own, own_days = np.zeros((rows, len(streams), windows)), np.zeros((rows, windows))
    entity, week, home = (a.astype(np.int64) for a in (panel.entity, panel.week, panel.home))
    in_threads(_count, rows, *_arrays(block, stays, when, streams), entity, week, home, own, own_days)
    counts = totals.counts[home, week] - own
    days = (totals.days[home, week] - own_days) / DAY
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(days[:, None, :] >= 1, 100 * counts / days[:, None, :], np.nan)
    return rate.astype(np.float32)


def _arrays(block: Block, stays: Stays, when: Clock, streams: Sequence[str]) -> tuple[Any, ...]:
    wanted = np.array([block.streams.index(s) for s in streams], np.int64)
    return (
        block.start, block.width, block.time, block.since, block.until, wanted, stays.start, stays.home, stays.begin,
        stays.end, stays.end_known, stays.since, stays.until, stays.died, stays.died_known, when.t, when.known_at,
        when.edges,
    )  # fmt: skip


@njit(cache=True, inline="never")
def _home_at(
    moment, e, t, known_at, stay_start, stay_home, begin, end, end_known, since, until, died, died_known
):  # pragma: no cover - compiled
    """Where e lived at `moment` as known at t: the latest visible stay that covers it; -1 if none."""
    if died[e] < t and died_known[e] < known_at and moment >= died[e]:
        return -1
    for i in range(stay_start[e + 1] - 1, stay_start[e] - 1, -1):
        if begin[i] > moment or begin[i] >= t or since[i] >= known_at or until[i] < known_at:
            continue
        if end[i] < t and end_known[i] < known_at and end[i] <= moment:
            continue
        return stay_home[i]
    return -1


@njit(cache=True, inline="never")
def _next_change(
    moment, e, t, known_at, stay_start, begin, end, end_known, since, until, died, died_known
):  # pragma: no cover - compiled
    """The first instant after `moment` at which e, as known at t, may come to live elsewhere; at most t."""
    change = t
    if moment < died[e] < t and died_known[e] < known_at:
        change = died[e]
    for i in range(stay_start[e], stay_start[e + 1]):
        if since[i] >= known_at or until[i] < known_at:
            continue
        if moment < begin[i] < change:
            change = begin[i]
        if moment < end[i] < change and end_known[i] < known_at:
            change = end[i]
    return change


@njit(cache=True, nogil=True)
def _count(
    first, last, start, width, time, since, until, wanted, stay_start, stay_home, begin, end, end_known, stay_since,
    stay_until, died, died_known, t, known_at, edges, entity, week, home, counts, days,
):  # fmt: skip  # pragma: no cover - compiled
    """Records and time of each row's resident: in its one home into the row, or anywhere into each home's week."""
    windows = edges.shape[1]
    for row in range(first, last):
        e, k = entity[row], week[row]
        moment = edges[k, windows - 1] if stay_start[e] < stay_start[e + 1] else t[k]
        while moment < t[k]:
            h = _home_at(moment, e, t[k], known_at[k], stay_start, stay_home, begin, end, end_known, stay_since,
                         stay_until, died, died_known)  # fmt: skip
            change = _next_change(moment, e, t[k], known_at[k], stay_start, begin, end, end_known, stay_since,
                                  stay_until, died, died_known)  # fmt: skip
            cell = _cell(h, home[row], row, k, len(t))
            if cell >= 0:
                for w in range(windows):
                    days[cell, w] += max(0, change - max(moment, edges[k, w]))
            moment = change
        for s in range(len(wanted)):
            lo, hi = start[e * width + wanted[s]], start[e * width + wanted[s] + 1]
            at = lo + np.searchsorted(time[lo:hi], t[k]) - 1
            while at >= lo and time[at] >= edges[k, windows - 1]:
                if since[at] < known_at[k] <= until[at]:
                    h = _home_at(time[at], e, t[k], known_at[k], stay_start, stay_home, begin, end, end_known,
                                 stay_since, stay_until, died, died_known)  # fmt: skip
                    cell = _cell(h, home[row], row, k, len(t))
                    if cell >= 0:
                        for w in range(windows):
                            counts[cell, s, w] += time[at] >= edges[k, w]
                at -= 1


@njit(cache=True, nogil=True)
def _cell(lived, wanted, row, week, weeks):  # pragma: no cover - compiled
    """Where what happened in the home `lived` is counted; -1 for nowhere."""
    if lived < 0:
        return -1
    if wanted == _ANYWHERE:
        return lived * weeks + week
    return row if lived == wanted else -1
