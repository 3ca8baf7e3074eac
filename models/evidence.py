"""What a promotion is decided by: what a candidate is, and how it compares with what is in use, as plain values.

Kept as JSON beside the model, so that a verdict can be read, and reached again, long after the records are gone.
"""

from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from models.bootstrap import Estimate
from models.evaluation import jsonable

RULE = "prior admissions"


@dataclass(frozen=True)
class Presence:
    """The share of residents with a value of one feature: in the weeks learnt from, and on the latest Monday."""

    feature: str
    learnt: float
    now: float


@dataclass(frozen=True)
class Standing:
    """A candidate by itself, on weeks that its twin has not learnt from.

    fingerprint    of the features it was made for
    calibration    calibration_slope, observed_expected and ici_over_base_rate
    leak_suspected on invented people: better than the true risk
    presence       of each feature among the `residents` ranked on `monday`
    """

    version: int
    outcome: str
    horizon_days: int
    delay_days: int
    trained_until: date
    fingerprint: str
    auroc: Estimate
    calibration: tuple[tuple[str, Estimate], ...]
    leak_suspected: bool
    monday: date
    residents: int
    presence: tuple[Presence, ...]


@dataclass(frozen=True)
class Pair:
    """One figure of the candidate and of what is in use on the same rows, and their paired difference."""

    name: str
    view: str
    candidate: float
    in_use: float
    difference: Estimate


@dataclass(frozen=True)
class GroupPair:
    """What changes for one group of residents.

    listed             sensitivity at capacity by view: of the group's admissions, those that were listed
    observed_expected  admissions over the candidate's chances
    further_off        how much further from 1 that is than for the model in use, in logarithms, paired; None where
                       nothing in use states a chance
    """

    dimension: str
    group: str
    rows: int
    events: int
    listed: tuple[Pair, ...]
    observed_expected: Estimate
    further_off: Estimate | None


@dataclass(frozen=True)
class Churn:
    """Places on the lists of one Monday, and how many of them go to a resident whom the model in use would not list."""

    view: str
    monday: date
    places: float
    others: float


@dataclass(frozen=True)
class Comparison:
    """A candidate beside what is in use, on the same rows of weeks that neither has learnt from.

    version        the model in use that it was compared with; None: the rule of prior admissions
    because        why the rule stands in for a model
    in_use         the version in use when the comparison was made, whether or not it could be compared with
    """

    version: int | None
    because: str
    in_use: int | None
    outcome: str
    horizon_days: int
    trained_until: date | None
    first: date
    last: date
    weeks: int
    rows: int
    events: int
    homes: int
    pairs: tuple[Pair, ...]
    groups: tuple[GroupPair, ...]
    churn: tuple[Churn, ...]


@dataclass(frozen=True)
class Evidence:
    """Everything that the gate is told of a candidate."""

    candidate: Standing
    comparison: Comparison

    def as_dict(self) -> dict[str, Any]:
        """For JSON; undefined values are None."""
        record: dict[str, Any] = jsonable(asdict(self))
        return record

    @staticmethod
    def from_dict(record: dict[str, Any]) -> "Evidence":
        """What `as_dict` gave."""
        found: Evidence = _decoded(record, Evidence)
        return found


def _decoded(value: Any, kind: Any) -> Any:
    """A value of JSON as one of the annotated kind."""
    origin = get_origin(kind)
    if origin is UnionType:
        return None if value is None else _decoded(value, get_args(kind)[0])
    if origin is tuple:
        kinds = get_args(kind)
        each = kinds if kinds[-1] is not ... else kinds[:1] * len(value)
        return tuple(_decoded(item, one) for item, one in zip(value, each, strict=True))
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: _decoded(value[field.name], hints[field.name]) for field in fields(kind)})
    if kind is float:
        return float("nan") if value is None else float(value)
    return date.fromisoformat(value) if kind is date else value
