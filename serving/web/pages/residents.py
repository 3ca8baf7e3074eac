"""One resident: who and where they are, what a list says of them, and on which lists they stood."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import NotAllowed
from serving.published import Appearance, entry_of
from serving.register import Place
from serving.store import places

from ..deps import Refused, Visit, Visiting
from ..listing import SECTION_WORDS, homes_of, is_out_of_date, own_lists

router = APIRouter(include_in_schema=False)
_WEEKS = 12  # of earlier lists


@router.get("/residents/{resident_id}")
def show_resident(visit: Visiting, resident_id: str, week: date | None = None, slug: str = "") -> Response:
    """The resident as of one week's list: the latest one, and the MDT's, when none is named."""
    visit.allow("see_lists")
    place = place_in_scope(visit, resident_id)
    register = visit.room.register()
    known = visit.room.names(register)
    visit.told("resident_seen", resident=resident_id, home=place.home_id)
    shared: dict[str, Any] = {"place": place, "identity": known.people.get(resident_id), "missing": known.missing}
    if place.objecting or place.state in ("died", "moved"):
        return visit.page("resident_gone.html", **shared)
    weeks = visit.room.lists.weeks()
    chosen = on_lists(visit, resident_id, week or weeks[0]) if weeks else ()
    shown = next((one for one in chosen if one.slug == slug), chosen[0] if chosen else None)
    before = [day for day in weeks if shown and day < shown.as_of][:_WEEKS]
    found = visit.room.lists.week(shown.as_of) if shown else None
    return visit.page(
        "resident.html",
        **shared,
        resident_id=resident_id,
        shown=shown,
        watchlist=found.lists[shown.slug] if found and shown else None,
        lists=chosen,
        history=visit.room.lists.appearances(resident_id, shown.slug, before) if shown else (),
        age_days=(visit.room.today() - shown.as_of).days if shown else 0,
        old=shown is not None and is_out_of_date(shown.as_of, visit.room.today()),
        sections=SECTION_WORDS,
        this_week=weeks[0] if weeks else None,
    )


def place_in_scope(visit: Visit, resident_id: str) -> Place:
    """Where the resident is. Raises Refused, in the same words for one not theirs and one nobody knows."""
    register = visit.room.register()
    try:
        places.place_of(visit.db, visit.viewer, resident_id)
    except NotAllowed:
        place = None
    else:
        place = register.find(resident_id)
    if place is None:
        visit.told("refused", resident=resident_id if register.find(resident_id) else "")
        text = "There is no such resident, or they are not registered with your practice or team."
        raise Refused(404, "Resident not found", text)
    return place


def on_lists(visit: Visit, resident_id: str, as_of: date) -> tuple[Appearance, ...]:
    """The lists of one week that the person may see and the resident stands on; the MDT's first."""
    week = visit.room.lists.week(as_of)
    if week is None:
        raise Refused(404, "No lists were published for that week", "Choose another week under “Earlier weeks”.")
    homes = homes_of(places.visible(visit.db, visit.viewer), visit.room.register())
    return tuple(
        Appearance(as_of, one.team, slug, entry)
        for slug, one in own_lists(week, homes).items()
        if (entry := entry_of(one, resident_id))
    )
