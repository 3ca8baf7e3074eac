"""The main simulation: every bed in turn, its residents one after another, day by day, each day written down."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from . import params as q
from . import state as s
from .care import care_day
from .dynamics import admit, day_step, set_rates
from .entry import register
from .jit import jit, key_of, uniform
from .people import new_resident
from .practice import practice_day
from .urgent import going_in, urgent_day

# Rows of the integer tables below
(P_BED, P_TURN, P_HOME, P_ENTERED, P_GONE_DAY, P_GONE_SECOND, P_DIED) = range(7)
(S_RESIDENT, S_HOME, S_IN_DAY, S_IN_SECOND, S_OUT_DAY, S_OUT_SECOND, S_TYPE, S_ORIGIN, S_FUNDING) = range(9)
(A_RESIDENT, A_DAY, A_SECOND, A_LENGTH, A_FATAL, A_CAUSE, A_AVOIDABLE, A_THROUGH_ED) = range(8)
STILL_THERE = 9_999_999


class Tables(NamedTuple):
    """Growing tables of one block; `rows` counts residents, stays, spells and snapshots."""

    residents: np.ndarray  # int32 (row, P_*)
    fixed: np.ndarray  # float32 (row, state.FIXED)
    stays: np.ndarray  # int32 (row, S_*)
    spells: np.ndarray  # int32 (row, A_*)
    snapshot_of: np.ndarray  # int32 (row, [resident, day])
    snapshots: np.ndarray  # float64 (row, state.STATE)
    rows: np.ndarray  # int64 [residents, stays, spells, snapshots]


class Span(NamedTuple):
    """Days of the simulation: state only from `begin`, records from `first`, none from `end`; all over at `last`."""

    begin: int
    first: int
    end: int
    last: int
    truth: int  # snapshots on Mondays from here to `end`
    same_day_care: int  # from here on same-day emergency care is recorded on its own


def block_tables(beds: int, days: int, mondays: int) -> Tables:
    """Room for `beds` beds over `days` days."""
    people = beds * (4 + days // 30)
    return Tables(
        np.empty((people, 7), np.int32),
        np.empty((people, s.FIXED), np.float32),
        np.empty((2 * people, 9), np.int32),
        np.empty((beds * (8 + days // 8), 8), np.int32),
        np.empty((max(beds * mondays, 1), 2), np.int32),
        np.empty((max(beds * mondays, 1), s.STATE)),
        np.zeros(4, np.int64),
    )


@jit
def simulate_beds(first_bed, last_bed, bed_home, homes, weeks, calendar, doy, span, seed, w, t):
    """Fill the buffers with beds first_bed..last_bed - 1."""
    x, p, out = np.empty(s.STATE), np.empty(s.FIXED), np.empty(s.HAPPENINGS)
    for bed in range(first_bed, last_bed):
        day, turn = span.begin, 0
        while day < span.last:
            key = key_of(seed, bed, turn)
            day = _one_resident(bed, turn, day, key, bed_home[bed], homes, weeks, calendar, doy, span, w, t, x, p, out)
            turn += 1
            day += 1 + int(-8.0 * math.log(1.0 - uniform(key, day, 990)))


@njit
def _one_resident(bed, turn, day, key, home, homes, weeks, calendar, doy, span, w, t, x, p, out):
    """One person's whole stay; returns the day on which the bed is empty again."""
    new_resident(p, x, homes[home], home, homes, key, day, turn == 0)
    entered = day
    if turn == 0:
        mean = 1500.0 if p[s.TYPE] == s.LEARNING else 420.0
        entered = max(day - int(-mean * math.log(1.0 - uniform(key, day, 991))), 3700)
        x[s.EARLY] = q.EARLY_EFFECT * math.exp((entered - day) / 180.0)
    _home_state(x, weeks, span, day)
    set_rates(x, p, homes[home], calendar[day])
    written = False
    while True:
        if not written and day >= span.first:
            _enter(bed, turn, entered, day, x, p, key, homes, span, w, t)
            written = True
        day += 1
        if day >= span.last:
            return day
        if day % 7 == 0:
            _home_state(x, weeks, span, day)
            if written and span.truth <= day <= span.end:
                _snapshot(t, x, day)
        was_home = x[s.HOSPITAL] <= 0.0
        day_step(x, p, homes, calendar, key, day, out)
        if written:
            _write_day(w, t, x, p, homes, out, key, day, doy, span, was_home)
        _apply_admission(w, t, x, p, key, day, out, written, day < span.end)
        if x[s.STATUS] != s.LIVING:
            if written:
                _close(t, x, key, day, out)
            return day


@njit
def _home_state(x, weeks, span, day):
    home, week = int(x[s.HOME]), (day - span.begin) // 7
    x[s.OUTBREAK], x[s.VACANCY] = float(weeks[home, week, 0]), float(weeks[home, week, 1])


@njit
def _snapshot(t, x, day):
    n = t.rows[3]
    t.snapshot_of[n, 0], t.snapshot_of[n, 1] = t.rows[0] - 1, day
    t.snapshots[n, :] = x
    t.rows[3] = n + 1


