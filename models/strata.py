"""Residents whose chance is judged apart, and calibrated apart once there is enough to calibrate on.

Those at the end of life die before much can happen to them and are often kept from hospital on purpose; people with a
learning disability are younger and admitted for other things. A chance that is right on average may be wrong for
either. Membership is read off the features, so whoever scores a row can tell it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_RESIDENTS = 100
"""Residents with the outcome, below which a stratum is left to the shared calibration and called not validated.

A hundred events are the least to judge a chance by (Collins, Ogundimu and Altman, Statistics in Medicine 2016;35:214).
Weekly rows tell of one admission up to four times, so residents are counted.
"""


@dataclass(frozen=True)
class Stratum:
    """Residents of whom any of these features is above zero."""

    name: str
    features: tuple[str, ...]
    words: str


STRATA = (
    Stratum("end_of_life", ("end_of_life_register_active",), "residents on the end-of-life register"),
    Stratum(
        "learning_disability",
        ("learning_disability_ever", "home_learning_disability"),
        "residents with a learning disability, or of a home for people with one",
    ),
)
"""In order: a resident belongs to the first that fits."""


@dataclass(frozen=True)
class Calibration:
    """A stratum in a head: logit p = a * margin + b for its residents, the shared a and b unless it has its own.

    columns     of the model's features, any of which above zero makes a row one of the stratum
    residents   with the outcome in the weeks of calibration; own is whether they were enough
    """

    name: str
    columns: tuple[int, ...]
    residents: int
    own: bool
    a: float
    b: float

    def member(self, X: np.ndarray) -> np.ndarray:
        """Mask (n,) of the rows of X (n, p) with any of the columns above zero."""
        return np.any(X[:, list(self.columns)] > 0, axis=1)


def present(names: Sequence[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The strata that these features can tell, and the positions of those that do."""
    found = ((one.name, tuple(i for i, name in enumerate(names) if name in one.features)) for one in STRATA)
    return tuple((name, columns) for name, columns in found if columns)


def words(name: str) -> str:
    """Whom a stratum holds, in words."""
    return next(one.words for one in STRATA if one.name == name)


def first_member(strata: Sequence[Calibration], X: np.ndarray) -> np.ndarray:
    """Position (n,) in `strata` of the first that a row belongs to; -1 where it belongs to none."""
    found = np.full(len(X), -1)
    for i, one in reversed(list(enumerate(strata))):
        found[one.member(X)] = i
    return found
