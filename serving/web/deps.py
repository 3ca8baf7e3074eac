"""What a page is given: who asks, one database transaction, the form that was sent.

The transaction is committed before the answer leaves. So a page about a person is shown only when the line that says so
stands in the trail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from serving.access import NotAllowed, Permission, Viewer, require
from serving.store import sessions, trail
from serving.store.sessions import SignedIn

from .room import Room
from .security import on_loopback
from .view import page

CSRF_FIELD = "csrf"


class SignInFirst(Exception):
    """Nobody is signed in, or no longer."""


class Refused(Exception):
    """A page that is not shown, and why in words. What was written to the trail before stays."""

    def __init__(self, status: int, heading: str, text: str) -> None:
        super().__init__(heading)
        self.status, self.heading, self.text = status, heading, text
        self.visit: Visit | None = None


NO_ACCESS = "Ask your practice manager or whoever manages accounts for this service."


@dataclass(frozen=True)
class Visit:
    """One request of a person who is signed in."""

    request: Request
    room: Room
    db: Session
    signed_in: SignedIn
    form: Mapping[str, str]
    now: datetime

    @property
    def viewer(self) -> Viewer:
        return self.signed_in.viewer

    def allow(self, permission: Permission) -> None:
        """Raises Refused where the person's role does not allow this."""
        try:
            require(self.viewer, permission)
        except NotAllowed:
            self.told("refused", detail={"page": self.request.scope["route"].path})
            raise Refused(403, "You do not have access to this page", NO_ACCESS) from None

    def told(
        self, action: str, *, resident: str = "", home: str = "", detail: Mapping[str, object] | None = None
    ) -> None:
        """Write to the trail what the person sees or does."""
        trail.append(self.db, self.viewer, action, self.now, resident_id=resident, home_id=home, detail=detail)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page for this person."""
        return page(self.request, template, status=status, viewer=self.viewer, csrf=self.signed_in.csrf_token, **values)


def cookie_name(request: Request) -> str:
    """The session's cookie: bound to this host and to https, but on the machine itself."""
    return "homeround" if on_loopback(request.headers) else "__Host-homeround"


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of the form that was sent, without files."""
    if request.method != "POST":
        return {}
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def visit_of(request: Request, form: Annotated[Mapping[str, str], Depends(form_of)]) -> Iterator[Visit]:
    """The visit of whoever is signed in. Raises SignInFirst, or Refused for a form that is not of this sign-in."""
    room: Room = request.app.state.room
    now = room.clock()
    refused: Refused | None = None
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        raise SignInFirst
    room.keep_places()
    with room.store.transaction() as db:
        signed_in = sessions.find(db, token, now, room.rules.lifetimes)
        if signed_in is None:
            raise SignInFirst
        if signed_in.stale:
            sessions.seen(db, signed_in.session_id, now)
        visit = Visit(request, room, db, signed_in, form, now)
        try:
            if request.method == "POST" and not sessions.is_own_form(signed_in, form.get(CSRF_FIELD, "")):
                raise Refused(403, "This form is out of date", "Go back, load the page again and send it once more.")
            yield visit
        except NotAllowed:
            visit.told("refused", detail={"page": request.scope["route"].path})
            refused = Refused(404, "Not found", "There is no such page, or it is not for your practice or team.")
            refused.visit = visit
        except Refused as why:  # committed: that somebody was refused is told too
            why.visit, refused = visit, why
    if refused:
        raise refused


Visiting = Annotated[Visit, Depends(visit_of, scope="function")]
