"""What the home writes about a resident on a day: the care record and the incident log."""

import math

from . import codes as c
from . import state as s
from .emit import NOTHING, note, put
from .jit import leaf, normal, typed, uniform, whole
from .texts import CARER, NO_TEXT, NURSE, SIGNS
from .vitals import observe

_HOUR = 3600


@typed("int64(uint64, int64, int64, int64, int64)")
def clock(key, day, purpose, first, last):
    """A second of the day between two hours."""
    return int(_HOUR * (first + (last - first) * uniform(key, day, purpose)))


@leaf
def care_day(w, x, key, day):
    """A day at home, after the day step; nothing is written later than 23:00."""
    quality = x[s.QUALITY]
    turn = day + int(x[s.PHASE])
    who = uniform(key, day, 310)
    _observations(w, x, quality, key, day, turn)
    _intake(w, x, quality, key, day, who)
    _signs(w, x, quality, key, day, who)
    if turn % 28 == 0:
        _monthly(w, x, quality, key, day, turn, who)
    if x[s.DID_FALL] > 0.0:
        fall_record(w, x, key, day, clock(key, day, 312, 1, 22), False)
    _incidents(w, x, key, day, who)
    _changes(w, x, key, day, who)


@leaf
def _observations(w, x, quality, key, day, turn):
    every = 14 if x[s.TYPE] == s.NURSING else (21 if x[s.TYPE] == s.RESIDENTIAL else 42)
    ill = max(x[s.SEVERITY], 0.25 if x[s.TERMINAL] > 0.0 else 0.0)
    seen = turn % every == 3 and uniform(key, day, 314) < 0.4 + 0.6 * quality
    if ill > 0.15:
        nursing = 0.30 if x[s.TYPE] == s.NURSING else 0.15
        seen = seen or uniform(key, day, 315) < quality * (nursing + 0.75 * min(ill, 0.9))
    if not seen:
        return
    score = observe(w, x, key, day, clock(key, day, 316, 7, 13), uniform(key, day, 317) < 0.55)
    if score >= 5 and uniform(key, day, 318) < 0.5:
        observe(w, x, key, day, clock(key, day, 319, 14, 21), False)


@leaf
def _intake(w, x, quality, key, day, who):
    ill = x[s.SEVERITY]
    poor = 0.10 * x[s.WASTING] + 0.06 * x[s.DYSPHAGIA] + min(0.42 * ill, 0.6) + (0.5 if x[s.TERMINAL] > 0.0 else 0.0)
    if x[s.EPISODE] == s.DEHYDRATION:
        poor += 0.25 * ill
    share = 0.16 if x[s.TYPE] == s.LEARNING else 0.30
    if uniform(key, day, 320) < quality * (share + 0.2 * x[s.WASTING] + 0.5 * min(ill, 0.6)):
        drunk = x[s.FLUID] * max(1.0 - poor, 0.05) * math.exp(0.16 * normal(key, day, 321))
        put(w, day, 22 * _HOUR, c.FLUID_INTAKE_ML, 10.0 * whole(drunk / 10.0, -100.0, 10000.0), NO_TEXT, CARER, who)
    if uniform(key, day, 323) < quality * (0.012 + 0.20 * min(poor, 0.8)):
        note(w, day, clock(key, day, 324, 8, 18), c.MEAL_REFUSED, CARER, who)
    if uniform(key, day, 325) < quality * (0.004 + 0.012 * x[s.DEMENTIA] + 0.05 * min(ill, 1.0)):
        note(w, day, clock(key, day, 326, 8, 21), c.MEDICINE_REFUSED, NURSE, who)
    if x[s.BOWEL_CHART] > 0.0 and uniform(key, day, 327) < 0.62 * quality * (1.0 - min(0.5 * poor + _slow(x), 0.9)):
        note(w, day, clock(key, day, 328, 6, 20), c.BOWELS_OPEN, CARER, who)
    if x[s.DYSPHAGIA] > 0.0:
        risk = 0.035 + (0.4 * ill if x[s.EPISODE] == s.ASPIRATION else 0.0)
        if uniform(key, day, 329) < quality * risk:
            note(w, day, clock(key, day, 330, 8, 18), c.COUGH_AT_MEALS, CARER, who)


