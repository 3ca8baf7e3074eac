"""One team's list for one week."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from serving.people import Known
from serving.published import HeldList, Week
from serving.rows import Watchlist
from serving.store import places

from ..deps import NO_ACCESS, Refused, Visit, Visiting
from ..homes import words_of_homes
from ..list_rows import list_row
from ..listing import SHOW, Listing, is_out_of_date, listing, own_lists
from ..live import NOTHING, live
from .weeks import own, published_week

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Seen:
    """One team's list as the person was shown it."""

    week: Week
    watchlist: Watchlist
    listing: Listing
    known: Known
    homes: frozenset[str]


@router.get("/lists/{as_of}/{slug}")
def show_list(visit: Visiting, as_of: date, slug: str, home: str = "", show: str = "all") -> Response:
    """The list, cut by the two filters."""
    visit.allow("see_lists")
    found = published_week(visit, as_of)
    if slug not in found.lists:
        return _held(visit, found, slug)
    seen = seen_list(visit, found, slug, home, show)
    return visit.page(
        "list.html",
        listing=seen.listing,
        list_row=list_row,
        watchlist=seen.watchlist,
        slug=slug,
        kind="MDT" if seen.watchlist.team.kind == "mdt" else "home round",
        old=is_out_of_date(as_of, visit.room.today()),
        today=visit.room.today(),
        missing=seen.known.missing,
        home=home,
        show=show,
        choices=SHOW,
        homes=[(id, label) for id, label in seen.watchlist.team.homes if id in seen.homes],
    )


def seen_list(visit: Visit, found: Week, slug: str, home: str, show: str) -> Seen:
    """A list of the week, of the person's residents. The trail holds whose entries were shown.

    Raises Refused for a list that reviews none of the person's homes.
    """
    seen = list_in_scope(visit, found, slug, home, show)
    visit.told(
        "list_seen",
        detail={
            "as_of": found.as_of.isoformat(),
            "team": seen.watchlist.team.id,
            "list": found.digests[slug],
            "residents": seen.listing.residents(),
        },
    )
    return seen


def list_in_scope(visit: Visit, found: Week, slug: str, home: str = "", show: str = "all") -> Seen:
    """The same, for who tells the trail what becomes of it."""
    room, mine = visit.room, places.visible(visit.db, visit.viewer)
    homes = frozenset(mine.values())
    if slug not in own_lists(found, homes):
        visit.told("refused", detail={"list": slug if slug in found.lists else "", "as_of": found.as_of.isoformat()})
        raise Refused(403, "You do not have access to this list", NO_ACCESS)
    register = room.register()
    watchlist, known = found.lists[slug], room.names(register)
    newest = found.as_of == room.lists.weeks()[0]
    since = live(visit, found.as_of) if newest else NOTHING
    seen = listing(watchlist, mine, register, known, home, show, words_of_homes(visit), since, newest)
    return Seen(found, watchlist, seen, known, homes)


def _held(visit: Visit, found: Week, slug: str) -> Response:
    """The page of a list that is held back."""
    held = held_list(visit, found, slug)
    before = next((day for day in visit.room.lists.weeks() if day < found.as_of and _has(visit, day, slug)), None)
    return visit.page("held.html", held=held, as_of=found.as_of, before=before)


def held_list(visit: Visit, found: Week, slug: str) -> HeldList:
    """Why a list is held back. Raises Refused where the week holds none of that name back that concerns the person."""
    held = next((one for one in own(visit, found.as_of)[1] if one.slug == slug), None)
    if held is None:
        raise Refused(404, "There is no such list", "Choose a list of this week, or another week.")
    return held


def _has(visit: Visit, day: date, slug: str) -> bool:
    week = visit.room.lists.week(day)
    return week is not None and slug in week.lists
