"""Signing in and out."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from serving.render.words import capital
from serving.store import accounts, sessions
from serving.store.sign_in import Refused as NotIn
from serving.store.sign_in import sign_in

from .. import loose_form
from ..deps import Visiting, cookie_name, form_of
from ..later import Later
from ..loose_form import set_cookie
from ..oidc import Provider
from ..room import Room
from ..security import on_loopback
from ..view import page
from .oidc import own

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask(request: Request) -> Response:
    return _form(request)


@router.post("/sign-in")
def check(request: Request, form: Annotated[Mapping[str, str], Depends(form_of)]) -> Response:
    """Sign in, or say in words why not."""
    loose_form.require_own(request, form)
    username, password = form.get("username", ""), form.get("password", "")
    missing = {n: f"Enter your {n}" for n, value in (("username", username), ("password", password)) if not value}
    if missing:
        return _form(request, missing, username, 400)
    room: Room = request.app.state.room
    address = request.client.host if request.client else ""
    found = sign_in(room.store, username, password, address, room.clock(), room.rules.lifetimes)
    if isinstance(found, NotIn) and found.choose:
        return RedirectResponse("/password", 303)
    if isinstance(found, NotIn):
        return _form(request, {"username": capital(found.reason)}, username, 429 if found.wait else 401)
    answer = RedirectResponse("/", 303)
    loose_form.forget(answer)
    set_cookie(answer, request, cookie_name(request), found.token)
    return answer


@router.post("/sign-out")
def leave(visit: Visiting) -> Response:
    """End this sign-in, here and in the store."""
    sessions.end(visit.db, visit.signed_in.session_id, visit.now)
    visit.told("signed_out")
    account, provider = accounts.of_id(visit.db, visit.viewer.account_id), visit.room.provider
    if provider is None or account is None or account.by_password:
        return _without_cookie(visit.request, RedirectResponse("/sign-in", 303))
    return Later(lambda: _without_cookie(visit.request, _leaving(visit.request, provider)))


def _leaving(request: Request, provider: Provider) -> Response:
    """Who signed in elsewhere is still signed in there. A link, since the policy lets no form lead away."""
    leaving = provider.leaving(own(request, "/sign-in"))
    return page(request, "signed_out.html", provider=provider.name, leaving=leaving)


def _without_cookie(request: Request, answer: Response) -> Response:
    answer.delete_cookie(cookie_name(request), secure=not on_loopback(request.headers), httponly=True)
    return answer


def _form(request: Request, errors: Mapping[str, str] | None = None, username: str = "", status: int = 200) -> Response:
    provider = request.app.state.room.provider
    return loose_form.page(
        request, "sign_in.html", status=status, errors=errors or {}, username=username, provider=provider
    )
