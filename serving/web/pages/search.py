"""Finding a resident by name or NHS number. What is typed is in the form's body, never in an address."""

from fastapi import APIRouter
from starlette.responses import Response

from serving.people import search
from serving.store import places

from ..deps import Asking, Visiting

router = APIRouter(include_in_schema=False)
_MOST = 50


@router.get("/search")
def ask(visit: Visiting) -> Response:
    visit.allow("see_lists")
    return visit.page("search.html", text="")


@router.post("/search")
def answer(visit: Asking) -> Response:
    """Residents of the person's scope who may be meant; the trail holds whom they were shown, not what was typed."""
    visit.allow("see_lists")
    text = visit.form.get("text", "").strip()
    if not text:
        return visit.page("search.html", status=400, text="", error="Enter a name or an NHS number")
    register = visit.room.register()
    mine = places.visible(visit.db, visit.viewer)
    known = visit.room.names(register)
    found = search(text, known.people, mine & register.places.keys())
    shown = [(who, known.people[who], register.places[who]) for who in found[:_MOST]]
    visit.told("searched", detail={"residents": [who for who, _, _ in shown]})
    return visit.page(
        "search.html", text=text, asked=True, shown=shown, more=len(found) - len(shown), missing=known.missing
    )
