"""Writing one event into the buffers of the block being simulated."""

from typing import NamedTuple

import numpy as np
from numba import njit

from .texts import NO_TEXT, STAFF

NOTHING = np.nan
_SECOND = 1_000_000


class Events(NamedTuple):
    """Event buffers; `at` is [rows so far, resident, home, practice] for the record being written."""

    midnight: np.ndarray  # UTC microseconds of London midnight, by day
    resident: np.ndarray
    time: np.ndarray
    code: np.ndarray
    value: np.ndarray
    text: np.ndarray
    by: np.ndarray
    at: np.ndarray


def event_buffers(midnight: np.ndarray, rows: int) -> Events:
    """Empty buffers for `rows` events."""
    return Events(
        midnight,
        np.empty(rows, np.int32),
        np.empty(rows, np.int64),
        np.empty(rows, np.int16),
        np.empty(rows, np.float64),
        np.empty(rows, np.int16),
        np.empty(rows, np.int32),
        np.zeros(4, np.int64),
    )


@njit
def put(w, day, second, code, value=NOTHING, text=NO_TEXT, role=1, who=0.0):
    """One event at `second` of `day`; `who` in [0, 1) picks the member of staff in `role`."""
    i = w.at[0]
    w.at[0] = i + 1
    if i >= len(w.code):
        return  # counted, so that the block is simulated again with more room
    w.resident[i] = w.at[1]
    w.time[i] = w.midnight[day] + np.int64(second) * _SECOND
    w.code[i] = code
    w.value[i] = value
    w.text[i] = text
    unit = w.at[2] if role <= 1 else w.at[3]
    w.by[i] = (unit * 8 + role) * 64 + int(who * STAFF[role])
