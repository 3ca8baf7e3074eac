"""Conditions of a table's rows: comparisons of features with numbers, for all rows of the table in one go."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import catalogue

_SIGNS = {">=": 1, "<=": -1}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Condition:
    """One comparison of a feature with a number; a missing value satisfies none."""

    feature: str
    sign: str
    bound: float


@dataclass(frozen=True, eq=False)
class Gates:
    """The comparisons of every row: `sign` is -1 for at most, and `open_if` whether the row is told if they hold."""

    rows: int
    features: tuple[str, ...]
    feature: np.ndarray
    sign: np.ndarray
    bound: np.ndarray
    open_if: np.ndarray
    row: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[tuple[Sequence[Condition], Sequence[Condition]]]) -> "Gates":
        """From each row's `when`, which must all hold, and its `not_when`, of which none may."""
        all_of = [
            (c, is_when, row)
            for row, sides in enumerate(rows)
            for is_when, side in zip((True, False), sides, strict=True)
            for c in side
        ]
        features = tuple(dict.fromkeys(c.feature for c, _, _ in all_of))
        sign = np.array([_SIGNS[c.sign] for c, _, _ in all_of], float)
        return cls(
            len(rows),
            features,
            np.array([features.index(c.feature) for c, _, _ in all_of], np.int64),
            sign,
            sign * np.array([c.bound for c, _, _ in all_of], float),
            np.array([is_when for _, is_when, _ in all_of], bool),
            np.array([row for _, _, row in all_of], np.int64),
        )

    def open(self, values: Mapping[str, float]) -> list[int]:
        """The rows, in order, that are told of a resident, given every feature's value by name."""
        value = np.array([values[name] for name in self.features], float)[self.feature]
        against = (self.sign * value >= self.bound) != self.open_if
        return np.flatnonzero(np.bincount(self.row[against], minlength=self.rows) == 0).tolist()


def conditions(text: str, row: str) -> tuple[Condition, ...]:
    """Comparisons joined by ";" as a table writes them; ValueError names the row and the one no feature answers."""
    return tuple(_condition(part.strip(), row) for part in text.split(";") if part.strip())


def _condition(text: str, row: str) -> Condition:
    for sign in _SIGNS:
        name, found, bound = text.partition(sign)
        if found and name in catalogue().names and _NUMBER.fullmatch(bound):
            return Condition(name, sign, float(bound))
    raise ValueError(f"row {row}: {text!r} is no comparison of a feature of the catalogue with >= or <=")
