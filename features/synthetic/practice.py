"""What general practice, pharmacy and community services write about a resident on a day."""

import math

from . import codes as c
from . import state as s
from .care import clock
from .emit import NOTHING, REVIEWED, note, put, write
from .jit import leaf, normal, uniform, whole
from .texts import ANTIBIOTIC_0, GP, MEDICINE_0, NO_TEXT, PHARMACIST, PRACTITIONER, THERAPIST

# Antibiotic classes by infection (texts.ANTIBIOTICS), the commonest first.
_CHEST = (0, 1, 2, 0)
_URINE = (4, 3, 7, 5)
_SKIN = (6, 6, 1, 2)
FIRST_VACCINE = 268  # day of the year, late September
REVIEW_SECOND, PLAN_SECOND = 41400, 42300  # of the day: a review that a list asked for, and its care plan


@leaf
def practice_day(w, x, key, day, doy):
    """A day of the journal of general practice and community services, resident at home; `doy` is the day of year."""
    u = uniform(key, day, 400)
    _contacts(w, x, key, day, u)
    if x[s.DID_TREAT] > 0.0:
        treat(w, x, key, day)
    if uniform(key, day, 401) < 0.0006:
        second = clock(key, day, 402, 9, 18)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + int(8.0 * u), GP, u)
    turn = day + int(x[s.PHASE])
    if turn % 182 == 60:
        half_year(w, x, key, day)
    if turn % 364 == 200:
        _yearly(w, x, key, day)
    _medicines(w, x, key, day)
    _devices_and_plans(w, x, key, day)
    if FIRST_VACCINE <= doy < FIRST_VACCINE + 64:
        _vaccines(w, x, key, day, doy)
    if x[s.DID_RETURN] > 0.0:
        _after_discharge(w, key, day)
    if x[s.DID_REVIEW] > 0.0:
        note(w, day, REVIEW_SECOND, c.MDT_REVIEW, GP, u)
        write(w, REVIEWED, day, REVIEW_SECOND, x[s.REVIEWED_UNTIL], 0, 0)
        if uniform(key, day, 475) < 0.5:
            note(w, day, PLAN_SECOND, c.CARE_PLAN, GP, u)
    _reablement(w, x, key, day)


@leaf
def _contacts(w, x, key, day, u):
    ill = max(x[s.SEVERITY], 0.5 if x[s.TERMINAL] > 0.0 else 0.0)
    weekday = day % 7
    learning = x[s.TYPE] == s.LEARNING
    if weekday == int(x[s.ROUND]) and not learning:
        chosen = 0.20 + 0.6 * min(ill, 0.8) + 0.15 * (x[s.POST] > 0.7) + 0.06 * x[s.EARLY]
        if uniform(key, day, 404) < chosen:
            second = clock(key, day, 405, 9, 12)
            note(w, day, second, c.HOME_ROUND_REVIEW, GP, u)
            if uniform(key, day, 406) < 0.35:
                note(w, day, second, c.GP_VISIT, GP, u)
    if weekday < 5 and uniform(key, day, 407) < 0.014 + 0.20 * min(ill, 1.0) + 0.006 * x[s.INFECTED]:
        note(w, day, clock(key, day, 408, 8, 18), c.GP_CONTACT, GP, u * 0.999)
    if weekday < 5 and uniform(key, day, 409) < 0.0016 * (1.0 + 2.0 * ill):
        note(w, day, clock(key, day, 410, 13, 17), c.MDT_REVIEW, GP, u)
    nursing = 0.004 + 0.03 * (x[s.ULCER] > 0.0) + 0.01 * x[s.CATHETER]
    if x[s.TYPE] != s.NURSING and weekday < 6 and uniform(key, day, 411) < nursing:
        note(w, day, clock(key, day, 412, 9, 17), c.DISTRICT_NURSE, PRACTITIONER, u)
    if weekday < 5 and uniform(key, day, 413) < 0.002 + 0.004 * min(x[s.UNSTEADY], 2.0):
        note(w, day, clock(key, day, 414, 9, 16), c.PHYSIOTHERAPY, THERAPIST, u)
    if x[s.WASTING] > 0.0 and uniform(key, day, 415) < 0.006:
        note(w, day, clock(key, day, 416, 9, 16), c.DIETITIAN, THERAPIST, u)


