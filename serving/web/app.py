"""The review room as an ASGI app: pages, refusals, files of its own; nothing that another machine serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from serving.store.database import Busy
from serving.store.forms import FormError

from .api import PARTS
from .api.common import is_api, problem
from .deps import Refused, SignInFirst
from .pages import (
    about,
    accounts,
    actions,
    additions,
    decisions,
    files,
    home_ask,
    home_roster,
    homes,
    lists,
    model,
    oidc,
    password,
    residents,
    search,
    share,
    shared,
    sign_in,
    start,
    trail,
    weeks,
)
from .room import Room
from .security import STATIC, Guard
from .view import page

PAGES = (
    about,
    sign_in,
    start,
    lists,
    weeks,
    residents,
    decisions,
    search,
    files,
    password,
    accounts,
    trail,
    oidc,
    homes,
    home_roster,
    home_ask,
    shared,
    share,
    model,
    actions,
    additions,
)
_THREADS = 2


def create_app(room: Room) -> FastAPI:
    """The app for one room. FastAPI's pages of the API's documents are off: they load from another machine."""
    app = FastAPI(
        title="homeround",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_few_threads,
    )
    app.state.room = room
    for module in (*PAGES, *PARTS):
        app.include_router(module.router)
    app.mount(STATIC.rstrip("/"), StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_api_route("/healthz", _health, include_in_schema=False)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(FormError, _to_mend)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, hosts=room.rules.hosts)
    return app


@asynccontextmanager
async def _few_threads(_: FastAPI) -> AsyncIterator[None]:
    """Making a page is work for one core: one after the other each is soon there, many at once make all of them slow.
    The second thread is for when the first waits: for its turn to write, or for a disk."""
    current_default_thread_limiter().total_tokens = _THREADS
    yield


def _health() -> Response:
    return PlainTextResponse("ok")


def _sign_in_first(request: Request, _: Exception) -> Response:
    if is_api(request):
        return problem(401, "Nobody is signed in", "Sign in first; a sign-in ends when it is not used.")
    return RedirectResponse("/sign-in", 303)


def _refused(request: Request, why: Exception) -> Response:
    assert isinstance(why, Refused)
    if why.visit and not is_api(request):
        return why.visit.page("message.html", status=why.status, heading=why.heading, text=why.text)
    return _said(request, why.status, why.heading, why.text)


def _busy(request: Request, _: Exception) -> Response:
    text = "Many people are saving at this moment, and nothing you sent was saved. Try again in a minute."
    return _said(request, 503, "This service is busy", text)


def _to_mend(request: Request, why: Exception) -> Response:
    """What a page does not show beside its fields."""
    assert isinstance(why, FormError)
    return _said(request, 422, "Something must be mended first", "Nothing was saved.", why.fields)


def _not_found(request: Request, why: Exception) -> Response:
    assert isinstance(why, HTTPException)
    heading, text = "Page not found", "Check the address, or go to the start page."
    if why.status_code != 404:
        heading, text = "That cannot be done here", "Go back, or go to the start page."
    return _said(request, why.status_code, heading, text)


def _not_valid(request: Request, why: Exception) -> Response:
    """A date or a choice in the address that is none; what a program sends is told field by field."""
    assert isinstance(why, RequestValidationError)
    if not is_api(request):
        return _not_found(request, HTTPException(404))
    wrong = {".".join(map(str, one["loc"])): str(one["msg"]) for one in why.errors()}
    return problem(422, "What was sent does not fit", "Nothing was saved. The OpenAPI document says what fits.", wrong)


def _failed(request: Request, _: Exception) -> Response:
    text = "Nothing you sent was saved. Try again. If someone is unwell, follow your usual route."
    return _said(request, 500, "Sorry, there is a problem with this service", text)


def _said(request: Request, status: int, heading: str, text: str, fields: dict[str, str] | None = None) -> Response:
    """A refusal as a page, or as JSON for a program."""
    if is_api(request):
        return problem(status, heading, text, fields)
    return page(
        request, "message.html", status=status, heading=heading, text=" ".join((text, *(fields or {}).values()))
    )
