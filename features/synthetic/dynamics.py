"""One resident, one day: the step that the main simulation and every path of the truth share.

A resident is one vector (state.py) that evolves in London days. On a day at home the chance of an emergency admission
for a potentially avoidable condition is p_a and, if that does not happen, of any other emergency p_o; both depend only
on the vector. The step draws what would happen but leaves the emergency admission itself to its caller, so that a path
can switch it off. Before a step on a Monday the caller puts the home's week and the season into the vector.
"""

import math

from . import params as q
from . import state as s
from .jit import leaf, normal, uniform
from .reviews import chance_ratio, review_day
from .week import week_step


@leaf
def day_step(x, key, day):
    """Advance `x` by one day; its happenings say what came of it. Emergency admissions are drawn, not applied."""
    for i in range(s.DID_ONSET, s.VECTOR):
        x[i] = 0.0
    if day % 7 == 0:
        week_step(x, key, day)
    x[s.EARLY] *= q.EARLY_FADE
    x[s.POST] *= q.POST_FADE
    if x[s.HOSPITAL] > 0.0:
        _hospital_day(x, key, day)
        return
    _reablement(x)
    if _ends(x, day):
        return
    if x[s.EPISODE] > 0.0:
        _illness(x, key, day)
    if _today(x, key, day):
        review_day(x, day)
        _emergency(x, key, day)


@leaf
def _hospital_day(x, key, day):
    x[s.HOSPITAL] -= 1.0
    if x[s.HOSPITAL] > 0.0:
        return
    if x[s.FATE] > 0.0:
        x[s.STATUS] = s.DIED
        x[s.DID_DIE] = 2.0
        return
    back_home(x, uniform(key, day, 17))
    x[s.DID_RETURN] = 1.0
    suited = x[s.TYPE] != s.LEARNING and x[s.END_OF_LIFE] == 0.0 and x[s.REABLEMENT] == 0.0
    if suited and uniform(key, day, 18) < q.REABLEMENT_RETURN:
        x[s.REABLEMENT], x[s.DID_REABLEMENT] = q.REABLEMENT_DAYS, 1.0


@leaf
def _reablement(x):
    """It lasts for days at home; a hospital stay interrupts it."""
    if x[s.REABLEMENT] > 0.0:
        x[s.REABLEMENT] -= 1.0
        if x[s.REABLEMENT] == 0.0:
            x[s.DID_REABLEMENT] = -1.0


@leaf
def back_home(x, u):
    """What a hospital stay leaves behind."""
    _well_again(x)
    x[s.POST] = q.POST_EFFECT
    x[s.FRAIL] = min(x[s.FRAIL] + 0.20 * u, 8.9)
    x[s.UNSTEADY] = min(x[s.UNSTEADY] + 0.3, 2.5)


@leaf
def _ends(x, day):
    """Whether the stay ends today: death at the close of the last days, or leaving; a move goes on elsewhere."""
    if x[s.TERMINAL] > 0.0:
        x[s.TERMINAL] -= 1.0
        if x[s.TERMINAL] <= 0.0:
            x[s.STATUS] = s.DIED
            x[s.DID_DIE] = 1.0
            return True
    elif day >= x[s.LEAVE]:
        x[s.STATUS] = s.GONE
        x[s.DID_LEAVE] = 1.0
        return True
    elif day >= x[s.MOVE]:
        x[s.HOME], x[s.HOME_SENDING], x[s.MOVE] = x[s.MOVE_TO], x[s.MOVE_SENDING], 1e9
        x[s.LISTS_FROM], x[s.REVIEW_ON], x[s.DID_LISTED] = x[s.MOVE_LISTS_FROM], -1.0, 0.0
        x[s.EARLY] = max(x[s.EARLY], 0.5 * q.EARLY_EFFECT)
        x[s.OUTBREAK] = x[s.VACANCY] = 0.0
        x[s.DID_MOVE] = 1.0
    return False


