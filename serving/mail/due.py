"""Which mails are to be sent now: what is told for the first time, what was shared since, what has waited to be tried
again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from serving.published import Week
from serving.rows import Watchlist
from serving.summary.content import HomeSummary

from .message import Letter, Sender, home_letter, team_letter
from .send import may_try_again


class Tried(Protocol):
    """How the last mail about the same week to the same recipient ended."""

    @property
    def state(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True)
class Notice:
    """A mail about a home's or a team's week. `told_from` is when the newest thing that it tells of was shared, with
    `residents` those whom a home's summary shows."""

    about: str
    label: str
    week_of: date
    recipient: str
    letter: Letter
    told_from: datetime | None = None
    summary: HomeSummary | None = None
    residents: tuple[str, ...] = ()

    def tells_the_same(self, other: "Notice | None") -> bool:
        """Whether a mail about the same home, made at another moment, shows the same of the same people."""
        return (
            other is not None
            and self.summary is not None
            and other.summary is not None
            and (self.recipient, self.residents) == (other.recipient, other.residents)
            and self.summary.residents == other.summary.residents
        )


def home_notice(
    home_id: str, recipient: str, summary: HomeSummary, residents: tuple[str, ...], shared_at: datetime, sender: Sender
) -> Notice:
    """To a home of which something is shared."""
    letter = home_letter(summary, sender)
    return Notice(home_id, summary.home_label, summary.week_of, recipient, letter, shared_at, summary, residents)


def team_notice(watchlist: Watchlist, recipient: str, sender: Sender) -> Notice:
    """To a team whose list is out."""
    listed = watchlist.section("listed")
    new = sum(entry.change is not None and entry.change.kind == "new" for entry in listed)
    team, week = watchlist.team, watchlist.as_of
    return Notice(team.id, team.label, week, recipient, team_letter(team.label, week, len(listed), new, sender))


def team_notices(week: Week | None, monday: date, addresses: dict[str, str], sender: Sender) -> list[Notice]:
    """For the teams that have an address, while the lists are of this week."""
    if week is None or week.as_of != monday:
        return []
    asked = [(slug, addresses[team.id]) for slug, team in week.teams.items() if team.id in addresses]
    return [team_notice(one, address, sender) for slug, address in asked if (one := week.lists.get(slug))]


def tries_before(last: Tried | None) -> int:
    """How often this very mail has been tried."""
    return last.attempts if last and last.state == "will_retry" else 0


def is_due(notice: Notice, last: Tried | None, now: datetime, *, again: bool) -> bool:
    """Whether it is to be sent now. What was given up is sent `again` when somebody asks for it."""
    if last is None:
        return True
    if last.state == "will_retry":
        return may_try_again(last.attempts, last.at, now)
    if last.state == "failed" and again:
        return True
    return notice.told_from is not None and notice.told_from > last.at
