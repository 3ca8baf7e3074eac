"""Reasons: contributions summed by group, spoken as dated facts, what can be acted on before background."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from features.catalogue import catalogue
from features.codelists import concepts
from features.evidence import Look
from features.measures import Measure, Stat
from features.specs import BedDays, Feature, OthersRate, Ratio
from features.streams import FEEDS, RESIDENT_STREAMS

from .rows import Reason, Size
from .wording import Spoken, sentence_case, speak

# In log-odds: below the first a part is silent; from the second on it multiplies the odds by 1.16 or more.
_SILENT, _ALSO = 0.05, 0.15
_OVERDUE = 91  # days within which nobody would call a review overdue
_LOSS = 0.02  # of body weight: less is within what scales and breakfasts do
_TELLING = 0.25  # of a part: an absent review that carries less is not why it raises
_SOME = 0.05  # of a group: a fact that carries less does not speak for it
_TRIED = 2  # facts of a part that can be acted on; background has one
MOST = 3
_FEATURES: Mapping[str, Feature] = {f.name: f for f in catalogue().features}
# Features whose nought says that a harm was looked for long enough to tell.
_HARMS = frozenset(
    name
    for name, measure in catalogue().only(Measure)
    if measure.stat in (Stat.COUNT, Stat.DAYS) and measure.window >= 28
)


class Part(NamedTuple):
    """One group's actionable or background share of a resident's log-odds, and its features' own shares.

    whole is what the group adds in both, how much it matters whichever of its facts tells it: correlated features of
    a group share their credit by chance, so a part alone says less. A standing measure that nobody can act on, such as
    mobility, is left out of it, because it tells how frail somebody is (docs/reasons.md).
    """

    group: str
    acts: bool
    size: float
    whole: float
    names: tuple[str, ...]
    contributions: np.ndarray

    @property
    def shares(self) -> Iterator[tuple[str, float]]:
        """Each feature's name and contribution."""
        return zip(self.names, self.contributions.tolist(), strict=True)


@dataclass(frozen=True)
class Cited:
    """A reason with the records it rests on (features.records.Records.row), and the part and feature it speaks for."""

    reason: Reason
    rows: tuple[int, ...]
    part: Part
    feature: str


def parts(names: tuple[str, ...], contributions: np.ndarray) -> tuple[Part, ...]:
    """Sum one row's contributions by (group, actionable); the part that adds most first."""
    return next(parts_of(names, contributions[None]))


def parts_of(names: tuple[str, ...], contributions: np.ndarray) -> Iterator[tuple[Part, ...]]:
    """The `parts` of each row of contributions (n, p)."""
    sums = _sums(names)
    drawn = np.pad(contributions, ((0, 0), (0, 1)))[:, sums.at]
    for own, total in zip(drawn, np.add.reduceat(drawn, sums.start, axis=1).tolist(), strict=True):
        whole = dict(zip(sums.groups, total[len(sums.parts) :], strict=True))
        made = [
            Part(group, acts, size, whole[group], members, own[span])
            for (group, acts, members, span), size in zip(sums.parts, total, strict=False)
        ]
        yield tuple(sorted(made, key=attrgetter("size"), reverse=True))


@dataclass(frozen=True, eq=False)
class _Sums:
    """How contributions are summed, by part and then by group as a whole. `at` holds the columns of one sum after the
    other, each led by the nought that follows the last column, and `start` where they begin; parts have their names
    and where their columns are in `at`."""

    parts: tuple[tuple[str, bool, tuple[str, ...], slice], ...]
    groups: tuple[str, ...]
    at: np.ndarray
    start: np.ndarray


@cache
def _sums(names: tuple[str, ...]) -> _Sums:
    features = [_FEATURES[name] for name in names]
    parts = sorted({(f.group, f.acts) for f in features})
    groups = tuple(dict.fromkeys(group for group, _ in parts))
    members = [[i for i, f in enumerate(features) if (f.group, f.acts) == part] for part in parts]
    counted = [[i for i, f in enumerate(features) if f.group == group and not _is_standing(f)] for group in groups]
    start = np.cumsum([0, *(1 + len(columns) for columns in (*members, *counted))])[:-1]
    told = tuple(
        (*part, tuple(names[i] for i in columns), slice(first + 1, first + 1 + len(columns)))
        for part, columns, first in zip(parts, members, start.tolist(), strict=False)
    )
    return _Sums(told, groups, np.concatenate([[len(names), *columns] for columns in (*members, *counted)]), start)


def _is_standing(feature: Feature) -> bool:
    source = feature.source
    return not feature.acts and isinstance(source, Measure) and source.stat is Stat.LAST


def raising(found: Sequence[Part], values: Mapping[str, float], look: Look) -> tuple[Cited, ...]:
    """The facts that seem to raise the estimate, of every group that does, those of the largest group first."""
    told = [p for p in found if p.whole >= _SILENT and p.group != "Background"]
    told.sort(key=attrgetter("whole"), reverse=True)
    return tuple(cited for p in told for cited in islice(_cited(p, values, look), _TRIED if p.acts else 1))


def chosen(found: Sequence[Cited], holds: Collection[str], as_of: date) -> tuple[Cited, ...]:
    """Up to three reasons: facts without whose records the estimate would be lower, then what rests on no record.

    `holds` names the features of the former. Facts that can be acted on stand before background, recent ones before
    old, and of these the group that adds most first. A fact that rests on records and does not hold is no reason,
    unless it is that a review is long past.
    """
    kept = [c for c in found if c.feature in holds or not c.rows or _is_overdue(c)]
    kept.sort(key=lambda c: (c.feature not in holds, not _acts(c), not _recent(c, as_of), -c.part.whole))
    first: dict[str, Cited] = {}
    for c in kept:  # one reason a group: the actionable fact stands for its background
        first.setdefault(c.part.group, c)
    picked = list(first.values())[:MOST]
    main = max(picked, key=lambda c: c.part.whole, default=None)
    most = main.part.whole if main else 1.0
    return tuple(_sized(c, "main reason" if c is main else _size(c.part.whole), most) for c in picked)