@leaf
def treat(w, x, key, day):
    """The treatment that begins on this day, with the diagnosis that was written down."""
    k = int(x[s.EPISODE])
    u = uniform(key, day, 420)
    second = clock(key, day, 421, 9, 18)
    note(w, day, second, c.GP_CONTACT, GP, u)
    if uniform(key, day, 422) < 0.4:
        note(w, day, second, c.GP_VISIT, GP, u)
    pick = int(4.0 * u)
    if k == s.CHEST or k == s.ASPIRATION or k == s.COPD_FLARE:
        if k != s.COPD_FLARE or uniform(key, day, 419) < 0.3:
            note(w, day, second, c.CHEST_INFECTION, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _CHEST[pick], GP, u)
        if k == s.ASPIRATION and uniform(key, day, 423) < 0.4:
            note(w, day, second + 600, c.SWALLOW_ASSESSMENT, THERAPIST, u)
    elif k == s.URINE:
        note(w, day, second, c.UTI, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _URINE[pick], GP, u)
    elif k == s.SKIN or k == s.WOUND:
        note(w, day, second, c.SKIN_INFECTION, GP, u)
        put(w, day, second, c.ANTIBIOTIC, NOTHING, ANTIBIOTIC_0 + _SKIN[pick], GP, u)
    elif k == s.DELIRIUM:
        note(w, day, second, c.DELIRIUM, GP, u)
        put(w, day, second, c.FOUR_AT, 4.0 + int(6.0 * u), NO_TEXT, GP, u)
    elif k == s.HEART:
        put(w, day, second, c.MEDICINE_STARTED, NOTHING, MEDICINE_0 + 10, GP, u)
    elif k == s.CONSTIPATION:
        put(w, day, second, c.MEDICINE_STARTED, NOTHING, MEDICINE_0, GP, u)
    elif k == s.MEDICINE_HARM:
        note(w, day, second, c.MEDICINE_STOPPED, GP, u)
        if uniform(key, day, 418) < 0.5:
            note(w, day, second + 1200, c.PHARMACIST_REVIEW, PHARMACIST, u)
    if (k <= s.SKIN or k == s.DEHYDRATION or k == s.MEDICINE_HARM) and uniform(key, day, 424) < 0.25:
        _bloods(w, x, key, day, second + 900)


@leaf
def _bloods(w, x, key, day, second):
    dry = x[s.SEVERITY] if x[s.EPISODE] == s.DEHYDRATION else 0.3 * x[s.SEVERITY]
    renal = 62.0 - 22.0 * x[s.KIDNEY] - 0.5 * (x[s.AGE] - 80.0) + 6.0 * normal(key, day, 426) - 14.0 * dry
    put(w, day, second, c.EGFR, whole(renal, 8.0, 110.0), NO_TEXT, GP, 0.1)
    salt = 138.5 - 2.0 * x[s.DIURETIC] + 2.6 * normal(key, day, 428) + 5.0 * dry
    put(w, day, second, c.SODIUM, whole(salt, 118.0, 160.0), NO_TEXT, GP, 0.1)
    blood = 121.0 + 8.0 * (1.0 - x[s.FEMALE]) - 8.0 * x[s.KIDNEY] - 10.0 * x[s.CANCER] + 11.0 * normal(key, day, 430)
    put(w, day, second, c.HAEMOGLOBIN, whole(blood, 65.0, 175.0), NO_TEXT, GP, 0.1)
    infected = x[s.SEVERITY] if x[s.EPISODE] in (s.CHEST, s.URINE, s.SKIN, s.ASPIRATION) else 0.1
    crp = math.exp(1.6 + 2.2 * min(infected, 1.3) + 0.7 * normal(key, day, 432))
    put(w, day, second, c.CRP, whole(crp, 0.0, 400.0), NO_TEXT, GP, 0.1)


