"""What a list and a review do to one resident: listed on a Monday, reviewed on the home's day, and what comes of it.

A list ranks by about what the state says, with an error; a home that has no lists yet leaves everything as it was.
"""

import math

import numpy as np

from . import params as q
from . import state as s
from .jit import jit, leaf, normal, uniform


@leaf
def list_week(x, key, day):
    """A Monday in a home that has lists; residents whose last review still acts are passed over."""
    if x[s.HOSPITAL] > 0.0 or day <= x[s.REVIEWED_UNTIL]:
        return
    if list_score(x, key, day) > x[s.LIST_BAR]:
        x[s.DID_LISTED] = 1.0
        if uniform(key, day, 42) < x[s.REVIEW_DONE]:
            x[s.REVIEW_ON] = day + x[s.ROUND]


@leaf
def list_score(x, key, day):
    """Log of about the week's chance of an avoidable admission, with the list's error."""
    ill = 7.0 * x[s.ONSET] * (1.0 + x[s.EARLY]) * (1.0 + 0.9 * x[s.POST]) * q.LIST_ADMIT
    now = 3.0 * q.ADMIT[int(x[s.EPISODE])] * x[s.SEVERITY] * x[s.SEVERITY]
    falls = 7.0 * x[s.FALLS] * (1.0 + x[s.UNSTEADY]) * x[s.FRACTURES]
    return math.log(x[s.SENDING] * (ill + now) + falls + 1e-9) + x[s.LIST_ERROR] * normal(key, day, 40)


@jit
def list_scores(vectors, keys, days):
    """float64 by resident: `list_score` of whole columns."""
    out = np.empty(len(vectors))
    for i in range(len(vectors)):
        out[i] = list_score(vectors[i], keys[i], days[i])
    return out


@leaf
def review_day(x, day):
    """A review takes place if the resident is at home on its day; it acts from the next day on."""
    if day == x[s.REVIEW_ON]:
        x[s.DID_REVIEW] = 1.0
        x[s.REVIEWED_UNTIL] = day + x[s.REVIEW_DAYS]


@leaf
def chance_ratio(x, day):
    """The chance of any emergency admission today over what it would be without a review."""
    return x[s.REVIEW_RATIO] if x[s.REVIEW_ON] < day <= x[s.REVIEWED_UNTIL] else 1.0
