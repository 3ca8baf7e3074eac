"""Net benefit: are the reviews worth their slots, beside reviewing everyone or no one (Vickers & Elkin 2006)?

At a threshold t a team holds a review just worth while for a resident of chance t. A needless review then weighs
t / (1 - t) of a found event, and net benefit is (found - needless * t / (1 - t)) / residents. Multiplied by 1 - t it is
(found - t * reviews) / residents: the threshold is the harm of one review slot, in found events.
"""

from collections.abc import Sequence

import numpy as np

from models.bootstrap import interval
from models.capacity import Listed
from models.evaluation import NetBenefit
from models.judged import Judged

THRESHOLDS = (0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
EVERYONE, NO_ONE = "everyone", "no one"


def net_benefits(judged: Judged, views: Sequence[Listed]) -> tuple[NetBenefit, ...]:
    """At every threshold: of reviewing whom a chance puts at or above it, and of the lists of each view at capacity."""
    all_rows = np.ones(len(judged))
    found = []
    for threshold in THRESHOLDS:
        for name, reviewed in ((EVERYONE, all_rows), (NO_ONE, 0 * all_rows)):
            found.append(_row(judged, "all", name, threshold, reviewed, all_rows))
        for name, p in judged.chances.items():
            found.append(_row(judged, "all", name, threshold, (p >= threshold).astype(float), all_rows))
    for lists in views:
        member = lists.member.astype(float)
        for threshold in THRESHOLDS:
            for name, chosen in {EVERYONE: member, NO_ONE: 0 * member, **lists.chosen}.items():
                found.append(_row(judged, lists.view, name, threshold, chosen, member))
    return tuple(found)


def _row(
    judged: Judged, view: str, score: str, threshold: float, reviewed: np.ndarray, among: np.ndarray
) -> NetBenefit:
    gain = reviewed * (judged.y - (1 - judged.y) * threshold / (1 - threshold))
    worth = interval(judged.bootstrap.ratio(gain, among))
    share = float(reviewed.sum() / among.sum())
    return NetBenefit(view, score, threshold, share, worth.value, worth.low, worth.high)