@leaf
def half_year(w, x, key, day):
    """Half-yearly readings: frailty, medicines, burden and blood tests."""
    second = clock(key, day, 434, 9, 12)
    put(w, day, second, c.CFS, frailty_scale(x, key, day), NO_TEXT, GP, 0.1)
    put(w, day, second, c.MEDICINE_COUNT, medicine_count(x, key, day), NO_TEXT, PHARMACIST, 0.1)
    burden = 0.8 * x[s.SEDATED] * 2.0 + 0.5 * x[s.DEPRESSION] + 0.12 * x[s.MEDICINES] + 0.6 * normal(key, day, 436)
    put(w, day, second, c.ACB_SCORE, whole(burden, 0.0, 12.0), NO_TEXT, PHARMACIST, 0.1)
    _bloods(w, x, key, day, second + 1800)
    if x[s.DIABETES] > 0.0:
        sugar = 58.0 - 9.0 * (x[s.INSULIN] + x[s.SULFONYLUREA]) * (uniform(key, day, 440) < 0.4)
        put(
            w,
            day,
            second + 1800,
            c.HBA1C,
            whole(sugar + 9.0 * normal(key, day, 438), -100.0, 10000.0),
            NO_TEXT,
            GP,
            0.1,
        )


@leaf
def frailty_scale(x, key, day):
    """Clinical Frailty Scale as a clinician would read it off: whole levels, now and then one off."""
    return whole(x[s.FRAIL] + 0.17 + 0.25 * normal(key, day, 442), 1.0, 9.0)


@leaf
def medicine_count(x, key, day):
    """Regular medicines at a count: what the conditions need and how the year went."""
    count = x[s.MEDICINES] + x[s.SEDATED] + 0.4 * x[s.INFECTED] - 2.5 * x[s.END_OF_LIFE] + 0.8 * normal(key, day, 444)
    return whole(count, 0.0, 30.0)


@leaf
def _yearly(w, x, key, day):
    second = clock(key, day, 446, 9, 16)
    u = uniform(key, day, 447)
    if u < 0.7:
        note(w, day, second, c.STRUCTURED_MEDICATION_REVIEW, PHARMACIST, u)
    if uniform(key, day, 448) < 0.75:
        note(w, day, second + 1200, c.CARE_PLAN, GP, u)
    if uniform(key, day, 449) < 0.3:
        note(w, day, second + 2400, c.DENTAL_CONTACT, GP, u)
    if x[s.TYPE] == s.LEARNING:
        if uniform(key, day, 450) < 0.75:
            note(w, day, second + 3000, c.ANNUAL_HEALTH_CHECK, GP, u)
        if uniform(key, day, 451) < 0.5:
            note(w, day, second + 3300, c.HOSPITAL_PASSPORT, GP, u)


@leaf
def _medicines(w, x, key, day):
    u = uniform(key, day, 453)
    if day % 7 < 5 and u < 0.0085 + 0.02 * (x[s.POST] > 0.9):
        second = clock(key, day, 454, 9, 17)
        if uniform(key, day, 455) < 0.6:
            put(w, day, second, c.MEDICINE_STARTED, NOTHING, MEDICINE_0 + int(7.0 * uniform(key, day, 456)), GP, u * 50)
        else:
            note(w, day, second, c.MEDICINE_STOPPED, PHARMACIST, 0.3)
    if day % 7 < 5 and uniform(key, day, 457) < 0.0022:
        note(w, day, clock(key, day, 458, 9, 17), c.PHARMACIST_REVIEW, PHARMACIST, 0.3)
    if x[s.DID_SEDATED] != 0.0:
        second = clock(key, day, 459, 9, 17)
        code = c.ANTIPSYCHOTIC if (x[s.DEMENTIA] > 0.0 and x[s.PHASE] % 2.0 == 0.0) else c.SEDATIVE
        put(w, day, second, code, 1.0 if x[s.DID_SEDATED] > 0.0 else 0.0, NO_TEXT, GP, 0.4)


