"""The dated records of one resident or home at one instant, and the statistics read from them."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType

from ..asof import DAY, LONDON, MICRO, local_date
from ..codelists import SOFT_SIGN, Definition, definition, resolve, signs_of
from ..codelists.rows import normalise
from ..codelists.rules import Coding, split
from ..contract import EMERGENCY_METHODS, TRANSFER_METHOD
from ..measures import Stat
from ..streams import Stream
from .versions import Row

EVENING = 20


@dataclass(frozen=True)
class Record:
    """One dated fact: `first` is when it was first recorded; `value` is None where it has none."""

    concept: str
    time: int
    first: int
    id: str = ""
    value: float | None = 1.0

    @property
    def place(self) -> tuple:
        """Ties at one instant: by recording, record id, value; a missing value comes after any number."""
        return self.time, self.first, self.id, self.value is None, self.value or 0.0


def of_event(row: Row) -> list[Record]:
    concept = resolve([row["code"]])[row["code"]]
    concept = signs_of([row["text"]])[0] if concept == SOFT_SIGN else concept
    value = row["value"] if row["value"] == row["value"] else None
    return [Record(concept, row["time"], row["first"], row["record_id"] or "", value)] if concept else []


def of_stay(row: Row) -> list[Record]:
    return [Record("move_in", row["moved_in"], row["first"])]


def of_spell(row: Row, outcome: str) -> list[Record]:
    """Admissions when recorded, what they were for when coded, discharges when those are known."""
    found = []
    method, admitted, discharged = row["admission_method"], row["admitted_at"], row["discharged_at"]
    if method in EMERGENCY_METHODS - {TRANSFER_METHOD}:
        found.append(Record("emergency_admission", admitted, row["first"]))
    if method not in EMERGENCY_METHODS:
        found.append(Record("elective_admission", admitted, row["first"]))
    coded, told = row["told"]["coded_at"], row["told"]["discharge_recorded_at"]
    for concept, name in (("avoidable_admission", outcome), ("fall_admission", "falls")):
        if coded is not None and qualifies(row, definition(name)):
            found.append(Record(concept, admitted, coded))
    if told is not None and discharged is not None:
        local = datetime.fromtimestamp(discharged // MICRO, UTC).astimezone(LONDON)
        found.append(Record("discharge", discharged, told, value=(discharged - admitted) / DAY))
        found += [Record("late_discharge", discharged, told)] if local.hour >= EVENING else []
        found += [Record("weekend_discharge", discharged, told)] if local.weekday() >= 5 else []
    return found


def qualifies(row: Row, wanted: Definition) -> bool:
    """Whether an admission is in a definition, by the codes known of it; every resident counts as old."""
    codes = (normalise(row["primary_diagnosis"] or ""), split(row["secondary_diagnoses"] or ""))
    coding = Coding(*codes, split(row["procedures"] or ""), math.inf)
    return row["admission_method"] in wanted.methods and wanted.category(coding) is not None


def selected(records: Iterable[Record], stream: Stream) -> list[Record]:
    """The records of a stream in order of time; a bound leaves out records without a value."""
    return sorted((r for r in records if r.concept in stream.concepts and _in_bounds(r, stream)), key=lambda r: r.place)


def _in_bounds(record: Record, stream: Stream) -> bool:
    low, high = stream.low, stream.high
    if record.value is None:
        return low is None and high is None
    return (low is None or record.value >= low) and (high is None or record.value <= high)


def statistic(stat: Stat, records: list[Record], as_of: date) -> float:
    """One statistic of the records of a window, oldest first; NaN is missing."""
    if stat in _OF_RECORDS:
        return _OF_RECORDS[stat](records, as_of)
    dated = [(float((local_date(r.time) - as_of).days), r.value) for r in records if r.value is not None]
    values = [value for _, value in dated]
    if stat in _OF_VALUES:
        return _OF_VALUES[stat](values) if values else math.nan
    if len(values) < 2:
        return math.nan
    return _slope(dated) if stat is Stat.SLOPE else _OF_PAIRS[stat](values)


def _slope(dated: list[tuple[float, float]]) -> float:
    """Least squares, per 28 days; missing where all fall on one day."""
    day = sum(x for x, _ in dated) / len(dated)
    mean = sum(y for _, y in dated) / len(dated)
    spread = sum((x - day) ** 2 for x, _ in dated)
    return 28 * sum((x - day) * (y - mean) for x, y in dated) / spread if spread else math.nan


_OF_RECORDS: Mapping[Stat, Callable[[list[Record], date], float]] = MappingProxyType(
    {
        Stat.COUNT: lambda records, _: float(len(records)),
        Stat.DAYS: lambda records, _: float(len({local_date(r.time) for r in records})),
        Stat.SINCE: lambda records, as_of: (as_of - local_date(records[-1].time)).days if records else math.nan,
        Stat.EVER: lambda records, _: float(bool(records)),
        # A start without a value is a start.
        Stat.ACTIVE: lambda records, _: float(bool(records) and (records[-1].value is None or records[-1].value > 0)),
    }
)
_OF_VALUES: Mapping[Stat, Callable[[list[float]], float]] = MappingProxyType(
    {
        Stat.SUM: sum,
        Stat.MEAN: lambda v: sum(v) / len(v),
        Stat.MIN: min,
        Stat.MAX: max,
        Stat.LAST: lambda v: v[-1],
    }
)
_OF_PAIRS: Mapping[Stat, Callable[[list[float]], float]] = MappingProxyType(
    {
        Stat.CHANGE: lambda v: v[-1] - v[0],
        Stat.SHARE: lambda v: (v[-1] - v[0]) / v[0] if v[0] else math.nan,
        Stat.RISE: lambda v: v[-1] - sum(v[:-1]) / (len(v) - 1),
    }
)
