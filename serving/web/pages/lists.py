"""One team's list for one week."""

from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from serving.published import Week
from serving.store import places

from ..deps import NO_ACCESS, Refused, Visit, Visiting
from ..listing import SHOW, homes_of, is_out_of_date, listing, own_held, own_lists
from .weeks import published_week

router = APIRouter(include_in_schema=False)


@router.get("/lists/{as_of}/{slug}")
def show_list(visit: Visiting, as_of: date, slug: str, home: str = "", show: str = "all") -> Response:
    """The list, cut by the two filters. The trail holds whose entries were shown."""
    visit.allow("see_lists")
    room, found = visit.room, published_week(visit, as_of)
    register = room.register()
    mine = places.visible(visit.db, visit.viewer)
    homes = homes_of(mine, register)
    if slug not in found.lists:
        return _held(visit, found, slug)
    if slug not in own_lists(found, homes):
        visit.told("refused", detail={"list": slug, "as_of": as_of.isoformat()})
        raise Refused(403, "You do not have access to this list", NO_ACCESS)
    watchlist, known = found.lists[slug], room.names(register)
    seen = listing(watchlist, mine, register, known, home, show)
    visit.told(
        "list_seen",
        detail={
            "as_of": as_of.isoformat(),
            "team": watchlist.team.id,
            "list": found.digests[slug],
            "residents": seen.residents(),
        },
    )
    return visit.page(
        "list.html",
        listing=seen,
        watchlist=watchlist,
        slug=slug,
        kind="MDT" if watchlist.team.kind == "mdt" else "home round",
        old=is_out_of_date(as_of, room.today()),
        today=room.today(),
        missing=known.missing,
        home=home,
        show=show,
        choices=SHOW,
        homes=[(id, label) for id, label in watchlist.team.homes if id in homes],
    )


def _held(visit: Visit, found: Week, slug: str) -> Response:
    """The page of a list that is held back. Raises Refused where the week has no such list."""
    held = next((one for one in own_held(found, visit.viewer, {slug}) if one.slug == slug), None)
    if held is None:
        raise Refused(404, "There is no such list", "Choose a list of this week, or another week.")
    before = next((day for day in visit.room.lists.weeks() if day < found.as_of and _has(visit, day, slug)), None)
    return visit.page("held.html", held=held, as_of=found.as_of, before=before)


def _has(visit: Visit, day: date, slug: str) -> bool:
    week = visit.room.lists.week(day)
    return week is not None and slug in week.lists
