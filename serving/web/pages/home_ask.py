"""A home asks that a resident is talked about, and reads what it was answered."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.register import Home
from serving.store import additions
from serving.store.forms import FormError

from ..deps import Visit, Visiting
from ..homes import known_now, own_home
from .home_roster import at_home

router = APIRouter(include_in_schema=False)
_LOOKED_BACK = timedelta(days=28)
ANSWERS = {
    "will_discuss": "We will talk about this resident",
    "seen_already": "Already seen",
    "not_this_week": "Not this week",
}


@router.get("/homes/{home_id}/ask")
def ask(visit: Visiting, home_id: str, saved: str = "") -> Response:
    """The form and what was asked before; `saved` is what was just sent, which the page tells."""
    visit.allow("add_resident")
    return _form(visit, own_home(visit, home_id), saved=saved)


@router.post("/homes/{home_id}/ask")
def send(visit: Visiting, home_id: str) -> Response:
    """Ask, for a resident of this home."""
    visit.allow("add_resident")
    home, who = own_home(visit, home_id), visit.form.get("who", "")
    if who not in {one for one, _ in at_home(home, known_now(visit))}:
        return _form(visit, home, {"who": "Select a resident"})
    try:
        sent = additions.ask(visit.db, visit.viewer, who, visit.form.get("why", ""), visit.now)
    except FormError as wrong:
        return _form(visit, home, wrong.fields)
    return RedirectResponse(f"/homes/{home_id}/ask?saved={sent.id}", 303)


def _form(visit: Visit, home: Home, errors: dict[str, str] | None = None, saved: str = "") -> Response:
    known = known_now(visit)
    there = at_home(home, known)
    asked = [
        one
        for one in additions.since(visit.db, visit.viewer, visit.now - _LOOKED_BACK)
        if one.home_id == home.home_id and (place := known.place(one.resident_id)) and not place.objecting
    ]
    told = sorted({who for who, _ in there} | {one.resident_id for one in asked})
    visit.told("asking_seen", home=home.home_id, detail={"residents": told})
    return visit.page(
        "home_ask.html",
        status=400 if errors else 200,
        home=home,
        people=known.people,
        there=[who for who, _ in there],
        asked=asked,
        saved=next((one for one in asked if str(one.id) == saved), None),
        answers=ANSWERS,
        who=visit.form.get("who", ""),
        why=visit.form.get("why", ""),
        errors=errors or {},
    )
