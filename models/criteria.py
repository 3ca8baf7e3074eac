"""The criteria of a promotion: each a bound on one thing, with what was found and in words.

The bounds are for a county's eight judged weeks, which hold some 200 admissions: docs/promotion.md says how far two
trainings of one recipe differ there by chance.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

from models.bootstrap import Estimate
from models.evidence import RULE, Comparison, GroupPair, Pair, Presence, Standing

_NAN, _FEW = float("nan"), 20
_NAMES = {
    "auroc": "AUROC",
    "ppv": "PPV",
    "sensitivity": "sensitivity",
    "calibration_slope": "calibration slope",
    "observed_expected": "observed over expected admissions",
    "ici_over_base_rate": "calibration error (ICI) over the base rate",
}
_VIEWS = {"all": "", "pcn": " on the MDT lists", "home_id": " on the home round lists"}


@dataclass(frozen=True)
class Policy:
    """The bounds.

    least_events    judged admissions below which calibration cannot be told (Collins, Ogundimu and Altman 2016)
    auroc_over_rule by how much AUROC must be above that of prior admissions, at the lower end of the paired interval,
                    where there is no model to compare with
    auroc_margin    by how much AUROC may be lower at the worse end of the paired interval
    yield_margin    the same for PPV and sensitivity at capacity, as a share of what is in use
    slope, ratio    bounds of the calibration slope and of observed over expected admissions
    ici_most        integrated calibration index over the base rate
    auroc_suspect   an AUROC that no published model of this kind reaches (the highest is 0.88): the outcome has leaked
    group_events    admissions of a group below which it is not judged
    group_margin    loss of a group's sensitivity at capacity that counts as harm where it shows beyond chance
    group_off       the same for its calibration: how much further from 1, in logarithms, admissions over chances lie
    churn_most      share of the places on the coming lists that would go to other residents
    present_least   share of residents with a value of a feature, over that in the weeks learnt from
    fresh_days      how long ago the last judged week's outcomes may have become known
    """

    least_events: int = 100
    auroc_over_rule: float = 0.0
    auroc_margin: float = 0.03
    yield_margin: float = 0.3
    slope_least: float = 0.7
    slope_most: float = 1.5
    ratio_least: float = 0.7
    ratio_most: float = 1.4
    ici_most: float = 0.35
    auroc_suspect: float = 0.9
    group_events: int = 20
    group_margin: float = 0.05
    group_off: float = 0.2
    churn_most: float = 0.5
    present_least: float = 0.3
    fresh_days: int = 91


@dataclass(frozen=True)
class Criterion:
    """One bound and what was found; `passed` is None where it could not be judged, `absolute` if nobody may override.

    low and high are the 95 % interval, NaN where there is none; least and most the bounds, infinite where open.
    """

    name: str
    value: float
    passed: bool | None
    words: str
    low: float = _NAN
    high: float = _NAN
    least: float = -math.inf
    most: float = math.inf
    absolute: bool = False


def leak(candidate: Standing, policy: Policy) -> Iterator[Criterion]:
    """Too good to be true."""
    found = candidate.auroc
    high = not found.low <= policy.auroc_suspect
    words = "no sign of a leak"
    if candidate.leak_suspected:
        words = "it ranks better than the true risk does: the outcome has leaked into the features"
    elif high:
        words = f"AUROC {_interval(found)}: better than any published model, suspect that the outcome has leaked"
    ok = not (candidate.leak_suspected or high)
    bound = policy.auroc_suspect
    yield Criterion("leak", found.value, ok, words, found.low, found.high, most=bound, absolute=True)


def features(candidate: Standing, policy: Policy, fingerprint: str) -> Iterator[Criterion]:
    """The features that the model was made for are those computed now, and they have values."""
    same = candidate.fingerprint == fingerprint
    words = "made for the features that are computed now"
    other = "it was made for other features than are computed now: train again"
    yield Criterion("features", float(same), same, words if same else other, least=1, absolute=True)
    kept = {one: _kept(one, candidate.residents) for one in candidate.presence}
    judged = {one: share for one, share in kept.items() if not math.isnan(share)}
    least = min(judged.values(), default=1.0)
    on = f"for {candidate.residents} residents on {candidate.monday}"
    gone = [one for one, share in judged.items() if share == 0]
    words = f"{len(judged)} features have values {on}; {len(kept) - len(judged)} are too rare to tell"
    if gone:
        words = f"features without any value {on}: {_absent(gone)}"
    yield Criterion("features present", least, not gone, words, absolute=True)
    rarer = [one for one, share in judged.items() if 0 < share < policy.present_least]
    words = f"every feature is at least {policy.present_least:.0%} as common as in the weeks learnt from"
    if rarer:
        words = f"features far rarer {on} than in the weeks learnt from: {_absent(rarer)}"
    yield Criterion("features as common", least, not rarer, words, least=policy.present_least)


def _kept(one: Presence, residents: int) -> float:
    """What is left of a feature's share; NaN where so few values were to be expected that none may be chance."""
    return one.now / one.learnt if one.learnt * residents >= _FEW else _NAN


