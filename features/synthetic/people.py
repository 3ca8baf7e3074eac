"""A new resident: what is fixed about a person and the state on moving in.

Shares of diseases, ages and sexes follow published descriptions of English homes: mean age 86 (residential) and 85
(nursing), 74 % and 69 % women (IAU 2019); most with dementia; learning-disability homes have younger adults, a third
with epilepsy.
"""

import math

from . import params as q
from . import state as s
from .jit import leaf, normal, uniform, whole

#       dementia copd asthma heart fibr isch stroke diab kidney park epil cancer depr osteop arth fragility
OLDER = (0.715, 0.15, 0.08, 0.17, 0.24, 0.24, 0.22, 0.21, 0.33, 0.07, 0.04, 0.13, 0.28, 0.25, 0.48, 0.24)
YOUNGER = (0.08, 0.04, 0.12, 0.03, 0.03, 0.04, 0.04, 0.11, 0.06, 0.01, 0.30, 0.03, 0.22, 0.08, 0.14, 0.03)


@leaf
def new_resident(x, homes, index, key, day, first):
    """Fill the vector `x` for a person who moves into home number `index` on `day`.

    `first` residents are there when the simulation begins, so they arrive with part of their stay behind them.
    """
    x[:] = 0.0
    learning = homes[index, s.H_TYPE] == s.LEARNING
    x[s.TYPE], x[s.HOME_SENDING] = homes[index, s.H_TYPE], homes[index, s.H_SENDING]
    x[s.QUALITY], x[s.ROUND] = homes[index, s.H_QUALITY], homes[index, s.H_ROUND]
    x[s.AGENCY] = homes[index, s.H_AGENCY]
    x[s.LISTS_FROM], x[s.LIST_BAR] = homes[index, s.H_LISTS_FROM], homes[index, s.H_LIST_BAR]
    x[s.LIST_ERROR], x[s.REVIEW_DONE] = homes[index, s.H_LIST_ERROR], homes[index, s.H_REVIEW_DONE]
    x[s.REVIEW_RATIO], x[s.REVIEW_DAYS] = homes[index, s.H_REVIEW_RATIO], homes[index, s.H_REVIEW_DAYS]
    x[s.REVIEW_ON] = -1.0
    _body(x, key, day, learning)
    _conditions(x, key, day, learning)
    _medicines(x, key, day)
    x[s.HOME], x[s.STATUS] = index, s.LIVING
    x[s.FRAIL] = _frailty(x, key, day, learning)
    x[s.EARLY] = 0.0 if first else q.EARLY_EFFECT
    x[s.WEIGHT] = (60.0 if x[s.FEMALE] > 0.0 else 71.0) * math.exp(0.18 * normal(key, day, 140))
    x[s.WEIGHT] += 10.0 if learning else 0.0
    x[s.DYSPHAGIA] = 1.0 if uniform(key, day, 142) < 0.10 + 0.08 * x[s.DEMENTIA] + 0.15 * x[s.STROKE] else 0.0
    x[s.CATHETER] = 1.0 if uniform(key, day, 143) < (0.01 if learning else 0.035) else 0.0
    x[s.SEDATED] = 1.0 if uniform(key, day, 144) < 0.16 else 0.0
    x[s.PLAN] = 1.0 if uniform(key, day, 145) < (0.1 if learning else 0.25) else 0.0
    x[s.END_OF_LIFE] = 1.0 if uniform(key, day, 146) < 0.03 * x[s.CANCER] + 0.02 * (x[s.FRAIL] > 7.5) else 0.0
    _stay(x, index, homes, key, day, learning, first)


@leaf
def _body(x, key, day, learning):
    kind = x[s.TYPE]
    female = 0.42 if learning else (0.70 if kind == s.NURSING else 0.745)
    x[s.FEMALE] = 1.0 if uniform(key, day, 100) < female else 0.0
    if learning:
        x[s.AGE] = 18.0 + 57.0 * (uniform(key, day, 101) + uniform(key, day, 102)) / 2.0
    else:
        mean = 83.9 if kind == s.NURSING else 84.7
        x[s.AGE] = min(max(mean + 7.4 * normal(key, day, 101) - 1.5 * (1.0 - x[s.FEMALE]), 65.0), 104.0)
    x[s.HIDDEN] = math.exp(q.HIDDEN_SPREAD * normal(key, day, 103))
    x[s.FALL_PRONE] = math.exp(0.80 * normal(key, day, 105) - 0.32)
    x[s.FLUID] = 1250.0 * math.exp(0.15 * normal(key, day, 107))
    x[s.SYSTOLIC] = 133.0 + 13.0 * normal(key, day, 109)
    x[s.PULSE] = 74.0 + 7.0 * normal(key, day, 111)
    x[s.BREATHS] = 16.5 + 1.2 * normal(key, day, 113)
    x[s.SPO2] = min(96.6 + 0.9 * normal(key, day, 115), 99.0)
    x[s.PHASE] = int(364.0 * uniform(key, day, 117))
    u = uniform(key, day, 118)
    x[s.ETHNICITY] = 0.0 if u < 0.972 else (1.0 if u < 0.982 else (2.0 if u < 0.992 else (3.0 if u < 0.996 else 4.0)))


