"""What general practice, pharmacy and community services write about a resident on a day."""

import math

from numba import njit

from . import codes as c
from . import state as s
from .care import clock
from .emit import NOTHING, put
from .jit import normal, uniform
from .texts import ANTIBIOTIC_0, GP, MEDICINE_0, NO_TEXT, PHARMACIST, PRACTITIONER, THERAPIST

# Antibiotic classes by infection (texts.ANTIBIOTICS), the commonest first.
_CHEST = (0, 1, 2, 0)
_URINE = (4, 3, 7, 5)
_SKIN = (6, 6, 1, 2)
FIRST_VACCINE = 268  # day of the year, late September


@njit
def practice_day(w, x, p, home, out, key, day, doy):
    """A day of the journal of general practice and community services, resident at home; `doy` is the day of year."""
    u = uniform(key, day, 400)
    _contacts(w, x, p, home, out, key, day, u)
    if out[s.DID_TREAT] > 0.0:
        treat(w, x, p, key, day)
    if uniform(key, day, 401) < 0.0011:
        second = clock(key, day, 402, 9, 18)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + int(8.0 * u), GP, u)
    turn = day + int(p[s.PHASE])
    if turn % 182 == 60:
        half_year(w, x, p, key, day)
    if turn % 364 == 200:
        _yearly(w, x, p, key, day)
    _medicines(w, x, p, out, key, day)
    _devices_and_plans(w, x, p, out, key, day)
    if FIRST_VACCINE <= doy < FIRST_VACCINE + 64:
        _vaccines(w, p, key, day, doy)
    if out[s.DID_RETURN] > 0.0:
        _after_discharge(w, key, day)


@njit
def _contacts(w, x, p, home, out, key, day, u):
    ill = max(x[s.SEVERITY], 0.5 if x[s.TERMINAL] > 0.0 else 0.0)
    weekday = day % 7
    learning = p[s.TYPE] == s.LEARNING
    if weekday == int(home[s.H_ROUND]) and not learning:
        chosen = 0.13 + 0.6 * min(ill, 0.8) + 0.15 * (x[s.POST] > 0.7) + 0.06 * x[s.EARLY]
        if uniform(key, day, 404) < chosen:
            second = clock(key, day, 405, 9, 12)
            put(w, day, second, c.HOME_ROUND_REVIEW, NOTHING, NO_TEXT, GP, u)
            if uniform(key, day, 406) < 0.35:
                put(w, day, second, c.GP_VISIT, NOTHING, NO_TEXT, GP, u)
    if weekday < 5 and uniform(key, day, 407) < 0.014 + 0.20 * min(ill, 1.0) + 0.006 * x[s.INFECTED]:
        put(w, day, clock(key, day, 408, 8, 18), c.GP_CONTACT, NOTHING, NO_TEXT, GP, u * 0.999)
    if weekday < 5 and uniform(key, day, 409) < 0.0016 * (1.0 + 2.0 * ill):
        put(w, day, clock(key, day, 410, 13, 17), c.MDT_REVIEW, NOTHING, NO_TEXT, GP, u)
    nursing = 0.004 + 0.03 * (x[s.ULCER] > 0.0) + 0.01 * x[s.CATHETER]
    if p[s.TYPE] != s.NURSING and weekday < 6 and uniform(key, day, 411) < nursing:
        put(w, day, clock(key, day, 412, 9, 17), c.DISTRICT_NURSE, NOTHING, NO_TEXT, PRACTITIONER, u)
    if weekday < 5 and uniform(key, day, 413) < 0.002 + 0.004 * min(x[s.UNSTEADY], 2.0):
        put(w, day, clock(key, day, 414, 9, 16), c.PHYSIOTHERAPY, NOTHING, NO_TEXT, THERAPIST, u)
    if x[s.WASTING] > 0.0 and uniform(key, day, 415) < 0.006:
        put(w, day, clock(key, day, 416, 9, 16), c.DIETITIAN, NOTHING, NO_TEXT, THERAPIST, u)


@njit
def treat(w, x, p, key, day):
    """The treatment that begins on this day, with the diagnosis that was written down."""
    k = int(x[s.EPISODE])
    u = uniform(key, day, 420)
    second = clock(key, day, 421, 9, 18)
    put(w, day, second, c.GP_CONTACT, NOTHING, NO_TEXT, GP, u)
    if uniform(key, day, 422) < 0.4:
        put(w, day, second, c.GP_VISIT, NOTHING, NO_TEXT, GP, u)
    pick = int(4.0 * u)
    if k == s.CHEST or k == s.ASPIRATION or k == s.COPD_FLARE:
        put(w, day, second, c.CHEST_INFECTION, NOTHING, NO_TEXT, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _CHEST[pick], GP, u)
        if k == s.ASPIRATION and uniform(key, day, 423) < 0.4:
            put(w, day, second + 600, c.SWALLOW_ASSESSMENT, NOTHING, NO_TEXT, THERAPIST, u)
    elif k == s.URINE:
        put(w, day, second, c.UTI, NOTHING, NO_TEXT, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _URINE[pick], GP, u)
    elif k == s.SKIN:
        put(w, day, second, c.SKIN_INFECTION, NOTHING, NO_TEXT, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _SKIN[pick], GP, u)
    elif k == s.DELIRIUM:
        put(w, day, second, c.DELIRIUM, NOTHING, NO_TEXT, GP, u)
        put(w, day, second, c.FOUR_AT, 4.0 + int(6.0 * u), NO_TEXT, GP, u)
    elif k == s.HEART:
        put(w, day, second, c.MEDICINE_STARTED, NOTHING, MEDICINE_0 + 10, GP, u)
    if (k <= s.SKIN or k == s.DEHYDRATION) and uniform(key, day, 424) < 0.25:
        _bloods(w, x, p, key, day, second + 900)


