"""A published list as one person may see it today: their residents, with names, and what changed since Monday."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from serving.people import Known, named, namesakes
from serving.published import HeldList, Week
from serving.register import Place, Register
from serving.render.words import day
from serving.rows import SECTIONS, Entry, Identity, Left, Section, Watchlist
from serving.store.decisions import Decision
from serving.summary.week import Said, as_said

from .arrivals import Arrived, arrivals
from .live import NOTHING, Live, with_added

SECTION_WORDS: Mapping[Section, str] = MappingProxyType(
    {
        "listed": "Listed",
        "added": "Added by a person",
        "below": "Below the line",
        "back_from_hospital": "Back from hospital",
        "in_hospital": "In hospital",
        "reviewed": "Reviewed, nothing new since",
        "not_estimated": "Not estimated",
        "end_of_life": "Comfort plan: review",
    }
)

_WORDS: Mapping[str, str] = MappingProxyType(
    {"here": "There", "arrived": "There", "left": "Has left", "in_hospital": "In hospital"}
)


@dataclass(frozen=True)
class Row:
    """One resident on a list: `now` says what changed since it was made, `shares_name` that another has the name,
    `decided` what was decided this week."""

    entry: Entry
    identity: Identity | None
    place: Place | None
    now: str = ""
    shares_name: bool = False
    decided: Decision | None = None

    def __hash__(self) -> int:
        """Of what tells the rows of a list apart: the whole of an entry is much to go through."""
        return hash((self.entry.resident_id, self.now, self.shares_name, self.decided and self.decided.id))


@dataclass(frozen=True)
class Gone:
    """A resident who was listed last week and is not now."""

    left: Left
    identity: Identity | None


@dataclass(frozen=True)
class Listing:
    """A list for one person: rows by section; `gone` died or moved since; `others` are not this person's to see;
    `arrived` may be missing from it."""

    watchlist: Watchlist
    rows: Mapping[Section, tuple[Row, ...]]
    gone: tuple[Row, ...]
    left: tuple[Gone, ...]
    not_covered: int
    others: int
    hidden: int
    arrived: tuple[Arrived, ...] = ()

    def residents(self) -> list[str]:
        """Everybody whom the page shows."""
        rows = [*(row for section in self.rows.values() for row in section), *self.gone]
        others = (*(one.left.resident_id for one in self.left), *(one.place.resident_id for one in self.arrived))
        return sorted({*(row.entry.resident_id for row in rows), *others})


@dataclass(frozen=True)
class Shown:
    """A choice of the page's filter."""

    label: str
    fits: Callable[[Row], bool]


SHOW: Mapping[str, Shown] = MappingProxyType(
    {
        "all": Shown("All", lambda row: True),
        "new": Shown("New", lambda row: row.entry.change is not None and row.entry.change.kind == "new"),
        "open": Shown("Not yet discussed", lambda row: row.decided is None or row.decided.outcome == "next_week"),
        "back": Shown("Back from hospital", lambda row: _is_back(row.entry)),
    }
)


def _is_back(entry: Entry) -> bool:
    return entry.section == "back_from_hospital" or any(f.startswith("Back from hospital") for f in entry.flags)


def listing(
    watchlist: Watchlist,
    mine: Collection[str],
    register: Register,
    known: Known,
    home: str = "",
    show: str = "all",
    said: Mapping[str, Said] = MappingProxyType({}),
    now: Live = NOTHING,
    newest: bool = False,
) -> Listing:
    """The list for somebody who may see the residents `mine`, cut to one home and one choice of `SHOW`.

    said    what homes last said of where residents are: told beside the records, and nobody leaves a list by it
    now     what people decided and asked for since
    newest  the list is the latest: residents who came since are told of; they are on the lists after an earlier one
    """
    entries = with_added(watchlist, now, mine, register)
    own = [entry for entry in entries if entry.resident_id in mine]
    rows = [_row(e, register, known, said.get(e.resident_id), now.decided.get(e.resident_id)) for e in own]
    objecting = [row for row in rows if row.place and row.place.objecting]
    rows = _with_namesakes([row for row in rows if row not in objecting])
    fits = SHOW.get(show, SHOW["all"]).fits
    chosen = [row for row in rows if fits(row) and home in ("", row.entry.home_id)]
    here = [row for row in chosen if not _is_gone(row)]
    left = [Gone(one, known.people.get(one.resident_id)) for one in watchlist.left if one.resident_id in mine]
    labels = dict(watchlist.team.homes)
    return Listing(
        watchlist,
        {section: tuple(row for row in here if row.entry.section == section) for section in SECTIONS},
        tuple(row for row in chosen if _is_gone(row)),
        tuple(one for one in left if not home or one.left.home_label == labels.get(home)),
        watchlist.not_covered + len(objecting),
        len(entries) - len(own),
        len(rows) - len(chosen),
        arrivals(watchlist, mine, register, known, {e.resident_id for e in entries}, home) if newest else (),
    )


def _row(entry: Entry, register: Register, known: Known, said: Said | None, decided: Decision | None) -> Row:
    place = register.find(entry.resident_id)
    now = [words for words in (_changed(entry, place), homes_word(place, said, register.at)) if words]
    return Row(entry, known.people.get(entry.resident_id), place, ". ".join(now), decided=decided)


def homes_word(place: Place | None, said: Said | None, now: datetime) -> str:
    """What the home says, where the records do not say it yet."""
    if place is None or said is None:
        return ""
    return f"{_WORDS[said.state]}, says the home ({day(said.day)})" if as_said(place, said, now) != place else ""


def _with_namesakes(rows: list[Row]) -> list[Row]:
    same = namesakes([row.identity for row in rows if row.identity])
    if not same:
        return rows
    return [replace(row, shares_name=row.identity is not None and named(row.identity) in same) for row in rows]


def _is_gone(row: Row) -> bool:
    return row.place is not None and row.place.state in ("died", "moved")


def _changed(entry: Entry, place: Place | None) -> str:
    """What the history tells today that the list does not."""
    if place is None:
        return "Not in the records any more"
    if place.state == "died":
        return f"Died {day(place.since)}"
    if place.state == "moved":
        return f"No longer at {place.home_label} since {day(place.since)}"
    if place.state == "in_hospital" and entry.section != "in_hospital":
        return "In hospital now"
    if place.state == "here" and entry.section == "in_hospital":
        return "Recorded as back, or hospital status uncertain"
    if place.home_id != entry.home_id:
        return f"Now at {place.home_label}"
    return ""


def own_lists(week: Week, homes: frozenset[str]) -> dict[str, Watchlist]:
    """The lists that review any of these homes."""
    return {slug: one for slug in week.reviewing(homes) if (one := week.lists.get(slug))}


def own_held(week: Week, homes: frozenset[str]) -> tuple[HeldList, ...]:
    """Lists held back that review any of these homes, and those of which nobody can tell whom they review."""
    unread = [
        HeldList(slug, week.teams[slug].label, homes, (why,))
        for slug in week.reviewing(homes)
        if isinstance(why := week.read(slug), str)
    ]
    return (*(one for one in week.held if not one.homes or one.homes & homes), *unread)


def is_out_of_date(as_of: date, today: date) -> bool:
    """A week has passed since the list's Monday."""
    return (today - as_of).days >= 7
