"""Observations that an acutely ill person shows, and the NEWS2 score of them (RCP 2017, SpO2 scale 1)."""

import numpy as np

from . import codes as c
from . import state as s
from .emit import measure, note
from .jit import leaf, normal, whole
from .texts import NURSE

# What severity 1 adds, by episode kind: breaths/min, SpO2 %, degrees C, mmHg, beats/min
_SHIFT = np.array(
    [
        (0.0, 0.0, 0.0, 0.0, 0.0),
        (6.5, -4.0, 1.2, -10.0, 15.0),
        (2.5, -0.5, 1.1, -12.0, 13.0),
        (2.0, -0.3, 0.9, -8.0, 11.0),
        (2.0, -0.3, 0.7, -14.0, 14.0),
        (2.0, -0.3, 0.1, -20.0, 16.0),
        (8.0, -5.0, 1.1, -10.0, 16.0),
        (1.5, -0.3, 0.2, 4.0, 9.0),
        (6.0, -4.0, 0.0, -8.0, 14.0),
        (6.5, -4.5, 0.4, 2.0, 13.0),
        (2.0, 0.0, -0.4, 4.0, 10.0),
        (2.0, -1.0, 0.2, 6.0, 12.0),
        (1.0, -0.2, 0.1, 2.0, 6.0),
        (2.0, -0.3, 0.9, -8.0, 11.0),
        (1.0, -0.8, -0.1, -16.0, 4.0),
    ]
)


@leaf
def breaths_points(v):
    """NEWS2 points of a respiratory rate."""
    return 3 if v <= 8 or v >= 25 else (2 if v >= 21 else (1 if v <= 11 else 0))


@leaf
def spo2_points(v):
    """NEWS2 points of an oxygen saturation on scale 1."""
    return 3 if v <= 91 else (2 if v <= 93 else (1 if v <= 95 else 0))


@leaf
def temperature_points(v):
    """NEWS2 points of a temperature in degrees C to one decimal."""
    return 3 if v <= 35.0 else (1 if v <= 36.0 else (0 if v <= 38.0 else (1 if v <= 39.0 else 2)))


@leaf
def systolic_points(v):
    """NEWS2 points of a systolic pressure."""
    return 3 if v <= 90 or v >= 220 else (2 if v <= 100 else (1 if v <= 110 else 0))


@leaf
def pulse_points(v):
    """NEWS2 points of a pulse rate."""
    return 3 if v <= 40 or v >= 131 else (2 if v >= 111 else (1 if v <= 50 or v >= 91 else 0))


@leaf
def observe(w, x, key, day, second, parts):
    """Write a NEWS2 set; `parts` also writes the five readings. Returns the score."""
    ill = max(x[s.SEVERITY], 0.45 if x[s.TERMINAL] > 0.0 else 0.0)
    shift = _SHIFT[int(x[s.EPISODE])] if x[s.EPISODE] > 0.0 else _SHIFT[s.DELIRIUM]
    breaths = whole(x[s.BREATHS] + 1.3 * normal(key, day, 300) + ill * shift[0], 7.0, 400.0)
    spo2 = whole(x[s.SPO2] + 0.8 * normal(key, day, 302) + ill * shift[1], 74.0, 100.0)
    degrees = whole(365.0 + 3.0 * normal(key, day, 304) + 10.0 * ill * shift[2], -100.0, 10000.0) / 10.0
    systolic = whole(x[s.SYSTOLIC] + 9.0 * normal(key, day, 306) + ill * shift[3], 62.0, 400.0)
    pulse = whole(x[s.PULSE] + 6.0 * normal(key, day, 308) + ill * shift[4], 36.0, 400.0)
    points = (
        breaths_points(breaths),
        spo2_points(spo2),
        temperature_points(degrees),
        systolic_points(systolic),
        pulse_points(pulse),
        3 if x[s.EPISODE] == s.DELIRIUM and ill > 0.7 else 0,
    )
    score = 0
    single = False
    for part in points:
        score += part
        single = single or part == 3
    measure(w, day, second, c.NEWS2, float(score))
    if single:
        note(w, day, second, c.NEWS2_SINGLE3, NURSE, 0.3)
    if parts:
        measure(w, day, second, c.RESP_RATE, breaths)
        measure(w, day, second, c.SPO2, spo2)
        measure(w, day, second, c.TEMPERATURE, degrees)
        measure(w, day, second, c.SYSTOLIC_BP, systolic)
        measure(w, day, second, c.PULSE, pulse)
    return score