@njit
def _bloods(w, x, p, key, day, second):
    dry = x[s.SEVERITY] if x[s.EPISODE] == s.DEHYDRATION else 0.3 * x[s.SEVERITY]
    renal = 62.0 - 22.0 * p[s.KIDNEY] - 0.5 * (p[s.AGE] - 80.0) + 6.0 * normal(key, day, 426) - 14.0 * dry
    put(w, day, second, c.EGFR, min(max(round(renal), 8.0), 110.0), NO_TEXT, GP, 0.1)
    salt = 138.5 - 2.0 * p[s.DIURETIC] + 2.6 * normal(key, day, 428) + 5.0 * dry
    put(w, day, second, c.SODIUM, min(max(round(salt), 118.0), 160.0), NO_TEXT, GP, 0.1)
    blood = 121.0 + 8.0 * (1.0 - p[s.FEMALE]) - 8.0 * p[s.KIDNEY] - 10.0 * p[s.CANCER] + 11.0 * normal(key, day, 430)
    put(w, day, second, c.HAEMOGLOBIN, min(max(round(blood), 65.0), 175.0), NO_TEXT, GP, 0.1)
    infected = x[s.SEVERITY] if x[s.EPISODE] in (s.CHEST, s.URINE, s.SKIN, s.ASPIRATION) else 0.1
    crp = math.exp(1.6 + 2.2 * min(infected, 1.3) + 0.7 * normal(key, day, 432))
    put(w, day, second, c.CRP, min(round(crp), 400.0), NO_TEXT, GP, 0.1)


@njit
def half_year(w, x, p, key, day):
    """Half-yearly readings: frailty, medicines, burden and blood tests."""
    second = clock(key, day, 434, 9, 12)
    put(w, day, second, c.CFS, frailty_scale(x, key, day), NO_TEXT, GP, 0.1)
    put(w, day, second, c.MEDICINE_COUNT, medicine_count(x, p, key, day), NO_TEXT, PHARMACIST, 0.1)
    burden = 0.8 * x[s.SEDATED] * 2.0 + 0.5 * p[s.DEPRESSION] + 0.12 * p[s.MEDICINES] + 0.6 * normal(key, day, 436)
    put(w, day, second, c.ACB_SCORE, min(max(round(burden), 0.0), 12.0), NO_TEXT, PHARMACIST, 0.1)
    _bloods(w, x, p, key, day, second + 1800)
    if p[s.DIABETES] > 0.0:
        sugar = 58.0 - 9.0 * (p[s.INSULIN] + p[s.SULFONYLUREA]) * (uniform(key, day, 440) < 0.4)
        put(w, day, second + 1800, c.HBA1C, round(sugar + 9.0 * normal(key, day, 438)), NO_TEXT, GP, 0.1)


@njit
def frailty_scale(x, key, day):
    """Clinical Frailty Scale as a clinician would read it off: whole levels, now and then one off."""
    return min(max(round(x[s.FRAIL] + 0.35 * normal(key, day, 442)), 1.0), 9.0)


@njit
def medicine_count(x, p, key, day):
    """Regular medicines at a count: what the conditions need and how the year went."""
    count = p[s.MEDICINES] + x[s.SEDATED] + 0.4 * x[s.INFECTED] - 2.5 * x[s.END_OF_LIFE] + 0.8 * normal(key, day, 444)
    return min(max(round(count), 0.0), 30.0)


@njit
def _yearly(w, x, p, key, day):
    second = clock(key, day, 446, 9, 16)
    u = uniform(key, day, 447)
    if u < 0.7:
        put(w, day, second, c.STRUCTURED_MEDICATION_REVIEW, NOTHING, NO_TEXT, PHARMACIST, u)
    if uniform(key, day, 448) < 0.75:
        put(w, day, second + 1200, c.CARE_PLAN, NOTHING, NO_TEXT, GP, u)
    if uniform(key, day, 449) < 0.3:
        put(w, day, second + 2400, c.DENTAL_CONTACT, NOTHING, NO_TEXT, GP, u)
    if p[s.TYPE] == s.LEARNING:
        if uniform(key, day, 450) < 0.75:
            put(w, day, second + 3000, c.ANNUAL_HEALTH_CHECK, NOTHING, NO_TEXT, GP, u)
        if uniform(key, day, 451) < 0.5:
            put(w, day, second + 3300, c.HOSPITAL_PASSPORT, NOTHING, NO_TEXT, GP, u)