def _size(contribution: float) -> Size:
    return "also raises" if contribution >= _ALSO else "slightly raises"


def _sized(cited: Cited, size: Size, most: float) -> Cited:
    """With the word for what its group adds, and how large that is beside the most: two digits are all a bar shows."""
    return replace(cited, reason=replace(cited.reason, size=size, relative=round(cited.part.whole / most, 2)))


def _recent(cited: Cited, as_of: date) -> bool:
    dated = cited.reason.dated_on
    return dated is not None and (as_of - dated).days <= _OVERDUE


def _cited(part: Part, values: Mapping[str, float], look: Look) -> Iterator[Cited]:
    least = _SOME * part.whole
    for name, contribution in sorted((one for one in part.shares if one[1] >= least), key=_largest_first):
        spoken = _raising(_FEATURES[name], values[name], look)
        if spoken and (spoken.dated_on or contribution >= _TELLING * part.whole):
            source = source_of(_FEATURES[name])
            reason = Reason(part.group, part.acts, spoken.sentence, "slightly raises", spoken.dated_on, source=source)
            yield Cited(reason, spoken.rows, part, name)


def _largest_first(share: tuple[str, float]) -> tuple[float, str]:
    return -share[1], share[0]


def source_of(feature: Feature) -> str:
    """The label of the feed that a feature is made from; empty for what no feed sends, such as age or a move."""
    match feature.source:
        case Measure(stream=stream) | Ratio(over=Measure(stream=stream)) | OthersRate(stream=stream):
            return FEEDS.get(RESIDENT_STREAMS[stream].feed, "")
        case BedDays():
            return FEEDS["hospital"]
    return ""


def _raising(feature: Feature, value: float, look: Look) -> Spoken | None:
    """The fact, unless no one would expect it to raise a risk: an absent harm, a review just done, weight gained."""
    source = feature.source
    if isinstance(source, Measure):
        if source.stat is Stat.SINCE and _is_review(source.stream) and value <= _OVERDUE:
            return None
        if source.stat is Stat.SHARE and value > -_LOSS:
            return None
    spoken = speak(feature, value, look)
    if spoken is None or not isinstance(source, Measure) or spoken.dated_on:
        return spoken
    return spoken if _is_review(source.stream) else None


def _acts(cited: Cited) -> bool:
    """Whether the fact itself can be acted on; that a disease is on record is background, whatever its part."""
    source = _FEATURES[cited.feature].source
    is_disease = isinstance(source, Measure) and RESIDENT_STREAMS[source.stream].kind == "diagnosis"
    return cited.part.acts and not is_disease


def _is_overdue(cited: Cited) -> bool:
    """Whether the fact is that something was last done long ago: what it rests on lowers the estimate, if anything."""
    source = _FEATURES[cited.feature].source
    return isinstance(source, Measure) and source.stat is Stat.SINCE and _is_review(source.stream)


def _is_review(stream: str) -> bool:
    return RESIDENT_STREAMS[stream].kind == "review"


def why_changed(
    before: Sequence[Part], now: Sequence[Part], values: Mapping[str, float], look: Look, *, up: bool
) -> str:
    """The fact of the part that moved most in the direction of the change; empty if it has none to tell."""
    earlier = {(p.group, p.acts): p for p in before}
    told = [p for p in now if p.group != "Background"]
    moved = sorted(told, key=lambda p: (p.size - earlier[p.group, p.acts].size) * (-1 if up else 1))
    for part in moved[:2]:
        was = dict(earlier[part.group, part.acts].shares)
        for name, value in sorted(part.shares, key=lambda nv: (nv[1] - was[nv[0]]) * (-1 if up else 1)):
            if (value - was[name]) * (1 if up else -1) <= 0:
                break
            spoken = speak(_FEATURES[name], values[name], look)
            if spoken and (spoken.dated_on or not up):
                return spoken.sentence
    return ""


def lowers(found: Sequence[Part], values: Mapping[str, float], look: Look, most: int = 2) -> tuple[str, ...]:
    """What speaks against: harms looked for in a live feed and not found, by how much they lower the estimate."""
    return tuple(s for _, s in zip(range(most), _absent(found, values, look), strict=False))


def _absent(found: Sequence[Part], values: Mapping[str, float], look: Look) -> Iterator[str]:
    for part in reversed(found):
        if part.size >= 0:
            return
        absent = [one for one in part.shares if one[1] < 0 and one[0] in _HARMS and values[one[0]] == 0]
        for name, _ in sorted(absent, key=_largest_first, reverse=True):
            spoken = speak(_FEATURES[name], values[name], look)
            if spoken:
                yield spoken.sentence
                break


_LONG_TERM = ("dementia", "heart_failure", "copd", "diabetes", "ckd", "stroke", "parkinsons", "epilepsy", "cancer")


def background_line(values: Mapping[str, float]) -> str:
    """Age and long-term conditions in one line: they cannot be changed and never lead."""
    known = [concepts()[c].label for c in _LONG_TERM if values.get(f"{c}_ever", 0) > 0]
    frailty = values.get("cfs_last", np.nan)
    if frailty == frailty:
        known.append(f"Clinical Frailty Scale {int(frailty)}")
    return sentence_case(", ".join(known))
