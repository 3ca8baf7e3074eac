"""What each order is worth on the lists of one view: one team, one week, as many residents as the team can review.

Who is listed is decided on the lists as they were; the bootstrap then draws homes, so intervals tell how the figures
would vary with other homes under the same lists. They cannot tell of other weeks: rows of one resident in successive
weeks repeat one another (an admission is seen from up to four), which drawing whole homes allows for, but one winter
in the judged weeks stays one winter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contenders import week_before
from models.evaluation import ListChange, Metric
from models.fit import text_column
from models.judged import Judged
from models.lists import list_codes, selection
from models.ranking import auroc


@dataclass(frozen=True, eq=False)
class Listed:
    """The lists of one view at its capacity.

    team     (n,) the team's number; member (n,) whether the row has a team at all
    code     (n,) the number of its list, -1 without a team
    chosen   by contender, the chance (n,) of being on the list, ties shared (models.lists.selection)
    before   (n,) the row of the same resident in the same team a week before; -1 where there is none
    """

    judged: Judged
    view: str
    places: int
    team: np.ndarray
    member: np.ndarray
    code: np.ndarray
    chosen: Mapping[str, np.ndarray]
    before: np.ndarray


def listed(judged: Judged, capacity: Mapping[str, int]) -> list[Listed]:
    """The lists of every view of which some row has a team."""
    teams = {view: text_column(judged.matrix, view) for view in capacity}
    return [_listed(judged, view, capacity[view], team) for view, team in teams.items() if (team != "").any()]


def _listed(judged: Judged, view: str, places: int, team: np.ndarray) -> Listed:
    member = team != ""
    codes = list_codes(team[member], judged.as_of[member])[0]
    code = np.full(len(judged), -1)
    code[member] = codes
    chosen = {}
    for name, score in judged.scores.items():
        chosen[name] = np.zeros(len(judged))
        chosen[name][member] = selection(score[member], codes, places)
    resident = np.unique(text_column(judged.matrix, "resident_id"), return_inverse=True)[1]
    teams = np.unique(team, return_inverse=True)[1]
    pair = np.unique(resident * (teams.max() + 1) + teams, return_inverse=True)[1]
    before = np.where(member, week_before(pair, judged.as_of), -1)
    return Listed(judged, view, places, teams, member, code, chosen, before)


def yields(lists: Listed, score: str) -> dict[str, np.ndarray]:
    """PPV, sensitivity, lift and reviews per event (1 + B,), over all lists together.

    Lift is the PPV over the prevalence of the lists' residents; reviews per event is 1 / PPV.
    """
    y, chosen, ratio = lists.judged.y, lists.chosen[score], lists.judged.bootstrap.ratio
    ppv = ratio(chosen * y, chosen)
    return {
        "ppv": ppv,
        "sensitivity": ratio(chosen * y, y * lists.member),
        "lift": _over(ppv, ratio(y * lists.member, lists.member)),
        "reviews_per_event": _over(np.ones_like(ppv), ppv),
    }


def changes(lists: Listed, score: str) -> dict[str, np.ndarray]:
    """Entrants and leavers a list, and the overlap with the team's list of the week before (1 + B,).

    Expected values, ties ordered at random each week anew: where much is tied, this is the most that the order could
    change. Only teams that have a list in both weeks count.
    """
    now, kept, left, follows, followed = _movements(lists, score)
    share = 1.0 / np.bincount(lists.code[lists.member])
    one = np.where(lists.member, share[lists.code], 0.0)
    ratio = lists.judged.bootstrap.ratio
    return {
        "entrants": ratio((now - kept) * follows, one * follows),
        "leavers": ratio(left * followed, one * followed),
        "overlap": ratio(kept * follows, now * follows),
    }


def weekly_changes(lists: Listed, score: str) -> list[ListChange]:
    """The same by week, for the weeks that follow another."""
    now, kept, left, follows, followed = _movements(lists, score)
    as_of = lists.judged.as_of
    found = []
    for week in np.unique(as_of[follows]):
        this, last = follows & (as_of == week), followed & (as_of == week - np.timedelta64(7, "D"))
        count = len(np.unique(lists.code[this]))
        names = float(now[this].sum())
        found.append(
            ListChange(
                lists.view, score, week.astype(object), count, names, float((now - kept)[this].sum()) / count,
                float(left[last].sum()) / count, float(kept[this].sum()) / names,
            )
        )  # fmt: skip
    return found


def _movements(lists: Listed, score: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per row (n,): chance to be listed now, now and the week before, now but no longer the week after; and whether
    its team has a list the week before, and the week after."""
    now = lists.chosen[score]
    stays = lists.before >= 0
    kept = np.where(stays, now * now[lists.before], 0.0)
    left = now.copy()
    left[lists.before[stays]] -= kept[stays]
    first = np.unique(lists.code[lists.member], return_index=True)[1]
    rows = np.flatnonzero(lists.member)[first]
    previous = week_before(lists.team[rows], lists.judged.as_of[rows])
    has_next = np.zeros(len(rows), dtype=bool)
    has_next[previous[previous >= 0]] = True
    follows = np.zeros(len(now), dtype=bool)
    followed = np.zeros(len(now), dtype=bool)
    follows[lists.member] = (previous >= 0)[lists.code[lists.member]]
    followed[lists.member] = has_next[lists.code[lists.member]]
    return now, kept, left, follows, followed


def within_team(lists: Listed, score: str) -> np.ndarray:
    """AUROC (1 + B,) over pairs of residents of one team in one week, on the rows where the order is known."""
    judged, known = lists.judged, lists.member & ~np.isnan(lists.judged.scores[score])
    weights = judged.bootstrap.at(known)
    return auroc(judged.y[known], judged.scores[score][known], weights, lists.code[known])


def at_capacity(judged: Judged, views: list[Listed]) -> list[Metric]:
    """Every figure of every view and contender, and what the model has over each contender."""
    found = []
    for lists in views:
        shown = {name: yields(lists, name) | changes(lists, name) for name in judged.scores}
        for name, figures in shown.items():
            figures["auroc_within_team"] = within_team(lists, name)
            found += [judged.figure(figure, name, values, lists.view) for figure, values in figures.items()]
        for name in judged.scores:
            if name != "model":
                for figure in ("ppv", "sensitivity"):
                    more = shown["model"][figure] - shown[name][figure]
                    found.append(judged.figure(f"{figure}_minus_{name}", "model", more, lists.view))
    return found


def _over(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)
