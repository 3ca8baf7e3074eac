"""One resident: who and where they are, what a list says of them, and on which lists they stood."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import NotAllowed
from serving.published import Appearance, entry_of
from serving.register import Place
from serving.store import decisions, places

from ..deps import Refused, Visit, Visiting
from ..homes import words_of_homes
from ..listing import SECTION_WORDS, homes_word, is_out_of_date, own_lists
from ..review_form import Filled, fresh
from ..reviewing import basis_of
from ..risk_line import RiskLine, risk_line

router = APIRouter(include_in_schema=False)
_WEEKS = 12  # of earlier lists


@router.get("/residents/{resident_id}")
def show_resident(visit: Visiting, resident_id: str, week: date | None = None, slug: str = "") -> Response:
    """The resident as of one week's list: the latest one, and the MDT's, when none is named."""
    visit.allow("see_lists")
    return resident_page(visit, place_in_scope(visit, resident_id), week, slug)


def resident_page(
    visit: Visit,
    place: Place,
    week: date | None = None,
    slug: str = "",
    filled: Filled | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    """The page, with an empty form for a decision or with the one that was sent and what must be mended in it."""
    resident_id = place.resident_id
    known = visit.room.names(visit.room.register())
    visit.told("resident_seen", resident=resident_id, home=place.home_id)
    shared: dict[str, Any] = {"place": place, "identity": known.people.get(resident_id), "missing": known.missing}
    shared["home_says"] = homes_word(place, words_of_homes(visit).get(resident_id), visit.room.register().at)
    if place.objecting or (filled is None and place.state in ("died", "moved")):
        return visit.page("resident_gone.html", **shared)
    weeks = visit.room.lists.weeks()
    chosen = on_lists(visit, resident_id, week or weeks[0]) if weeks else ()
    shown = next((one for one in chosen if one.slug == slug), chosen[0] if chosen else None)
    before = [day for day in weeks if shown and day < shown.as_of][:_WEEKS]
    found = visit.room.lists.week(shown.as_of) if shown else None
    history = visit.room.lists.appearances(resident_id, shown.slug, before) if shown else ()
    return visit.page(
        "resident.html",
        status=400 if errors else 200,
        **shared,
        resident_id=resident_id,
        shown=shown,
        watchlist=found.lists[shown.slug] if found and shown else None,
        lists=chosen,
        history=history,
        line=_line(visit, shown, history) if shown else None,
        age_days=(visit.room.today() - shown.as_of).days if shown else 0,
        old=shown is not None and is_out_of_date(shown.as_of, visit.room.today()),
        sections=SECTION_WORDS,
        this_week=weeks[0] if weeks else None,
        errors=errors or {},
        **_deciding(visit, place, shown, slug, filled),
    )


def _line(visit: Visit, shown: Appearance, history: Sequence[Appearance]) -> RiskLine | None:
    """The risk of the last weeks, and whether more than one model made it."""
    weeks = ((one.as_of, visit.room.lists.week(one.as_of)) for one in (shown, *history) if one.entry.risk is not None)
    models = {day: week.lists[shown.slug].model_version for day, week in weeks if week}
    return risk_line(shown, history, models)


def _deciding(visit: Visit, place: Place, shown: Appearance | None, slug: str, filled: Filled | None) -> dict[str, Any]:
    """What was decided, and the form for the latest list; a page of an earlier week has none."""
    decided = decisions.history(visit.db, visit.viewer, place.resident_id)
    basis = basis_of(visit, place.resident_id, place, shown.slug if shown else slug)
    if basis and shown and shown.as_of != basis.as_of:
        basis = None
    today = visit.room.today()
    return {
        "basis": basis,
        "filled": filled or fresh(visit.viewer.name, today, decided[0] if decided else None),
        "decided": decided,
        "side_by_side": decisions.unsettled(decided),
        "today": today,
    }


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
    return tuple(
        Appearance(as_of, one.team, slug, entry)
        for slug, one in own_lists(week, places.homes(visit.db, visit.viewer)).items()
        if (entry := entry_of(one, resident_id))
    )
