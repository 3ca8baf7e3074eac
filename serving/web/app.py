"""The review room as an ASGI app: pages, refusals, files of its own; nothing that another machine serves."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from serving.store.database import Busy

from .deps import Refused, SignInFirst
from .pages import about, lists, residents, search, sign_in, start, weeks
from .room import Room
from .security import STATIC, Guard
from .view import page

PAGES = (about, sign_in, start, lists, weeks, residents, search)


def create_app(room: Room) -> FastAPI:
    """The app for one room. FastAPI's pages of the API's documents are off: they load from another machine."""
    app = FastAPI(title="homeround", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.room = room
    for module in PAGES:
        app.include_router(module.router)
    app.mount(STATIC.rstrip("/"), StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_api_route("/healthz", _health, include_in_schema=False)
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _no_such_address)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, hosts=room.rules.hosts)
    return app


def _health() -> Response:
    return PlainTextResponse("ok")


def _sign_in_first(request: Request, _: Exception) -> Response:
    return RedirectResponse("/sign-in", 303)


def _refused(request: Request, why: Exception) -> HTMLResponse:
    assert isinstance(why, Refused)
    said: dict[str, Any] = {"status": why.status, "heading": why.heading, "text": why.text}
    return why.visit.page("message.html", **said) if why.visit else page(request, "message.html", **said)


def _busy(request: Request, _: Exception) -> HTMLResponse:
    text = "Many people are saving at this moment, and nothing you sent was saved. Try again in a minute."
    return page(request, "message.html", status=503, heading="This service is busy", text=text)


def _not_found(request: Request, why: Exception) -> HTMLResponse:
    assert isinstance(why, HTTPException)
    heading, text = "Page not found", "Check the address, or go to the start page."
    if why.status_code != 404:
        heading, text = "That cannot be done here", "Go back, or go to the start page."
    return page(request, "message.html", status=why.status_code, heading=heading, text=text)


def _no_such_address(request: Request, _: Exception) -> HTMLResponse:
    """A date or a choice in the address that is none."""
    return _not_found(request, HTTPException(404))


def _failed(request: Request, _: Exception) -> HTMLResponse:
    text = "Nothing you sent was saved. Try again. If someone is unwell, follow your usual route."
    return page(request, "message.html", status=500, heading="Sorry, there is a problem with this service", text=text)
