"""Signing in at the organisation's own provider, and coming back from it."""

import hmac
import secrets

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving.access import COMMAND_LINE
from serving.render.words import capital
from serving.store import accounts, oidc_tries, trail
from serving.store.oidc_tries import Try
from serving.store.sessions import Started
from serving.store.sign_in import Limits, came_back, go_out, too_many

from ..deps import Refused, cookie_name
from ..loose_form import set_cookie
from ..oidc import NotSignedIn, Provider
from ..room import Room
from ..security import on_loopback
from ..view import page

router = APIRouter(include_in_schema=False)
_COOKIE = "homeround-state"
_BACK = "/sign-in/oidc/return"
_AGAIN = "Go to the sign-in page and try again. If it goes on, tell whoever manages accounts for this service."
_NO_ACCOUNT = "You have signed in, but there is no account for you here. Ask whoever manages accounts for this service."


@router.get("/sign-in/oidc")
def leave(request: Request) -> Response:
    """To the provider. The browser keeps the state too: only where it set out may it come back."""
    room, provider = _provider(request)
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":  # a page elsewhere that would use up the tries
        raise Refused(403, "Open this page by itself", "Go to the sign-in page and press the button there.")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    client = request.client.host if request.client else ""
    if not go_out(room.store, state, Try(nonce, verifier), client, room.clock()):
        raise Refused(429, "You cannot sign in now", f"{capital(too_many(Limits()))}.")
    try:
        address = provider.address(state, nonce, verifier, own(request, _BACK))
    except NotSignedIn as why:
        raise Refused(502, "The sign-in of your organisation does not answer", _AGAIN) from why
    answer = RedirectResponse(address, 303)
    set_cookie(answer, request, _COOKIE, state, "lax")  # strict ones are not sent when another site leads back here
    return answer


@router.get(_BACK)
def back(request: Request, state: str = "", code: str = "", iss: str = "") -> Response:
    """From the provider: signed in as the account of its subject, or told why not."""
    room, provider = _provider(request)
    try:
        begun = _begin(request, room, provider, state, code, iss)
    except NotSignedIn as why:
        with room.store.transaction() as db:
            trail.append(db, COMMAND_LINE, "sign_in_refused", room.clock(), detail={"oidc": why.kind})
        text = _NO_ACCOUNT if why.kind == "no account" else _AGAIN
        raise Refused(401, "You are not signed in", text) from why
    # A page, since a strict cookie is not sent on a redirect that another site began.
    answer = page(request, "signed_in.html")
    answer.delete_cookie(_COOKIE)
    set_cookie(answer, request, cookie_name(request), begun.token)
    return answer


def _begin(request: Request, room: Room, provider: Provider, state: str, code: str, iss: str) -> Started:
    kept, now = request.cookies.get(_COOKIE, ""), room.clock()
    with room.store.transaction() as db:
        own_try = oidc_tries.take(db, state, now)
    if own_try is None or not hmac.compare_digest(state.encode(), kept.encode()):
        raise NotSignedIn("state")
    if iss and iss != provider.issuer:  # another provider's answer (RFC 9207)
        raise NotSignedIn("issuer")
    if not code:
        raise NotSignedIn("refused there")
    subject = provider.subject(code, own_try.nonce, own_try.verifier, own(request, _BACK), now)
    with room.store.transaction() as db:
        account = accounts.of_subject(db, subject)
        if account is None:
            raise NotSignedIn("no account")
        return came_back(db, state, account, now, room.rules.lifetimes)


def own(request: Request, path: str) -> str:
    """An address of this service as the browser knows it; the host is one that the settings allow."""
    scheme = "http" if on_loopback(request.headers) else "https"
    return f"{scheme}://{request.headers['host']}{path}"


def _provider(request: Request) -> tuple[Room, Provider]:
    room: Room = request.app.state.room
    if room.provider is None:
        raise HTTPException(404)
    return room, room.provider
