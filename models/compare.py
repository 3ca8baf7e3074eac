"""A candidate beside what is in use: the same rows, the same lists, paired draws of homes.

Weekly rows of one resident overlap, and residents of one home are alike; whole homes are drawn, and each draw judges
both contenders, so that what they share cancels out of the difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.matrix import Matrix, as_of_days
from models import ranking
from models.baselines import single_feature
from models.bootstrap import Estimate, interval
from models.calibration import calibration as calibrated
from models.errors import FitError
from models.evidence import Churn, GroupPair, Pair, Presence
from models.fit import RANKED, Panel, text_column
from models.judged import Judged
from models.lists import list_codes, selection
from models.model import AVOIDABLE, Model
from models.splits import TimeSplit

CANDIDATE, IN_USE = "candidate", "in_use"


@dataclass(frozen=True, eq=False)
class Places:
    """A view's lists at capacity: who has a team (n,), and each contender's chance (n,) of being listed."""

    view: str
    member: np.ndarray
    chosen: Mapping[str, np.ndarray]


def unseen_weeks(as_ofs: Iterable[date], splits: Sequence[TimeSplit]) -> tuple[date, ...]:
    """The weeks after all that any of the splits' models has learnt from, an embargo later."""
    first = max(split.calibrate[-1] + timedelta(days=split.embargo_days) for split in splits)
    return tuple(day for day in sorted(as_ofs) if day >= first)


def contenders(data: Panel, weeks: tuple[date, ...], candidate: Model, in_use: Model | str, seed: int = 1) -> Judged:
    """The rows of these weeks with the order and chance of both. `in_use` is a model or the feature of a simple rule.

    Raises FitError when the weeks hold one outcome only.
    """
    mask = data.mask(weeks)
    matrix, y = data.matrix.take(mask), data.labels[AVOIDABLE][mask]
    if not 0 < y.sum() < len(y):
        raise FitError(f"{int(y.sum())} events among {len(y)} rows of {len(weeks)} weeks: nothing to compare by")
    scores, chances = {}, {}
    for name, one in ((CANDIDATE, candidate), (IN_USE, in_use)):
        scores[name] = _order(matrix, one)
        if isinstance(one, Model):
            chances[name] = one.risk(matrix.X[:, one.columns(matrix.names)])
    return Judged(matrix, data.as_of[mask], data.home[mask], y, scores, chances, seed)


def _order(matrix: Matrix, one: Model | str) -> np.ndarray:
    return single_feature(matrix, one) if isinstance(one, str) else one.margin(matrix.X[:, one.columns(matrix.names)])


def places(matrix: Matrix, scores: Mapping[str, np.ndarray], capacity: Mapping[str, int]) -> tuple[Places, ...]:
    """Who would be listed by each contender, in every view of whose teams there are any."""
    found = []
    for view, size in capacity.items():
        team = text_column(matrix, view)
        member = (team != "").astype(float)
        if member.any():
            codes = list_codes(team, as_of_days(matrix.rows))[0]
            found.append(Places(view, member, {n: selection(s, codes, size) * member for n, s in scores.items()}))
    return tuple(found)


def pairs(test: Judged, lists: Sequence[Places]) -> tuple[Pair, ...]:
    """AUROC on all rows, PPV and sensitivity on the lists of each view."""
    y, draws = test.y, test.bootstrap
    found = [_pair("auroc", "all", {name: ranking.auroc(y, score, draws) for name, score in test.scores.items()})]
    for one in lists:
        yields = {name: draws.ratio(y * chosen, chosen) for name, chosen in one.chosen.items()}
        reached = {name: draws.ratio(y * chosen, y * one.member) for name, chosen in one.chosen.items()}
        found += [_pair("ppv", one.view, yields), _pair("sensitivity", one.view, reached)]
    return tuple(found)


def _pair(name: str, view: str, values: Mapping[str, np.ndarray]) -> Pair:
    """From the figures (1 + B,) of both under the same draws."""
    first, second = values[CANDIDATE], values[IN_USE]
    return Pair(name, view, float(first[0]), float(second[0]), interval(first - second))


