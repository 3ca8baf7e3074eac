"""Feature specifications: what a number is, which group it belongs to, and whether anyone can act on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from .measures import Measure, Stat

GROUPS = (
    "Falls",
    "Infection",
    "Nutrition and hydration",
    "Medicines",
    "Breathing and heart",
    "Skin",
    "Mood and cognition",
    "Urgent care use",
    "Recent hospital stay",
    "Care planning",
    "Home",
    "Background",
)


@dataclass(frozen=True)
class Ratio:
    """One measure over another, less one: 0 is no difference. Missing where either is, or the second is 0."""

    over: Measure
    under: Measure


@dataclass(frozen=True)
class Background:
    """A fact of the resident, the stay or the calendar; `key` names its function in background.py."""

    key: str


@dataclass(frozen=True)
class BedDays:
    """Days in hospital within a window of local days, as known at t."""

    window: int


@dataclass(frozen=True)
class OthersRate:
    """Records of a stream per 100 resident-days of the home's other residents, where they lived at the time."""

    stream: str
    window: int


@dataclass(frozen=True)
class OfHome:
    """A measure of the home's own events."""

    measure: Measure


@dataclass(frozen=True)
class FeedAge:
    """Days since the newest record of a feed: of this resident, or of anyone in this home."""

    feed: str
    of_home: bool


S = TypeVar("S")
Source = Measure | Ratio | Background | BedDays | OthersRate | OfHome | FeedAge


@dataclass(frozen=True)
class Feature:
    """One column: `acts` is whether the fact can be acted on; `monotone` 1 where more can only mean more risk."""

    name: str
    group: str
    source: Source
    acts: bool = False
    monotone: int = 0

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"{self.name}: unknown group {self.group!r}, expected one of {', '.join(GROUPS)}")


@dataclass(frozen=True)
class Catalogue:
    """Features in column order."""

    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        names = [f.name for f in self.features]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"features named twice: {', '.join(twice)}")

    def __len__(self) -> int:
        return len(self.features)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.features)

    @property
    def groups(self) -> Mapping[str, str]:
        return MappingProxyType({f.name: f.group for f in self.features})

    @property
    def monotone(self) -> Mapping[str, int]:
        return MappingProxyType({f.name: f.monotone for f in self.features if f.monotone})

    def __getitem__(self, name: str) -> Feature:
        return next(f for f in self.features if f.name == name)

    def only(self, kind: type[S]) -> list[tuple[str, S]]:
        """Name and source of the features of one kind of source, in order."""
        return [(f.name, f.source) for f in self.features if isinstance(f.source, kind)]

    def measures(self) -> tuple[Measure, ...]:
        """Distinct measures of residents' streams that the kernel must compute, in order of first use."""
        found: dict[Measure, None] = {}
        for feature in self.features:
            for measure in _resident_measures(feature.source):
                found.setdefault(measure)
        return tuple(found)


def _resident_measures(source: Source) -> Sequence[Measure]:
    if isinstance(source, Measure):
        return (source,)
    return (source.over, source.under) if isinstance(source, Ratio) else ()


def measured(
    stream: str, stat: Stat, windows: Sequence[int], group: str, *, acts: bool = False, monotone: int = 0
) -> list[Feature]:
    """A feature per window, named stream_stat_window (no window: all history)."""
    return [
        Feature("_".join([stream, stat.name.lower(), *([str(w)] if w else [])]), group, Measure(stream, stat, w), acts,
                monotone)
        for w in windows
    ]  # fmt: skip