@leaf
def _illness(x, key, day):
    """A day of an episode: severity follows its target, which treatment and time bring down."""
    k = int(x[s.EPISODE])
    x[s.EPISODE_DAY] += 1.0
    x[s.SEVERITY] += q.RISE[k] * (x[s.TARGET] - x[s.SEVERITY])
    x[s.SEVERITY] += 0.10 * x[s.SEVERITY] * (uniform(key, day, 11) - 0.5)
    if x[s.TREATED] > 0.0:
        x[s.TARGET] *= q.TREATED_FADE
    elif x[s.SEVERITY] > 0.22 and uniform(key, day, 12) < q.TREATMENT * (1.0 - q.AGENCY_DELAY * x[s.AGENCY]):
        x[s.TREATED] = x[s.DID_TREAT] = 1.0
        if k <= s.SKIN or k == s.ASPIRATION or k == s.COPD_FLARE or k == s.WOUND:
            x[s.INFECTED] = min(x[s.INFECTED] + 1.0, 3.0)
    _virtual_ward(x, k, uniform(key, day, 14))
    if x[s.EPISODE_DAY] > 7.0:
        x[s.TARGET] *= q.TIME_FADE
    if x[s.EPISODE_DAY] > 2.0 and x[s.SEVERITY] < 0.08:
        _well_again(x)


@leaf
def _virtual_ward(x, k, u):
    """Hospital-level care at home for an illness of chest, heart or urine that is treated and still severe."""
    if x[s.WARD] > 0.0:
        x[s.TARGET] *= q.WARD_FADE
        return
    suited = k == s.CHEST or k == s.HEART or k == s.COPD_FLARE or k == s.URINE
    if suited and x[s.TREATED] > 0.0 and x[s.SEVERITY] > 0.3 and u < q.WARD:
        x[s.WARD] = x[s.DID_WARD] = 1.0


@leaf
def _well_again(x):
    x[s.EPISODE] = x[s.SEVERITY] = x[s.TARGET] = x[s.TREATED] = 0.0
    if x[s.WARD] > 0.0:
        x[s.WARD], x[s.DID_WARD] = 0.0, -1.0


@leaf
def _today(x, key, day):
    """At most one of: an episode begins, a fall, the last days begin, a planned admission; whether still at home."""
    u = uniform(key, day, 10)
    if x[s.TERMINAL] > 0.0:
        return True
    onset = 0.0
    if x[s.EPISODE] == 0.0:
        onset = x[s.ONSET] * (1.0 + x[s.EARLY]) * (1.0 + 0.9 * x[s.POST])
    if u < onset:
        _begin(x, u / onset * x[s.ONSET], key, day)
        return True
    u -= onset
    fall = _fall_rate(x)
    if u < fall:
        x[s.DID_FALL] = 1.0
        x[s.UNSTEADY] = min(x[s.UNSTEADY] + 0.40, 2.5)
        return True
    u -= fall
    dying = x[s.DEATH] * (1.0 + 4.0 * x[s.SEVERITY]) * (1.0 + 0.5 * x[s.EARLY]) * (1.0 + 0.6 * x[s.POST])
    if u < dying:
        return _last_days(x, uniform(key, day, 19))
    u -= dying
    if u < q.ELECTIVE_DAY and x[s.EPISODE] == 0.0:
        x[s.DID_ELECTIVE] = 1.0
        x[s.HOSPITAL] = x[s.STAY_LENGTH] = 1.0 + int(3.0 * uniform(key, day, 16))
        return False
    return True


@leaf
def _fall_rate(x):
    return x[s.FALLS] * (1.0 + x[s.UNSTEADY]) * (1.0 + 0.8 * x[s.EARLY]) * (1.0 + 0.9 * x[s.SEVERITY])


@leaf
def _begin(x, u, key, day):
    k = 1
    while k < s.KINDS - 1 and u >= x[s.ONSET_KIND + k]:
        k += 1
    v = uniform(key, day, 13)
    x[s.EPISODE] = x[s.DID_ONSET] = float(k)
    x[s.EPISODE_DAY] = x[s.TREATED] = 0.0
    x[s.TARGET] = (0.25 + 1.30 * v * v) * (1.0 + 0.10 * (x[s.FRAIL] - 6.5))
    x[s.SEVERITY] = 0.06


