"""True events among the first N residents, and reviews needed to reach N admissions: SPARRA's tables, week by week.

SPARRA version 4 is shown beside version 3 as true events in the top N and as people to treat to reach N admissions
(Liley et al. 2024, jamesliley/SPARRAv4), because a clinician can picture both. Here N are the first of all residents
of a week, whoever their team, and the weeks are added up.
"""

import numpy as np

from models.bootstrap import interval
from models.evaluation import ReviewsNeeded, TopN
from models.judged import Judged
from models.lists import selection

PLACES = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
ADMISSIONS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def top_n(judged: Judged) -> tuple[TopN, ...]:
    """Every contender at every N that is below the residents of the smallest week."""
    weeks, week = np.unique(judged.as_of, return_inverse=True)
    smallest, events = np.bincount(week).min(), judged.y.sum()
    found = []
    for places in (n for n in PLACES if n < smallest):
        for name, score in judged.scores.items():
            chosen = selection(score, week, places)
            ppv = interval(judged.bootstrap.ratio(chosen * judged.y, chosen))
            hits, listed = float(chosen @ judged.y), places * len(weeks)
            found.append(
                TopN(name, places, len(weeks), listed, hits, hits / len(weeks), ppv.value, ppv.low, ppv.high,
                     hits / float(events))
            )  # fmt: skip
    return tuple(found)


def reviews_needed(judged: Judged) -> tuple[ReviewsNeeded, ...]:
    """Every contender at every number of admissions that the judged weeks hold."""
    week = np.unique(judged.as_of, return_inverse=True)[1]
    reviews = np.cumsum(np.bincount(_places(week)))
    found = []
    for target in (n for n in ADMISSIONS if n <= judged.y.sum()):
        for name, score in judged.scores.items():
            hits = np.cumsum(expected_by_place(judged.y, score, week))
            places = int(np.argmax(hits >= target - 1e-9))
            found.append(ReviewsNeeded(name, target, places + 1, int(reviews[places]), float(reviews[places] / target)))
    return tuple(found)


def expected_by_place(y: np.ndarray, score: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Expected events (places,) at the first place of all lists, the second, and so on; ties are ordered at random."""
    score = np.where(np.isnan(score), -np.inf, score)
    order = np.lexsort((-score, lists))
    ranked, code = score[order], lists[order]
    tie = np.cumsum(np.r_[True, (ranked[1:] != ranked[:-1]) | (code[1:] != code[:-1])]) - 1
    share = (np.bincount(tie, y[order]) / np.bincount(tie))[tie]
    return np.bincount(_places(code), share)


def _places(lists: np.ndarray) -> np.ndarray:
    """Place (n,), from 0, of each row in its list, for rows taken in order of their lists."""
    code = np.sort(lists)
    return np.arange(len(code)) - np.searchsorted(code, code)
