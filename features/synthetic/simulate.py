"""The main simulation: every bed in turn, its residents one after another, day by day, each day written down."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import emit as e
from . import params as q
from . import state as s
from .care import care_day
from .dynamics import admit, day_step
from .entry import register
from .jit import jit, key_of, leaf, uniform
from .people import new_resident
from .practice import practice_day
from .urgent import going_in, urgent_day
from .week import set_rates, set_season


class Span(NamedTuple):
    """Days of the simulation: state only from `begin`, records from `first`, none from `end`; all over at `last`."""

    begin: int
    first: int
    end: int
    last: int
    truth: int  # snapshots on Mondays from here to `end`
    same_day_care: int  # from here on same-day emergency care is recorded on its own


class World(NamedTuple):
    """What surrounds the residents: homes (home, H_*), their weeks, and by day the season and the day of the year."""

    homes: np.ndarray
    weeks: np.ndarray
    bed_home: np.ndarray
    season: np.ndarray
    day_of_year: np.ndarray


@dataclass(frozen=True)
class Simulated:
    """Beds simulated: the log, residents' vectors on entry, and vectors on Mondays with their (resident, day)."""

    log: np.ndarray
    people: np.ndarray
    snapshots: np.ndarray
    snapshot_of: np.ndarray


def simulated(first: int, last: int, world: World, span: Span, seed: int) -> Simulated:
    """Beds first..last - 1; again with more room in the rare case that the log outgrew it."""
    days, beds = span.last - span.first, last - first
    room = beds * days * 2 + 50_000
    mondays = max((span.end - span.truth) // 7 + 1, 0)
    people = np.empty((beds * (4 + days // 12), s.VECTOR))
    snapshots, snapshot_of = np.empty((beds * mondays + 1, s.VECTOR)), np.empty((beds * mondays + 1, 2), np.int64)
    while True:
        log = e.new_log(room)
        taken = _simulate_beds(first, last, world, span, seed, log, people, snapshots, snapshot_of)
        if log[0, e.H_ROWS] <= room:
            return Simulated(log, people[: int(log[0, e.H_RESIDENT]) + 1], snapshots[:taken], snapshot_of[:taken])
        room = int(log[0, e.H_ROWS])


@jit
def _simulate_beds(first_bed, last_bed, world, span, seed, log, people, snapshots, snapshot_of):
    """Write beds first_bed..last_bed - 1 to `log`; `people` gets each resident's vector on entry to the history.

    `snapshots` gets the vector of every resident on every Monday of the truth, `snapshot_of` its (resident, day).
    Returns how many snapshots there are; the number of residents is in the log's header.
    """
    x = np.empty(s.VECTOR)
    taken = 0
    log[0, e.H_RESIDENT] = -1.0
    for bed in range(first_bed, last_bed):
        home = world.bed_home[bed]
        day, turn = span.begin, 0
        while day < span.last:
            key = key_of(seed, bed, turn)
            arrive(x, world, span, bed, turn, home, key, day)
            written = False
            while x[s.STATUS] == s.LIVING and day < span.last:
                if not written and day >= span.first:
                    _enter(log, x, key, day, world, span)
                    people[int(log[0, e.H_RESIDENT])] = x
                    written = True
                day += 1
                if day % 7 == 0:
                    _monday(x, world, span, day)
                    if written and span.truth <= day <= span.end:
                        snapshots[taken] = x
                        snapshot_of[taken, 0], snapshot_of[taken, 1] = log[0, e.H_RESIDENT], day
                        taken += 1
                live_day(log, x, key, day, written, world, span)
            turn += 1
            day += 1 + int(-8.0 * math.log(1.0 - uniform(key, day, 990)))
    return taken


@leaf
def arrive(x, world, span, bed, turn, home, key, day):
    """A new person in a bed; those who are there when the simulation begins have part of their stay behind them."""
    new_resident(x, world.homes, home, key, day, turn == 0)
    x[s.BED], x[s.TURN], x[s.ENTERED] = bed, turn, day
    if turn == 0:
        mean = 1500.0 if x[s.TYPE] == s.LEARNING else 420.0
        ago = min(int(-mean * math.log(1.0 - uniform(key, day, 991))), 1100)
        x[s.ENTERED] = day - ago
        x[s.EARLY] = q.EARLY_EFFECT * math.exp(-ago / 180.0)
    _monday(x, world, span, day)
    set_rates(x)


@leaf
def _monday(x, world, span, day):
    home, week = int(x[s.HOME]), (day - span.begin) // 7
    x[s.OUTBREAK], x[s.VACANCY] = world.weeks[home, week, 0], world.weeks[home, week, 1]
    set_season(x, world.season, day)


@leaf
def _enter(log, x, key, day, world, span):
    """The resident's first rows: the stay, the hospital stay before it, and what the practice had on record."""
    home, entered = int(x[s.HOME]), int(x[s.ENTERED])
    log[0, e.H_RESIDENT] += 1.0
    log[0, e.H_HOME], log[0, e.H_PRACTICE] = home, world.homes[home, s.H_PRACTICE]
    second = 36000 + int(25000.0 * uniform(key, entered, 992))
    _stay(log, x, entered, second, x[s.ORIGIN])
    if day < span.end:
        register(log, x, key, max(day, entered), entered)
    if x[s.ORIGIN] == s.FROM_HOSPITAL and entered >= span.first:
        length = 5 + int(-12.0 * math.log(1.0 - uniform(key, entered, 993)))
        if uniform(key, entered, 994) < 0.6:
            e.write(log, e.SPELL, entered - length, 50000, float(length), s.OTHER, 4)
        else:
            e.write(log, e.SPELL, entered - length, 50000, float(length), s.FRACTURE, 6)


@leaf
def _stay(log, x, day, second, origin):
    e.write(log, e.STAY_BEGINS, day, second, x[s.HOME], int(x[s.STAY]), int(4.0 * origin + x[s.FUNDING]))


@leaf
def live_day(log, x, key, day, written, world, span):
    """One day: the step, what it leaves on record, and an admission if one is drawn."""
    was_home = x[s.HOSPITAL] <= 0.0
    day_step(x, key, day)
    if written:
        _roster(log, x, key, day, world)
        if day < span.end:
            if x[s.DID_LISTED] > 0.0 and x[s.STATUS] == s.LIVING:
                e.write(log, e.LISTED, day, 21600, x[s.HOME], 0, 0)
            _records(log, x, key, day, was_home, world, span)
    if x[s.DID_AVOIDABLE] + x[s.DID_OTHER] > 0.0:
        admit(x, key, day)
        if written:
            _admission(log, x, key, day, day < span.end)
    elif x[s.DID_ELECTIVE] > 0.0 and written:
        second = 27000 + int(7000.0 * uniform(key, day, 996))
        e.write(log, e.SPELL, day, second, x[s.STAY_LENGTH], s.ELECTIVE, 0)


@leaf
def _roster(log, x, key, day, world):
    """Moves, the settling of a stay for assessment after six weeks, and the end of the stay."""
    second = 3600 + int(80000.0 * uniform(key, day, 1000))
    if x[s.STATUS] != s.LIVING:
        e.write(log, e.STAY_ENDS, day, second, 0.0, 0, 0)
        e.write(log, e.GONE, day, second, x[s.DID_DIE], 0, 0)
    elif x[s.DID_MOVE] > 0.0:
        e.write(log, e.STAY_ENDS, day, 43200, 0.0, 0, 0)
        log[0, e.H_HOME], log[0, e.H_PRACTICE] = x[s.HOME], world.homes[int(x[s.HOME]), s.H_PRACTICE]
        _stay(log, x, day, 43200, float(s.FROM_CARE_HOME))
    elif x[s.STAY] == s.DISCHARGE_TO_ASSESS and day == x[s.ENTERED] + 42:
        e.write(log, e.STAY_ENDS, day, 43200, 0.0, 0, 0)
        x[s.STAY] = s.PERMANENT
        _stay(log, x, day, 43200, float(s.FROM_CARE_HOME))


@leaf
def _records(log, x, key, day, was_home, world, span):
    if x[s.STATUS] != s.LIVING or x[s.HOSPITAL] > 0.0:
        return
    if was_home:
        care_day(log, x, key, day)
        urgent_day(log, x, key, day, day >= span.same_day_care)
    practice_day(log, x, key, day, world.day_of_year[day])


@leaf
def _admission(log, x, key, day, visible):
    u, v = uniform(key, day, 997), uniform(key, day, 998)
    # Three in ten at any hour, the rest by day and evening; never so late that it falls on the next day.
    share = u if uniform(key, day, 995) < 0.3 else 0.28 + 0.30 * (u + v)
    second = 1800 + int(82800.0 * share)
    through_ed = uniform(key, day, 999) < 0.84
    cause = int(x[s.DID_AVOIDABLE] + x[s.DID_OTHER])
    flags = (1 if x[s.FATE] > 0.0 else 0) + (2 if x[s.DID_AVOIDABLE] > 0.0 else 0) + (4 if through_ed else 0)
    e.write(log, e.SPELL, day, second, x[s.STAY_LENGTH], cause, flags)
    if visible:
        going_in(log, x, key, day, second, cause, through_ed)
