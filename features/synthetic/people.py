"""A new resident: what is fixed about a person and the state on moving in.

Shares of diseases, ages and sexes follow published descriptions of English homes: mean age 86 (residential) and 85
(nursing), 74 % and 69 % women (IAU 2019); most with dementia; learning-disability homes have younger adults, a third
with epilepsy.
"""

import math

from numba import njit

from . import params as q
from . import state as s
from .jit import normal, uniform

#       dementia copd asthma heart fibr isch stroke diab kidney park epil cancer depr osteop arth fragility
OLDER = (0.68, 0.15, 0.08, 0.17, 0.24, 0.24, 0.22, 0.21, 0.33, 0.07, 0.04, 0.13, 0.28, 0.25, 0.48, 0.24)
YOUNGER = (0.08, 0.04, 0.12, 0.03, 0.03, 0.04, 0.04, 0.11, 0.06, 0.01, 0.30, 0.03, 0.22, 0.08, 0.14, 0.03)


@njit
def new_resident(p, x, home, index, homes, key, day, first):
    """Fill fixed columns `p` and state `x` for a person who moves into home number `index` on `day`.

    `first` residents are there when the simulation begins, so they arrive with part of their stay behind them.
    """
    p[:] = 0.0
    x[:] = 0.0
    learning = home[s.H_TYPE] == s.LEARNING
    p[s.TYPE] = home[s.H_TYPE]
    _body(p, key, day, learning)
    _conditions(p, key, day, learning)
    _medicines(p, key, day)
    x[s.HOME], x[s.STATUS] = index, s.LIVING
    x[s.FRAIL] = _frailty(p, key, day, learning)
    x[s.EARLY] = 0.0 if first else q.EARLY_EFFECT
    x[s.WEIGHT] = (60.0 if p[s.FEMALE] > 0.0 else 71.0) * math.exp(0.18 * normal(key, day, 140))
    x[s.WEIGHT] += 10.0 if learning else 0.0
    x[s.DYSPHAGIA] = 1.0 if uniform(key, day, 142) < 0.10 + 0.08 * p[s.DEMENTIA] + 0.15 * p[s.STROKE] else 0.0
    x[s.CATHETER] = 1.0 if uniform(key, day, 143) < (0.01 if learning else 0.035) else 0.0
    x[s.SEDATED] = 1.0 if uniform(key, day, 144) < 0.16 else 0.0
    x[s.PLAN] = 1.0 if uniform(key, day, 145) < (0.1 if learning else 0.3) else 0.0
    x[s.END_OF_LIFE] = 1.0 if uniform(key, day, 146) < 0.03 * p[s.CANCER] + 0.02 * (x[s.FRAIL] > 7.5) else 0.0
    _stay(p, x, index, homes, key, day, learning, first)


@njit
def _body(p, key, day, learning):
    kind = p[s.TYPE]
    female = 0.42 if learning else (0.69 if kind == s.NURSING else 0.74)
    p[s.FEMALE] = 1.0 if uniform(key, day, 100) < female else 0.0
    if learning:
        p[s.AGE] = 18.0 + 57.0 * (uniform(key, day, 101) + uniform(key, day, 102)) / 2.0
    else:
        mean = 84.3 if kind == s.NURSING else 85.3
        p[s.AGE] = min(max(mean + 7.4 * normal(key, day, 101) - 1.5 * (1.0 - p[s.FEMALE]), 65.0), 104.0)
    p[s.HIDDEN] = math.exp(q.HIDDEN_SPREAD * normal(key, day, 103))
    p[s.FALL_PRONE] = math.exp(0.75 * normal(key, day, 105) - 0.28)
    p[s.FLUID] = 1250.0 * math.exp(0.15 * normal(key, day, 107))
    p[s.SYSTOLIC] = 133.0 + 13.0 * normal(key, day, 109)
    p[s.PULSE] = 74.0 + 7.0 * normal(key, day, 111)
    p[s.BREATHS] = 16.5 + 1.2 * normal(key, day, 113)
    p[s.SPO2] = min(96.6 + 0.9 * normal(key, day, 115), 99.0)
    p[s.PHASE] = int(364.0 * uniform(key, day, 117))
    u = uniform(key, day, 118)
    p[s.ETHNICITY] = 0.0 if u < 0.93 else (1.0 if u < 0.966 else (2.0 if u < 0.985 else (3.0 if u < 0.99 else 4.0)))


