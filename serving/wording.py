"""A feature's value as a sentence: a fact with number, window and dates, found in the resident's own records."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from features.evidence import Look, Record
from features.measures import ALL_HISTORY, Measure, Stat
from features.specs import Background, BedDays, Feature, OfHome, OthersRate, Ratio
from features.streams import HOME_STREAMS, RESIDENT_STREAMS, Stream

from .dates import day, days

_LONGER = {7: 28, 28: 91, 91: 364}
_MOST_DATES = 4
_UNITS = {"kg": " kg", "%": "%", "ml/day": " ml", "mmHg": " mmHg", "degrees C": "°C", "medicines": " medicines"}
_TAKEN = frozenset(
    {"antipsychotic", "sedative", "opioid", "diuretic", "anticoagulant", "insulin", "sulfonylurea", "bone_protection"}
)


class Spoken(NamedTuple):
    """A sentence, the newest date it rests on, and the records it cites (features.records.Records.row)."""

    sentence: str
    dated_on: date | None = None
    rows: tuple[int, ...] = ()


def speak(feature: Feature, value: float, look: Look) -> Spoken | None:
    """The fact behind a feature's value; None where there is nothing a clinician would want to read."""
    source = feature.source
    if isinstance(source, Measure):
        return _SPEAK[source.stat](RESIDENT_STREAMS[source.stream], source.window, value, look)
    if value != value:  # missing
        return None
    if isinstance(source, Ratio):
        return _ratio(source, value, look)
    if isinstance(source, BedDays):
        return Spoken(f"{_count(round(value), 'day', 'days')} in hospital in the last {source.window} days")
    if isinstance(source, OthersRate):
        return _others(source, value)
    if isinstance(source, OfHome):
        return _of_home(source.measure, value)
    if isinstance(source, Background) and source.key == "age":
        return Spoken(f"Aged {int(value)}")
    return None


def number(value: float, unit: str = "") -> str:
    """At most one decimal, none where it says nothing, thousands with a comma, with its unit."""
    text = f"{value:,.0f}" if abs(value) >= 100 or abs(value - round(value)) < 0.05 else f"{value:.1f}"
    return text + _UNITS.get(unit, "")


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _spoken(sentence: str, records: tuple[Record, ...]) -> Spoken:
    rows = tuple(sorted({r.row for r in records}))
    return Spoken(sentence_case(sentence), records[0].on if records else None, rows)


