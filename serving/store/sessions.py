"""Sign-ins: the cookie holds a random token, the store its SHA-256, so a copy of the store signs nobody in."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..access import Viewer
from . import accounts
from .columns import clean
from .tables import AccountRow, SessionRow

_SEEN_EVERY = timedelta(minutes=1)
_KEEP_ENDED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a sign-in lasts: without a page asked for, and in all."""

    idle: timedelta = timedelta(minutes=20)
    absolute: timedelta = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Started:
    """A new sign-in: the token for the cookie, which nobody can read again, and the one for forms."""

    token: str
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a cookie. `stale` asks for `seen`, once a minute and not on every page."""

    session_id: int
    viewer: Viewer
    csrf_token: str
    expires_at: datetime
    stale: bool


def start(session: Session, account_id: int, now: datetime, lifetimes: Lifetimes) -> Started:
    """Begin a sign-in of an account that has shown who it is; ended ones of yesterday go."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at < now - _KEEP_ENDED))
    made = Started(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + lifetimes.absolute)
    row = SessionRow(
        token_digest=_digest(made.token),
        csrf_token=made.csrf_token,
        account_id=account_id,
        created_at=now,
        seen_at=now,
        expires_at=made.expires_at,
    )
    session.add(row)
    session.flush()
    return made


def find(session: Session, token: str, now: datetime, lifetimes: Lifetimes) -> SignedIn | None:
    """Who is signed in by this token; None where it is unknown, ended, too old, unused too long, or disabled.

    Role and scope are read each time, so that a change of them holds from the next page on. Nothing is written.
    """
    query = select(SessionRow, AccountRow).join(AccountRow).where(SessionRow.token_digest == _digest(token))
    live = (SessionRow.ended_at.is_(None), SessionRow.expires_at > now, SessionRow.seen_at > now - lifetimes.idle)
    found = session.execute(query.where(*live, AccountRow.disabled_at.is_(None))).one_or_none()
    if found is None:
        return None
    row, viewer = found[0], accounts.of_row(session, found[1]).viewer
    return SignedIn(row.id, viewer, row.csrf_token, row.expires_at, now - row.seen_at >= _SEEN_EVERY)


def seen(session: Session, session_id: int, now: datetime) -> None:
    """The person is still there: the idle time starts anew."""
    session.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now))


def end(session: Session, session_id: int, now: datetime) -> None:
    """Sign out."""
    query = update(SessionRow).where(SessionRow.id == session_id, SessionRow.ended_at.is_(None))
    session.execute(query.values(ended_at=now))


def is_own_form(signed_in: SignedIn, given: str) -> bool:
    """Whether a form came from a page of this sign-in."""
    return hmac.compare_digest(signed_in.csrf_token.encode(), clean(given).encode())


def _digest(token: str) -> str:
    return hashlib.sha256(clean(token).encode()).hexdigest()