def _absent(lacking: list[Presence]) -> str:
    named = [f"{one.feature} ({one.now:.0%} of residents, {one.learnt:.0%} when it learnt)" for one in lacking[:5]]
    return ", ".join(named) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")


def question(candidate: Standing, beside: Comparison) -> Iterator[Criterion]:
    """The same outcome over the same days as the model in use."""
    if beside.in_use is None:
        return
    asked = f"{candidate.outcome} within {candidate.horizon_days} days"
    same = (candidate.outcome, candidate.horizon_days) == (beside.outcome, beside.horizon_days)
    words = f"estimates {asked}, as model {beside.in_use} does"
    other = f"it estimates {asked}, model {beside.in_use} {beside.outcome} within {beside.horizon_days} days"
    yield Criterion("same question", float(same), same, words if same else other, least=1)


def fresh(candidate: Standing, beside: Comparison, policy: Policy, on: date) -> Iterator[Criterion]:
    """Judged on weeks that are not long past, and not trained on older records than the model in use."""
    known = beside.last + timedelta(days=candidate.horizon_days + candidate.delay_days)
    age = (on - known).days
    words = f"judged on {beside.weeks} weeks up to {beside.last}, known {age} days before {on}"
    old = f"; at most {policy.fresh_days} are allowed"
    ok = age <= policy.fresh_days
    yield Criterion("evidence fresh", age, ok, words + ("" if ok else old), most=policy.fresh_days)
    if beside.trained_until is None:
        return
    later = (candidate.trained_until - beside.trained_until).days
    words = f"learnt from records up to {candidate.trained_until}, model {beside.in_use} up to {beside.trained_until}"
    yield Criterion("trained no earlier", later, later >= 0, words, least=0)


def enough(beside: Comparison, policy: Policy) -> Iterator[Criterion]:
    """Enough admissions to tell."""
    ok = beside.events >= policy.least_events
    words = f"{beside.events} admissions in {beside.rows:,} resident-weeks of {beside.homes} homes"
    few = f": too few to tell, {policy.least_events} are needed"
    yield Criterion("enough evidence", beside.events, ok, words + ("" if ok else few), least=policy.least_events)


def discrimination(beside: Comparison, policy: Policy) -> Iterator[Criterion]:
    """No worse than the model in use, nor than the rule where there is none; a rule's AUROC must be beaten."""
    who = f"by {RULE}" if beside.version is None else f"by model {beside.version}"
    for pair in beside.pairs:
        ranked = pair.name == "auroc"
        least = -policy.auroc_margin if ranked else -policy.yield_margin * pair.in_use
        if ranked and beside.version is None:
            least = policy.auroc_over_rule
        found = pair.difference
        words = f"{_label(pair)} {pair.candidate:.3f} beside {pair.in_use:.3f} {who}: difference {_interval(found)}"
        ok = found.low >= least
        words += "" if ok else f", the lower end must be at least {least:.3f}"
        yield Criterion(_label(pair), found.value, ok, words, found.low, found.high, least=least)


def calibration(candidate: Standing, policy: Policy) -> Iterator[Criterion]:
    """Chances that mean what they say. The estimate itself must lie in range, however wide its interval."""
    ranges = {
        "calibration_slope": (policy.slope_least, policy.slope_most),
        "observed_expected": (policy.ratio_least, policy.ratio_most),
        "ici_over_base_rate": (-math.inf, policy.ici_most),
    }
    for name, found in candidate.calibration:
        least, most = ranges[name]
        ok = math.isinf(most) or least <= found.value <= most  # without a bound, what cannot be told need not be
        words = f"{_NAMES[name]} {_interval(found, 2)}"
        words += "" if ok else f", outside {_range(least, most)}"
        yield Criterion(_NAMES[name], found.value, ok, words, found.low, found.high, least, most)


