"""What a site could know at best of each resident on a Monday, in the simulation's own terms.

Facts of the state that leave an exact record (age, conditions, devices, plans, dates of moves, discharges, falls and
courses of antibiotics) are taken from the state as they are; what is hidden (frailty, an illness and how severe it is,
habits) only through the readings, signs and contacts on record by then, dirt and delays included. The mean of the true
risk given these columns is the best that a model of the records can reach: what lies above it is not on record.
"""

import numpy as np

from . import codes as c
from . import logbook as m
from . import state as s
from .block import Block
from .delays import Rows
from .jit import jit
from .risks import ages
from .span import DAY, GRACE_HOURS, HOUR, Calendar
from .texts import SOFT_SIGNS

_STATE = (
    s.TYPE, s.FEMALE, s.MEDICINES, s.VACCINATED, s.AGENCY, s.STAY, s.EARLY, s.POST, s.INFECTED, s.UNSTEADY, s.WEIGHT,
    s.DYSPHAGIA, s.CATHETER, s.ULCER, s.END_OF_LIFE, s.PLAN, s.SEDATED, s.WARD, s.REABLEMENT, s.TREATED, s.OUTBREAK,
    s.VACANCY, s.WINTER, s.HEAT_WAVE, *range(s.DEMENTIA, s.DEMENTIA + s.CONDITIONS), *range(s.INSULIN, s.BONE + 1),
)  # fmt: skip
_LATEST = (
    c.CFS, c.MUST, c.MOBILITY, c.WATERLOW, c.PAIN_SCORE, c.NEWS2, c.RESP_RATE, c.SPO2, c.TEMPERATURE, c.SYSTOLIC_BP,
    c.PULSE, c.FLUID_INTAKE_ML, c.POSTURAL_DROP, c.CRP, c.EGFR, c.SODIUM, c.MEDICINE_COUNT, c.ACB_SCORE, c.SOFT_SIGN,
)  # fmt: skip
_COUNTED = (
    c.SOFT_SIGN, c.STAFF_CONCERN, c.FAMILY_CONCERN, c.DISTRESS_BEHAVIOUR, c.MEAL_REFUSED, c.MEDICINE_REFUSED,
    c.BOWELS_OPEN, c.COUGH_AT_MEALS, c.FALL, c.SEIZURE, c.HYPOGLYCAEMIA, c.NEWS2, c.FLUID_INTAKE_ML, c.GP_CONTACT,
    c.GP_VISIT, c.HOME_ROUND_REVIEW, c.ANTIBIOTIC, c.CHEST_INFECTION, c.UTI, c.SKIN_INFECTION, c.DELIRIUM,
    c.MEDICINE_STARTED, c.NHS111_CALL, c.OUT_OF_HOURS_CONTACT, c.AMBULANCE_CALLOUT, c.ED_ATTENDANCE, c.SDEC_ATTENDANCE,
    c.CRISIS_RESPONSE, c.DISTRICT_NURSE,
)  # fmt: skip
_AVERAGED = (c.NEWS2, c.FLUID_INTAKE_ML, c.WEIGHT_KG, c.PAIN_SCORE)
_COUNT_DAYS = (3.0, 14.0, 120.0)  # how fast what happened fades in the counts, and readings in the means
_MEAN_DAYS = (4.0, 60.0)
_SPELL_DAYS = (30.0, 180.0)
_SIGN_DAYS = 6.0
_YEAR = 364

OBSERVED = (
    "age", "days in homes", "days since admission", *(f"admissions fading over {d:g}" for d in _SPELL_DAYS),
    "admissions of the home", *(f"state {i}" for i in _STATE),
    *(f"{what} {c.NAMES[i]}" for i in _LATEST for what in ("latest", "days since")),
    *(f"{c.NAMES[i]} fading over {d:g}" for i in _COUNTED for d in _COUNT_DAYS),
    *(f"mean {c.NAMES[i]} over {d:g}" for i in _AVERAGED for d in _MEAN_DAYS),
    *(f"{sign} fading over {_SIGN_DAYS:g}" for sign in SOFT_SIGNS),
)  # fmt: skip


def _slots(chosen: tuple[int, ...]) -> np.ndarray:
    """int64 by event code: its place among those chosen, or -1."""
    out = np.full(len(c.NAMES), -1)
    out[list(chosen)] = np.arange(len(chosen))
    return out


def observed(block: Block, rows: Rows, snapshots: np.ndarray, calendar: Calendar) -> np.ndarray:
    """float32 (snapshot, OBSERVED) for these rows of the block's snapshots, from its event `rows` as recorded."""
    who, day = block.snapshot_of[snapshots].T
    vectors, people = block.snapshots[snapshots], block.people[who]
    at = calendar.midnight[day]
    own = _spells(block, who, day)
    age = ages(people, block.stream[who], day)
    columns = [age, day - people[:, s.ENTERED], *own.T, _home(block, who, day), *vectors[:, _STATE].T]
    return np.column_stack([*columns, _readings(rows, len(block.people), who, at)]).astype(np.float32)