@leaf
def _conditions(x, key, day, learning):
    for i in range(s.CONDITIONS):
        share = YOUNGER[i] if learning else OLDER[i]
        x[s.DEMENTIA + i] = 1.0 if uniform(key, day, 120 + i) < share else 0.0
    if x[s.COPD] > 0.0:
        x[s.ASTHMA] = 0.0
        x[s.SPO2] -= 2.0
    if x[s.FRAGILITY] > 0.0:
        x[s.OSTEOPOROSIS] = 1.0 if uniform(key, day, 136) < 0.6 else x[s.OSTEOPOROSIS]


@leaf
def _medicines(x, key, day):
    u = uniform(key, day, 150)
    if x[s.DIABETES] > 0.0:
        x[s.INSULIN] = 1.0 if u < 0.22 else 0.0
        x[s.SULFONYLUREA] = 1.0 if 0.22 <= u < 0.42 else 0.0
    x[s.OPIOID] = 1.0 if uniform(key, day, 151) < 0.12 + 0.14 * x[s.ARTHRITIS] else 0.0
    x[s.DIURETIC] = 1.0 if uniform(key, day, 152) < 0.16 + 0.6 * x[s.HEART_FAILURE] else 0.0
    x[s.ANTICOAGULANT] = 1.0 if uniform(key, day, 153) < 0.03 + 0.62 * x[s.FIBRILLATION] else 0.0
    x[s.BONE] = 1.0 if uniform(key, day, 154) < 0.08 + 0.45 * x[s.OSTEOPOROSIS] else 0.0
    x[s.VACCINATED] = 1.0 if uniform(key, day, 155) < 0.82 else 0.0
    conditions = 0.0
    for i in range(s.CONDITIONS):
        conditions += x[s.DEMENTIA + i]
    x[s.MEDICINES] = whole(4.4 + 0.95 * conditions + 2.0 * normal(key, day, 156), 0.0, 24.0)
    x[s.BOWEL_CHART] = 1.0 if uniform(key, day, 158) < 0.22 + 0.2 * x[s.OPIOID] else 0.0


@leaf
def _frailty(x, key, day, learning):
    if learning:
        return min(max(4.4 + 0.9 * normal(key, day, 160), 2.0), 7.5)
    base = 6.35 + 0.25 * (x[s.TYPE] == s.NURSING) + 0.02 * (x[s.AGE] - 85.0)
    return min(max(base + 0.75 * normal(key, day, 160), 4.0), 8.7)


@leaf
def _stay(x, index, homes, key, day, learning, first):
    never = day + 100000.0
    x[s.LEAVE] = x[s.MOVE] = never
    u = uniform(key, day, 170)
    if not first and not learning:
        x[s.STAY] = s.RESPITE if u < 0.07 else (s.DISCHARGE_TO_ASSESS if u < 0.14 else s.PERMANENT)
    if x[s.STAY] == s.RESPITE:
        x[s.LEAVE] = day + 10 + int(25 * uniform(key, day, 171))
    elif x[s.STAY] == s.DISCHARGE_TO_ASSESS:
        # Half go home again; the others stay on for good (simulate.py settles that after six weeks).
        length = 21 + int(28 * uniform(key, day, 171))
        x[s.LEAVE] = day + length if uniform(key, day, 172) < 0.5 else never
        x[s.REABLEMENT] = q.REABLEMENT_DAYS if uniform(key, day, 178) < q.REABLEMENT_ASSESSED else 0.0
    else:
        wait = -math.log(1.0 - uniform(key, day, 173)) * 365.25
        if uniform(key, day, 174) < q.LEAVES_YEAR / (q.LEAVES_YEAR + q.MOVES_YEAR):
            x[s.LEAVE] = day + 30 + int(wait / (q.LEAVES_YEAR + q.MOVES_YEAR))
        else:
            _plan_move(x, index, homes, key, day, 30 + int(wait / (q.LEAVES_YEAR + q.MOVES_YEAR)))
    v = uniform(key, day, 175)
    x[s.FUNDING] = 1.0 if learning or v < 0.5 else (0.0 if v < 0.88 else 2.0)
    hospital = 1.0 if x[s.STAY] == s.DISCHARGE_TO_ASSESS else (0.03 if learning else 0.42)
    w = uniform(key, day, 176)
    x[s.ORIGIN] = s.FROM_HOSPITAL if w < hospital else (s.FROM_HOME if w < 0.93 else s.FROM_CARE_HOME)
    if x[s.ORIGIN] == s.FROM_HOSPITAL and not first:
        x[s.POST] = q.POST_EFFECT


@leaf
def _plan_move(x, index, homes, key, day, wait):
    """A move to another home of the same type, if there is one."""
    start = int(len(homes) * uniform(key, day, 177))
    for k in range(len(homes)):
        other = (start + k) % len(homes)
        if other != index and homes[other, s.H_TYPE] == x[s.TYPE]:
            x[s.MOVE], x[s.MOVE_TO], x[s.MOVE_SENDING] = day + wait, other, homes[other, s.H_SENDING]
            x[s.MOVE_LISTS_FROM] = homes[other, s.H_LISTS_FROM]
            return