@njit
def _enter(bed, turn, entered, day, x, p, key, homes, span, w, t):
    n = t.rows[0]
    home = int(x[s.HOME])
    row = t.residents[n]
    row[P_BED], row[P_TURN], row[P_HOME], row[P_ENTERED] = bed, turn, home, entered
    row[P_GONE_DAY], row[P_GONE_SECOND], row[P_DIED] = STILL_THERE, 0, 0
    for i in range(s.FIXED):
        t.fixed[n, i] = p[i]
    t.rows[0] = n + 1
    second = 36000 + int(25000.0 * uniform(key, entered, 992))
    _stay(t, n, home, entered, second, int(p[s.STAY]), int(p[s.ORIGIN]), int(p[s.FUNDING]))
    w.at[1], w.at[2], w.at[3] = n, home, int(homes[home, s.H_PRACTICE])
    if day < span.end:
        register(w, x, p, key, max(day, entered), entered)
    if p[s.ORIGIN] == s.FROM_HOSPITAL and entered >= span.first:
        length = 5 + int(-12.0 * math.log(1.0 - uniform(key, entered, 993)))
        cause = s.OTHER if uniform(key, entered, 994) < 0.6 else s.FRACTURE
        _spell(t, n, entered - length, 50000, length, 0, cause, cause == s.FRACTURE, 1)


@njit
def _stay(t, resident, home, day, second, kind, origin, funding):
    row = t.stays[t.rows[1]]
    row[S_RESIDENT], row[S_HOME], row[S_IN_DAY], row[S_IN_SECOND] = resident, home, day, second
    row[S_OUT_DAY], row[S_OUT_SECOND] = STILL_THERE, 0
    row[S_TYPE], row[S_ORIGIN], row[S_FUNDING] = kind, origin, funding
    t.rows[1] += 1


@njit
def _end_stay(t, day, second):
    row = t.stays[t.rows[1] - 1]
    row[S_OUT_DAY], row[S_OUT_SECOND] = day, second


@njit
def _spell(t, resident, day, second, length, fatal, cause, avoidable, through_ed):
    row = t.spells[t.rows[2]]
    row[A_RESIDENT], row[A_DAY], row[A_SECOND], row[A_LENGTH] = resident, day, second, length
    row[A_FATAL], row[A_CAUSE], row[A_AVOIDABLE], row[A_THROUGH_ED] = fatal, cause, avoidable, through_ed
    t.rows[2] += 1


@njit
def _write_day(w, t, x, p, homes, out, key, day, doy, span, was_home):
    home = homes[int(x[s.HOME])]
    if out[s.DID_MOVE] > 0.0:
        second = 36000 + int(18000.0 * uniform(key, day, 995))
        _end_stay(t, day, second)
        _stay(t, t.rows[0] - 1, int(x[s.HOME]), day, second, int(p[s.STAY]), s.FROM_CARE_HOME, int(p[s.FUNDING]))
        w.at[2], w.at[3] = int(x[s.HOME]), int(home[s.H_PRACTICE])
    if x[s.STATUS] == s.LIVING:
        _settle(t, p, key, day)
    if day >= span.end:
        return
    at_home = x[s.STATUS] == s.LIVING and x[s.HOSPITAL] <= 0.0
    if at_home and was_home:
        care_day(w, x, p, home, out, key, day)
        urgent_day(w, x, p, out, key, day, day >= span.same_day_care)
    if at_home:
        practice_day(w, x, p, home, out, key, day, doy[day])


@njit
def _settle(t, p, key, day):
    """A stay for assessment that goes on becomes permanent after six weeks."""
    row = t.stays[t.rows[1] - 1]
    if row[S_TYPE] == s.DISCHARGE_TO_ASSESS and day == row[S_IN_DAY] + 42:
        _end_stay(t, day, 43200)
        p[s.STAY] = s.PERMANENT
        _stay(t, row[S_RESIDENT], row[S_HOME], day, 43200, s.PERMANENT, s.FROM_CARE_HOME, int(p[s.FUNDING]))


@njit
def _apply_admission(w, t, x, p, key, day, out, written, visible):
    """Planned or emergency admission of the day, with the records of the hours before it."""
    if out[s.DID_ELECTIVE] > 0.0:
        if written:
            second = 27000 + int(7000.0 * uniform(key, day, 996))
            _spell(t, t.rows[0] - 1, day, second, int(out[s.STAY_LENGTH]), 0, s.ELECTIVE, 0, 0)
        return
    avoidable = out[s.DID_AVOIDABLE] > 0.0
    if not avoidable and out[s.DID_OTHER] == 0.0:
        return
    cause = int(out[s.DID_AVOIDABLE] + out[s.DID_OTHER])
    admit(x, p, key, day, out)
    if not written:
        return
    u, v = uniform(key, day, 997), uniform(key, day, 998)
    second = 1800 + int(82800.0 * (0.25 * u + 0.75 * (0.32 + 0.62 * 0.5 * (u + v))))
    through_ed = uniform(key, day, 999) < 0.84
    _spell(t, t.rows[0] - 1, day, second, int(out[s.STAY_LENGTH]), int(out[s.STAY_FATAL]), cause, avoidable, through_ed)
    if visible:
        going_in(w, x, p, key, day, second, cause, through_ed)


@njit
def _close(t, x, key, day, out):
    """The end of a stay by death, at home or in hospital, or by leaving all homes."""
    second = 3600 + int(80000.0 * uniform(key, day, 1001))
    row = t.residents[t.rows[0] - 1]
    row[P_GONE_DAY], row[P_GONE_SECOND] = day, second
    row[P_DIED] = int(out[s.DID_DIE])
    _end_stay(t, day, second)
