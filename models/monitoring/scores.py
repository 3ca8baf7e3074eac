"""Drift of what the model says: the mean log-odds now against the reference, and which feature groups moved it."""

from dataclasses import dataclass

import numpy as np

from models.explain import group_names, grouped_contributions, sum_by_group
from models.logistic import sigmoid
from models.monitoring.cells import Cells
from models.monitoring.shift import shifts
from models.monitoring.signals import Action, Rules, Signal
from models.monitoring.watched import Watched

_SAMPLE = 1_500


@dataclass(frozen=True)
class ScoreShift:
    """Mean calibrated log-odds now and in the reference, over the same homes, with the standard error and p."""

    now: float
    before: float
    error: float
    p: float


@dataclass(frozen=True)
class GroupMove:
    """How far a feature group moved the mean log-odds: its mean contribution now less that of the reference."""

    group: str
    now: float
    before: float

    @property
    def moved(self) -> float:
        return self.now - self.before


def score_shift(log_odds: Cells, week: int, reference: np.ndarray) -> ScoreShift:
    found = shifts(log_odds, week, reference)
    return ScoreShift(float(found.now[0]), float(found.before[0]), float(found.error[0]), float(found.p[0]))


def group_moves(seen: Watched, seed: int = 1) -> tuple[tuple[GroupMove, ...], dict[str, float]]:
    """Groups by how far they moved, and each feature's share of the contributions in the reference.

    On a sample of either side, since contributions cost ten times a score; the moves explain, they test nothing.
    """
    rng = np.random.default_rng(seed)
    columns = seen.model.columns(seen.matrix.names)
    now, then = (
        seen.matrix.X[np.sort(rng.permutation(np.flatnonzero(mask))[:_SAMPLE])][:, columns]
        for mask in (seen.now, ~seen.now)
    )
    names, groups = seen.model.names, seen.model.groups
    values = seen.model.contributions(then)[0]
    a = grouped_contributions(seen.model, now).values.mean(axis=0)
    b = sum_by_group(values, names, groups).mean(axis=0)
    moves = [
        GroupMove(group, float(one), float(other))
        for group, one, other in zip(group_names(names, groups), a, b, strict=True)
    ]
    size = np.abs(values).mean(axis=0)
    share = dict(zip(names, (size / max(size.sum(), 1e-12)).tolist(), strict=True))
    return tuple(sorted(moves, key=lambda one: -abs(one.moved))), share


def score_signals(shift: ScoreShift, rules: Rules) -> tuple[Signal, ...]:
    """A note when the mean chance moved; hold back when it moved far, until somebody knows why."""
    if not shift.p <= rules.note_rate:
        return ()
    far = abs(shift.now - shift.before) >= rules.score_shift and shift.p <= rules.acting
    action: Action = "hold back" if far else "note"
    way = "higher" if shift.now > shift.before else "lower"
    now, before = sigmoid(np.array([shift.now, shift.before]))
    said = f"chances are {way}: a typical one is {now:.2%}, where {before:.2%} is usual"
    limits = shift.before - 1.96 * shift.error, shift.before + 1.96 * shift.error
    return (Signal("scores", "log_odds", "", shift.now, shift.before, *limits, shift.p, action, said),)
