"""Drift of what the model is given: each feature's values and missing share against what it learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.monitoring.cells import Cells
from models.monitoring.discoveries import adjusted, simes
from models.monitoring.shift import Shifts, shifts
from models.monitoring.signals import Action, Rules, Signal


@dataclass(frozen=True)
class InputShift:
    """One feature now against the reference.

    kind     values: chance that a resident of today outranks one of the reference, 0.5 when alike (now, before)
             missing: share of residents without a value
    share    the feature's part of the model's contributions, p before and adjusted after all tests are counted
    """

    feature: str
    group: str
    kind: str
    now: float
    before: float
    error: float
    p: float
    adjusted: float
    share: float


@dataclass(frozen=True)
class GroupShift:
    """A feature group: features, how many were found different, and one p-value for all of its tests (Simes)."""

    group: str
    features: int
    found: int
    p: float


def input_shifts(
    places: Cells, week: int, reference: np.ndarray, groups: Mapping[str, str], share: Mapping[str, float]
) -> tuple[InputShift, ...]:
    """Every feature that varies, twice: its values and its missing share; adjusted together."""
    parts = {"values": shifts(places, week, reference), "missing": shifts(places.missing, week, reference)}
    rows = [
        (name, kind, part, j)
        for kind, part in parts.items()
        for j, name in enumerate(part.names)
        if np.isfinite(part.difference[j]) and (part.error[j] > 0 or part.difference[j] != 0)
    ]
    fixed = adjusted(np.array([part.p[j] for _, _, part, j in rows]))
    return tuple(
        _row(name, kind, part, j, float(q), groups, share) for (name, kind, part, j), q in zip(rows, fixed, strict=True)
    )


def _row(
    name: str, kind: str, part: Shifts, j: int, q: float, groups: Mapping[str, str], share: Mapping[str, float]
) -> InputShift:
    now, before, error, p = (float(values[j]) for values in (part.now, part.before, part.error, part.p))
    return InputShift(name, groups.get(name, ""), kind, now, before, error, p, q, share.get(name, 0.0))


def group_shifts(rows: tuple[InputShift, ...], rules: Rules) -> tuple[GroupShift, ...]:
    """The groups, most certain first."""
    found = []
    for group in dict.fromkeys(row.group for row in rows):
        own = [row for row in rows if row.group == group]
        flagged = {row.feature for row in own if row.adjusted <= rules.note_rate}
        p = simes(np.array([row.p for row in own]))
        found.append(GroupShift(group, len({row.feature for row in own}), len(flagged), p))
    return tuple(sorted(found, key=lambda row: row.p))


def input_signals(rows: tuple[InputShift, ...], rules: Rules) -> tuple[Signal, ...]:
    """A note for each feature found different; hold back where the shift is large and the model leans on it."""
    return tuple(_signal(row, _action(row, rules)) for row in rows if row.adjusted <= rules.note_rate)


def _action(row: InputShift, rules: Rules) -> Action:
    large = abs(row.now - row.before) >= rules.input_shift and row.share >= rules.input_share
    return "hold back" if large and row.adjusted <= rules.acting else "note"


def _signal(row: InputShift, action: Action) -> Signal:
    low, high = row.before - 1.96 * row.error, row.before + 1.96 * row.error
    if row.kind == "missing":
        said = f"missing for {row.now:.0%} of residents, where {row.before:.0%} is usual"
    else:
        way = "higher" if row.now > row.before else "lower"
        far = max(row.now - row.before, row.before - row.now) + 0.5
        said = f"{way} than it was: a resident of this week and one of the reference differ so in {far:.0%} of pairs"
    sentence = f"{row.feature} ({row.group}) is {said}"
    return Signal("inputs", row.feature, row.group, row.now, row.before, low, high, row.adjusted, action, sentence)
