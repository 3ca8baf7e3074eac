"""Reasons: contributions summed by group, spoken as dated facts, what can be acted on before background."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import catalogue
from features.codelists import concepts
from features.evidence import Look
from features.kernel import Measure, Stat
from features.specs import Feature

from .rows import Reason, Size
from .wording import Spoken, sentence_case, speak

# In log-odds: below the first a part is silent; from the second on it multiplies the odds by 1.16 or more.
_SILENT, _ALSO = 0.03, 0.15
MOST = 3
_FEATURES: Mapping[str, Feature] = {f.name: f for f in catalogue().features}
_HARM_COUNTS = frozenset({Stat.COUNT, Stat.DAYS})


@dataclass(frozen=True)
class Part:
    """One group's actionable or background share of a resident's log-odds, and its features, largest first."""

    group: str
    acts: bool
    size: float
    features: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Cited:
    """A reason with the event rows it rests on and the part it speaks for."""

    reason: Reason
    rows: tuple[int, ...]
    part: Part


def parts(names: Sequence[str], contributions: np.ndarray) -> tuple[Part, ...]:
    """Sum one row's contributions by (group, actionable); largest first."""
    found: dict[tuple[str, bool], list[tuple[str, float]]] = {}
    for name, value in zip(names, contributions.tolist(), strict=True):
        feature = _FEATURES[name]
        found.setdefault((feature.group, feature.acts), []).append((name, value))
    made = (
        Part(group, acts, sum(v for _, v in values), tuple(sorted(values, key=lambda nv: (-nv[1], nv[0]))))
        for (group, acts), values in found.items()
    )
    return tuple(sorted(made, key=lambda p: (-p.size, p.group, p.acts)))


def reasons(found: Sequence[Part], values: Mapping[str, float], look: Look) -> tuple[Cited, ...]:
    """Up to three facts that raise the estimate: with records before absences, what can be acted on first."""
    raising = [p for p in found if p.size >= _SILENT and p.group != "Background"]
    cited = [c for p in raising if (c := _cite(p, values, look))]
    cited.sort(key=lambda c: (not c.part.acts, not _recorded(c), -c.part.size))
    chosen = cited[:MOST]
    main = max(chosen, key=lambda c: c.part.size, default=None)
    return tuple(_sized(c, "main reason" if c is main else _size(c.part.size)) for c in chosen)


def _size(contribution: float) -> Size:
    return "also raises" if contribution >= _ALSO else "slightly raises"


def _sized(cited: Cited, size: Size) -> Cited:
    said = cited.reason
    return Cited(Reason(said.group, said.actionable, said.sentence, size, said.dated_on), cited.rows, cited.part)


def _recorded(cited: Cited) -> bool:
    return cited.reason.dated_on is not None


def _cite(part: Part, values: Mapping[str, float], look: Look) -> Cited | None:
    for name, contribution in part.features:
        if contribution <= 0:
            break
        spoken = _raising(_FEATURES[name], values[name], look)
        if spoken:
            reason = Reason(part.group, part.acts, spoken.sentence, "slightly raises", spoken.dated_on)
            return Cited(reason, spoken.rows, part)
    return None


def _raising(feature: Feature, value: float, look: Look) -> Spoken | None:
    """The fact, unless it says that something is absent which no one would expect to raise a risk."""
    spoken = speak(feature, value, look)
    if spoken is None or not isinstance(feature.source, Measure) or spoken.dated_on:
        return spoken
    return spoken if _is_review(feature.source.stream) else None


def _is_review(stream: str) -> bool:
    concept = concepts().get(stream)
    return concept is not None and concept.kind == "review"


def why_changed(
    before: Sequence[Part], now: Sequence[Part], values: Mapping[str, float], look: Look, *, up: bool
) -> str:
    """The fact of the part that moved most in the direction of the change; empty if it has none to tell."""
    earlier = {(p.group, p.acts): p for p in before}
    moved = sorted(now, key=lambda p: (p.size - earlier[p.group, p.acts].size) * (-1 if up else 1))
    for part in moved[:2]:
        was = dict(earlier[part.group, part.acts].features)
        for name, value in sorted(part.features, key=lambda nv: (nv[1] - was[nv[0]]) * (-1 if up else 1)):
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
        for name, contribution in reversed(part.features):
            source = _FEATURES[name].source
            is_count = isinstance(source, Measure) and source.stat in _HARM_COUNTS and source.window >= 28
            if contribution < 0 and is_count and values[name] == 0:
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
