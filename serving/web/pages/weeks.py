"""The lists of a week in the person's scope, and the weeks there are."""

from datetime import date

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.published import HeldList, Week
from serving.rows import Watchlist
from serving.store import places

from ..deps import Refused, Visit, Visiting
from ..listing import is_out_of_date, own_held, own_lists

router = APIRouter(include_in_schema=False)


@router.get("/lists")
def this_week(visit: Visiting) -> Response:
    """The latest week; straight to the list where there is only one."""
    visit.allow("see_lists")
    weeks = visit.room.lists.weeks()
    if not weeks:
        return visit.page("no_lists.html")
    lists, held = own(visit, weeks[0])
    if len(lists) == 1 and not held:
        return RedirectResponse(f"/lists/{weeks[0]}/{next(iter(lists))}", 303)
    return _week(visit, weeks[0], lists, held)


@router.get("/lists/{as_of}")
def week(visit: Visiting, as_of: date) -> Response:
    visit.allow("see_lists")
    return _week(visit, as_of, *own(visit, as_of))


@router.get("/weeks")
def earlier(visit: Visiting) -> Response:
    visit.allow("see_lists")
    return visit.page("weeks.html", weeks=visit.room.lists.weeks())


def _week(visit: Visit, as_of: date, lists: dict[str, Watchlist], held: tuple[HeldList, ...]) -> Response:
    old = is_out_of_date(as_of, visit.room.today())
    latest = as_of == visit.room.lists.weeks()[0]
    return visit.page("week.html", as_of=as_of, lists=lists, held=held, old=old, latest=latest)


def own(visit: Visit, as_of: date) -> tuple[dict[str, Watchlist], tuple[HeldList, ...]]:
    """The lists of a week that the person may see, and those of theirs that are held back."""
    found = published_week(visit, as_of)
    homes = places.homes(visit.db, visit.viewer)
    return own_lists(found, homes), own_held(found, homes)


def published_week(visit: Visit, as_of: date) -> Week:
    """The lists in force for a Monday. Raises Refused when there are none."""
    found = visit.room.lists.week(as_of)
    if found is None:
        raise Refused(404, "No lists were published for that week", "Choose another week under “Earlier weeks”.")
    return found
