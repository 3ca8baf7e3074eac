"""One resident, one day: the step that the main simulation and every path of the truth share.

State evolves in discrete London days. On a day at home the chance of an emergency admission for a potentially avoidable
condition is p_a and, if that does not happen, of any other emergency p_n; both depend only on the state. The step draws
what would happen but leaves the emergency admission itself to its caller, so that a path can switch it off.
"""

import math

import numpy as np
from numba import njit

from . import params as q
from . import state as s
from .jit import uniform

_YEAR = 365.25


@njit
def home_week(outbreak, vacancy, respiratory, u, v):
    """Next Monday's (outbreak 0 none, 1 respiratory, 2 gut; manager vacancy 0/1) of a home."""
    if outbreak == 0:
        if u < 0.011 * respiratory:
            outbreak = 1
        elif u < 0.011 * respiratory + 0.006:
            outbreak = 2
    elif u < 0.5:
        outbreak = 0
    if vacancy == 0:
        vacancy = 1 if v < 0.006 else 0
    elif v < 0.05:
        vacancy = 0
    return outbreak, vacancy


@njit
def week_step(x, p, H, calendar, key, day, out):
    """What changes slowly (frailty, nutrition, devices, plans) and the rates of the week that follow from it."""
    home = int(x[s.HOME])
    learning = p[s.TYPE] == s.LEARNING
    x[s.FRAIL] += (0.0015 if learning else 0.0045) + 0.10 * (uniform(key, day, 1) - 0.5)
    x[s.FRAIL] = min(max(x[s.FRAIL], 2.0), 8.9)
    x[s.UNSTEADY] *= 0.84
    x[s.INFECTED] *= 0.93
    _nutrition(x, p, key, day)
    _devices(x, p, key, day, out)
    _plans(x, p, key, day, out)
    set_rates(x, p, H[home], calendar[day])


@njit
def _nutrition(x, p, key, day):
    u = uniform(key, day, 2)
    frail = max(x[s.FRAIL] - 4.0, 0.0)
    if x[s.WASTING] == 0.0:
        x[s.WASTING] = 1.0 if u < 0.0028 * frail else 0.0
    elif u < 0.045:
        x[s.WASTING] = 0.0
    trend = -0.007 if x[s.WASTING] > 0.0 else 0.0012
    x[s.WEIGHT] *= 1.0 + trend - 0.0025 * x[s.SEVERITY] + 0.006 * (uniform(key, day, 3) - 0.5)
    x[s.WEIGHT] = min(max(x[s.WEIGHT], 30.0), 130.0)


@njit
def _devices(x, p, key, day, out):
    neuro = 0.35 + p[s.DEMENTIA] + 1.5 * p[s.STROKE] + 2.0 * p[s.PARKINSONS]
    u = uniform(key, day, 4)
    if x[s.DYSPHAGIA] == 0.0 and u < 0.00055 * neuro * max(x[s.FRAIL] - 4.5, 0.2):
        x[s.DYSPHAGIA] = 1.0
        out[s.DID_DYSPHAGIA] = 1.0
    u = uniform(key, day, 5)
    if x[s.CATHETER] == 0.0:
        if u < 0.00065 * (2.0 - p[s.FEMALE]) * (0.2 if p[s.TYPE] == s.LEARNING else 1.0):
            x[s.CATHETER] = out[s.DID_CATHETER] = 1.0
    elif u < 0.012:
        x[s.CATHETER] = 0.0
        out[s.DID_CATHETER] = -1.0
    u = uniform(key, day, 6)
    if x[s.SEDATED] == 0.0:
        if u < 0.0022 * (1.0 + p[s.DEMENTIA]):
            x[s.SEDATED] = out[s.DID_SEDATED] = 1.0
    elif u < 0.012:
        x[s.SEDATED] = 0.0
        out[s.DID_SEDATED] = -1.0
    u = uniform(key, day, 7)
    if x[s.ULCER] == 0.0:
        if u < 0.0006 * max(x[s.FRAIL] - 4.5, 0.0) * (1.0 + x[s.WASTING]):
            x[s.ULCER] = out[s.DID_ULCER] = 2.0
    elif u < 0.08:
        x[s.ULCER] = 0.0
        out[s.DID_ULCER] = -1.0
    elif u > 0.985 and x[s.ULCER] < 4.0:
        x[s.ULCER] += 1.0
        out[s.DID_ULCER] = x[s.ULCER]