@leaf
def _slow(x):
    """How much constipation takes from the days on which bowels open."""
    return 0.8 * min(x[s.SEVERITY], 1.0) if x[s.EPISODE] == s.CONSTIPATION else 0.0


@leaf
def _signs(w, x, quality, key, day, who):
    ill = max(x[s.SEVERITY], 0.4 if x[s.TERMINAL] > 0.0 else 0.0)
    if uniform(key, day, 332) < quality * (0.004 + min(0.75 * ill, 0.7)):
        sign = SIGNS[int(x[s.EPISODE])][int(3.0 * uniform(key, day, 333))]
        put(w, day, clock(key, day, 334, 6, 21), c.SOFT_SIGN, NOTHING, sign, CARER, who)
    if uniform(key, day, 335) < quality * (0.001 + 0.16 * min(ill, 1.0)):
        note(w, day, clock(key, day, 336, 8, 21), c.STAFF_CONCERN, CARER, who)
    if uniform(key, day, 337) < 0.0006 + 0.04 * min(ill, 1.0):
        note(w, day, clock(key, day, 338, 11, 20), c.FAMILY_CONCERN, CARER, who)
    upset = 0.006 + 0.018 * x[s.DEMENTIA] + (0.35 * ill if x[s.EPISODE] == s.DELIRIUM else 0.0)
    if uniform(key, day, 339) < quality * upset * (1.0 + x[s.EARLY]):
        note(w, day, clock(key, day, 340, 8, 22), c.DISTRESS_BEHAVIOUR, CARER, who)


@leaf
def _monthly(w, x, quality, key, day, turn, who):
    if uniform(key, day, 342) < 0.35 + 0.65 * quality:
        second = clock(key, day, 343, 9, 11)
        put(
            w,
            day,
            second,
            c.WEIGHT_KG,
            whole(10.0 * x[s.WEIGHT] * (1 + 0.006 * normal(key, day, 344)), -100.0, 10000.0) / 10.0,
            NO_TEXT,
            CARER,
            0.0,
        )
        thin = (x[s.WEIGHT] < 46.0) + (x[s.WEIGHT] < 52.0)
        score = min(thin + x[s.WASTING] * (1.0 + (uniform(key, day, 346) < 0.5)), 6.0)
        put(w, day, second + 300, c.MUST, score, NO_TEXT, CARER, who)
    pain = 1.0 + 2.0 * x[s.ARTHRITIS] + 1.5 * x[s.CANCER] + 1.6 * normal(key, day, 347)
    put(w, day, clock(key, day, 349, 9, 12), c.PAIN_SCORE, whole(pain, 0.0, 10.0), NO_TEXT, NURSE, who)
    if x[s.ULCER] > 0.0:
        put(w, day, clock(key, day, 350, 9, 12), c.PRESSURE_ULCER, x[s.ULCER], NO_TEXT, NURSE, who)
    if turn % 84 == 0:
        level = whole((x[s.FRAIL] - 4.5) * 1.1 + 0.3 * normal(key, day, 351), 0.0, 4.0)
        put(w, day, clock(key, day, 353, 9, 12), c.MOBILITY, level, NO_TEXT, NURSE, who)
        waterlow = 6.0 + 2.3 * (x[s.FRAIL] - 4.0) + 3.0 * x[s.WASTING] + 2.0 * (x[s.ULCER] > 0.0)
        score = whole(waterlow + 1.5 * normal(key, day, 354), 2.0, 40.0)
        put(w, day, clock(key, day, 356, 9, 12), c.WATERLOW, score, NO_TEXT, NURSE, who)
        if uniform(key, day, 357) < 0.4 * quality:
            drop = whole(8.0 + 5.0 * min(x[s.UNSTEADY], 2.0) + 7.0 * normal(key, day, 358), -100.0, 10000.0)
            put(w, day, clock(key, day, 360, 9, 12), c.POSTURAL_DROP, min(max(drop, -20.0), 60.0), NO_TEXT, NURSE, who)
    if turn % 364 == 0:
        note(w, day, clock(key, day, 361, 9, 15), c.ORAL_HEALTH_ASSESSMENT, NURSE, who)


