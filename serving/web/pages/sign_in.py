"""Signing in and out."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from serving.store import sessions
from serving.store.sign_in import Refused as NotIn
from serving.store.sign_in import sign_in

from ..deps import CSRF_FIELD, Refused, Visiting, cookie_name, form_of
from ..room import Room
from ..security import on_loopback
from ..view import page

router = APIRouter(include_in_schema=False)
_FORM_COOKIE = "homeround-form"  # before anybody is signed in, the form's token lives in a cookie of its own


@router.get("/sign-in")
def ask(request: Request) -> Response:
    return _form(request)


@router.post("/sign-in")
def check(request: Request, form: Annotated[Mapping[str, str], Depends(form_of)]) -> Response:
    """Sign in, or say in words why not."""
    given, kept = form.get(CSRF_FIELD, ""), request.cookies.get(_FORM_COOKIE, "")
    if not kept or not hmac.compare_digest(given.encode(), kept.encode()):
        raise Refused(403, "This form is out of date", "Load the sign-in page again. Cookies must be allowed.")
    username, password = form.get("username", ""), form.get("password", "")
    missing = {n: f"Enter your {n}" for n, value in (("username", username), ("password", password)) if not value}
    if missing:
        return _form(request, missing, username, 400)
    room: Room = request.app.state.room
    address = request.client.host if request.client else ""
    found = sign_in(room.store, username, password, address, room.clock(), room.rules.lifetimes)
    if isinstance(found, NotIn):
        return _form(request, {"username": _sentence(found.reason)}, username, 429 if found.wait else 401)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(_FORM_COOKIE)
    _set_cookie(answer, request, cookie_name(request), found.token)
    return answer


@router.post("/sign-out")
def leave(visit: Visiting) -> Response:
    """End this sign-in, here and in the store."""
    sessions.end(visit.db, visit.signed_in.session_id, visit.now)
    visit.told("signed_out")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(visit.request), secure=not on_loopback(visit.request.headers), httponly=True)
    return answer


def _form(request: Request, errors: Mapping[str, str] | None = None, username: str = "", status: int = 200) -> Response:
    token = request.cookies.get(_FORM_COOKIE) or secrets.token_urlsafe(32)
    answer = page(request, "sign_in.html", status=status, csrf=token, errors=errors or {}, username=username)
    _set_cookie(answer, request, _FORM_COOKIE, token)
    return answer


def _set_cookie(answer: Response, request: Request, name: str, value: str) -> None:
    secure = not on_loopback(request.headers)
    answer.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="strict")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
