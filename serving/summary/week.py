"""A home's week put together: what was released, where people are now by the records and by the home's own word, and
how many more will be talked about. The page, its files and the mail all start here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from serving.published import Week
from serving.register import Home, Place, Register, State
from serving.rows import Identity, Section

from .contacts import Contacts
from .content import HomeSummary, Residents, home_summary, next_round
from .release import LONDON, Kept, NotShown, kept_release

# How long a home's word on where somebody is outweighs the records, which come in some days late.
WORD_HOLDS = timedelta(days=7)
TALKED_ABOUT: tuple[Section, ...] = ("listed", "added", "back_from_hospital")
_STATES: Mapping[str, State] = {"here": "here", "arrived": "here", "left": "moved", "in_hospital": "in_hospital"}


class Said(Protocol):
    """A home's word on one resident."""

    @property
    def home_id(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """What is known at one instant: the records, who people are, what homes have said since `WORD_HOLDS`."""

    register: Register
    people: Mapping[str, Identity]
    said: Mapping[str, Said]

    def place(self, resident_id: str) -> Place | None:
        """Where somebody is, by the records and the home's word."""
        place = self.register.find(resident_id)
        return as_said(place, self.said.get(resident_id), self.register.at) if place else None


def as_said(place: Place, said: Said | None, now: datetime) -> Place:
    """The place as the resident's own home last said. Records of a death, of another home, or of a later day stand.

    That somebody is here holds on the day it was said alone: they may have gone into hospital since.
    """
    if said is None or said.home_id != place.home_id or place.state == "died":
        return place
    state = _STATES[said.state]
    old = state == "here" and said.day != now.astimezone(LONDON).date()
    if old or state == place.state or (place.since and place.since > said.day):
        return place
    return replace(place, state=state, since=said.day)


def week_of(now: datetime) -> date:
    """The Monday of the week, in London."""
    today = now.astimezone(LONDON).date()
    return today - timedelta(days=today.weekday())


def listed_at(week: Week | None, home_id: str, now: datetime) -> frozenset[str]:
    """Residents of a home whom this week's lists have talked about; nobody when there are no lists of this week."""
    if week is None or week.as_of != week_of(now):
        return frozenset()
    return frozenset(
        entry.resident_id
        for slug in week.reviewing([home_id])
        if (one := week.lists.get(slug))
        for entry in one.entries
        if entry.home_id == home_id and entry.section in TALKED_ABOUT
    )


def home_week(
    home: Home, now: datetime, *, released: Iterable[Kept], talked: Collection[str], known: Known, contacts: Contacts
) -> tuple[HomeSummary, tuple[NotShown, ...]]:
    """The home's page at this instant, and whom it leaves out with the reason."""
    kept = [kept_release(one) for one in released]
    ids = {one.resident_id for one in kept} | {*talked}
    ids |= {who for who, place in known.register.places.items() if place.home_id == home.home_id}
    places = {who: place for who in ids if (place := known.place(who))}
    people = {who: known.people[who] for who in ids if who in known.people}
    return home_summary(
        (home.home_id, home.label),
        week_of(now),
        now,
        releases=kept,
        listed=talked,
        residents=Residents(places, people),
        contacts=contacts,
        round_on=round_after(home, now),
    )


def round_after(home: Home, now: datetime) -> date | None:
    """The day of the home's next round, today's included; None where the record names no weekday."""
    found = next_round(home.round_day, week_of(now))
    past = found is not None and found < now.astimezone(LONDON).date()
    return found + timedelta(days=7) if found and past else found
