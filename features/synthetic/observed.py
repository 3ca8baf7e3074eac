"""What a site could know of each resident on a Monday, in the simulation's own terms.

Only constants (age, sex, conditions, long-term medicines, the home's type) are taken from the state; everything that
changes comes from the records as they are by then, with their delays, losses and corrections: the latest value of each
reading, counts that fade at several speeds, stays in hospital, the home's own admissions. What is hidden (frailty, an
illness and how severe it is, habits) is seen through them alone. The mean true risk of residents alike in these columns
is a risk that can be reached from records; other columns might reach a little further.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import codes as c
from . import state as s
from .block import Block, County, all_spells
from .delays import Rows
from .jit import jit, leaf
from .risks import ages
from .span import DAY, GRACE_HOURS, HOUR
from .spells import spell_table
from .texts import SOFT_SIGNS

_STATE = (
    s.TYPE, s.FEMALE, s.VACCINATED, s.AGENCY, s.STAY, s.WINTER, *range(s.DEMENTIA, s.DEMENTIA + s.CONDITIONS),
    *range(s.INSULIN, s.BONE + 1),
)  # fmt: skip
_LATEST = (
    c.CFS, c.MUST, c.MOBILITY, c.WATERLOW, c.PAIN_SCORE, c.NEWS2, c.RESP_RATE, c.SPO2, c.TEMPERATURE, c.SYSTOLIC_BP,
    c.PULSE, c.FLUID_INTAKE_ML, c.WEIGHT_KG, c.POSTURAL_DROP, c.CRP, c.EGFR, c.SODIUM, c.MEDICINE_COUNT, c.ACB_SCORE,
    c.SOFT_SIGN, c.FALL, c.ANTIBIOTIC, c.CHEST_INFECTION, c.UTI, c.DELIRIUM, c.VIRTUAL_WARD, c.REABLEMENT, c.CATHETER,
    c.PRESSURE_ULCER, c.END_OF_LIFE_REGISTER, c.ADVANCE_CARE_PLAN, c.ANTIPSYCHOTIC, c.SEDATIVE, c.DYSPHAGIA,
    c.DISCHARGE_SUMMARY,
)  # fmt: skip
_COUNTED = (
    c.SOFT_SIGN, c.STAFF_CONCERN, c.FAMILY_CONCERN, c.DISTRESS_BEHAVIOUR, c.MEAL_REFUSED, c.MEDICINE_REFUSED,
    c.BOWELS_OPEN, c.COUGH_AT_MEALS, c.FALL, c.SEIZURE, c.HYPOGLYCAEMIA, c.NEWS2, c.FLUID_INTAKE_ML, c.GP_CONTACT,
    c.GP_VISIT, c.HOME_ROUND_REVIEW, c.ANTIBIOTIC, c.CHEST_INFECTION, c.UTI, c.SKIN_INFECTION, c.DELIRIUM,
    c.MEDICINE_STARTED, c.NHS111_CALL, c.OUT_OF_HOURS_CONTACT, c.AMBULANCE_CALLOUT, c.ED_ATTENDANCE, c.SDEC_ATTENDANCE,
    c.CRISIS_RESPONSE, c.DISTRICT_NURSE,
)  # fmt: skip
_AVERAGED = (c.NEWS2, c.FLUID_INTAKE_ML, c.WEIGHT_KG, c.PAIN_SCORE)
_COUNT_DAYS = (3.0, 14.0, 40.0, 120.0)  # how fast what happened fades in the counts, and readings in the means
_MEAN_DAYS = (4.0, 60.0)
_SPELL_DAYS = (30.0, 180.0)
_SIGN_DAYS = 6.0
_YEAR = 364

OBSERVED = (
    "age", "days since moving in", "days since admission", "days since discharge",
    *(f"admissions fading over {d:g}" for d in _SPELL_DAYS), "outbreak last week", "vacancy last week",
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


def observed(county: County, block: Block, rows: Rows, snapshots: np.ndarray) -> np.ndarray:
    """float32 (snapshot, OBSERVED) for these rows of the block's snapshots, from its event `rows` as recorded.

    The block should hold whole homes: the home's admissions are counted in it.
    """
    who, day = block.snapshot_of[snapshots].T
    vectors, people = block.snapshots[snapshots], block.people[who]
    at = county.calendar.midnight[day]
    home = vectors[:, s.HOME].astype(np.int64)
    spells = _emergencies(county, block)
    before = county.world.weeks[home, (day - 7 - county.calendar.span.begin) // 7]
    columns = [
        ages(people, block.stream[who], day),
        day - people[:, s.ENTERED],
        *_own(spells, len(block.people), who, at).T,
        *before.T,
        _home(spells, block, home, who, at),
        *vectors[:, _STATE].T,
    ]
    return np.column_stack([*columns, _readings(rows, len(block.people), who, at)]).astype(np.float32)


def _emergencies(county: County, block: Block) -> np.ndarray:
    """int64 (spell, [resident, admitted, recorded, discharged, recorded]) of emergencies, by resident and time."""
    spells = all_spells(block)
    ids = spells.rows[:, 0].astype(str).astype(object)
    table = spell_table(spells, ids, county.calendar.midnight, county.calendar.cutoff)
    table = table.filter(pc.match_substring_regex(table["admission_method"], "^2[^B]"))
    times = ("admitted_at", "recorded_at", "discharged_at", "discharge_recorded_at")
    columns = [pc.fill_null(table[name].cast(pa.int64()), np.iinfo(np.int64).max).to_numpy() for name in times]
    out = np.column_stack([table["resident_id"].to_numpy().astype(np.int64), *columns])
    return out[np.lexsort((out[:, 1], out[:, 0]))]


def _own(spells: np.ndarray, residents: int, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """float64 (row, [days since admission, days since discharge, fading counts]) as known at `at`."""
    first = np.searchsorted(spells[:, 0], np.arange(residents + 1))
    out = np.empty((len(who), 2 + len(_SPELL_DAYS)))
    _fade(first, spells, who, at, at + GRACE_HOURS * HOUR, np.array(_SPELL_DAYS), out)
    return out


@jit
def _fade(first, spells, who, at, known, over, out):
    for i in range(len(who)):
        out[i, :2] = np.nan
        out[i, 2:] = 0.0
        for j in range(first[who[i]], first[who[i] + 1]):
            admitted, recorded, discharged, told = spells[j, 1], spells[j, 2], spells[j, 3], spells[j, 4]
            if admitted >= at[i] or recorded >= known[i]:
                continue
            out[i, 0] = (at[i] - admitted) / DAY
            if discharged < at[i] and told < known[i]:
                out[i, 1] = (at[i] - discharged) / DAY
            for k in range(len(over)):
                out[i, 2 + k] += np.exp(-out[i, 0] / over[k])


def _home(spells: np.ndarray, block: Block, home: np.ndarray, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A year's emergency admissions of those who moved into the same home, the resident's own left out, over the
    residents now there."""
    entered = block.people[:, s.HOME].astype(np.int64)
    homes = max(entered.max(initial=0), home.max(initial=0)) + 1
    out = np.empty(len(who))
    for monday in np.unique(at):
        here = np.flatnonzero(at == monday)
        known = (spells[:, 1] < monday) & (spells[:, 2] < monday + GRACE_HOURS * HOUR)
        recent = known & (spells[:, 1] >= monday - _YEAR * DAY)
        own = np.bincount(spells[recent, 0], minlength=len(block.people))
        total = np.bincount(entered, weights=own, minlength=homes)
        size = np.bincount(home[here], minlength=homes)
        out[here] = (total[home[here]] - own[who[here]]) / size[home[here]]
    return out