def groups(beside: Comparison, policy: Policy) -> Iterator[Criterion]:
    """No group newly harmed: fewer of its admissions listed, or its chances further off, beyond chance.

    Intervals are widened for the number of groups looked at (Bonferroni), by the normal approximation.
    """
    large = [one for one in beside.groups if one.events >= policy.group_events]
    for dimension in dict.fromkeys(one.dimension for one in beside.groups):
        among = [one for one in large if one.dimension == dimension]
        small = [one.group for one in beside.groups if one.dimension == dimension and one not in among]
        few = f"too few admissions to judge: {', '.join(small)}"
        left = f"; {few}" if small else ""
        if not among:
            yield Criterion(f"{dimension}: no group harmed", _NAN, None, f"{dimension}: {few}")
            continue
        wide = _wide(sum(len(one.listed) for one in large))
        lost = [(one.group, _label(pair), _stretched(pair.difference, wide)) for one in among for pair in one.listed]
        if lost:
            yield _listed(dimension, lost, left, policy)
        wide = _wide(len(large))
        off = [(one.group, _stretched(one.further_off, wide), one) for one in among if one.further_off]
        if off:
            yield _off(dimension, off, left, policy)


def _listed(dimension: str, lost: list[tuple[str, str, Estimate]], left: str, policy: Policy) -> Criterion:
    harmed = [one for one in lost if not (one[2].value >= -policy.group_margin or one[2].high >= 0)]
    worst = min(lost, key=lambda one: (one not in harmed, one[2].high, one[2].value))[2]
    words = f"{dimension}: no group newly left off the lists, of {len({one[0] for one in lost})}{left}"
    if harmed:
        named = "; ".join(f"{group}, {label} {_interval(found)}" for group, label, found in harmed)
        words = f"{dimension}: fewer of the admissions of these groups are listed: {named}"
    name = f"{dimension}: listed as before"
    return Criterion(name, worst.value, not harmed, words, worst.low, worst.high, least=-policy.group_margin)


def _off(dimension: str, off: list[tuple[str, Estimate, GroupPair]], left: str, policy: Policy) -> Criterion:
    harmed = [one for one in off if not (one[1].value <= policy.group_off or one[1].low <= 0)]
    worst = max(off, key=lambda one: (one in harmed, one[1].low, one[1].value))[1]
    words = f"{dimension}: no group's chances newly off, of {len(off)}{left}"
    if harmed:
        named = "; ".join(f"{group}, observed over expected {_interval(own.observed_expected, 2)}"
                          for group, _, own in harmed)  # fmt: skip
        words = f"{dimension}: the chances of these groups are further off than before: {named}"
    name = f"{dimension}: calibrated as before"
    return Criterion(name, worst.value, not harmed, words, worst.low, worst.high, most=policy.group_off)


def _wide(looked_at: int) -> float:
    """How much wider an interval must be for so many comparisons."""
    normal = NormalDist()
    return normal.inv_cdf(1 - 0.025 / max(1, looked_at)) / normal.inv_cdf(0.975)


def _stretched(found: Estimate, wide: float) -> Estimate:
    """Symmetric, from the width: the percentiles of a small group's draws are ragged."""
    half = wide * (found.high - found.low) / 2
    return Estimate(found.value, found.value - half, found.value + half)


def churn(beside: Comparison, policy: Policy) -> Iterator[Criterion]:
    """How many of the residents on the coming lists would be others."""
    for one in beside.churn:
        share = one.others / one.places if one.places else _NAN
        ok = share <= policy.churn_most
        where = _VIEWS.get(one.view, f" on the lists by {one.view}")
        words = f"of {one.places:.0f} places{where} of {one.monday}, {one.others:.0f} go to others ({share:.0%})"
        words += "" if ok else f"; at most {policy.churn_most:.0%} are allowed"
        yield Criterion(f"churn{where}", share, ok, words, most=policy.churn_most)


def _label(pair: Pair) -> str:
    return _NAMES[pair.name] + _VIEWS.get(pair.view, f" on the lists by {pair.view}")


def _interval(found: Estimate, digits: int = 3) -> str:
    low, value, high = (f"{number:.{digits}f}" for number in (found.low, found.value, found.high))
    return f"{value} ({low} to {high})"


def _range(least: float, most: float) -> str:
    return f"{least:g} to {most:g}" if math.isfinite(least) else f"at most {most:g}"