def _counted(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    if value != value:
        return None
    records = look.records(stream.name, window)
    within = f"in the last {window} days" if window else "recorded"
    if not records:
        return Spoken(f"No {stream.many} {within}")
    dates = sorted({r.on for r in records})
    when = days(dates, look.as_of) if len(dates) <= _MOST_DATES else f"latest {day(dates[-1], look.as_of)}"
    before = _before(stream, window, len(records), look)
    return _spoken(f"{_count(len(records), stream.one, stream.many)} {within} ({when}){before}", records)


def _before(stream: Stream, window: int, now: int, look: Look) -> str:
    longer = _LONGER.get(window)
    if longer is None:
        return ""
    earlier = look.count(stream.name, longer) - now
    return f", {earlier or 'none'} in the {longer - window} days before"


def _newest(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = tuple(r for r in look.records(stream.name, window) if r.value is not None)
    if not records:
        return None
    said = f"{stream.one} of {number(records[0].value or 0, stream.unit)} on {day(records[0].on, look.as_of)}"
    return _spoken(said, records)


def _extreme(word: str, pick: Callable) -> Callable:
    def say(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
        records = tuple(r for r in look.records(stream.name, window) if r.value is not None)
        if not records:
            return None
        chosen = pick(records, key=lambda r: r.value)
        when = day(chosen.on, look.as_of)
        return _spoken(
            f"{word} {stream.one} in the last {window} days {number(chosen.value, stream.unit)} ({when})", records
        )

    return say


def _average(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = look.records(stream.name, window)
    if value != value or not records:
        return None
    readings = _count(len(records), "reading", "readings")
    said = f"{stream.one} averaged {number(value, stream.unit)} over the last {window} days ({readings})"
    return _spoken(said, records)


def _rise(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = tuple(r for r in look.records(stream.name, window) if r.value is not None)
    if value != value or len(records) < 2:
        return None
    newest = records[0].value or 0
    usual = number(newest - value, stream.unit)
    said = f"{stream.one} of {number(newest, stream.unit)} on {day(records[0].on, look.as_of)}, own average {usual}"
    return _spoken(said, records)


def _change(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = tuple(r for r in look.records(stream.name, window) if r.value is not None)
    if value != value or len(records) < 2:
        return None
    newest, oldest = records[0].value or 0, records[-1].value or 0
    since = day(records[-1].on, look.as_of)
    if stream.name == "weight_kg" and oldest:
        verb, share = ("Lost", 1 - newest / oldest) if newest < oldest else ("Gained", newest / oldest - 1)
        return _spoken(f"{verb} {number(abs(newest - oldest), 'kg')} ({share:.0%}) since {since}", records)
    was, now = number(oldest, stream.unit), number(newest, stream.unit)
    return _spoken(f"{stream.one} from {was} to {now} since {since}", records)


def _on_days(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    if value != value:
        return None
    records = look.records(stream.name, window)
    return _spoken(f"{stream.one} recorded on {_count(int(value), 'day', 'days')} in the last {window} days", records)


def _last(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    newest = look.newest(stream.name)
    if newest is None:
        return Spoken(f"No {stream.one} recorded")
    when = day(newest.on, look.as_of)
    if stream.kind == "review" and value > 91:
        return _spoken(f"No {stream.one} recorded since {when}", (newest,))
    return _spoken(f"Moved in on {when}" if stream.kind == "move" else f"Last {stream.one} on {when}", (newest,))


def _ever(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = look.records(stream.name, ALL_HISTORY)
    if not records:
        return Spoken(f"No {stream.one} recorded")
    if stream.kind == "diagnosis":
        return _spoken(f"{stream.one} recorded", records)
    return _spoken(f"{stream.one} recorded on {day(records[0].on, look.as_of)}", records)


def _active(stream: Stream, window: int, value: float, look: Look) -> Spoken | None:
    records = look.records(stream.name, ALL_HISTORY)
    if not value > 0 or not records:
        return Spoken(f"No {stream.one} recorded")
    since = day(_started(records).on, look.as_of)
    verb = f"Taking {_article(stream.one)}" if stream.name in _TAKEN else sentence_case(stream.one)
    return _spoken(f"{verb} since {since}", records)


def _started(records: tuple[Record, ...]) -> Record:
    """The record at which the present run of a state began."""
    start = records[0]
    for record in records:
        if record.value == 0:
            break
        start = record
    return start


def _article(noun: str) -> str:
    if noun in {"insulin", "bone protection"}:
        return noun
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _ratio(source: Ratio, value: float, look: Look) -> Spoken | None:
    stream = RESIDENT_STREAMS[source.over.stream]
    records = look.records(stream.name, source.over.window)
    values = [r.value for r in records if r.value is not None]
    if not values:
        return None
    mean = number(sum(values) / len(values), stream.unit)
    side = "below" if value < 0 else "above"
    usual = f"{abs(value):.0%} {side} own average"
    return _spoken(f"{stream.one} averaged {mean} a day in the last {source.over.window} days, {usual}", records)


def _others(source: OthersRate, value: float) -> Spoken:
    stream = RESIDENT_STREAMS[source.stream]
    per_ten = value * source.window / 10
    noun = stream.one if round(per_ten, 1) == 1 else stream.many
    return Spoken(f"For every 10 other residents here, {number(per_ten)} {noun} in the last {source.window} days")


def _of_home(measure: Measure, value: float) -> Spoken | None:
    stream = HOME_STREAMS[measure.stream]
    if measure.stat is Stat.ACTIVE:
        return Spoken(f"{sentence_case(stream.one)} at the home") if value else None
    if stream.unit == "share":
        return Spoken(f"{sentence_case(stream.one)} at the home {value:.0%}")
    return None


_SPEAK: Mapping[Stat, Callable[[Stream, int, float, Look], Spoken | None]] = {
    Stat.COUNT: _counted,
    Stat.SUM: _average,
    Stat.MEAN: _average,
    Stat.MIN: _extreme("Lowest", min),
    Stat.MAX: _extreme("Highest", max),
    Stat.LAST: _newest,
    Stat.CHANGE: _change,
    Stat.SHARE: _change,
    Stat.SLOPE: _change,
    Stat.DAYS: _on_days,
    Stat.SINCE: _last,
    Stat.EVER: _ever,
    Stat.ACTIVE: _active,
    Stat.RISE: _rise,
}
