"""The log of a block: one float64 row per thing that happened, written by the compiled simulation.

A row is (kind, resident, day, second, value, text, by). Kinds from zero on are event codes (codes.py), where `by` is
the number of a member of staff; the negative kinds below carry what their comment says. Row 0 is the header: rows so
far, resident, home and practice of the record being written.
"""

import numpy as np

from .jit import typed
from .texts import NO_TEXT, NURSE, STAFF

KIND, WHO, DAY, SECOND, VALUE, TEXT, BY = range(7)
WIDTH = 7
STAY_BEGINS = -1  # value: home, text: stay type, by: origin * 4 + funding
STAY_ENDS = -2
SPELL = -3  # value: length in days, text: cause, by: fatal + 2 * avoidable + 4 * through A&E
GONE = -4  # value: 0 left all homes, 1 died at home, 2 died in hospital
LISTED = -5  # value: home
REVIEWED = -6  # value: the last day on which it acts

H_ROWS, H_RESIDENT, H_HOME, H_PRACTICE = range(4)
NOTHING = np.nan


def new_log(rows: int) -> np.ndarray:
    """An empty log with room for `rows` rows."""
    log = np.empty((rows + 1, WIDTH))
    log[0] = 0.0
    return log


@typed("void(float64[:, ::1], int64, int64, int64, float64, int64, int64)")
def write(w, kind, day, second, value, text, by):
    """One row about the current resident; rows beyond the room are only counted, and the block is run again."""
    i = int(w[0, H_ROWS]) + 1
    w[0, H_ROWS] = i
    if i < len(w):
        w[i, KIND], w[i, WHO], w[i, DAY], w[i, SECOND] = kind, w[0, H_RESIDENT], day, second
        w[i, VALUE], w[i, TEXT], w[i, BY] = value, text, by


@typed("void(float64[:, ::1], int64, int64, int64, float64, int64, int64, float64)")
def put(w, day, second, code, value, text, role, who):
    """One event; `who` in [0, 1) picks the member of staff in `role`."""
    unit = int(w[0, H_HOME] if role <= 1 else w[0, H_PRACTICE])
    write(w, code, day, second, value, text, (unit * 8 + role) * 64 + int(who * STAFF[role]))


@typed("void(float64[:, ::1], int64, int64, int64, int64, float64)")
def note(w, day, second, code, role, who):
    """An event without value or text."""
    put(w, day, second, code, NOTHING, NO_TEXT, role, who)


@typed("void(float64[:, ::1], int64, int64, int64, float64)")
def measure(w, day, second, code, value):
    """An event with a value, written by a nurse."""
    put(w, day, second, code, value, NO_TEXT, NURSE, 0.3)