@njit
def _plans(x, p, key, day, out):
    u = uniform(key, day, 8)
    if x[s.END_OF_LIFE] == 0.0 and u < 0.0011 * math.exp(0.8 * (x[s.FRAIL] - 6.5)) * (1.0 + p[s.CANCER]):
        x[s.END_OF_LIFE] = out[s.DID_END_OF_LIFE] = 1.0
    u = uniform(key, day, 9)
    if x[s.PLAN] == 0.0 and u < (0.004 if p[s.TYPE] == s.LEARNING else 0.012):
        x[s.PLAN] = out[s.DID_PLAN] = 1.0


@njit
def set_rates(x, p, home, season):
    """Daily rates for the week from the state as it is now."""
    kind = int(p[s.TYPE])
    ill = math.exp(q.FRAILTY_EFFECT * (x[s.FRAIL] - 6.5)) * p[s.HIDDEN] * q.TYPE_ONSET[kind] / _YEAR
    ill *= (1.0 + 0.5 * x[s.WASTING]) * (1.0 + 0.12 * x[s.VACANCY])
    _onset_rates(x, p, ill, season)
    infected = 1.0 + 0.35 * x[s.INFECTED]
    total = 0.0
    for k in range(1, s.KINDS):
        if k <= s.SKIN or k == s.ASPIRATION:
            x[s.ONSET_KIND + k] *= infected
        total += x[s.ONSET_KIND + k]
        x[s.ONSET_KIND + k] = total
    x[s.ONSET] = total
    hump = 1.0 - 0.11 * (x[s.FRAIL] - 6.0) ** 2
    x[s.FALLS] = q.FALL_RATE / _YEAR * p[s.FALL_PRONE] * max(hump, 0.25) * (1.0 + 0.5 * x[s.SEDATED])
    if kind == s.LEARNING:
        x[s.FALLS] *= 0.5
    x[s.FRACTURES] = q.FRACTURE_SHARE * (0.6 + 0.9 * p[s.OSTEOPOROSIS] + 0.5 * p[s.FEMALE])
    x[s.DEATH] = q.MORTALITY / _YEAR * math.exp(q.MORTALITY_FRAILTY * (x[s.FRAIL] - 6.5))
    x[s.DEATH] *= (1.0 + 1.6 * x[s.END_OF_LIFE]) * (1.0 + 0.8 * p[s.CANCER]) * (1.0 + 0.6 * x[s.WASTING])
    if kind == s.LEARNING:
        x[s.DEATH] *= 0.25
    x[s.SUDDEN_RATE] = q.SUDDEN_AVOIDABLE * ill
    x[s.OTHER_RATE] = q.OTHER_EMERGENCY * ill * (1.0 + 0.4 * p[s.FIBRILLATION] + 0.3 * p[s.ISCHAEMIC] + 0.4 * p[s.CANCER])
    x[s.ELECTIVE_RATE] = q.ELECTIVE_YEAR / _YEAR
    x[s.SENDING] = home[s.H_SENDING] * (1.0 - 0.5 * x[s.END_OF_LIFE]) * (1.0 - 0.12 * x[s.PLAN])
    x[s.SENDING] *= q.TYPE_SENDING[kind]