@njit
def _medicines(w, x, p, out, key, day):
    u = uniform(key, day, 453)
    if day % 7 < 5 and u < 0.0085 + 0.02 * (x[s.POST] > 0.9):
        second = clock(key, day, 454, 9, 17)
        if uniform(key, day, 455) < 0.6:
            put(w, day, second, c.MEDICINE_STARTED, NOTHING, MEDICINE_0 + int(7.0 * uniform(key, day, 456)), GP, u * 50)
        else:
            put(w, day, second, c.MEDICINE_STOPPED, NOTHING, NO_TEXT, PHARMACIST, 0.3)
    if day % 7 < 5 and uniform(key, day, 457) < 0.0022:
        put(w, day, clock(key, day, 458, 9, 17), c.PHARMACIST_REVIEW, NOTHING, NO_TEXT, PHARMACIST, 0.3)
    if out[s.DID_SEDATED] != 0.0:
        second = clock(key, day, 459, 9, 17)
        code = c.ANTIPSYCHOTIC if (p[s.DEMENTIA] > 0.0 and p[s.PHASE] % 2.0 == 0.0) else c.SEDATIVE
        put(w, day, second, code, 1.0 if out[s.DID_SEDATED] > 0.0 else 0.0, NO_TEXT, GP, 0.4)


@njit
def _devices_and_plans(w, x, p, out, key, day):
    second = clock(key, day, 460, 9, 17)
    if out[s.DID_CATHETER] != 0.0:
        put(w, day, second, c.CATHETER, 1.0 if out[s.DID_CATHETER] > 0.0 else 0.0, NO_TEXT, GP, 0.4)
    if x[s.CATHETER] > 0.0 and (day + int(p[s.PHASE])) % 70 == 0:
        put(w, day, second, c.CATHETER_CHANGE, NOTHING, NO_TEXT, PRACTITIONER, 0.4)
    if out[s.DID_DYSPHAGIA] > 0.0:
        put(w, day, second, c.DYSPHAGIA, NOTHING, NO_TEXT, GP, 0.4)
        put(w, day, second, c.SWALLOW_ASSESSMENT, NOTHING, NO_TEXT, THERAPIST, 0.4)
    if out[s.DID_PLAN] > 0.0:
        put(w, day, second, c.ADVANCE_CARE_PLAN, NOTHING, NO_TEXT, GP, 0.4)
        if uniform(key, day, 461) < 0.7:
            put(w, day, second, c.RESPECT_FORM, NOTHING, NO_TEXT, GP, 0.4)
        if uniform(key, day, 462) < 0.5:
            put(w, day, second, c.PREFERRED_PLACE, NOTHING, NO_TEXT, GP, 0.4)
    if out[s.DID_END_OF_LIFE] > 0.0:
        put(w, day, second, c.END_OF_LIFE_REGISTER, 1.0, NO_TEXT, GP, 0.4)
        if uniform(key, day, 463) < 0.6:
            put(w, day, second, c.ANTICIPATORY_MEDICINES, NOTHING, NO_TEXT, GP, 0.4)


@njit
def _vaccines(w, p, key, day, doy):
    """The autumn's vaccines, each on this resident's own day of the campaign."""
    turn = int(p[s.PHASE]) % 56
    second = clock(key, day, 466, 9, 16)
    u = uniform(key, day, 465)
    if doy == FIRST_VACCINE + turn and p[s.VACCINATED] > 0.0 and u < 0.95:
        put(w, day, second, c.FLU_VACCINE, NOTHING, NO_TEXT, PRACTITIONER, 0.5)
        if u < 0.12:
            put(w, day, second, c.RSV_VACCINE, NOTHING, NO_TEXT, PRACTITIONER, 0.5)
        elif u < 0.20:
            put(w, day, second, c.PNEUMOCOCCAL_VACCINE, NOTHING, NO_TEXT, PRACTITIONER, 0.5)
    elif doy == FIRST_VACCINE + 8 + turn and p[s.VACCINATED] > 0.0 and u < 0.85:
        put(w, day, second, c.COVID_VACCINE, NOTHING, NO_TEXT, PRACTITIONER, 0.5)


@njit
def _after_discharge(w, key, day):
    """The discharge summary and the assessment that is due within seven working days of return."""
    if uniform(key, day, 468) < 0.8:
        put(w, day, clock(key, day, 469, 20, 23), c.DISCHARGE_SUMMARY, NOTHING, NO_TEXT, GP, 0.1)
    if uniform(key, day, 470) < 0.5:
        later = day + 1 + int(9.0 * uniform(key, day, 471))
        put(w, later, clock(key, day, 472, 9, 16), c.COMPREHENSIVE_ASSESSMENT, NOTHING, NO_TEXT, GP, 0.1)
        if uniform(key, day, 473) < 0.6:
            put(w, later, clock(key, day, 472, 9, 16), c.CARE_PLAN, NOTHING, NO_TEXT, GP, 0.1)
