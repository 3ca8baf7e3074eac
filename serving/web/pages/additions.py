"""Residents whom the list missed: who asks for them and why, and the answer to whoever asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.access import may
from serving.people import Known, search
from serving.register import Register
from serving.store import additions, places
from serving.store.additions import Addition
from serving.store.forms import FormError

from ..deps import Refused, Visit, Visiting
from .residents import place_in_scope

router = APIRouter(include_in_schema=False)
_SHOWN_FOR = timedelta(days=28)
_MOST = 20
WORRIED = {
    "me": "I am",
    "home": "Staff of the home",
    "family": "Family or friends",
    "resident": "The resident",
    "other": "Somebody else",
}


@router.get("/additions")
def show_additions(visit: Visiting, saved: str = "") -> Response:
    """Who waits for an answer and who had one; `saved` is the question just asked or answered, which the page tells."""
    visit.allow("add_resident")
    return _page(visit, saved=saved)


@router.post("/additions/find")
def find(visit: Visiting) -> Response:
    """Residents of the person's scope who may be meant."""
    visit.allow("add_resident")
    text = visit.form.get("text", "").strip()
    if not text:
        return _page(visit, errors={"text": "Enter a name or an NHS number"})
    register = visit.room.register()
    known = visit.room.names(register)
    here = {who for who, p in register.places.items() if p.state in ("here", "in_hospital") and not p.objecting}
    found = search(text, known.people, places.visible(visit.db, visit.viewer).keys() & here)
    visit.told("searched", detail={"residents": list(found[:_MOST])})
    shown = [(who, known.people[who], register.places[who]) for who in found[:_MOST]]
    return _page(visit, asked=True, text=text, shown=shown, more=len(found) - len(shown))


@router.get("/residents/{resident_id}/add")
def add(visit: Visiting, resident_id: str) -> Response:
    visit.allow("add_resident")
    return _form(visit, resident_id, {}, {})


@router.post("/residents/{resident_id}/add")
def ask(visit: Visiting, resident_id: str) -> Response:
    """Ask that the resident is talked about; from now on they stand on the list after the listed."""
    visit.allow("add_resident")
    place = place_in_scope(visit, resident_id)
    if place.objecting:
        raise Refused(409, "Nothing was saved", "An objection to this use of records is in force for this resident.")
    who, why = visit.form.get("who", "me"), visit.form.get("why", "").strip()
    if not why or who not in WORRIED:
        wrong = {} if why else {"why": "Write what worries you, in a few words"}
        wrong |= {} if who in WORRIED else {"who": "Select who is worried"}
        return _form(visit, resident_id, visit.form, wrong)
    said = why if who == "me" else f"{WORRIED[who]}: {why}"
    try:
        asked = additions.ask(visit.db, visit.viewer, resident_id, said, visit.now)
    except FormError as refused:
        return _form(visit, resident_id, visit.form, refused.fields)
    return RedirectResponse(f"/additions?saved={asked.id}", 303)


@router.post("/additions/{addition_id}/answer")
def answer(visit: Visiting, addition_id: int) -> Response:
    """Tell whoever asked what comes of it."""
    visit.allow("answer_addition")
    given: Any = visit.form.get("answer", "")
    reply = visit.form.get("reply", "").strip()
    try:
        additions.answer(visit.db, visit.viewer, addition_id, given, reply, visit.now)
    except FormError as refused:
        wrong = {f"{name}-{addition_id}": text for name, text in refused.fields.items()}
        return _page(visit, errors=wrong, given={addition_id: (given, reply)})
    return RedirectResponse(f"/additions?saved={addition_id}", 303)


def _page(visit: Visit, errors: Mapping[str, str] | None = None, saved: str = "", **values: Any) -> Response:
    register = visit.room.register()
    known = visit.room.names(register)
    waiting = additions.waiting(visit.db, visit.viewer)
    recent = additions.since(visit.db, visit.viewer, visit.now - _SHOWN_FOR)
    answered = [one for one in recent if one.answer]
    told = sorted({one.resident_id for one in (*waiting, *answered)})
    visit.told("additions_seen", detail={"residents": told})
    rows, rows_answered = _rows(waiting, register, known), _rows(answered, register, known)
    return visit.page(
        "additions.html",
        status=400 if errors else 200,
        errors=errors or {},
        saved=next((row for row in (*rows, *rows_answered) if str(row[0].id) == saved), None),
        waiting=rows,
        answered=rows_answered,
        may_answer=may(visit.viewer, "answer_addition"),
        sees_lists=may(visit.viewer, "see_lists"),
        missing=known.missing,
        **values,
    )


def _rows(found: Any, register: Register, known: Known) -> list[tuple[Addition, Any, Any]]:
    """Each question with the name and the place of whom it is about; without those who object by now."""
    rows = [(one, known.people.get(one.resident_id), register.find(one.resident_id)) for one in found]
    return [row for row in rows if row[2] and not row[2].objecting]


def _form(visit: Visit, resident_id: str, given: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    place = place_in_scope(visit, resident_id)
    if place.objecting or place.state in ("died", "moved"):
        raise Refused(409, "This resident cannot be added", "By the records they are not in a home now, or object.")
    identity = visit.room.names(visit.room.register()).people.get(resident_id)
    visit.told("add_form_seen", resident=resident_id, home=place.home_id)
    return visit.page(
        "addition_form.html",
        status=400 if errors else 200,
        errors=errors,
        given=given,
        place=place,
        identity=identity,
        resident_id=resident_id,
        worried=WORRIED,
    )
