"""Residents, stays and objections as columns of the contract, as known at the cutoff."""

import numpy as np
import pyarrow as pa

from ..write import instant_array, text_array
from . import logbook as m
from . import state as s
from .draws import Draws
from .homes import Homes
from .span import DAY, Calendar, instants

NEVER = np.iinfo(np.int64).max
ETHNICITIES = ("White", "Asian or Asian British", "Black or Black British", "Mixed", "Other")
STAY_TYPES = ("permanent", "respite", "discharge_to_assess")
FUNDINGS = ("self", "council", "nhs")
ORIGINS = ("hospital", "own_home", "care_home")
_OVERLAP_DAYS = 14
OBJECTIONS = (("national_data_opt_out", 0.030), ("type_1", 0.010), ("local", 0.006))


def gone_at(gone: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Instants of death or leaving, from logbook.gone; NEVER for those still there."""
    there = gone[:, 0] == m.STILL_THERE
    return np.where(there, NEVER, instants(calendar.midnight, np.where(there, 0, gone[:, 0]), gone[:, 1]))


def resident_columns(
    people: np.ndarray, ids: np.ndarray, draws: Draws, died: np.ndarray, calendar: Calendar, late_deaths: float
) -> dict[str, pa.Array]:
    """Columns of `residents`; `died` are instants of death or NEVER."""
    age_days = (people[:, s.AGE] * 365.25 + draws.u(20) * 365.25).astype(np.int64)
    epoch = np.datetime64(calendar.zero, "D").astype(np.int64)
    born = (epoch + people[:, s.ENTERED].astype(np.int64) - age_days).astype(np.int32)
    u = draws.u(21)
    late = np.where(u < late_deaths, 20.0, 6.0) * draws.u(22) ** 1.5 + 0.2
    recorded = np.where(died < NEVER, np.minimum(died, NEVER // 2) + (late * DAY).astype(np.int64), NEVER)
    known = recorded < calendar.cutoff
    sex = np.where(people[:, s.FEMALE] > 0, 0, 1)
    ethnicity = np.where(draws.u(23) < 0.04, -1, people[:, s.ETHNICITY].astype(np.int64))
    return {
        "resident_id": pa.array(ids, pa.string()),
        "date_of_birth": pa.array(born, pa.int32()).cast(pa.date32()),
        "sex": text_array(sex, ("F", "M")),
        "ethnicity": text_array(ethnicity, ETHNICITIES),
        "died_on": instant_array(np.where(known, died, NEVER)),
        "died_recorded_at": instant_array(np.where(known, recorded, NEVER)),
    }


def stay_times(stays: np.ndarray, draws: Draws, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
    """Instants of moving in and of its recording: within days, one in twenty weeks late."""
    moved_in = instants(calendar.midnight, stays[:, m.S_IN_DAY], stays[:, m.S_IN_SECOND])
    days = np.where(draws.u(30) < 0.05, 7 + 25 * draws.u(31), 0.05 + 2.5 * draws.u(31) ** 2)
    return moved_in, moved_in + (days * DAY).astype(np.int64)


def overlapping(stays: np.ndarray, draws: Draws, share: float) -> np.ndarray:
    """Mask of the stays whose end was written down later than it was, into the resident's next stay."""
    followed = np.append(stays[1:, m.S_RESIDENT] == stays[:-1, m.S_RESIDENT], False)
    length = np.append(stays[1:, m.S_OUT_DAY] - stays[1:, m.S_IN_DAY], 0)
    return followed & (length > _OVERLAP_DAYS) & (draws.u(34) < share)


def stay_columns(
    stays: np.ndarray, ids: np.ndarray, homes: Homes, draws: Draws, calendar: Calendar, over: np.ndarray
) -> dict[str, pa.Array]:
    """Columns of `stays`; `ids` are resident ids by stay, `over` those that overlap the next."""
    moved_in, recorded = stay_times(stays, draws, calendar)
    there = stays[:, m.S_OUT_DAY] == m.STILL_THERE
    out_day = np.where(there, 0, stays[:, m.S_OUT_DAY])
    out_day = out_day + np.where(over, 2 + (draws.u(35) * (_OVERLAP_DAYS - 2)).astype(np.int64), 0)
    moved_out = np.where(there, NEVER, instants(calendar.midnight, out_day, stays[:, m.S_OUT_SECOND]))
    days = np.where(draws.u(32) < 0.04, 7 + 20 * draws.u(33), 0.1 + 4 * draws.u(33) ** 2)
    out_recorded = np.maximum(np.where(there, 0, moved_out) + (days * DAY).astype(np.int64), recorded)
    known = ~there & (out_recorded < calendar.cutoff)
    home = stays[:, m.S_HOME]
    return {
        "resident_id": pa.array(ids, pa.string()),
        "home_id": text_array(home, homes.ids),
        "moved_in": instant_array(moved_in),
        "moved_out": instant_array(np.where(known, moved_out, NEVER)),
        "moved_out_recorded_at": instant_array(np.where(known, out_recorded, NEVER)),
        "recorded_at": instant_array(recorded),
        "stay_type": text_array(stays[:, m.S_TYPE], STAY_TYPES),
        "funding": text_array(stays[:, m.S_FUNDING], FUNDINGS),
        "admitted_from": text_array(stays[:, m.S_ORIGIN], ORIGINS),
        "practice": pa.array([homes.practices[h] for h in home], pa.string()),
    }


def objection_columns(
    people: np.ndarray, ids: np.ndarray, draws: Draws, calendar: Calendar, times: float
) -> dict[str, pa.Array]:
    """Columns of `objections`: some of years ago, some since moving in, a few withdrawn; `times` the usual number."""
    index, kinds, starts, ends = [], [], [], []
    for k, (_, share) in enumerate(OBJECTIONS):
        rows = np.flatnonzero(draws.u(40 + 5 * k) < share * times)
        day = people[rows, s.ENTERED].astype(np.int64) - 700 + (1000 * draws.u(41 + 5 * k)[rows]).astype(np.int64)
        start = instants(calendar.midnight, np.minimum(day, calendar.span.end), np.full(len(rows), 43_200))
        stop = np.where(draws.u(42 + 5 * k)[rows] < 0.06, start + 200 * DAY, NEVER)
        index.append(rows)
        kinds.append(np.full(len(rows), k))
        starts.append(start)
        ends.append(np.where(stop < calendar.cutoff, stop, NEVER))
    rows, start = np.concatenate(index), np.concatenate(starts)
    recorded = start + 2 * DAY
    kept = recorded < calendar.cutoff
    return {
        "resident_id": pa.array(ids[rows][kept], pa.string()),
        "kind": text_array(np.concatenate(kinds)[kept], tuple(k for k, _ in OBJECTIONS)),
        "from": instant_array(start[kept]),
        "to": instant_array(np.concatenate(ends)[kept]),
        "recorded_at": instant_array(recorded[kept]),
    }
