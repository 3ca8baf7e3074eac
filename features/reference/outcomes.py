"""The reference for outcomes: one row at a time, what was known of its horizon before the cut-off."""

from collections.abc import Iterable
from datetime import date, timedelta

from ..asof import NEVER, instant
from ..codelists import definition, resolve
from ..history import History
from .records import qualifies
from .versions import Row
from .view import Plain


def reference_states(
    history: History,
    rows: Iterable[tuple[str, date]],
    outcome: str,
    *,
    horizon_days: int,
    delay_days: int,
    known_before: date,
) -> dict[tuple[str, date], str]:
    """State in words of each (resident_id, as-of)."""
    past = _Past(Plain(history), outcome, instant(known_before))
    ripe = timedelta(days=horizon_days + delay_days)
    return {
        (person, as_of): past.state(person, instant(as_of), instant(as_of + timedelta(days=horizon_days)))
        if as_of + ripe <= known_before
        else "not_yet_known"
        for person, as_of in rows
    }


class _Past:
    def __init__(self, source: Plain, outcome: str, cut: int) -> None:
        self.cut = cut
        self.people = {row["resident_id"]: row for row in source.tables["residents"]}
        self.stays, self.spells, events = (source.current(n, cut) for n in ("stays", "spells", "events"))
        self.admissions = [row for row in self.spells if qualifies(row, definition(outcome))]
        self.same_day = [row for row in events if resolve([row["code"]])[row["code"]] == "sdec_attendance"]

    def state(self, person: str, t: int, end: int) -> str:
        admitted = _first(self.admissions, "admitted_at", person, t)
        same_day = _first(self.same_day, "time", person, t)
        died, left = self.died(person), self.left(person, end)
        if died < t:
            return "died_before"
        if left < min(end, died, admitted):
            return "left"  # before anything happened: what followed is seen in part at best
        if admitted < end and admitted <= died:
            return "admitted"
        if died < end:
            return "died_first"
        return "same_day_care" if same_day < end else "none"

    def died(self, person: str) -> int:
        died, told = self.people[person]["died_on"], self.people[person]["died_recorded_at"]
        return died if died is not None and told is not None and told < self.cut else NEVER

    def left(self, person: str, end: int) -> float:
        """When the last of the stays begun before the horizon's end was over."""
        ends = [self._end(row) for row in self.stays if row["resident_id"] == person and row["moved_in"] < end]
        return max(ends, default=float("-inf"))

    def _end(self, row: Row) -> float:
        told = row["told"]["moved_out_recorded_at"]
        return row["moved_out"] if told is not None and row["moved_out"] is not None else NEVER


def _first(rows: list[Row], column: str, person: str, t: int) -> int:
    return min((row[column] for row in rows if row["resident_id"] == person and row[column] >= t), default=NEVER)
