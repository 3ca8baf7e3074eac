"""What urgent and emergency care writes: calls, ambulances, attendances, crisis response."""

from . import codes as c
from . import params as q
from . import state as s
from .care import clock, fall_record
from .emit import note, put
from .jit import leaf, uniform
from .texts import GP, NO_TEXT, PARAMEDIC, PRACTITIONER

BY_AMBULANCE = 0.9
# Attendances and calls that do not end in admission, per expected emergency admission.
SENT_HOME = (0.60, 0.47, 0.60)
SAME_DAY = 0.16


@leaf
def urgent_day(w, x, key, day, same_day_care):
    """Urgent care that does not end in admission, as likely as the day's chance of an admission makes it."""
    chance = x[s.P_AVOIDABLE] + x[s.P_OTHER]
    u = uniform(key, day, 500)
    sent_home = SENT_HOME[int(x[s.TYPE])]
    second = clock(key, day, 501, 7, 18)
    if u < sent_home * chance:
        put(w, day, second, c.AMBULANCE_CALLOUT, 1.0, NO_TEXT, PARAMEDIC, u)
        note(w, day, second + 4000, c.ED_ATTENDANCE, GP, 0.5)
    elif u < (sent_home + SAME_DAY) * chance:
        if same_day_care:
            note(w, day, second, c.SDEC_ATTENDANCE, GP, 0.5)
    elif u < 1.30 * chance:
        put(w, day, second, c.AMBULANCE_CALLOUT, 0.0, NO_TEXT, PARAMEDIC, 0.5)
    if x[s.DID_FALL] > 0.0 and uniform(key, day, 508) < q.RING_999 * x[s.HOME_SENDING] * x[s.HOME_SENDING]:
        put(w, day, clock(key, day, 509, 1, 22), c.AMBULANCE_CALLOUT, 0.0, NO_TEXT, PARAMEDIC, 0.4)
    v = uniform(key, day, 502)
    if v < 0.0006 + 0.9 * chance:
        note(w, day, clock(key, day, 503, 6, 23), c.NHS111_CALL, PARAMEDIC, 0.7)
    elif v < 0.0012 + 1.8 * chance:
        note(w, day, clock(key, day, 504, 18, 23), c.OUT_OF_HOURS_CONTACT, GP, 0.7)
    elif v < 0.0013 + 2.2 * chance:
        note(w, day, clock(key, day, 505, 8, 20), c.CRISIS_RESPONSE, PRACTITIONER, 0.7)
    if x[s.TERMINAL] > 0.0 and uniform(key, day, 506) < 0.08:
        note(w, day, clock(key, day, 507, 18, 23), c.OUT_OF_HOURS_CONTACT, GP, 0.7)


@leaf
def going_in(w, x, key, day, admitted, cause, through_ed):
    """The hours before an emergency admission at second `admitted`: fall, call, ambulance, attendance."""
    if cause == s.FRACTURE or cause == s.HEAD_INJURY:
        fall_record(w, x, key, day, max(admitted - 18000, 120), cause == s.FRACTURE)
    if uniform(key, day, 510) < 0.15:
        note(w, day, max(admitted - 17000, 240), c.NHS111_CALL, PARAMEDIC, 0.7)
    if uniform(key, day, 511) < BY_AMBULANCE:
        put(w, day, max(admitted - 14400, 300), c.AMBULANCE_CALLOUT, 1.0, NO_TEXT, PARAMEDIC, 0.2)
    if through_ed:
        note(w, day, max(admitted - 10800, 600), c.ED_ATTENDANCE, GP, 0.5)