@leaf
def fall_record(w, x, key, day, second, broken):
    """One fall with what belongs to it at the same time; `broken` when it ends in a fracture."""
    u = uniform(key, day, 362)
    harm = 3.0 if broken else (0.0 if u < 0.62 else (1.0 if u < 0.95 else 2.0))
    who = uniform(key, day, 363)
    put(w, day, second, c.FALL, harm, NO_TEXT, CARER, who)
    if uniform(key, day, 364) < 0.6:
        note(w, day, second, c.FALL_UNWITNESSED, CARER, who)
    if uniform(key, day, 365) < 0.07 + 0.08 * (harm > 0.0):
        note(w, day, second, c.FALL_HEAD_INJURY, CARER, who)
    if harm > 0.0 and uniform(key, day, 366) < 0.35:
        note(w, day, second, c.SKIN_TEAR, NURSE, who)


@leaf
def _incidents(w, x, key, day, who):
    u = uniform(key, day, 368)
    second = clock(key, day, 369, 8, 20)
    if u < 0.0009:
        note(w, day, second, c.SKIN_TEAR, NURSE, who)
    elif u < 0.0013:
        note(w, day, second, c.ROOM_CHANGE, CARER, who)
    elif u < 0.00155:
        note(w, day, second, c.BEREAVEMENT, CARER, who)
    fits = x[s.EPILEPSY] * (0.012 if x[s.TYPE] == s.LEARNING else 0.002)
    if x[s.EPISODE] == s.SEIZURES:
        fits += 0.5
    if uniform(key, day, 370) < fits:
        note(w, day, second, c.SEIZURE, CARER, who)
        if uniform(key, day, 371) < 0.15 + 0.3 * (x[s.EPISODE] == s.SEIZURES):
            note(w, day, second + 360, c.RESCUE_MEDICINE, NURSE, who)
    low = 0.007 * (x[s.INSULIN] + 0.5 * x[s.SULFONYLUREA]) + 0.5 * (x[s.EPISODE] == s.HYPO)
    if x[s.DIABETES] > 0.0 and uniform(key, day, 372) < low:
        note(w, day, clock(key, day, 373, 4, 11), c.HYPOGLYCAEMIA, NURSE, who)
    if x[s.CATHETER] > 0.0 and uniform(key, day, 374) < 0.004 + 0.02 * (x[s.EPISODE] == s.URINE):
        note(w, day, second, c.CATHETER_BLOCKED, NURSE, who)


@leaf
def _changes(w, x, key, day, who):
    second = clock(key, day, 376, 9, 17)
    if x[s.DID_DYSPHAGIA] > 0.0:
        diet_record(w, key, day, second)
    if x[s.DID_ULCER] != 0.0:
        put(w, day, second, c.PRESSURE_ULCER, max(x[s.DID_ULCER], 0.0), NO_TEXT, NURSE, who)


@leaf
def diet_record(w, key, day, second):
    """Modified diet and thickened drinks, as written down for a resident who cannot swallow safely."""
    put(w, day, second, c.DIET_TEXTURE, 4.0 + int(2.9 * uniform(key, day, 377)), NO_TEXT, NURSE, 0.2)
    put(w, day, second, c.FLUID_THICKNESS, float(int(3.2 * uniform(key, day, 378))), NO_TEXT, NURSE, 0.2)