@njit
def _onset_rates(x, p, ill, season):
    winter, gut, heat = season[0], season[1], season[2]
    chest_outbreak = 4.0 if x[s.OUTBREAK] == 1.0 else 1.0
    gut_outbreak = 8.0 if x[s.OUTBREAK] == 2.0 else 1.0
    b = q.ONSETS
    x[s.ONSET_KIND + s.CHEST] = b[s.CHEST] * ill * winter * chest_outbreak * (1.0 + 0.9 * p[s.COPD]) * (
        1.0 - 0.15 * p[s.VACCINATED]
    )
    x[s.ONSET_KIND + s.URINE] = b[s.URINE] * ill * (1.0 + 2.2 * x[s.CATHETER]) * (0.65 + 0.5 * p[s.FEMALE])
    x[s.ONSET_KIND + s.SKIN] = b[s.SKIN] * ill * (1.0 + 0.7 * p[s.DIABETES] + 0.8 * (x[s.ULCER] > 0.0))
    x[s.ONSET_KIND + s.GUT] = b[s.GUT] * ill * gut * gut_outbreak
    x[s.ONSET_KIND + s.DEHYDRATION] = b[s.DEHYDRATION] * ill * heat * (1.0 + x[s.WASTING]) * (1.0 + 0.5 * p[s.DIURETIC])
    x[s.ONSET_KIND + s.ASPIRATION] = b[s.ASPIRATION] * ill * (1.0 + 4.5 * x[s.DYSPHAGIA])
    x[s.ONSET_KIND + s.DELIRIUM] = b[s.DELIRIUM] * ill * (1.0 + 0.5 * p[s.DEMENTIA]) * (1.0 + 0.3 * x[s.SEDATED])
    x[s.ONSET_KIND + s.HEART] = ill * (b[s.HEART] + 0.42 * p[s.HEART_FAILURE])
    x[s.ONSET_KIND + s.COPD_FLARE] = ill * winter * (b[s.COPD_FLARE] + 0.70 * p[s.COPD])
    x[s.ONSET_KIND + s.HYPO] = ill * p[s.DIABETES] * (0.02 + 0.30 * p[s.INSULIN] + 0.15 * p[s.SULFONYLUREA])
    x[s.ONSET_KIND + s.SEIZURES] = p[s.EPILEPSY] * (0.9 if p[s.TYPE] == s.LEARNING else 0.25) / _YEAR * p[s.HIDDEN]


@njit
def day_step(x, p, H, calendar, key, day, out):
    """Advance `x` by one day and fill `out` with what happened; emergency admissions are drawn, not applied."""
    for i in range(s.HAPPENINGS):
        out[i] = 0.0
    if day % 7 == 0:
        week_step(x, p, H, calendar, key, day, out)
    x[s.EARLY] *= q.EARLY_FADE
    x[s.POST] *= q.POST_FADE
    if x[s.HOSPITAL] > 0.0:
        _hospital_day(x, key, day, out)
        return
    if x[s.TERMINAL] > 0.0:
        x[s.TERMINAL] -= 1.0
        if x[s.TERMINAL] <= 0.0:
            x[s.STATUS] = s.DIED
            out[s.DID_DIE] = 1.0
            return
    elif day >= x[s.LEAVE]:
        x[s.STATUS] = s.GONE
        out[s.DID_LEAVE] = 1.0
        return
    elif day >= x[s.MOVE]:
        _move(x, out)
    _illness(x, p, key, day, out)
    _fall(x, p, key, day, out)
    if _dying(x, key, day, out):
        return
    if uniform(key, day, 15) < x[s.ELECTIVE_RATE] and x[s.EPISODE] == 0.0 and x[s.TERMINAL] == 0.0:
        out[s.DID_ELECTIVE] = 1.0
        x[s.HOSPITAL] = out[s.STAY_LENGTH] = 1.0 + int(3.0 * uniform(key, day, 16))
        return
    _emergency(x, key, day, out)


@njit
def _hospital_day(x, key, day, out):
    x[s.HOSPITAL] -= 1.0
    if x[s.HOSPITAL] > 0.0:
        return
    if x[s.FATE] > 0.0:
        x[s.STATUS] = s.DIED
        out[s.DID_DIE] = 2.0
        return
    back_home(x, uniform(key, day, 17))
    out[s.DID_RETURN] = 1.0


