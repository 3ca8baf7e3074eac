"""The true 28-day risk of every resident: a mean over simulated futures of 1 - exp(-cumulative hazard).

Let X be a resident's state and h(X) the hazard of a qualifying admission. The chance that none happens within the
horizon is E[exp(-integral of h)], the mean taken over futures in which everything else goes on (illness, recovery, falls,
other admissions, death) but the qualifying admission is switched off: it would only have ended the wait. (This is the
Feynman-Kac formula for killing at rate h, or the survival function of a Cox process.) The day step's chances p are
-expm1(-hazard of the day), so exp(-cumulative hazard) is the product of 1 - p.

Two outcomes need two futures: for a potentially avoidable admission, other emergencies happen inside the path (no hazard
while in hospital, a raised one afterwards); for any emergency admission they are switched off as well. Both share the
path up to the first other emergency and part there.
"""

import numpy as np
from numba import njit

from . import state as s
from .dynamics import admit, day_step, home_week
from .jit import jit, key_of, uniform

HORIZON = 28


@jit
def true_risks(snapshots, fixed, days, keys, homes, calendar, paths, out):
    """Fill `out` (row, [risk, risk_se, risk_any, risk_any_se]) for residents in state `snapshots[row]` on `days[row]`."""
    x, y, happened = np.empty(s.STATE), np.empty(s.STATE), np.empty(s.HAPPENINGS)
    for row in range(len(snapshots)):
        one, one_2, any_, any_2 = 0.0, 0.0, 0.0, 0.0
        for path in range(paths):
            key = key_of(keys[row], days[row] + 1, path + 1)
            a, b = _path(snapshots[row], fixed[row], homes, calendar, key, days[row], x, y, happened)
            one, one_2, any_, any_2 = one + a, one_2 + a * a, any_ + b, any_2 + b * b
        out[row, 0], out[row, 1] = _mean(one, one_2, paths)
        out[row, 2], out[row, 3] = _mean(any_, any_2, paths)


@njit
def _mean(total, squares, n):
    mean = total / n
    spread = max(squares / n - mean * mean, 0.0) * n / max(n - 1, 1)
    return mean, np.sqrt(spread / n)


@njit
def _path(start, p, homes, calendar, key, first, x, y, out):
    """1 - exp(-cumulative hazard) of an avoidable and of any emergency admission along one future."""
    x[:] = start
    no_avoidable, none, parted = 1.0, 1.0, False
    for day in range(first, first + HORIZON):
        _home(x, calendar, key, day)
        day_step(x, p, homes, calendar, key, day, out)
        none *= (1.0 - out[s.P_AVOIDABLE]) * (1.0 - out[s.P_OTHER])
        if not parted:
            no_avoidable *= 1.0 - out[s.P_AVOIDABLE]
            if _other_emergency(out, key, day):
                y[:] = x
                admit(y, p, key, day, out)
                no_avoidable *= _after_parting(y, p, homes, calendar, key, day + 1, first + HORIZON, out)
                parted = True
        if x[s.STATUS] != s.LIVING:
            break
    return 1.0 - no_avoidable, 1.0 - none


@njit
def _after_parting(y, p, homes, calendar, key, first, end, out):
    survived = 1.0
    for day in range(first, end):
        _home(y, calendar, key, day)
        day_step(y, p, homes, calendar, key, day, out)
        survived *= 1.0 - out[s.P_AVOIDABLE]
        if _other_emergency(out, key, day):
            admit(y, p, key, day, out)
        if y[s.STATUS] != s.LIVING:
            break
    return survived


@njit
def _other_emergency(out, key, day):
    """Whether another emergency comes on this day; drawn afresh when the step stopped at an avoidable one."""
    if out[s.DID_AVOIDABLE] > 0.0:
        return uniform(key, day, 21) < out[s.P_OTHER]
    return out[s.DID_OTHER] > 0.0


@njit
def _home(x, calendar, key, day):
    if day % 7 == 0:
        x[s.OUTBREAK], x[s.VACANCY] = home_week(
            x[s.OUTBREAK], x[s.VACANCY], calendar[day, 0], uniform(key, day, 30), uniform(key, day, 31)
        )
