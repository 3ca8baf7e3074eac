"""Who may be missing from a list: residents of its homes of whom the records could not tell when it was made."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from serving.people import Known
from serving.register import Place, Register
from serving.render.words import day
from serving.rows import Identity, Watchlist


@dataclass(frozen=True)
class Arrived:
    """A resident who came after the list was made, or of whom the records told only then; `why` says which."""

    place: Place
    identity: Identity | None
    why: str


def arrivals(
    watchlist: Watchlist,
    mine: Collection[str],
    register: Register,
    known: Known,
    shown: Collection[str],
    home: str = "",
) -> tuple[Arrived, ...]:
    """Those among `mine` who live in the list's homes today, are not `shown` on it, and were unknown to it.

    Most residents who are not shown were assessed and stand well below the line: of them nothing is said here.
    """
    homes = {id for id, _ in watchlist.team.homes if home in ("", id)}
    found = (
        Arrived(place, known.people.get(who), why)
        for who in set(mine).difference(shown)
        if (place := register.find(who)) and (why := _unknown(place, watchlist.as_of))
        if place.home_id in homes and _lives(place)
    )
    return tuple(
        sorted(found, key=lambda one: (one.place.home_label, one.place.moved_in or date.min, one.place.resident_id))
    )


def _lives(place: Place) -> bool:
    return place.state in ("here", "in_hospital") and not place.objecting


def _unknown(place: Place, as_of: date) -> str:
    """Why the list of a Monday could not know the resident there; a record of that Monday may have come in time."""
    if place.moved_in and place.moved_in >= as_of:
        return f"Moved in on {day(place.moved_in)}"
    if place.told_on and place.told_on > as_of:
        return f"Not in the records before {day(place.told_on)}"
    return ""