@leaf
def _last_days(x, v):
    """Sudden death for one in five, otherwise some last days at home, expected for most."""
    if v < 0.2:
        x[s.STATUS] = s.DIED
        x[s.DID_DIE] = 1.0
        return False
    x[s.TERMINAL] = 2.0 + int(16.0 * (v - 0.2) ** 2 / 0.64)
    if v > 0.5 and x[s.END_OF_LIFE] == 0.0:
        x[s.END_OF_LIFE] = x[s.DID_END_OF_LIFE] = 1.0
    return True


@leaf
def _emergency(x, key, day):
    """Chances and draws of the day's emergency admission: avoidable first, any other only if that did not happen."""
    k = int(x[s.EPISODE])
    kept = chance_ratio(x, day)
    send = kept * x[s.SENDING] * q.WEEKDAY[day % 7] * (1.0 + 0.8 * x[s.POST]) * (1.0 + 0.35 * x[s.EARLY])
    if x[s.WARD] > 0.0:
        send *= q.WARD_SENDING
    acute = send * q.ADMIT[k] * x[s.SEVERITY] * x[s.SEVERITY]
    share = q.AVOIDABLE[k]
    falls = _fall_rate(x)
    broken = kept * falls * x[s.FRACTURES]
    injured = send * falls * q.HEAD_INJURY_SHARE
    dying = q.DYING_ADMISSION if x[s.TERMINAL] > 0.0 else 0.0
    x[s.P_ACUTE], x[s.P_SUDDEN], x[s.P_BROKEN] = acute * share, send * (x[s.SUDDEN_RATE] + 0.4 * dying), broken
    x[s.P_ACUTE_OTHER], x[s.P_UNFORESEEN] = acute * (1.0 - share), send * (x[s.OTHER_RATE] + 0.6 * dying)
    x[s.P_INJURED] = injured
    avoidable = min(x[s.P_ACUTE] + x[s.P_SUDDEN] + x[s.P_BROKEN], 0.9)
    other = min(x[s.P_ACUTE_OTHER] + x[s.P_UNFORESEEN] + x[s.P_INJURED], 0.9)
    x[s.P_AVOIDABLE], x[s.P_OTHER] = avoidable, other
    u = uniform(key, day, 20)
    if u < avoidable:
        x[s.DID_AVOIDABLE] = k if u < acute * share else (s.FRACTURE if avoidable - u < broken else s.SUDDEN)
        return
    u = (u - avoidable) / (1.0 - avoidable)
    if u < other:
        x[s.DID_OTHER] = k if u < acute * (1.0 - share) else (s.HEAD_INJURY if other - u < injured else s.OTHER)


@leaf
def admit(x, key, day):
    """Apply an emergency admission: length of stay in days (0 = home the same day) and whether it ends in death."""
    fatal = q.HOSPITAL_FATALITY * math.exp(0.25 * (x[s.FRAIL] - 6.5)) * (1.0 + 0.3 * x[s.CANCER])
    if x[s.TYPE] == s.LEARNING:
        fatal *= 0.4
    if x[s.TERMINAL] > 0.0:
        fatal = 0.8
        x[s.TERMINAL] = 0.0
    x[s.FATE] = 1.0 if uniform(key, day, 22) < fatal else 0.0
    if x[s.FATE] > 0.0:
        length = 1.0 + int(-5.0 * math.log(1.0 - uniform(key, day, 23)))
    elif uniform(key, day, 24) < 0.30:
        length = 0.0
    else:
        length = 1.0 + int(min(7.1 * math.exp(1.07 * normal(key, day, 25)), 90.0))
    x[s.HOSPITAL] = x[s.STAY_LENGTH] = length
    if length == 0.0:
        back_home(x, 0.0)
