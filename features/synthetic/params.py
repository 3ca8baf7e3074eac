"""The sizes of the mechanisms, tuned until the rates of `rates.py` come out; all are settings, none is a fact.

Episode kinds are in the order of `state.py`. Onsets are per resident-year for a resident of frailty 6.5 without the
condition that the kind needs; `ADMIT` is the daily chance of an emergency admission at severity 1 and `AVOIDABLE` the
share of those coded to a potentially avoidable condition.
"""

import numpy as np

#                  none chest urine skin  gut  dehyd aspir delir heart copd  hypo  seiz
ONSETS = np.array([0.0, 0.265, 0.34, 0.155, 0.14, 0.13, 0.023, 0.155, 0.03, 0.02, 0.0, 0.0])
RISE = np.array([0.0, 0.24, 0.22, 0.18, 0.30, 0.20, 0.40, 0.25, 0.15, 0.28, 0.70, 0.70])
ADMIT = np.array([0.0, 0.076, 0.036, 0.017, 0.034, 0.048, 0.062, 0.028, 0.080, 0.070, 0.20, 0.11])
AVOIDABLE = np.array([0.0, 0.80, 0.66, 0.08, 0.75, 0.06, 0.86, 0.0, 0.0, 0.92, 0.85, 0.0])

FRAILTY_EFFECT = 0.72  # log rate per CFS level
MORTALITY = 0.100  # deaths at home per year at frailty 6.5
MORTALITY_FRAILTY = 0.62
HOSPITAL_FATALITY = 0.155
FALL_RATE = 2.55
FRACTURE_SHARE = 0.0115
SUDDEN_AVOIDABLE = 0.022  # avoidable admissions a year without any warning
OTHER_EMERGENCY = 0.120  # stroke, bleed, arrhythmia and the like
HEAD_INJURY_SHARE = 0.016
ELECTIVE_DAY = 0.07 / 365.25
DYING_ADMISSION = 0.010  # daily chance in the last days of life
TREATMENT = 0.22  # daily chance that an episode of some severity is treated
TREATED_FADE, TIME_FADE = 0.80, 0.88  # how fast severity's target falls once treated, and after a week
EARLY_EFFECT = 1.5  # raised rates on moving in, fading with a time constant of 180 days
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
WEEKDAY = np.array([1.09, 1.03, 1.01, 1.01, 1.02, 0.93, 0.91])
