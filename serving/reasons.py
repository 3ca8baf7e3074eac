"""Reasons: contributions summed by group, spoken as dated facts, what can be acted on before background."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from operator import attrgetter

import numpy as np

from features.catalogue import catalogue
from features.codelists import concepts
from features.evidence import Look
from features.measures import Measure, Stat
from features.specs import BedDays, Feature, OthersRate, Ratio
from features.streams import FEEDS, RESIDENT_STREAMS

from .parts import SIGNS, Part, is_sign
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
# What shows a cause without naming it: told after what does.
_CONSEQUENCES = {SIGNS: 1, "Urgent care use": 2}
_FEATURES: Mapping[str, Feature] = {f.name: f for f in catalogue().features}
# Features whose nought says that a harm was looked for long enough to tell.
_HARMS = frozenset(
    name
    for name, measure in catalogue().only(Measure)
    if measure.stat in (Stat.COUNT, Stat.DAYS) and measure.window >= 28
)


@dataclass(frozen=True)
class Cited:
    """A reason with the records it rests on (features.records.Records.row), and the part and feature it speaks for.

    adds is how much is told to matter: the part's group as a whole, with its signs of illness where one speaks for it.
    """

    reason: Reason
    rows: tuple[int, ...]
    part: Part
    feature: str
    adds: float


def raising(found: Sequence[Part], values: Mapping[str, float], look: Look) -> tuple[Cited, ...]:
    """The facts that seem to raise the estimate, of every group that does, those of the largest group first."""
    told = [p for p in found if p.whole >= _SILENT and p.group != "Background"]
    told.sort(key=attrgetter("whole"), reverse=True)
    signs = next((p for p in found if p.group == SIGNS and p.acts), None)
    return tuple(
        cited for p in told for cited in islice(_cited(p, _borrowed(p, signs), values, look), _TRIED if p.acts else 1)
    )


def _borrowed(part: Part, signs: Part | None) -> list[tuple[str, float]]:
    """The shares of signs that may speak for another part: for what can be acted on of the group that the catalogue
    files them under, once that raises the estimate without them, such as a raised NEWS2 where the heart fails."""
    if signs is None or not part.acts or part.group == SIGNS:
        return []
    return [one for one in signs.shares if _FEATURES[one[0]].group == part.group]


def chosen(found: Sequence[Cited], holds: Collection[str], as_of: date) -> tuple[Cited, ...]:
    """Up to three reasons: facts without whose records the estimate would be lower, then what rests on no record.

    `holds` names the features of the former. Facts that can be acted on stand before background, groups that name a
    cause before signs of illness and these before urgent care used, and of them the group that adds most first, by its
    recent fact where it has one. A fact that rests on records and does not hold is no reason, unless it is that a
    review is long past.
    """
    kept = [c for c in found if c.feature in holds or not c.rows or _is_overdue(c)]
    kept.sort(key=lambda c: (
        c.feature not in holds, not _acts(c), _CONSEQUENCES.get(c.part.group, 0), -c.part.whole, not _recent(c, as_of)
    ))  # fmt: skip
    first: dict[str, Cited] = {}
    for c in kept:  # one reason a group: the actionable fact stands for its background
        first.setdefault(c.part.group, c)
    picked = _with_signs([*first.values()])
    main = max(picked, key=attrgetter("adds"), default=None)
    most = main.adds if main else 1.0
    return tuple(_sized(c, "main reason" if c is main else _size(c.adds), most) for c in picked)


def _with_signs(told: list[Cited]) -> list[Cited]:
    """The first three of a group each. Signs of illness that matter are among them, once: under the group that one of
    them speaks for, else in the last place if they have no earlier one."""
    signs = next((c for c in told if c.part.group == SIGNS), None)
    others = [c for c in told if c is not signs]
    if signs is None or any(is_sign(_FEATURES[c.feature]) for c in others[:MOST]):
        return others[:MOST]
    place = min(told.index(signs), MOST - 1) if signs.part.whole >= _ALSO else told.index(signs)
    return [*others[:place], signs, *others[place:]][:MOST]


def _size(contribution: float) -> Size:
    return "also raises" if contribution >= _ALSO else "slightly raises"


def _sized(cited: Cited, size: Size, most: float) -> Cited:
    """With the word for what its group adds, and how large that is beside the most: two digits are all a bar shows."""
    return replace(cited, reason=replace(cited.reason, size=size, relative=round(cited.adds / most, 2)))


def _recent(cited: Cited, as_of: date) -> bool:
    dated = cited.reason.dated_on
    return dated is not None and (as_of - dated).days <= _OVERDUE


def _cited(
    part: Part, borrowed: Sequence[tuple[str, float]], values: Mapping[str, float], look: Look
) -> Iterator[Cited]:
    heard = [one for one in (*part.shares, *borrowed) if one[1] >= _SOME * part.whole]
    with_signs = part.whole + max(0.0, sum(one for _, one in borrowed))
    for name, contribution in sorted(heard, key=_largest_first):
        spoken = _raising(_FEATURES[name], values[name], look)
        if spoken and (spoken.dated_on or contribution >= _TELLING * part.whole):
            source = source_of(_FEATURES[name])
            reason = Reason(part.group, part.acts, spoken.sentence, "slightly raises", spoken.dated_on, source=source)
            yield Cited(reason, spoken.rows, part, name, part.whole if name in part.names else with_signs)


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