def _spells(block: Block, who: np.ndarray, day: np.ndarray) -> np.ndarray:
    """float64 (row, [days since the last admission, fading counts]) of emergencies before the day."""
    rows = block.spells[block.spells[:, m.A_CAUSE] != s.ELECTIVE]
    rows = rows[np.lexsort((rows[:, m.A_DAY], rows[:, m.A_RESIDENT]))]
    first = np.searchsorted(rows[:, m.A_RESIDENT], np.arange(len(block.people) + 1))
    out = np.empty((len(who), 1 + len(_SPELL_DAYS)))
    _fade(first, rows[:, m.A_DAY], who, day, np.array(_SPELL_DAYS), out)
    return out


@jit
def _fade(first, days, who, day, over, out):
    for i in range(len(who)):
        out[i, 0] = np.nan
        out[i, 1:] = 0.0
        for j in range(first[who[i]], first[who[i] + 1]):
            gap = day[i] - days[j]
            if gap <= 0:
                break
            out[i, 0] = gap
            for k in range(len(over)):
                out[i, 1 + k] += np.exp(-gap / over[k])


def _home(block: Block, who: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Emergency admissions of the other residents who moved into the same home, in a year, per resident-day."""
    home = block.people[:, s.HOME].astype(np.int64)
    rows = block.spells[block.spells[:, m.A_CAUSE] != s.ELECTIVE]
    out = np.empty(len(who))
    for monday in np.unique(day):
        here = np.flatnonzero(day == monday)
        recent = rows[(rows[:, m.A_DAY] < monday) & (rows[:, m.A_DAY] >= monday - _YEAR), m.A_RESIDENT]
        own = np.bincount(recent, minlength=len(block.people))
        total = np.bincount(home, weights=own)
        size = np.bincount(home[who[here]], minlength=len(total))
        out[here] = (total[home[who[here]]] - own[who[here]]) / size[home[who[here]]]
    return out


def _readings(rows: Rows, residents: int, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    kept = rows.take(np.flatnonzero(~rows.retracted))
    first = np.searchsorted(kept.resident, np.arange(residents + 1))
    width = 2 * len(_LATEST) + len(_COUNTED) * len(_COUNT_DAYS) + len(_AVERAGED) * len(_MEAN_DAYS) + len(SOFT_SIGNS)
    out = np.zeros((len(who), width))
    value = np.where(kept.code == c.SOFT_SIGN, kept.text, kept.value)
    slots = np.column_stack([_slots(chosen) for chosen in (_LATEST, _COUNTED, _AVERAGED)])
    code, known = kept.code.astype(np.int64), at + GRACE_HOURS * HOUR
    _read(first, kept.time, kept.recorded, code, value, who, at, known, slots, out)
    return out


@jit
def _read(first, time, recorded, code, value, who, at, known, slots, out):
    """Walk each resident's events up to `at`, as far as they were recorded by `known`."""
    counts = 2 * len(_LATEST)
    means = counts + len(_COUNTED) * len(_COUNT_DAYS)
    signs = means + len(_AVERAGED) * len(_MEAN_DAYS)
    weight = np.empty((len(_AVERAGED), len(_MEAN_DAYS)))
    for i in range(len(who)):
        out[i, :counts] = np.nan
        weight[:] = 0.0
        for j in range(first[who[i]], first[who[i] + 1]):
            if time[j] >= at[i]:
                break
            if recorded[j] >= known[i]:
                continue
            k, days = code[j], (at[i] - time[j]) / DAY
            latest, counted, averaged = slots[k]
            if latest >= 0:
                out[i, 2 * latest], out[i, 2 * latest + 1] = value[j], days
            if counted >= 0:
                for d in range(len(_COUNT_DAYS)):
                    out[i, counts + counted * len(_COUNT_DAYS) + d] += np.exp(-days / _COUNT_DAYS[d])
            if averaged >= 0:
                for d in range(len(_MEAN_DAYS)):
                    w = np.exp(-days / _MEAN_DAYS[d]) + 1e-12
                    weight[averaged, d] += w
                    out[i, means + averaged * len(_MEAN_DAYS) + d] += w * value[j]
            if k == c.SOFT_SIGN:
                out[i, signs + int(value[j])] += np.exp(-days / _SIGN_DAYS)
        for a in range(len(_AVERAGED)):
            for d in range(len(_MEAN_DAYS)):
                out[i, means + a * len(_MEAN_DAYS) + d] /= weight[a, d]  # NaN where nothing was read