def _readings(rows: Rows, residents: int, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    first = np.searchsorted(rows.resident, np.arange(residents + 1))
    width = 2 * len(_LATEST) + len(_COUNTED) * len(_COUNT_DAYS) + len(_AVERAGED) * len(_MEAN_DAYS) + len(SOFT_SIGNS)
    out = np.zeros((len(who), width))
    value = np.where(rows.code == c.SOFT_SIGN, rows.text, rows.value)
    slots = np.column_stack([_slots(chosen) for chosen in (_LATEST, _COUNTED, _AVERAGED)])
    code, known = rows.code.astype(np.int64), at + GRACE_HOURS * HOUR
    events = (rows.time, rows.recorded, rows.number, rows.retracted, code, value)
    _read(first, *events, who, at, known, slots, out)
    return out


@leaf
def _superseded(j, end, time, recorded, number, known):
    """Whether a later version of the record, or a copy, was known too; versions of a record are at one time."""
    other = j + 1
    while other < end and time[other] == time[j]:
        if number[other] == number[j] and recorded[other] < known:
            return True
        other += 1
    return False


@jit
def _read(first, time, recorded, number, retracted, code, value, who, at, known, slots, out):
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
            if recorded[j] >= known[i] or retracted[j]:
                continue
            if _superseded(j, first[who[i] + 1], time, recorded, number, known[i]):
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
