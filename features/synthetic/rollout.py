"""Lists and reviews as part of an invented county: which homes have them from when, whom they list, what they do."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from ..write import instant_array, text_array
from . import logbook as m
from . import state as s
from .draws import keys
from .homes import Homes, home_weeks, make_homes
from .reviews import list_scores
from .simulate import World, simulated
from .span import Calendar, instants, make_calendar

REVIEWS = pa.schema(
    [
        ("resident_id", pa.string()),
        ("home_id", pa.string()),
        ("listed_on", pa.date32()),
        ("reviewed_at", pa.timestamp("us", tz="UTC")),
        ("acts_until", pa.date32()),
    ]
)
ROLLOUT = pa.schema([("home_id", pa.string()), ("lists_from", pa.date32())])
_START = 0x53544152  # this file's own stream of random numbers
_PILOT = 61  # homes, simulated once to see how a list's scores are spread


@dataclass(frozen=True)
class Reviews:
    """Weekly lists in a staggered roll-out, and reviews that act for a while; nothing unless `listed` is above 0.

    `ratio` is the chance of an emergency admission after a review over that without one: 1 does nothing, 0.9 and 0.73
    are 10 % and 27 % fewer, above 1 is harm. `error` is the standard deviation of what a list gets wrong about the log
    of a risk: 0 ranks by the state itself, 100 by chance. Homes begin in `steps` groups, the first `begin` weeks
    before the end and each group `step_weeks` after the one before; the share `never` has no lists at all.
    """

    ratio: float = 1.0
    listed: float = 0.0  # share of residents above the line of the lists on a Monday
    done: float = 0.8  # share of those listed who are then reviewed, on the home's day for rounds
    weeks: int = 8  # how long a review acts
    error: float = 0.7
    begin: int = 52
    steps: int = 4
    step_weeks: int = 8
    never: float = 0.0

    def __post_init__(self) -> None:
        if self.ratio < 0 or self.error < 0 or not all(0 <= x <= 1 for x in (self.listed, self.done, self.never)):
            raise ValueError("reviews: ratio and error must not be negative, and shares lie from 0 to 1")
        if self.weeks < 1 or self.steps < 1 or self.begin < 0 or self.step_weeks < 0:
            raise ValueError("reviews: need weeks and steps of at least 1, and no negative weeks")


NO_REVIEWS = Reviews()


def with_lists(homes: Homes, reviews: Reviews, calendar: Calendar, seed: int) -> Homes:
    """The homes with their first day of lists and what is set about lists and reviews."""
    if not reviews.listed:
        return homes
    weeks = (calendar.span.end - calendar.span.first) // 7
    if reviews.begin > weeks or reviews.begin < reviews.step_weeks * (reviews.steps - 1):
        raise ValueError(
            f"reviews: all groups of homes must begin within the history of {weeks} weeks: change begin or steps"
        )
    numbers = homes.numbers.copy()
    numbers[:, s.H_LISTS_FROM] = starts(len(homes), reviews, calendar.span.end, seed)
    numbers[:, s.H_LIST_BAR] = _bar(reviews, seed, calendar.day(calendar.span.end))
    numbers[:, s.H_LIST_ERROR], numbers[:, s.H_REVIEW_DONE] = reviews.error, reviews.done
    numbers[:, s.H_REVIEW_RATIO], numbers[:, s.H_REVIEW_DAYS] = reviews.ratio, 7.0 * reviews.weeks
    return replace(homes, numbers=numbers)


def starts(homes: int, reviews: Reviews, end: int, seed: int) -> np.ndarray:
    """The Monday on which each home's lists begin; the groups are drawn at random and equal in size."""
    rng = np.random.Generator(np.random.Philox(key=[seed, _START]))
    place = rng.permutation(homes) / homes
    step = np.floor(place / (1 - reviews.never) * reviews.steps) if reviews.never < 1 else np.full(homes, reviews.steps)
    first = end - 7 * (reviews.begin - reviews.step_weeks * step)
    return np.where(step < reviews.steps, first, s.NEVER_LISTED)


def _bar(reviews: Reviews, seed: int, end: date) -> float:
    """The score above which the wanted share of residents lies, in a county of its own."""
    if reviews.listed == 1:
        return -np.inf
    calendar = make_calendar(end, 9, (end - timedelta(days=28),))
    homes = make_homes(_PILOT, None, seed)
    weeks = (calendar.span.last - calendar.span.begin) // 7 + 2
    states = home_weeks(_PILOT, weeks, calendar.span.begin, calendar.season, seed)
    bed_home = np.repeat(np.arange(_PILOT), homes.numbers[:, s.H_BEDS].astype(int))
    world = World(homes.numbers, states, bed_home, calendar.season, calendar.day_of_year)
    made = simulated(0, len(bed_home), world, calendar.span, seed)
    who = made.people[made.snapshot_of[:, 0]]
    stream = keys(seed, who[:, s.BED].astype(np.int64), who[:, s.TURN].astype(np.int64))
    vectors = made.snapshots.copy()
    vectors[:, s.LIST_ERROR] = reviews.error
    at_home = vectors[:, s.HOSPITAL] == 0
    return float(np.quantile(list_scores(vectors, stream, made.snapshot_of[:, 1])[at_home], 1 - reviews.listed))


def rollout_columns(homes: Homes, calendar: Calendar) -> dict[str, pa.Array]:
    """Columns of rollout.parquet: homes and the first Monday of their lists, missing where there are none."""
    first = homes.numbers[:, s.H_LISTS_FROM]
    known = first < s.NEVER_LISTED
    return {"home_id": pa.array(homes.ids, pa.string()), "lists_from": calendar.dates(np.where(known, first, -1))}


def review_columns(rows: np.ndarray, ids: np.ndarray, homes: Homes, calendar: Calendar) -> dict[str, pa.Array]:
    """Columns of reviews.parquet from a block's listings (logbook.py) and resident ids."""
    done = rows[:, m.L_REVIEW_DAY] >= 0
    at = np.full(len(rows), np.iinfo(np.int64).max)
    at[done] = instants(calendar.midnight, rows[done, m.L_REVIEW_DAY], rows[done, m.L_SECOND])
    return {
        "resident_id": pa.array(ids[rows[:, m.L_RESIDENT]], pa.string()),
        "home_id": text_array(rows[:, m.L_HOME], homes.ids),
        "listed_on": calendar.dates(rows[:, m.L_DAY]),
        "reviewed_at": instant_array(at),
        "acts_until": calendar.dates(rows[:, m.L_UNTIL]),
    }
