"""The start page: what waits for whoever sees lists; each other role goes to where its work is."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.access import may
from serving.store import additions, places

from ..deps import Visit, Visiting
from ..listing import is_out_of_date, own_lists
from ..live import live
from ..navigation import links_for
from ..reviewing import to_discuss
from .actions import counts

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Waiting:
    """One list of this week and how many on it are still to be discussed."""

    label: str
    address: str
    listed: int
    left: int


@router.get("/")
def start(visit: Visiting) -> Response:
    """Counts, or the first page of the header's links; who has none is told so."""
    if may(visit.viewer, "see_lists"):
        return _counts(visit)
    links = links_for(visit.viewer, "/")
    if links:
        return RedirectResponse(links[0].address, 303)
    return visit.page("start.html")


def _counts(visit: Visit) -> Response:
    week = visit.room.lists.latest()
    return visit.page(
        "start.html",
        as_of=week.as_of if week else None,
        old=week is not None and is_out_of_date(week.as_of, visit.room.today()),
        lists=_lists(visit),
        actions=counts(visit),
        questions=len(additions.waiting(visit.db, visit.viewer)),
    )


def _lists(visit: Visit) -> list[Waiting]:
    week = visit.room.lists.latest()
    if week is None:
        return []
    register, mine = visit.room.register(), places.visible(visit.db, visit.viewer)
    now, out = live(visit, week.as_of), []
    for slug, one in own_lists(week, frozenset(mine.values())).items():
        here = to_discuss(one, now, mine, register)
        left = [entry for entry in here if entry.resident_id not in now.decided]
        out.append(Waiting(one.team.label, f"/lists/{week.as_of}/{slug}", len(here), len(left)))
    return out
