"""The reference: every feature of every row, resident by resident and feature by feature, slow and plain.

It says what the kernel must compute. It shares the words (specs, streams, code lists) with it, and no method.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from ..asof import DAY, EPOCH, date, instant, local_date
from ..catalogue import catalogue
from ..history import History
from ..measures import Measure, Stat
from ..specs import Background, BedDays, Catalogue, FeedAge, OfHome, OthersRate, Ratio, Source
from ..streams import FEEDS, HOME_FEEDS, HOME_STREAMS, RESIDENT_STREAMS, Stream
from .records import Record, selected, statistic
from .versions import Row
from .view import UNCERTAIN_AFTER, Plain, View


@dataclass(frozen=True)
class Found:
    """One panel row: where the resident lives, the status in words, and every feature's value (NaN: missing)."""

    home_id: str
    status: str
    values: dict[str, float]


Rows = dict[tuple[str, date], Found]


def reference(
    history: History,
    as_ofs: Sequence[date],
    *,
    grace: int,
    objections: Collection[str] = frozenset(),
    outcome: str = "iau_2019",
    wanted: Catalogue | None = None,
) -> Rows:
    """Every panel row by (resident_id, as-of); `grace` in microseconds, `outcome` what was avoidable in the past."""
    source, rows = Plain(history), Rows()
    for as_of in as_ofs:
        view = View(source, as_of, grace, outcome)
        living = view.living()
        for person, stay in living.items():
            status = view.status(person, objections)
            row = _Row(view, person, stay, living, status)
            values = {f.name: row.value(f.source) for f in (wanted or catalogue()).features}
            rows[person, as_of] = Found(stay["home_id"], status, values)
    return rows


@dataclass(frozen=True)
class _Row:
    view: View
    person: str
    stay: Row
    stay_of: dict[str, Row]
    status: str

    def value(self, source: Source) -> float:
        """The value of one feature."""
        if isinstance(source, Measure):
            return self.measure(source)
        if isinstance(source, Ratio):
            over, under = self.measure(source.over), self.measure(source.under)
            return over / under - 1 if under else math.nan
        if isinstance(source, OfHome):
            records = self.view.home_records[self.stay["home_id"]]
            return self._statistic(source.measure, HOME_STREAMS[source.measure.stream], records)
        if isinstance(source, OthersRate):
            return self.others_rate(source)
        if isinstance(source, BedDays):
            return self.bed_days(source.window)
        if isinstance(source, FeedAge):
            days = self.silent(source.feed) if source.of_home else self._days_since({self.person: None}, source.feed)
            return days if math.isfinite(days) else math.nan
        if isinstance(source, Background):
            return self.background(source.key)
        assert_never(source)

    def start(self, window: int) -> int:
        return instant(self.view.as_of - timedelta(days=window))

    def _statistic(self, measure: Measure, stream: Stream, records: list[Record]) -> float:
        inside = [r for r in selected(records, stream) if not measure.window or r.time >= self.start(measure.window)]
        return statistic(measure.stat, inside, self.view.as_of)

    def measure(self, measure: Measure) -> float:
        stream = RESIDENT_STREAMS[measure.stream]
        counts = measure.window and measure.stat in (Stat.COUNT, Stat.DAYS)
        value = self._statistic(measure, stream, self.view.records[self.person])
        if value == 0 and counts and stream.feed in FEEDS and self.silent(stream.feed) > measure.window:
            return math.nan  # nothing was recorded, which is not that nothing happened
        return value

    def silent(self, feed: str) -> float:
        """Days since the newest record of a feed of anyone who lives in this home, made since they moved in.

        Of anyone at all, at any time, for feeds that are not told home by home.
        """
        if feed not in HOME_FEEDS:
            return self._days_since(dict.fromkeys(self.stay_of), feed)
        here = {p: stay["moved_in"] for p, stay in self.stay_of.items() if stay["home_id"] == self.stay["home_id"]}
        return self._days_since(here, feed)

    def _days_since(self, people: Mapping[str, int | None], feed: str) -> float:
        """Days since the newest record of a feed of these people, each made since the instant beside them."""
        newest = {p: self.view.newest(p, feed) for p in people}
        times = [t for p, t in newest.items() if t is not None and t >= (people[p] or t)]
        return float((self.view.as_of - local_date(max(times))).days) if times else math.inf

    def others_rate(self, source: OthersRate) -> float:
        """Records per 100 resident-days of the others, each counted where they lived when it happened."""
        view, home, start = self.view, self.stay["home_id"], self.start(source.window)
        count, days = 0, 0.0
        for person in view.people:
            if person == self.person:
                continue
            days += sum((end - begin) / DAY for (begin, end), where in view.segments(person, start) if where == home)
            for record in selected(view.records[person], RESIDENT_STREAMS[source.stream]):
                stay = view.stay_at(person, record.time)
                count += record.time >= start and stay is not None and stay["home_id"] == home
        return 100 * count / days if days >= 1 else math.nan

    def bed_days(self, window: int) -> float:
        """Days in hospital, once where spells overlap; to t or 60 days where no discharge is known."""
        view, covered, total = self.view, self.start(window), 0.0
        for row in view.spells:
            if row["resident_id"] == self.person:
                end = view.end(row, "discharged_at", "discharge_recorded_at")
                stop = min(view.t, row["admitted_at"] + UNCERTAIN_AFTER) if end is None else end
                total += max(0, stop - max(row["admitted_at"], covered)) / DAY
                covered = max(covered, stop)
        return total

    def background(self, key: str) -> float:
        person, home, stay = self.view.people[self.person], self.view.homes[self.stay["home_id"]], self.stay
        day = (self.view.as_of - EPOCH).days
        facts = {
            "age": (self.view.as_of - person["date_of_birth"]).days / 365.25,
            "male": {"M": 1.0, "F": 0.0}.get(person["sex"], math.nan),
            "imd_decile": math.nan if home["imd_decile"] is None else home["imd_decile"],
            "beds": home["beds"],
            "nursing": float(home["home_type"] == "nursing"),
            "learning_disability_home": float(home["home_type"] == "learning_disability"),
            "permanent": _is(stay["stay_type"], "permanent"),
            "nhs_funded": _is(stay["funding"], "nhs"),
            "self_funded": _is(stay["funding"], "self"),
            "from_hospital": _is(stay["admitted_from"], "hospital"),
            "in_hospital": float(self.status == "in_hospital"),
            "year_sine": math.sin(2 * math.pi * (day % 365.25) / 365.25),
            "year_cosine": math.cos(2 * math.pi * (day % 365.25) / 365.25),
        }
        return facts[key]


def _is(word: str | None, wanted: str) -> float:
    return math.nan if word is None else float(word == wanted)
