"""Figures as text: value and 95 % interval, or in words why there is none."""

import math
from collections.abc import Callable

from models.evaluation import Evaluation, Metric

Writer = Callable[[float], str]
_UNIT = " %"


def decimal(value: float) -> str:
    return f"{value:.3f}"


def signed(value: float) -> str:
    return f"{value:+.3f}"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def one_digit(value: float) -> str:
    return f"{value:.1f}"


def capital(text: str) -> str:
    """The text with a capital first letter, all others as they are."""
    return text[:1].upper() + text[1:]


def told(found: Evaluation, name: str, score: str = "model", view: str = "all", as_text: Writer = decimal) -> str:
    """The metric of that name, 'not computed' where the run has none."""
    return written(found.get(name, score, view), as_text) if found.has(name, score, view) else "not computed"


def written(metric: Metric, as_text: Writer = decimal) -> str:
    return with_interval(metric.value, metric.low, metric.high, as_text)


def with_interval(value: float, low: float, high: float, as_text: Writer = decimal) -> str:
    if math.isnan(value):
        return "not defined"
    if math.isnan(low):
        return as_text(value)
    bounds = [as_text(bound).removesuffix(_UNIT) for bound in (low, high)]
    return f"{as_text(value)} ({bounds[0]} to {bounds[1]})"
