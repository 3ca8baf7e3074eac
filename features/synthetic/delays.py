"""When an event was written down, and what happens to records afterwards: corrections, retractions, duplicates."""

from dataclasses import dataclass

import numpy as np

from . import codes as c
from . import planted as p
from .dirt import Dirt
from .draws import Draws
from .jit import jit, uniform

_MINUTE = 60_000_000
_DAY = 1440.0
# The feeds that number their records (codes.FEEDS): the care record and general practice.
NUMBERED = np.array([True, True, False, False])
_CORRECTABLE = (c.WEIGHT_KG, c.FLUID_INTAKE_ML, c.NEWS2)


@dataclass(frozen=True)
class Rows:
    """Event rows as written; `number` identifies the record."""

    resident: np.ndarray
    time: np.ndarray
    recorded: np.ndarray
    code: np.ndarray
    value: np.ndarray
    text: np.ndarray
    by: np.ndarray
    number: np.ndarray
    retracted: np.ndarray
    undated: np.ndarray

    def take(self, rows: np.ndarray, **changed: np.ndarray) -> "Rows":
        return Rows(**{name: changed.get(name, array[rows]) for name, array in vars(self).items()})


def recording_times(time: np.ndarray, feed: np.ndarray, key: int, number: np.ndarray, late: float) -> np.ndarray:
    """Instants of recording: minutes to a day for the home, hours to days for the practice, days for urgent care."""
    return _recording_times(time, feed, np.uint64(key), number, late)  # a large int would not fit numba's first guess


@jit
def _recording_times(time, feed, key, number, late):
    out = np.empty(len(time), np.int64)
    for i in range(len(time)):
        u, v = uniform(key, number[i], 1), uniform(key, number[i], 2)
        if feed[i] == 0:
            minutes = 2.0 + 58.0 * v if u < 0.8 else (_DAY * v if u < 0.985 else _DAY * (1.0 + 5.0 * v * v))
        elif feed[i] == 1:
            minutes = 60.0 * (1.0 + 9.0 * v) if u < 0.6 else _DAY * (0.5 + 3.5 * v * v)
        elif feed[i] == 2:
            minutes = _DAY * (0.5 + 4.5 * v)
        else:
            minutes = _DAY * (1.0 + 4.0 * v)
        if uniform(key, number[i], 3) < late:
            minutes += _DAY * 7.0 * (1.0 + 3.0 * v)
        out[i] = time[i] + np.int64(minutes) * _MINUTE
    return out


def dirtied(rows: Rows, draws: Draws, feed: np.ndarray, dirt: Dirt, cutoff: int) -> tuple[Rows, list[tuple[int, Rows]]]:
    """`rows` with later versions and copies added, and by kind of `planted.py` the rows concerned.

    (source, number) ties the versions of a record together; a version that comes after the cutoff is not planted.
    """
    later = rows.recorded + (draws.between(5, 1, 60) * 60).astype(np.int64) * _MINUTE
    arrived = NUMBERED[feed] & (later < cutoff)
    corrected = arrived & np.isin(rows.code, _CORRECTABLE) & (draws.u(4) < dirt.corrected)
    retracted = arrived & (draws.u(8) < dirt.retracted) & ~corrected
    copied = draws.u(9) < dirt.duplicated
    undated = (draws.u(7) < dirt.undated) & ~corrected & ~retracted & ~copied
    rows = rows.take(np.arange(len(copied)), undated=undated)
    late = (draws.u(3) < dirt.late) & ~undated
    kinds = ((p.LATE, late), (p.CORRECTED, corrected), (p.RETRACTED, retracted), (p.DUPLICATED, copied),
             (p.UNDATED, undated))  # fmt: skip
    found = [(kind, rows.take(np.flatnonzero(mask))) for kind, mask in kinds]
    wrong = np.where(corrected, _mistyped(rows), rows.value)
    parts = [
        rows.take(np.arange(len(copied)), value=wrong),
        rows.take(np.flatnonzero(corrected), recorded=later[corrected]),
        rows.take(np.flatnonzero(retracted), recorded=later[retracted], retracted=np.ones(retracted.sum(), bool)),
        rows.take(np.flatnonzero(copied)),
    ]
    return Rows(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(rows)}), found


def _mistyped(rows: Rows) -> np.ndarray:
    """The value first typed where it was corrected later."""
    heavy = np.round(rows.value * 1.1, 1)
    return np.where(rows.code == c.WEIGHT_KG, heavy, rows.value + np.where(rows.code == c.NEWS2, 2, 300))
