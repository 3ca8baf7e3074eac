"""What a page is given: who asks, the store as it is to be used, the form that was sent.

Writers take turns, so no turn lasts as long as a page takes to make. A GET reads one moment of the store, and what it
tells the trail is written in a short transaction at its end; a POST is one transaction, which begins with the first use
of `db`. Either is committed before the answer leaves: a page about a person is shown only when the line that says so
stands in the trail.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
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
CSRF_HEADER = "x-csrf-token"


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
    writes: bool
    _later: list[Callable[[Session], None]] = field(default_factory=list, repr=False)

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

        def write(db: Session) -> None:
            trail.append(db, self.viewer, action, self.now, resident_id=resident, home_id=home, detail=detail)

        self._write(write)

    def stay(self) -> None:
        """The person is still there, which the store is told once a minute."""
        if self.signed_in.stale:
            self._write(lambda db: sessions.seen(db, self.signed_in.session_id, self.now))

    def _write(self, write: Callable[[Session], None]) -> None:
        if self.writes:
            write(self.db)
        else:
            self._later.append(write)

    def finish(self) -> None:
        """Keep what a page that only reads had to tell."""
        if self._later:
            with self.room.store.transaction() as db:
                for write in self._later:
                    write(db)

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
    yield from _visit(request, form, writes=request.method == "POST")


def asking_of(request: Request, form: Annotated[Mapping[str, str], Depends(form_of)]) -> Iterator[Visit]:
    """The visit of somebody whose form changes nothing."""
    yield from _visit(request, form, writes=False)


def _visit(request: Request, form: Mapping[str, str], *, writes: bool) -> Iterator[Visit]:
    room: Room = request.app.state.room
    now = room.clock()
    refused: Refused | None = None
    room.keep_places()
    # The page runs in one thread and this in others, which may all be waiting for their turn to write: so whoever has
    # the turn must not need another of them to go on. It is taken where the page first uses `db`, not here.
    with ExitStack() as opened:
        db = opened.enter_context(room.store.reading())
        signed_in = _signed_in(request, room, db, now)
        if writes:
            opened.close()
            db = opened.enter_context(room.store.transaction())
        visit = Visit(request, room, db, signed_in, form, now, writes)
        try:
            _check_own_form(visit)
            yield visit
        except NotAllowed:
            visit.told("refused", detail={"page": request.scope["route"].path})
            refused = Refused(404, "Not found", "There is no such page, or it is not for your practice or team.")
            refused.visit = visit
        except Refused as why:  # committed: that somebody was refused is told too
            why.visit, refused = visit, why
        visit.stay()
    visit.finish()
    if refused:
        raise refused


def _signed_in(request: Request, room: Room, db: Session, now: datetime) -> SignedIn:
    token = request.cookies.get(cookie_name(request), "")
    found = sessions.find(db, token, now, room.rules.lifetimes) if token else None
    if found is None:
        raise SignInFirst
    return found


def _check_own_form(visit: Visit) -> None:
    """A program that sends JSON puts the token into a header, which no page of another site can."""
    given = visit.form.get(CSRF_FIELD) or visit.request.headers.get(CSRF_HEADER, "")
    if visit.request.method == "POST" and not sessions.is_own_form(visit.signed_in, given):
        raise Refused(403, "This form is out of date", "Go back, load the page again and send it once more.")


Visiting = Annotated[Visit, Depends(visit_of, scope="function")]
Asking = Annotated[Visit, Depends(asking_of, scope="function")]