@njit
def back_home(x, u):
    """What a hospital stay leaves behind."""
    x[s.EPISODE] = x[s.SEVERITY] = x[s.TARGET] = x[s.TREATED] = 0.0
    x[s.POST] = q.POST_EFFECT
    x[s.FRAIL] = min(x[s.FRAIL] + 0.20 * u, 8.9)
    x[s.UNSTEADY] = min(x[s.UNSTEADY] + 0.3, 2.5)


@njit
def _move(x, out):
    x[s.HOME] = x[s.MOVE_TO]
    x[s.MOVE] = 1e9
    x[s.EARLY] = max(x[s.EARLY], 0.5 * q.EARLY_EFFECT)
    x[s.OUTBREAK] = 0.0
    x[s.VACANCY] = 0.0
    out[s.DID_MOVE] = 1.0


@njit
def _illness(x, p, key, day, out):
    if x[s.EPISODE] == 0.0:
        u = uniform(key, day, 10)
        if u < x[s.ONSET] * (1.0 + x[s.EARLY]) * (1.0 + 0.5 * x[s.POST]):
            _begin(x, u / (x[s.ONSET] * (1.0 + x[s.EARLY]) * (1.0 + 0.5 * x[s.POST])) * x[s.ONSET], key, day)
            out[s.DID_ONSET] = x[s.EPISODE]
        return
    k = int(x[s.EPISODE])
    x[s.EPISODE_DAY] += 1.0
    x[s.SEVERITY] += q.RISE[k] * (x[s.TARGET] - x[s.SEVERITY]) + 0.10 * x[s.SEVERITY] * (uniform(key, day, 11) - 0.5)
    if x[s.TREATED] == 0.0:
        if x[s.SEVERITY] > 0.22 and uniform(key, day, 12) < 0.22:
            x[s.TREATED] = out[s.DID_TREAT] = 1.0
            if k <= s.SKIN or k == s.ASPIRATION or k == s.COPD_FLARE:
                x[s.INFECTED] = min(x[s.INFECTED] + 1.0, 4.0)
    else:
        x[s.TARGET] *= 0.80
    if x[s.EPISODE_DAY] > 7.0:
        x[s.TARGET] *= 0.88
    if x[s.EPISODE_DAY] > 2.0 and x[s.SEVERITY] < 0.08:
        x[s.EPISODE] = x[s.SEVERITY] = x[s.TARGET] = x[s.TREATED] = 0.0
        out[s.DID_RECOVER] = k


@njit
def _begin(x, u, key, day):
    k = 1
    while k < s.KINDS - 1 and u >= x[s.ONSET_KIND + k]:
        k += 1
    v = uniform(key, day, 13)
    x[s.EPISODE] = k
    x[s.EPISODE_DAY] = 0.0
    x[s.TARGET] = (0.25 + 1.30 * v * v) * (1.0 + 0.10 * (x[s.FRAIL] - 6.5))
    x[s.SEVERITY] = 0.06
    x[s.TREATED] = 0.0


@njit
def _fall(x, p, key, day, out):
    rate = x[s.FALLS] * (1.0 + x[s.UNSTEADY]) * (1.0 + 0.8 * x[s.EARLY]) * (1.0 + 0.9 * x[s.SEVERITY])
    if x[s.TERMINAL] == 0.0 and uniform(key, day, 14) < rate:
        out[s.DID_FALL] = 1.0
        x[s.UNSTEADY] = min(x[s.UNSTEADY] + 0.40, 2.5)