@leaf
def _devices_and_plans(w, x, key, day):
    second = clock(key, day, 460, 9, 17)
    if x[s.DID_CATHETER] != 0.0:
        put(w, day, second, c.CATHETER, 1.0 if x[s.DID_CATHETER] > 0.0 else 0.0, NO_TEXT, GP, 0.4)
    if x[s.CATHETER] > 0.0 and (day + int(x[s.PHASE])) % 70 == 0:
        note(w, day, second, c.CATHETER_CHANGE, PRACTITIONER, 0.4)
    if x[s.DID_DYSPHAGIA] > 0.0:
        note(w, day, second, c.DYSPHAGIA, GP, 0.4)
        note(w, day, second, c.SWALLOW_ASSESSMENT, THERAPIST, 0.4)
    if x[s.DID_PLAN] > 0.0:
        note(w, day, second, c.ADVANCE_CARE_PLAN, GP, 0.4)
        if uniform(key, day, 461) < 0.7:
            note(w, day, second, c.RESPECT_FORM, GP, 0.4)
        if uniform(key, day, 462) < 0.5:
            note(w, day, second, c.PREFERRED_PLACE, GP, 0.4)
    if x[s.DID_WARD] != 0.0:
        put(w, day, second, c.VIRTUAL_WARD, 1.0 if x[s.DID_WARD] > 0.0 else 0.0, NO_TEXT, PRACTITIONER, 0.4)
    if x[s.DID_END_OF_LIFE] > 0.0:
        put(w, day, second, c.END_OF_LIFE_REGISTER, 1.0, NO_TEXT, GP, 0.4)
        if uniform(key, day, 463) < 0.6:
            note(w, day, second, c.ANTICIPATORY_MEDICINES, GP, 0.4)


@leaf
def _reablement(w, x, key, day):
    second = clock(key, day, 476, 9, 16)
    if x[s.DID_REABLEMENT] != 0.0:
        put(w, day, second, c.REABLEMENT, 1.0 if x[s.DID_REABLEMENT] > 0.0 else 0.0, NO_TEXT, THERAPIST, 0.4)
    if x[s.REABLEMENT] > 0.0 and day % 7 < 5 and uniform(key, day, 477) < 0.15:
        note(w, day, second, c.PHYSIOTHERAPY, THERAPIST, 0.6)


@leaf
def _vaccines(w, x, key, day, doy):
    """The autumn's vaccines, each on this resident's own day of the campaign."""
    turn = int(x[s.PHASE]) % 56
    second = clock(key, day, 466, 9, 16)
    u = uniform(key, day, 465)
    if doy == FIRST_VACCINE + turn and x[s.VACCINATED] > 0.0 and u < 0.95:
        note(w, day, second, c.FLU_VACCINE, PRACTITIONER, 0.5)
        if u < 0.12:
            note(w, day, second, c.RSV_VACCINE, PRACTITIONER, 0.5)
        elif u < 0.20:
            note(w, day, second, c.PNEUMOCOCCAL_VACCINE, PRACTITIONER, 0.5)
    elif doy == FIRST_VACCINE + 8 + turn and x[s.VACCINATED] > 0.0 and u < 0.85:
        note(w, day, second, c.COVID_VACCINE, PRACTITIONER, 0.5)


@leaf
def _after_discharge(w, key, day):
    """The discharge summary and the assessment that is due within seven working days of return."""
    if uniform(key, day, 468) < 0.8:
        note(w, day, clock(key, day, 469, 20, 23), c.DISCHARGE_SUMMARY, GP, 0.1)
    if uniform(key, day, 470) < 0.5:
        later = day + 1 + int(9.0 * uniform(key, day, 471))
        note(w, later, clock(key, day, 472, 9, 16), c.COMPREHENSIVE_ASSESSMENT, GP, 0.1)
        if uniform(key, day, 473) < 0.6:
            note(w, later, clock(key, day, 472, 9, 16), c.CARE_PLAN, GP, 0.1)
