"""The true risk of every resident: a mean over simulated futures of 1 - exp(-cumulative hazard).

Let X be a resident's state and h(X) the hazard of a qualifying admission. The chance that none happens within the
horizon is E[exp(-integral of h)], the mean taken over futures in which everything else goes on (illness, recovery,
falls, other admissions, death) but the qualifying admission is switched off: it would only have ended the wait. (This
is the Feynman-Kac formula for killing at rate h, or the survival function of a Cox process.) The day step's chances p
are -expm1(-hazard of the day), so exp(-cumulative hazard) is the product of 1 - p.

Which admissions qualify is a table of shares: of those with a cause, the part that is coded to the outcome
(`coding.py`). Those of a day that do not qualify happen inside the path, with the chance they have when none that
qualifies comes.
"""

import numpy as np

from . import state as s
from .dynamics import admit, day_step
from .jit import copy_into, jit, key_of, leaf, uniform
from .week import home_week, set_season

HORIZON = 28


@jit
def true_risks(vectors, days, keys, shares, share_of, season, horizon, paths, out):
    """Fill `out` (row, [risk, standard error]) for residents as `vectors[row]` on `days[row]`.

    `shares[share_of[row]]` is (2, causes): of admissions called avoidable or other by the simulation, by cause, the
    share that qualifies.
    """
    x = np.empty(s.VECTOR)
    for row in range(len(vectors)):
        total, squares = 0.0, 0.0
        for path in range(paths):
            copy_into(x, vectors[row])
            key = key_of(keys[row], days[row] + 1, path + 1)
            risk = _path(x, shares, share_of[row], season, key, days[row], days[row] + horizon)
            total, squares = total + risk, squares + risk * risk
        out[row, 0], out[row, 1] = _mean(total, squares, paths)


@leaf
def _mean(total, squares, n):
    """Mean and its standard error."""
    mean = total / n
    spread = max(squares / n - mean * mean, 0.0) / max(n - 1, 1)
    return mean, np.sqrt(spread)


@leaf
def _path(x, shares, which, season, key, first, end):
    """1 - exp(-cumulative hazard) of a qualifying admission along one future."""
    survived = 1.0
    for day in range(first, end):
        if day % 7 == 0 and day > first:  # the first Monday's home and season are in the vector
            home_monday(x, season, key, day)
        day_step(x, key, day)
        chance = _qualifying(x, shares, which)
        survived *= 1.0 - chance
        any_at_all = 1.0 - (1.0 - x[s.P_AVOIDABLE]) * (1.0 - x[s.P_OTHER])
        if uniform(key, day, 21) * (1.0 - chance) < any_at_all - chance:
            admit(x, key, day)
        if x[s.STATUS] != s.LIVING:
            break
    return 1.0 - survived


@leaf
def _qualifying(x, shares, which):
    """The day's chance of an admission that qualifies; the simulation draws avoidable ones first."""
    k = int(x[s.EPISODE])
    avoidable = x[s.P_ACUTE] * shares[which, 0, k] + x[s.P_SUDDEN] * shares[which, 0, s.SUDDEN]
    avoidable += x[s.P_BROKEN] * shares[which, 0, s.FRACTURE]
    other = x[s.P_ACUTE_OTHER] * shares[which, 1, k] + x[s.P_UNFORESEEN] * shares[which, 1, s.OTHER]
    other += x[s.P_INJURED] * shares[which, 1, s.HEAD_INJURY]
    return avoidable + (1.0 - x[s.P_AVOIDABLE]) * other


@leaf
def home_monday(x, season, key, day):
    """The home's next week and the season, as a path imagines them."""
    x[s.OUTBREAK], x[s.VACANCY] = home_week(
        x[s.OUTBREAK], x[s.VACANCY], season[day, 0], uniform(key, day, 30), uniform(key, day, 31)
    )
    set_season(x, season, day)
