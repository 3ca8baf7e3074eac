"""How long before an admission its resident was first listed, over the admissions of the judged weeks.

A list helps only if it names a resident while something can still be done. Only listings in the judged weeks are
seen: an admission early in them had few weeks in which to be foreseen, and no warning can be longer than the weeks
judged, so figures of spans of different length do not compare.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.bootstrap import HomeBootstrap
from models.capacity import Listed
from models.evaluation import Metric, Warned
from models.fit import text_column
from models.judged import Judged

_QUARTILES = np.array([0.25, 0.5, 0.75])


@dataclass(frozen=True, eq=False)
class _Admissions:
    """The admissions (A,) that judged rows foretold, and the judged weeks of their residents up to the day.

    rows   (A, W) the resident's judged rows, earliest first, -1 where there are fewer
    days   (A, W) days from that Monday to the admission
    """

    rows: np.ndarray
    days: np.ndarray
    bootstrap: HomeBootstrap

    def first_listed(self, chosen: np.ndarray) -> np.ndarray:
        """Chance (A, W) that the resident was listed in that week and not before, from chances (n,) to be listed."""
        chance = np.where(self.rows >= 0, chosen[self.rows], 0.0)
        not_before = np.cumprod(1 - chance, axis=1)
        return chance * np.column_stack([np.ones(len(chance)), not_before[:, :-1]])

    def share(self, first: np.ndarray) -> np.ndarray:
        """Share (1 + B,) of the admissions whose resident had been listed."""
        return self.bootstrap.ratio(first.sum(axis=1), np.ones(len(first)))

    def quartiles(self, first: np.ndarray) -> np.ndarray:
        """Quartiles (1 + B, 3) of the days, of those listed: the fewest days that the share of listings reaches."""
        values, slot = np.unique(self.days, return_inverse=True)
        homes = self.bootstrap.counts.shape[1]
        cell = self.bootstrap.home[:, None] * len(values) + slot.reshape(self.days.shape)
        table = np.bincount(cell.ravel(), first.ravel(), minlength=homes * len(values)).reshape(homes, len(values))
        running = np.cumsum(self.bootstrap.counts @ table, axis=1)
        reached = running[:, None, :] >= _QUARTILES[None, :, None] * running[:, -1:, None] - 1e-9
        return np.where(running[:, -1:] > 0, values[np.argmax(reached, axis=2)].astype(float), np.nan)


def warned(judged: Judged, views: Sequence[Listed]) -> tuple[list[Warned], list[Metric]]:
    """Days of warning of every view and contender. Nothing where the rows do not say when residents were admitted."""
    admissions = _admissions(judged)
    if admissions is None:
        return [], []
    found = [_warned(judged, admissions, lists, name) for lists in views for name in judged.scores]
    return [row for row, _ in found], [metric for _, metrics in found for metric in metrics]


def _warned(judged: Judged, admissions: _Admissions, lists: Listed, name: str) -> tuple[Warned, list[Metric]]:
    first = admissions.first_listed(lists.chosen[name])
    share, days = admissions.share(first), admissions.quartiles(first)
    lower, median, upper = (float(value) for value in days[0])
    row = Warned(lists.view, name, len(first), float(first.sum()), float(share[0]), lower, median, upper)
    return row, [
        judged.figure("listed_before", name, share, lists.view),
        judged.figure("warning_days", name, days[:, 1], lists.view),
    ]


def _admissions(judged: Judged) -> _Admissions | None:
    if "admitted_on" not in judged.matrix.rows.column_names:
        return None
    day = judged.matrix.rows["admitted_on"].to_numpy().astype("datetime64[D]")
    resident = np.unique(text_column(judged.matrix, "resident_id"), return_inverse=True)[1]
    event = np.flatnonzero((judged.y > 0) & ~np.isnat(day))
    if not len(event):
        return None
    event = event[np.argsort(judged.as_of[event], kind="stable")[::-1]]  # the latest row says where the resident lived
    keys = np.column_stack([resident[event], day[event].astype(np.int64)])
    event = event[np.unique(keys, axis=0, return_index=True)[1]]
    order = np.lexsort((judged.as_of, resident))
    starts = np.searchsorted(resident[order], np.arange(resident.max() + 2))
    place = starts[resident[event]][:, None] + np.arange(np.diff(starts).max())
    rows = order[np.minimum(place, len(order) - 1)]
    days = (day[event][:, None] - judged.as_of[rows]).astype(np.int64)
    own = (place < starts[resident[event] + 1][:, None]) & (days >= 0)
    return _Admissions(np.where(own, rows, -1), np.where(own, days, 0), judged.bootstrap.at(event))