@njit
def _conditions(p, key, day, learning):
    shares = YOUNGER if learning else OLDER
    for i in range(16):
        p[s.DEMENTIA + i] = 1.0 if uniform(key, day, 120 + i) < shares[i] else 0.0
    if p[s.COPD] > 0.0:
        p[s.ASTHMA] = 0.0
        p[s.SPO2] -= 2.0
    if p[s.FRAGILITY] > 0.0:
        p[s.OSTEOPOROSIS] = 1.0 if uniform(key, day, 136) < 0.6 else p[s.OSTEOPOROSIS]


@njit
def _medicines(p, key, day):
    u = uniform(key, day, 150)
    if p[s.DIABETES] > 0.0:
        p[s.INSULIN] = 1.0 if u < 0.22 else 0.0
        p[s.SULFONYLUREA] = 1.0 if 0.22 <= u < 0.42 else 0.0
    p[s.OPIOID] = 1.0 if uniform(key, day, 151) < 0.12 + 0.14 * p[s.ARTHRITIS] else 0.0
    p[s.DIURETIC] = 1.0 if uniform(key, day, 152) < 0.16 + 0.6 * p[s.HEART_FAILURE] else 0.0
    p[s.ANTICOAGULANT] = 1.0 if uniform(key, day, 153) < 0.03 + 0.62 * p[s.FIBRILLATION] else 0.0
    p[s.BONE] = 1.0 if uniform(key, day, 154) < 0.08 + 0.45 * p[s.OSTEOPOROSIS] else 0.0
    p[s.VACCINATED] = 1.0 if uniform(key, day, 155) < 0.82 else 0.0
    conditions = 0.0
    for i in range(16):
        conditions += p[s.DEMENTIA + i]
    p[s.MEDICINES] = min(max(round(4.4 + 0.95 * conditions + 2.0 * normal(key, day, 156)), 0.0), 24.0)
    p[s.BOWEL_CHART] = 1.0 if uniform(key, day, 158) < 0.22 + 0.2 * p[s.OPIOID] else 0.0


@njit
def _frailty(p, key, day, learning):
    if learning:
        return min(max(4.4 + 0.9 * normal(key, day, 160), 2.0), 7.5)
    base = 6.35 + 0.25 * (p[s.TYPE] == s.NURSING) + 0.02 * (p[s.AGE] - 85.0)
    return min(max(base + 0.75 * normal(key, day, 160), 4.0), 8.7)


@njit
def _stay(p, x, index, homes, key, day, learning, first):
    never = day + 100000.0
    x[s.LEAVE] = x[s.MOVE] = never
    u = uniform(key, day, 170)
    if not first and not learning:
        p[s.STAY] = s.RESPITE if u < 0.07 else (s.DISCHARGE_TO_ASSESS if u < 0.14 else s.PERMANENT)
    if p[s.STAY] == s.RESPITE:
        x[s.LEAVE] = day + 10 + int(25 * uniform(key, day, 171))
    elif p[s.STAY] == s.DISCHARGE_TO_ASSESS:
        # A negative end of the stay is settled by the simulation: the resident stays on for good.
        length = 21 + int(28 * uniform(key, day, 171))
        x[s.LEAVE] = day + length if uniform(key, day, 172) < 0.5 else never
    else:
        wait = -math.log(1.0 - uniform(key, day, 173)) * 365.25
        if uniform(key, day, 174) < q.LEAVES_YEAR / (q.LEAVES_YEAR + q.MOVES_YEAR):
            x[s.LEAVE] = day + 30 + int(wait / (q.LEAVES_YEAR + q.MOVES_YEAR))
        else:
            _plan_move(p, x, index, homes, key, day, 30 + int(wait / (q.LEAVES_YEAR + q.MOVES_YEAR)))
    v = uniform(key, day, 175)
    p[s.FUNDING] = 1.0 if learning or v < 0.5 else (0.0 if v < 0.88 else 2.0)
    hospital = 1.0 if p[s.STAY] == s.DISCHARGE_TO_ASSESS else (0.03 if learning else 0.42)
    w = uniform(key, day, 176)
    p[s.ORIGIN] = s.FROM_HOSPITAL if w < hospital else (s.FROM_HOME if w < 0.93 else s.FROM_CARE_HOME)
    if p[s.ORIGIN] == s.FROM_HOSPITAL and not first:
        x[s.POST] = q.POST_EFFECT


@njit
def _plan_move(p, x, index, homes, key, day, wait):
    """A move to another home of the same type, if there is one."""
    start = int(len(homes) * uniform(key, day, 177))
    for k in range(len(homes)):
        other = (start + k) % len(homes)
        if other != index and homes[other, s.H_TYPE] == p[s.TYPE]:
            x[s.MOVE], x[s.MOVE_TO] = day + wait, other
            return
