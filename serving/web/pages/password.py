"""Choosing a password of one's own: after one for once, or whenever somebody likes. Checked as a sign-in is."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from features.problems import UsageError
from serving.render.words import capital
from serving.store.sign_in import choose_password

from .. import loose_form
from ..deps import form_of
from ..room import Room
from ..view import page

router = APIRouter(include_in_schema=False)
_FIELDS = {"username": "Enter your username", "password": "Enter the password you have", "chosen": "Enter a new one"}


@router.get("/password")
def ask(request: Request) -> Response:
    return _form(request, {}, "")


@router.post("/password")
def choose(request: Request, form: Annotated[Mapping[str, str], Depends(form_of)]) -> Response:
    """Change it, or say in words why not. Every sign-in of the account ends."""
    loose_form.require_own(request, form)
    given = {name: form.get(name, "") for name in _FIELDS}
    if missing := {name: text for name, text in _FIELDS.items() if not given[name]}:
        return _form(request, missing, given["username"])
    room: Room = request.app.state.room
    address = request.client.host if request.client else ""
    username, password, chosen = given.values()
    try:
        refused = choose_password(room.store, username, password, chosen, address, room.clock())
    except UsageError as why:
        return _form(request, {"chosen": capital(str(why))}, username)
    if refused:
        return _form(request, {"username": capital(refused.reason)}, username, 429 if refused.wait else 401)
    text = "Sign in with the new one. Wherever you were signed in, you are signed out."
    return page(request, "message.html", heading="Your password is changed", text=text)


def _form(request: Request, errors: Mapping[str, str], username: str, status: int | None = None) -> Response:
    chosen = status or (400 if errors else 200)
    return loose_form.page(request, "password.html", status=chosen, errors=errors, username=username)