def calibration(test: Judged) -> tuple[tuple[str, Estimate], ...]:
    """Slope, observed over expected, and the integrated calibration index over the base rate, of the candidate."""
    y, p, draws = test.y, test.chances[CANDIDATE], test.bootstrap
    curve = calibrated(y, p, draws)
    return (
        ("calibration_slope", interval(curve.slope())),
        ("observed_expected", interval(draws.ratio(y, p))),
        ("ici_over_base_rate", interval(curve.ici_over_base())),
    )


def auroc(test: Judged) -> Estimate:
    """The candidate's own, with its interval."""
    return interval(ranking.auroc(test.y, test.scores[CANDIDATE], test.bootstrap))


def group_pairs(test: Judged, lists: Sequence[Places], groups: Mapping[str, np.ndarray]) -> tuple[GroupPair, ...]:
    """Each group of each dimension: `groups` maps a dimension to the labels (n,) of the rows."""
    return tuple(
        _group(test, lists, dimension, str(label), labels == label)
        for dimension, labels in groups.items()
        for label in np.unique(labels)
    )


def _group(test: Judged, lists: Sequence[Places], dimension: str, label: str, mask: np.ndarray) -> GroupPair:
    y = test.y[mask]
    draws = test.bootstrap.at(mask)
    listed = []
    for one in lists:
        events = y * one.member[mask]
        if events.any():
            reached = {name: draws.ratio(chosen[mask] * events, events) for name, chosen in one.chosen.items()}
            listed.append(_pair("sensitivity", one.view, reached))
    ratios = {name: draws.ratio(y, p[mask]) for name, p in test.chances.items()}
    further = interval(_further_off(ratios)) if IN_USE in ratios else None
    own = interval(ratios[CANDIDATE])
    return GroupPair(dimension, label, int(mask.sum()), int(y.sum()), tuple(listed), own, further)


def _further_off(ratios: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much further from 1 the candidate's ratio (1 + B,) is, in logs."""
    with np.errstate(divide="ignore"):
        off = {name: np.abs(np.log(ratio)) for name, ratio in ratios.items()}
        both = np.isfinite(off[CANDIDATE]) & np.isfinite(off[IN_USE])
        return np.where(both, off[CANDIDATE], np.nan) - np.where(both, off[IN_USE], 0.0)


def churn(latest: Matrix, candidate: Model, in_use: Model, capacity: Mapping[str, int]) -> tuple[Churn, ...]:
    """How far the two models' lists of the week in `latest` differ, by chance alone: reviews are not looked at."""
    rows = latest.take(ranked(latest))
    scores = {CANDIDATE: _order(rows, candidate), IN_USE: _order(rows, in_use)}
    found = []
    for one in places(rows, scores, capacity):
        listed, kept = one.chosen[CANDIDATE], np.minimum(one.chosen[CANDIDATE], one.chosen[IN_USE])
        found.append(Churn(one.view, monday_of(latest), float(listed.sum()), float(listed.sum() - kept.sum())))
    return tuple(found)


def ranked(matrix: Matrix) -> np.ndarray:
    """Mask (n,) of the residents who are ranked."""
    return np.isin(text_column(matrix, "status"), RANKED)


def monday_of(latest: Matrix) -> date:
    """The one as-of of a week's matrix."""
    day: date = latest.rows["as_of"][0].as_py()
    return day


def shares_present(matrix: Matrix, mask: np.ndarray) -> dict[str, float]:
    """The share of the rows under `mask` with a value, by feature."""
    present = matrix.present(np.flatnonzero(mask))
    return {name: round(float(share), 6) for name, share in zip(matrix.names, present, strict=True)}


def presence(learnt: Mapping[str, float], now: Mapping[str, float]) -> tuple[Presence, ...]:
    """Both shares of each feature that was learnt from; one that is no longer computed counts as absent."""
    return tuple(Presence(name, share, now.get(name, 0.0)) for name, share in learnt.items())
