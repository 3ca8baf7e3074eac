"""A history as it was known for one as-of: who lived where, who was in hospital, and each resident's records."""

from collections.abc import Collection
from datetime import date
from itertools import pairwise

from ..asof import DAY, instant
from ..history import History
from ..streams import RESIDENT_STREAMS
from .records import Record, of_event, of_spell, of_stay
from .versions import Row, current, plain

UNCERTAIN_AFTER = 60 * DAY
USABLE_WITHIN = 364 * DAY
Interval = tuple[int, int]


class Plain:
    """A history's tables as lists of dicts, read once for any number of as-ofs."""

    def __init__(self, history: History) -> None:
        self.tables = {name: plain(table) for name, table in history.tables.items()}

    def current(self, name: str, before: int) -> list[Row]:
        return current(name, self.tables.get(name, ()), before)


class View:
    """What is visible as of t: a value's own time before t, its recording before t + grace."""

    def __init__(self, source: Plain, as_of: date, grace: int, outcome: str) -> None:
        self.as_of, self.t = as_of, instant(as_of)
        self.known = self.t + grace
        self.people = {row["resident_id"]: row for row in source.tables["residents"]}
        self.homes = {row["home_id"]: row for row in source.tables["homes"]}
        self.stays = self._began(source, "stays", "moved_in")
        self.spells = self._began(source, "spells", "admitted_at")
        self.objections = self._began(source, "objections", "from")
        self.records: dict[str, list[Record]] = {person: [] for person in self.people}
        self.home_records: dict[str, list[Record]] = {home: [] for home in self.homes}
        for row in source.current("events", self.known):
            self._add(self.records, row["resident_id"], of_event(row))
        for row in source.current("spells", self.known):
            self._add(self.records, row["resident_id"], of_spell(row, outcome))
        for row in source.current("stays", self.known):
            self._add(self.records, row["resident_id"], of_stay(row))
        for row in source.current("home_events", self.known):
            self._add(self.home_records, row["home_id"], of_event(row))

    def _began(self, source: Plain, name: str, begin: str) -> list[Row]:
        """Dated intervals that have begun, the latest last."""
        rows = [row for row in source.current(name, self.known) if row[begin] < self.t]
        ids = ("spell_id",) if name == "spells" else ("record_id", "kind", "home_id")
        return sorted(rows, key=lambda row: (row[begin], row["first"], *(row.get(i) or "" for i in ids)))

    def _add(self, into: dict[str, list[Record]], owner: str, records: list[Record]) -> None:
        if owner in into:
            into[owner] += [record for record in records if record.time < self.t]

    def end(self, row: Row, column: str, told: str) -> int | None:
        """The end of a stay or spell, if it is visible."""
        end, learnt = row[column], row["told"][told]
        return end if end is not None and learnt is not None and end < self.t else None

    def died(self, person: str) -> int | None:
        row = self.people[person]
        died, told = row["died_on"], row["died_recorded_at"]
        return died if died is not None and told is not None and died < self.t and told < self.known else None

    def stay_at(self, person: str, moment: int) -> Row | None:
        """The stay at a moment before t: the latest to have begun of those that cover it; none after death."""
        died = self.died(person)
        if died is not None and died <= moment:
            return None
        found = None
        for row in self.stays:
            end = self.end(row, "moved_out", "moved_out_recorded_at")
            if row["resident_id"] == person and row["moved_in"] <= moment and (end is None or moment < end):
                found = row
        return found

    def living(self) -> dict[str, Row]:
        """Everyone in a home at t, with the stay."""
        found = {person: self.stay_at(person, self.t) for person in sorted(self.people)}
        return {person: stay for person, stay in found.items() if stay is not None}

    def segments(self, person: str, start: int) -> list[tuple[Interval, str | None]]:
        """Where a resident lived from `start` to t, change by change."""
        edges = {start, self.t, self.died(person)}
        for row in self.stays:
            if row["resident_id"] == person:
                edges |= {row["moved_in"], self.end(row, "moved_out", "moved_out_recorded_at")}
        moments = sorted(e for e in edges if e is not None and start <= e <= self.t)
        stays = [self.stay_at(person, moment) for moment in moments]
        homes = [stay["home_id"] if stay else None for stay in stays]
        return list(zip(pairwise(moments), homes, strict=False))

    def newest(self, person: str, feed: str | None = None) -> int | None:
        """The instant of a resident's newest record of a feed, or of any that says something of their health."""
        feeds = {c: s.feed for s in RESIDENT_STREAMS.values() for c in s.concepts}
        times = [
            r.time
            for r in self.records[person]
            if feeds.get(r.concept, "home") != "home" and feed in (None, feeds[r.concept])
        ]
        return max(times, default=None)

    def status(self, person: str, objections: Collection[str]) -> str:
        for row in self.objections:
            holds = row["to"] is None or row["to"] > self.t
            if row["resident_id"] == person and row["kind"] in objections and holds:
                return "objection"
        newest = self.newest(person)
        if newest is None or newest < self.t - USABLE_WITHIN:
            return "no_usable_record"
        spells = [row for row in self.spells if row["resident_id"] == person]
        if not spells or self.end(spells[-1], "discharged_at", "discharge_recorded_at") is not None:
            return "eligible"
        admitted, seen = spells[-1]["admitted_at"], self.newest(person, "care_record")
        back = seen is not None and seen >= admitted + 2 * DAY
        return "hospital_uncertain" if back or self.t - admitted >= UNCERTAIN_AFTER else "in_hospital"