@njit
def _dying(x, key, day, out):
    if x[s.TERMINAL] > 0.0:
        return False
    if uniform(key, day, 18) >= x[s.DEATH] * (1.0 + 4.0 * x[s.SEVERITY]) * (1.0 + 0.5 * x[s.EARLY]) * (1.0 + 0.6 * x[s.POST]):
        return False
    v = uniform(key, day, 19)
    if v < 0.2:
        x[s.STATUS] = s.DIED
        out[s.DID_DIE] = 1.0
        return True
    x[s.TERMINAL] = 2.0 + int(16.0 * (v - 0.2) ** 2 / 0.64)
    out[s.DID_ENTER_TERMINAL] = 1.0
    if v > 0.5:
        if x[s.END_OF_LIFE] == 0.0:
            out[s.DID_END_OF_LIFE] = 1.0
        x[s.END_OF_LIFE] = 1.0
    return False


@njit
def _emergency(x, key, day, out):
    """Chances and draws of the day's emergency admission: avoidable first, any other only if that did not happen."""
    k = int(x[s.EPISODE])
    send = x[s.SENDING] * q.WEEKDAY[day % 7] * (1.0 + 0.6 * x[s.POST]) * (1.0 + 0.35 * x[s.EARLY])
    acute = q.ADMIT[k] * x[s.SEVERITY] * x[s.SEVERITY]
    falls = x[s.FALLS] * (1.0 + x[s.UNSTEADY]) * (1.0 + 0.8 * x[s.EARLY]) * (1.0 + 0.9 * x[s.SEVERITY])
    broken = falls * x[s.FRACTURES]
    dying = 0.010 if x[s.TERMINAL] > 0.0 else 0.0
    share = q.AVOIDABLE[k]
    if k == s.SKIN and x[s.ULCER] > 1.0:
        share = 0.5
    avoidable = send * (acute * share + x[s.SUDDEN_RATE] + 0.4 * dying) + broken
    other = send * (acute * (1.0 - share) + x[s.OTHER_RATE] + 0.6 * dying + falls * q.HEAD_INJURY_SHARE)
    out[s.P_AVOIDABLE] = min(avoidable, 0.9)
    out[s.P_OTHER] = min(other, 0.9)
    u = uniform(key, day, 20)
    if u < out[s.P_AVOIDABLE]:
        u *= avoidable / out[s.P_AVOIDABLE]
        if u < send * acute * share:
            out[s.DID_AVOIDABLE] = k
        else:
            out[s.DID_AVOIDABLE] = s.FRACTURE if avoidable - u < broken else s.SUDDEN
        return
    u = uniform(key, day, 21)
    if u < out[s.P_OTHER]:
        if u < send * acute * (1.0 - share):
            out[s.DID_OTHER] = k
        else:
            out[s.DID_OTHER] = s.HEAD_INJURY if other - u < send * falls * q.HEAD_INJURY_SHARE else s.OTHER


@njit
def admit(x, p, key, day, out):
    """Apply an emergency admission: length of stay in days (0 = home the same day) and whether it ends in death."""
    u = uniform(key, day, 22)
    fatal = q.HOSPITAL_FATALITY * math.exp(0.25 * (x[s.FRAIL] - 6.5)) * (1.0 + 0.3 * p[s.CANCER])
    if p[s.TYPE] == s.LEARNING:
        fatal *= 0.4
    if x[s.TERMINAL] > 0.0:
        fatal = 0.8
        x[s.TERMINAL] = 0.0
    x[s.FATE] = 0.0
    if u < fatal:
        x[s.FATE] = 1.0
        length = 1.0 + int(-5.0 * math.log(1.0 - uniform(key, day, 23)))
    elif uniform(key, day, 24) < 0.26:
        length = 0.0
    else:
        length = 1.0 + int(min(5.8 * math.exp(0.98 * _normal(key, day)), 90.0))
    x[s.HOSPITAL] = out[s.STAY_LENGTH] = length
    out[s.STAY_FATAL] = x[s.FATE]
    if length == 0.0:
        back_home(x, 0.0)


@njit
def _normal(key, day):
    u = 1.0 - uniform(key, day, 25)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * np.pi * uniform(key, day, 26))
