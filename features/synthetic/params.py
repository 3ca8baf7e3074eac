"""The sizes of the mechanisms, tuned until the rates of `rates.py` come out; all are settings, none is a fact.

Episode kinds are in the order of `state.py`. Onsets are per resident-year for a resident of frailty 6.5 without the
condition that the kind needs; `ADMIT` is the daily chance of an emergency admission at severity 1 and `AVOIDABLE` the
share of those coded to a potentially avoidable condition.
"""

import numpy as np

#                  none chest urine skin  gut  dehyd aspir delir heart copd  hypo  seiz  const wound harm
ONSETS = np.array([0.0, 0.265, 0.31, 0.15, 0.14, 0.13, 0.023, 0.155, 0.03, 0.02, 0.0, 0.0, 0.12, 0.5, 0.08])
RISE = np.array([0.0, 0.24, 0.22, 0.18, 0.30, 0.20, 0.40, 0.25, 0.15, 0.28, 0.70, 0.70, 0.16, 0.16, 0.22])
ADMIT = np.array([0.0, 0.080, 0.037, 0.017, 0.034, 0.048, 0.063, 0.028, 0.082, 0.072, 0.17, 0.11, 0.015, 0.019, 0.05])
AVOIDABLE = np.array([0.0, 0.80, 0.66, 0.0, 0.75, 0.06, 0.86, 0.0, 0.0, 0.92, 0.55, 0.0, 0.0, 0.55, 0.0])

FRAILTY_EFFECT = 0.72  # log rate per CFS level
MORTALITY = 0.112  # deaths at home per year at frailty 6.5
MORTALITY_FRAILTY = 0.62
HOSPITAL_FATALITY = 0.104
FALL_RATE = 2.2
FRACTURE_SHARE = 0.0115
SUDDEN_AVOIDABLE = 0.022  # avoidable admissions a year without any warning
OTHER_EMERGENCY = 0.122  # stroke, bleed, arrhythmia and the like
HEAD_INJURY_SHARE = 0.016
ELECTIVE_DAY = 0.07 / 365.25
DYING_ADMISSION = 0.027  # daily chance in the last days of life
TREATMENT = 0.22  # daily chance that an episode of some severity is treated
AGENCY_DELAY = 0.5  # how much lower that chance is where all staff are from an agency
AGENCY_FALLS = 0.5  # how many more falls there are
WARD = 0.03  # daily chance that a treated illness of some severity is taken over by a virtual ward
WARD_FADE = 0.90  # how much faster severity falls there
WARD_SENDING = 0.6  # and how much less readily the resident is sent in
CATHETER_URINE = 5.5  # how many more urine infections a catheter brings
REABLEMENT_DAYS = 42.0  # six weeks at home
REABLEMENT_RETURN = 0.07  # share of those who come back from hospital after a night or more
REABLEMENT_ASSESSED = 0.6  # share of those who move in for assessment
REABLEMENT_FADE = 0.80  # how much faster a resident becomes steady again, by week
HEAT_DEHYDRATION, HEAT_URINE, HEAT_DEATH = 1.8, 0.25, 0.15  # how many more in a week of heat wave
RING_999 = 0.10  # falls after which a home of usual habits rings 999 without anybody being taken in
LIST_ADMIT = 0.08  # about how many illnesses end in admission, to rank residents by
TREATED_FADE, TIME_FADE = 0.80, 0.88  # how fast severity's target falls once treated, and after a week
EARLY_EFFECT = 1.25  # raised rates on moving in, fading with a time constant of 180 days
EARLY_FADE = 1.0 - 1.0 / 180.0
POST_EFFECT = 3.2  # raised rates on discharge, fading with a time constant of 20 days
POST_FADE = 1.0 - 1.0 / 20.0
TYPE_ONSET = np.array([1.0, 0.86, 1.1])
TYPE_FALLS = np.array([1.0, 1.0, 0.5])
TYPE_DEATH = np.array([1.0, 1.0, 0.25])
TYPE_SENDING = np.array([0.96, 0.76, 1.05])
HIDDEN_SPREAD = 0.15
MOVES_YEAR = 0.03
LEAVES_YEAR = 0.03
# Monday first: emergency admissions by day of the week
WEEKDAY = np.array([1.11, 1.02, 1.005, 1.005, 1.02, 0.93, 0.91])
