"""What changes slowly, once a week: the home, frailty, nutrition, devices, plans, and the daily rates that follow."""

import math

from . import params as q
from . import state as s
from .jit import leaf, uniform
from .reviews import list_week

_YEAR = 365.25


@leaf
def home_week(outbreak, vacancy, respiratory, u, v):
    """Next Monday's outbreak (0 none, 1 respiratory, 2 gut) and manager vacancy (0, 1) of a home."""
    if outbreak == 0.0:
        if u < 0.011 * respiratory:
            outbreak = 1.0
        elif u < 0.011 * respiratory + 0.006:
            outbreak = 2.0
    elif u < 0.5:
        outbreak = 0.0
    if vacancy == 0.0:
        vacancy = 1.0 if v < 0.006 else 0.0
    elif v < 0.05:
        vacancy = 0.0
    return outbreak, vacancy


@leaf
def set_season(x, season, day):
    """Put the seasonal multipliers of a day into the vector."""
    x[s.WINTER], x[s.GUT_SEASON] = season[day, 0], season[day, 1]
    x[s.SUMMER], x[s.HEAT_WAVE] = season[day, 2], season[day, 3]


@leaf
def week_step(x, key, day):
    """A Monday's slow changes, then the rates of the week."""
    drift = 0.0015 if x[s.TYPE] == s.LEARNING else 0.0045
    x[s.FRAIL] = min(max(x[s.FRAIL] + drift + 0.10 * (uniform(key, day, 1) - 0.5), 2.0), 8.9)
    x[s.UNSTEADY] *= 0.84 * (q.REABLEMENT_FADE if x[s.REABLEMENT] > 0.0 else 1.0)
    x[s.INFECTED] *= 0.93
    _nutrition(x, key, day)
    _switches(x, key, day)
    _skin(x, uniform(key, day, 7))
    _plans(x, key, day)
    set_rates(x)
    if day >= x[s.LISTS_FROM]:
        list_week(x, key, day)


@leaf
def _nutrition(x, key, day):
    u = uniform(key, day, 2)
    frail = max(x[s.FRAIL] - 4.0, 0.0)
    if x[s.WASTING] == 0.0:
        x[s.WASTING] = 1.0 if u < 0.0028 * frail else 0.0
    elif u < 0.045:
        x[s.WASTING] = 0.0
    trend = -0.007 if x[s.WASTING] > 0.0 else 0.0012
    x[s.WEIGHT] *= 1.0 + trend - 0.0025 * x[s.SEVERITY] + 0.006 * (uniform(key, day, 3) - 0.5)
    x[s.WEIGHT] = min(max(x[s.WEIGHT], 30.0), 130.0)


@leaf
def _switches(x, key, day):
    """Swallowing, catheter, sedatives and antipsychotics come, and the last two go."""
    neuro = 0.35 + x[s.DEMENTIA] + 1.5 * x[s.STROKE] + 2.0 * x[s.PARKINSONS]
    u = uniform(key, day, 4)
    if x[s.DYSPHAGIA] == 0.0 and u < 0.00055 * neuro * max(x[s.FRAIL] - 4.5, 0.2):
        x[s.DYSPHAGIA] = x[s.DID_DYSPHAGIA] = 1.0
    u = uniform(key, day, 5)
    if x[s.CATHETER] == 0.0:
        if u < 0.0005 * (2.0 - x[s.FEMALE]) * (0.2 if x[s.TYPE] == s.LEARNING else 1.0):
            x[s.CATHETER] = x[s.DID_CATHETER] = 1.0
    elif u < 0.012:
        x[s.CATHETER], x[s.DID_CATHETER] = 0.0, -1.0
    u = uniform(key, day, 6)
    if x[s.SEDATED] == 0.0:
        if u < 0.0022 * (1.0 + x[s.DEMENTIA]):
            x[s.SEDATED] = x[s.DID_SEDATED] = 1.0
    elif u < 0.012:
        x[s.SEDATED], x[s.DID_SEDATED] = 0.0, -1.0


@leaf
def _skin(x, u):
    if x[s.ULCER] == 0.0:
        if u < 0.0021 * max(x[s.FRAIL] - 4.5, 0.0) * (1.0 + x[s.WASTING]):
            x[s.ULCER] = x[s.DID_ULCER] = 2.0
    elif u < 0.055:
        x[s.ULCER], x[s.DID_ULCER] = 0.0, -1.0
    elif u > 0.985 and x[s.ULCER] < 4.0:
        x[s.ULCER] += 1.0
        x[s.DID_ULCER] = x[s.ULCER]


@leaf
def _plans(x, key, day):
    if x[s.END_OF_LIFE] == 0.0:
        rate = 0.0027 * math.exp(0.8 * (x[s.FRAIL] - 6.5)) * (1.0 + x[s.CANCER])
        if uniform(key, day, 8) < rate:
            x[s.END_OF_LIFE] = x[s.DID_END_OF_LIFE] = 1.0
    if x[s.PLAN] == 0.0 and uniform(key, day, 9) < (0.004 if x[s.TYPE] == s.LEARNING else 0.0065):
        x[s.PLAN] = x[s.DID_PLAN] = 1.0


