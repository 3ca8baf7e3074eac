"""What goes wrong with a site's records: how often, and for the feeds that fall silent, where and when."""

from dataclasses import dataclass, fields, replace

import numpy as np

from . import state as s
from .homes import Homes
from .span import Span

_STOPS = 0x53544F50  # this file's own stream of random numbers


@dataclass(frozen=True)
class Dirt:
    """Shares of the rows concerned, unless a line says otherwise; settings, none is a fact."""

    late: float = 0.002  # recorded one to four weeks late
    corrected: float = 0.012  # of weights, fluids and NEWS2 with a record id
    retracted: float = 0.0012
    duplicated: float = 0.002
    lost: float = 0.003
    undated: float = 0.004  # without a recording time
    feed_stops: float = 0.06  # times a year that a home's, or a practice's, feed stops
    stop_weeks: float = 3.0  # how long it stops, on average
    paper_homes: float = 0.05  # homes without a digital care record
    overlapping: float = 0.1  # of changes of stay: the old one ends after the new one began
    late_deaths: float = 0.03  # recorded up to three weeks late
    objections: float = 1.0  # times the usual number

    def __post_init__(self) -> None:
        wrong = [f.name for f in fields(self) if getattr(self, f.name) < 0]
        if wrong:
            raise ValueError(f"must not be negative: {', '.join(wrong)}")

    def times(self, factor: float) -> "Dirt":
        """Everything so many times as often, shares at most 1; objections and the length of stops stay."""
        kept = ("stop_weeks", "objections")
        return replace(
            self,
            **{f.name: min(getattr(self, f.name) * factor, 1.0) for f in fields(self) if f.name not in kept},
        )


CLEAN = Dirt().times(0)


@dataclass(frozen=True)
class Silence:
    """bool (unit, day from `first`) by feed: units are homes for the care record and practices for general practice."""

    first: int
    care_record: np.ndarray
    gp: np.ndarray
    paper: np.ndarray  # homes that never had a digital record

    def of(self, feed: np.ndarray, unit: np.ndarray, day: np.ndarray, at_home: np.ndarray) -> np.ndarray:
        """Mask of the events that a silent feed swallows; `at_home` where the home itself wrote."""
        out = np.zeros(len(day), bool)
        for number, silent, mine in ((0, self.care_record, at_home), (1, self.gp, ~at_home)):
            rows = np.flatnonzero((feed == number) & mine & (day >= self.first) & (day < self.first + silent.shape[1]))
            out[rows] = silent[unit[rows], day[rows] - self.first]
        # A home on paper has nothing at all to send, from before the history begins either.
        rows = np.flatnonzero((feed == 0) & at_home)
        out[rows] |= self.paper[unit[rows]]
        return out


def silences(homes: Homes, span: Span, dirt: Dirt, seed: int) -> Silence:
    """When each feed is silent; homes one by one, so that more homes change nothing for the others."""
    practices = int(homes.numbers[:, s.H_PRACTICE].max(initial=0)) + 1
    days = span.end - span.first
    paper = np.array([_rng(seed, 2, h).random() < dirt.paper_homes for h in range(len(homes))], bool)
    care, gp = (_stops(seed, k, n, days, dirt) for k, n in ((0, len(homes)), (1, practices)))
    return Silence(span.first, care | paper[:, None], gp, paper)


def _rng(seed: int, kind: int, unit: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, (_STOPS << 32) + (kind << 28) + unit]))


def _stops(seed: int, kind: int, units: int, days: int, dirt: Dirt) -> np.ndarray:
    silent = np.zeros((units, days), bool)
    for unit in range(units):
        rng = _rng(seed, kind, unit)
        for _ in range(rng.poisson(dirt.feed_stops * days / 365.25)):
            begin = int(rng.integers(0, days))
            silent[unit, begin : begin + 7 + int(rng.exponential(7 * max(dirt.stop_weeks - 1, 0.0)))] = True
    return silent
