"""The true 28-day risk of every resident: a mean over simulated futures of 1 - exp(-cumulative hazard).

Let X be a resident's state and h(X) the hazard of a qualifying admission. The chance that none happens within the
horizon is E[exp(-integral of h)], the mean taken over futures in which everything else goes on (illness, recovery,
falls, other admissions, death) but the qualifying admission is switched off: it would only have ended the wait. (This
is the Feynman-Kac formula for killing at rate h, or the survival function of a Cox process.) The day step's chances p
are -expm1(-hazard of the day), so exp(-cumulative hazard) is the product of 1 - p.

Two outcomes need two futures: for a potentially avoidable admission, other emergencies happen inside the path (no
hazard while in hospital, a raised one afterwards); for any emergency admission they are switched off as well. Both
share the path up to the first other emergency and part there.
"""

import numpy as np

from . import state as s
from .dynamics import admit, day_step
from .jit import copy_into, jit, key_of, leaf, uniform
from .week import home_week, set_season

HORIZON = 28


@jit
def true_risks(vectors, days, keys, season, paths, out):
    """Fill `out` (row, [risk, risk_se, risk_any, risk_any_se]) for residents as `vectors[row]` on `days[row]`."""
    x, y = np.empty(s.VECTOR), np.empty(s.VECTOR)
    for row in range(len(vectors)):
        one, one_2, any_, any_2 = 0.0, 0.0, 0.0, 0.0
        for path in range(paths):
            key = key_of(keys[row], days[row] + 1, path + 1)
            copy_into(x, vectors[row])
            a, b = _path(x, y, season, key, days[row])
            one, one_2, any_, any_2 = one + a, one_2 + a * a, any_ + b, any_2 + b * b
        out[row, 0], out[row, 1] = _mean(one, one_2, paths)
        out[row, 2], out[row, 3] = _mean(any_, any_2, paths)


@leaf
def _mean(total, squares, n):
    """Mean and its standard error."""
    mean = total / n
    spread = max(squares / n - mean * mean, 0.0) / max(n - 1, 1)
    return mean, np.sqrt(spread)


@leaf
def _path(x, y, season, key, first):
    """1 - exp(-cumulative hazard) of an avoidable and of any emergency admission along one future."""
    no_avoidable, none, parted = 1.0, 1.0, False
    for day in range(first, first + HORIZON):
        if day % 7 == 0:
            home_monday(x, season, key, day)
        day_step(x, key, day)
        none *= (1.0 - x[s.P_AVOIDABLE]) * (1.0 - x[s.P_OTHER])
        if not parted:
            no_avoidable *= 1.0 - x[s.P_AVOIDABLE]
            if _other_emergency(x, key, day):
                copy_into(y, x)
                admit(y, key, day)
                no_avoidable *= _after_parting(y, season, key, day + 1, first + HORIZON)
                parted = True
        if x[s.STATUS] != s.LIVING:
            break
    return 1.0 - no_avoidable, 1.0 - none


@leaf
def _after_parting(y, season, key, first, end):
    """exp(-cumulative hazard) of an avoidable admission from an other emergency to the end of the horizon."""
    survived = 1.0
    for day in range(first, end):
        if day % 7 == 0:
            home_monday(y, season, key, day)
        day_step(y, key, day)
        survived *= 1.0 - y[s.P_AVOIDABLE]
        if _other_emergency(y, key, day):
            admit(y, key, day)
        if y[s.STATUS] != s.LIVING:
            break
    return survived


@leaf
def _other_emergency(x, key, day):
    """Whether another emergency comes on this day; drawn afresh when the step stopped at an avoidable one."""
    if x[s.DID_AVOIDABLE] > 0.0:
        return uniform(key, day, 21) < x[s.P_OTHER]
    return x[s.DID_OTHER] > 0.0


@leaf
def home_monday(x, season, key, day):
    """The home's next week and the season, as a path imagines them."""
    x[s.OUTBREAK], x[s.VACANCY] = home_week(
        x[s.OUTBREAK], x[s.VACANCY], season[day, 0], uniform(key, day, 30), uniform(key, day, 31)
    )
    set_season(x, season, day)