@leaf
def set_rates(x):
    """Daily rates for the week from the vector as it is now."""
    kind = int(x[s.TYPE])
    ill = math.exp(q.FRAILTY_EFFECT * (x[s.FRAIL] - 6.5)) * x[s.HIDDEN] * q.TYPE_ONSET[kind] / _YEAR
    ill *= (1.0 + 0.9 * x[s.WASTING]) * (1.0 + 0.12 * x[s.VACANCY])
    _onset_rates(x, ill)
    _running_total(x)
    hump = max(1.0 - 0.11 * (x[s.FRAIL] - 6.0) ** 2, 0.25)
    x[s.FALLS] = q.FALL_RATE * q.TYPE_FALLS[kind] / _YEAR * x[s.FALL_PRONE] * hump * (1.0 + 0.5 * x[s.SEDATED])
    x[s.FALLS] *= 1.0 + q.AGENCY_FALLS * x[s.AGENCY]
    x[s.FRACTURES] = q.FRACTURE_SHARE * (0.6 + 0.9 * x[s.OSTEOPOROSIS] + 0.5 * x[s.FEMALE])
    x[s.DEATH] = q.MORTALITY * q.TYPE_DEATH[kind] / _YEAR * math.exp(q.MORTALITY_FRAILTY * (x[s.FRAIL] - 6.5))
    x[s.DEATH] *= (1.0 + 1.1 * x[s.END_OF_LIFE]) * (1.0 + 0.8 * x[s.CANCER]) * (1.0 + 0.6 * x[s.WASTING])
    x[s.DEATH] *= 1.0 + q.HEAT_DEATH * x[s.HEAT_WAVE]
    x[s.SUDDEN_RATE] = q.SUDDEN_AVOIDABLE * ill
    heart = 1.0 + 0.4 * x[s.FIBRILLATION] + 0.3 * x[s.ISCHAEMIC] + 0.4 * x[s.CANCER]
    x[s.OTHER_RATE] = q.OTHER_EMERGENCY * ill * heart
    x[s.SENDING] = x[s.HOME_SENDING] * (1.0 - 0.4 * x[s.END_OF_LIFE]) * (1.0 - 0.12 * x[s.PLAN]) * q.TYPE_SENDING[kind]


@leaf
def _onset_rates(x, ill):
    first, b = s.ONSET_KIND, q.ONSETS
    chest = 4.0 if x[s.OUTBREAK] == 1.0 else 1.0
    gut = 8.0 if x[s.OUTBREAK] == 2.0 else 1.0
    infected = 1.0 + 0.85 * x[s.INFECTED]
    lungs = (1.0 + 1.6 * x[s.COPD]) * (1.0 - 0.15 * x[s.VACCINATED])
    x[first + s.CHEST] = b[s.CHEST] * ill * x[s.WINTER] * chest * lungs * infected
    x[first + s.URINE] = (
        b[s.URINE] * ill * (1.0 + q.CATHETER_URINE * x[s.CATHETER]) * (0.65 + 0.5 * x[s.FEMALE]) * infected
    )
    x[first + s.URINE] *= 1.0 + q.HEAT_URINE * x[s.HEAT_WAVE]
    x[first + s.SKIN] = b[s.SKIN] * ill * (1.0 + 0.7 * x[s.DIABETES] + 0.8 * (x[s.ULCER] > 0.0)) * infected
    x[first + s.GUT] = b[s.GUT] * ill * x[s.GUT_SEASON] * gut
    dry = (1.0 + x[s.WASTING]) * (1.0 + 0.5 * x[s.DIURETIC])
    x[first + s.DEHYDRATION] = b[s.DEHYDRATION] * ill * x[s.SUMMER] * dry * (1.0 + q.HEAT_DEHYDRATION * x[s.HEAT_WAVE])
    x[first + s.ASPIRATION] = b[s.ASPIRATION] * ill * (1.0 + 6.0 * x[s.DYSPHAGIA]) * infected
    x[first + s.DELIRIUM] = b[s.DELIRIUM] * ill * (1.0 + 0.5 * x[s.DEMENTIA]) * (1.0 + 0.3 * x[s.SEDATED])
    x[first + s.HEART] = ill * (b[s.HEART] + 0.42 * x[s.HEART_FAILURE])
    x[first + s.COPD_FLARE] = ill * x[s.WINTER] * (b[s.COPD_FLARE] + 0.38 * x[s.COPD])
    x[first + s.HYPO] = ill * x[s.DIABETES] * (0.02 + 0.30 * x[s.INSULIN] + 0.15 * x[s.SULFONYLUREA])
    fits = 0.9 if x[s.TYPE] == s.LEARNING else 0.25
    slow = (1.0 + 1.2 * x[s.OPIOID]) * (1.0 + 0.5 * x[s.PARKINSONS]) * (2.5 if x[s.TYPE] == s.LEARNING else 1.0)
    x[first + s.CONSTIPATION] = b[s.CONSTIPATION] * ill * slow
    x[first + s.WOUND] = b[s.WOUND] * ill * (x[s.ULCER] > 1.0) * (1.0 + 0.5 * x[s.DIABETES])
    harmful = 1.0 + 0.8 * x[s.ANTICOAGULANT] + 0.4 * x[s.SEDATED] + 0.4 * x[s.DIURETIC]
    x[first + s.MEDICINE_HARM] = b[s.MEDICINE_HARM] * ill * 0.125 * x[s.MEDICINES] * harmful
    x[first + s.SEIZURES] = x[s.EPILEPSY] * fits / _YEAR * x[s.HIDDEN]


@leaf
def _running_total(x):
    """Rates by kind become cumulative, so that one number picks the kind."""
    total = 0.0
    for k in range(s.ONSET_KIND + 1, s.ONSET_KIND + s.KINDS):
        total += x[k]
        x[k] = total
    x[s.ONSET] = total
