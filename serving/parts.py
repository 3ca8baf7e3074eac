"""What each group of facts adds to an estimate: contributions summed, what can be acted on apart from background."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from features.catalogue import catalogue
from features.measures import Measure, Stat
from features.specs import Feature

SIGNS = "Signs of illness"
# They tell that somebody is ill, not of what: a group of their own, whatever the catalogue files them under.
SIGN_STREAMS = frozenset(
    {"news2", "news2_5", "news2_single3", "soft_sign", "concern", "resp_rate", "spo2", "pulse", "systolic_bp",
     "temperature", "crp"}
)  # fmt: skip
_FEATURES = {f.name: f for f in catalogue().features}


class Part(NamedTuple):
    """One group's actionable or background share of a resident's log-odds, and its features' own shares.

    whole is what the group adds in both, how much it matters whichever of its facts tells it: correlated features of
    a group share their credit by chance, so a part alone says less. A standing measure that nobody can act on, such as
    mobility, is left out of it, because it tells how frail somebody is (docs/reasons.md).
    """

    group: str
    acts: bool
    size: float
    whole: float
    names: tuple[str, ...]
    contributions: np.ndarray

    @property
    def shares(self) -> Iterator[tuple[str, float]]:
        """Each feature's name and contribution."""
        return zip(self.names, self.contributions.tolist(), strict=True)


def is_sign(feature: Feature) -> bool:
    """Whether the feature tells that somebody is ill and not of what."""
    return isinstance(feature.source, Measure) and feature.source.stream in SIGN_STREAMS


def parts(names: tuple[str, ...], contributions: np.ndarray) -> tuple[Part, ...]:
    """Sum one row's contributions by (group, actionable); the part that adds most first."""
    return next(parts_of(names, contributions[None]))


def parts_of(names: tuple[str, ...], contributions: np.ndarray) -> Iterator[tuple[Part, ...]]:
    """The `parts` of each row of contributions (n, p)."""
    sums = _sums(names)
    drawn = np.pad(contributions, ((0, 0), (0, 1)))[:, sums.at]
    for own, total in zip(drawn, np.add.reduceat(drawn, sums.start, axis=1).tolist(), strict=True):
        whole = dict(zip(sums.groups, total[len(sums.parts) :], strict=True))
        made = [
            Part(group, acts, size, whole[group], members, own[span])
            for (group, acts, members, span), size in zip(sums.parts, total, strict=False)
        ]
        yield tuple(sorted(made, key=attrgetter("size"), reverse=True))


@dataclass(frozen=True, eq=False)
class _Sums:
    """How contributions are summed, by part and then by group as a whole. `at` holds the columns of one sum after the
    other, each led by the nought that follows the last column, and `start` where they begin; parts have their names
    and where their columns are in `at`."""

    parts: tuple[tuple[str, bool, tuple[str, ...], slice], ...]
    groups: tuple[str, ...]
    at: np.ndarray
    start: np.ndarray


@cache
def _sums(names: tuple[str, ...]) -> _Sums:
    features = [_FEATURES[name] for name in names]
    of = [(_group(f), f.acts) for f in features]
    parts = sorted({*of})
    groups = tuple(dict.fromkeys(group for group, _ in parts))
    members = [[i for i, own in enumerate(of) if own == part] for part in parts]
    counted = [[i for i, f in enumerate(features) if of[i][0] == group and not _is_standing(f)] for group in groups]
    start = np.cumsum([0, *(1 + len(columns) for columns in (*members, *counted))])[:-1]
    told = tuple(
        (*part, tuple(names[i] for i in columns), slice(first + 1, first + 1 + len(columns)))
        for part, columns, first in zip(parts, members, start.tolist(), strict=False)
    )
    return _Sums(told, groups, np.concatenate([[len(names), *columns] for columns in (*members, *counted)]), start)


def _group(feature: Feature) -> str:
    return SIGNS if is_sign(feature) else feature.group


def _is_standing(feature: Feature) -> bool:
    source = feature.source
    return not feature.acts and isinstance(source, Measure) and source.stat is Stat.LAST
