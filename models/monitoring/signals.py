"""What monitoring says: typed signals, the one action they lead to, and the false-alarm rate that is promised."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Part = Literal["feeds", "codes", "inputs", "scores", "lists", "outcomes"]
Action = Literal["none", "note", "retrain", "hold back"]
ACTIONS: tuple[Action, ...] = ("none", "note", "retrain", "hold back")
PARTS: dict[Part, str] = {
    "feeds": "Feeds",
    "codes": "Codes",
    "inputs": "What the model is given",
    "scores": "What the model says",
    "lists": "The lists",
    "outcomes": "What came true",
}
ACTING = 6
"""Families of tests that may ask for more than a note; each has an equal share of the false alarms."""


@dataclass(frozen=True)
class Rules:
    """When a difference is told and when it is acted on.

    false_alarm_weeks  a process that is stable is held back or retrained by mistake in one week of so many, at most
    note_rate          false-discovery rate of notes, within each part
    reference_weeks    weeks the model learnt from that a week is compared with; fewer than reference_least tell nothing
    input_shift        least shift of a feature that matters: chance that a resident of today outranks one of the
                       reference, less a half; or difference in the share of missing values
    input_share        least share of a feature in the model's contributions that makes its shift one to act on
    score_shift        least shift of the mean log-odds that matters
    feed_drop          least drop in the share of residents with recent records that matters
    tolerance          observed over expected that may be off by this factor either way: a model is calibrated on a few
                       hundred events and cannot be right to better than that
    outcome_weeks      latest weeks whose outcomes are known that calibration is judged on
    """

    false_alarm_weeks: int = 52
    note_rate: float = 0.05
    reference_weeks: int = 52
    reference_least: int = 12
    input_shift: float = 0.1
    input_share: float = 0.005
    score_shift: float = 0.2
    feed_drop: float = 0.2
    tolerance: float = 1.1
    outcome_weeks: int = 16

    @property
    def acting(self) -> float:
        """Chance per week, within each part, that a stable process is acted on."""
        return 1 / (self.false_alarm_weeks * ACTING)


@dataclass(frozen=True)
class Signal:
    """One thing that was looked at and found different.

    where     '' for everywhere, else a home, a feature group or a kind of list
    value     now; `expected`, `low` and `high` are what a stable process gives, NaN where there is no such figure
    p         adjusted for how many things were looked at; NaN where a rule and not a test speaks
    """

    part: Part
    name: str
    where: str
    value: float
    expected: float
    low: float
    high: float
    p: float
    action: Action
    sentence: str


@dataclass(frozen=True)
class Looked:
    """How much one part looked at, and what it could not look at and why."""

    part: Part
    things: int
    found: int
    cannot: str = ""


def worst(signals: Iterable[Signal]) -> Action:
    """The one action that all signals together ask for."""
    return ACTIONS[max((ACTIONS.index(one.action) for one in signals), default=0)]


def by_weight(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Gravest first, then most certain."""
    return tuple(sorted(signals, key=lambda s: (-ACTIONS.index(s.action), s.p if s.p == s.p else 0.0, s.part, s.name)))


def jsonable(value: Any) -> Any:
    """Typed rows as JSON's values: dates as ISO text, undefined numbers as null."""
    if hasattr(value, "__dataclass_fields__"):
        return jsonable(asdict(value))
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
