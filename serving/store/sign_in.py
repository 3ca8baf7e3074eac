"""Signing in by name and password, with a limit of tries by name and by address that holds across processes.

A try is counted before the password is looked at, so that many at once count too, and whether or not the name is known.
The password is checked, and a new one hashed, between two transactions, since each takes a tenth of a second.
Who goes to an OIDC provider instead is counted by address alone.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from ..access import COMMAND_LINE
from . import accounts, oidc_tries, passwords, sessions, trail
from .accounts import Account
from .columns import clean
from .database import Store
from .oidc_tries import Try
from .sessions import Lifetimes, Started
from .tables import AttemptRow

WRONG = "the name or the password is not right"
ONCE = "that password is for once: choose one of your own"
Done = TypeVar("Done")
Then = Callable[[Session, Account], Done]


@dataclass(frozen=True, slots=True)
class Limits:
    """Failed tries within the window, after which there is none until they are older than it.

    A whole practice may share one address, and a stranger may try a colleague's name: so the tight limit is of both.
    """

    window: timedelta = timedelta(minutes=15)
    name_and_address: int = 5
    name: int = 20
    address: int = 50


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, for the page; `wait` where there were too many tries, `choose` where the password was for once."""

    reason: str
    wait: bool = False
    choose: bool = False


def sign_in(
    store: Store,
    username: str,
    password: str,
    address: str,
    now: datetime,
    lifetimes: Lifetimes,
    limits: Limits | None = None,
) -> Started | Refused:
    """A sign-in where name and password are right and tries are not too many; each refusal is a line of the trail."""

    def begin(session: Session, account: Account) -> Started | Refused:
        return Refused(ONCE, choose=True) if account.once_until else start(session, account, now, lifetimes)

    return _proven(store, username, password, address, now, limits or Limits(), lambda: begin)


def choose_password(
    store: Store, username: str, password: str, chosen: str, address: str, now: datetime, limits: Limits | None = None
) -> Refused | None:
    """Put a password of the person's own in place of the one they have, which is checked as at a sign-in.

    Raises UsageError for one that is easily guessed.
    """

    def ready() -> Then[Refused | None]:
        kept = passwords.chosen(chosen, accounts.plain_name(username))

        def change(session: Session, account: Account) -> Refused | None:
            if chosen == password:
                return Refused("choose a password other than the one you have")
            accounts.set_password(session, account.viewer, account.id, kept, now)
            return None

        return change

    return _proven(store, username, password, address, now, limits or Limits(), ready)


def _proven(
    store: Store,
    username: str,
    password: str,
    address: str,
    now: datetime,
    limits: Limits,
    ready: Callable[[], Then[Done]],
) -> Done | Refused:
    """What is done for an account whose name and password are right, made `ready` outside a transaction; or why not."""
    by_name, by_address = _digest(accounts.plain_name(username)), _digest(address)
    with store.transaction() as session:
        if _too_many(session, by_name, by_address, now, limits):
            trail.append(session, COMMAND_LINE, "sign_in_refused", now, detail={"address": by_address, "limit": True})
            return Refused(too_many(limits), True)
        attempt = _count(session, by_name, by_address, now, limits)
        stored = accounts.password_hash(session, username, now)
    right = passwords.matches(stored, password)
    anew = passwords.hashed(password) if right and stored and passwords.needs_rehash(stored) else None
    then = ready() if right else None
    with store.transaction() as session:
        account = accounts.named(session, username) if right else None
        if account is None or then is None or accounts.password_hash(session, username, now) != stored:
            known = accounts.named(session, username)
            detail: dict[str, object] = {"address": by_address, "account": known.id if known else None}
            trail.append(session, COMMAND_LINE, "sign_in_refused", now, detail=detail)
            return Refused(WRONG)
        if anew and stored:
            accounts.rehash(session, account.id, stored, anew)
        session.execute(update(AttemptRow).where(AttemptRow.id == attempt).values(succeeded=True))
        return then(session, account)


def go_out(store: Store, state: str, one: Try, address: str, now: datetime, limits: Limits | None = None) -> bool:
    """Whether somebody at this address may go to the OIDC provider now; what its answer must fit is then kept.

    Who goes counts as a try until they come back as somebody with an account: by the digest of the state, which no
    name is, and with the tries of passwords from the same address.
    """
    given, by_address = limits or Limits(), _digest(address)
    with store.transaction() as session:
        if _failed(session, now - given.window, AttemptRow.address_digest == by_address) >= given.address:
            trail.append(session, COMMAND_LINE, "sign_in_refused", now, detail={"address": by_address, "limit": True})
            return False
        _count(session, _digest(state), by_address, now, given)
        oidc_tries.keep(session, state, one, now)
        return True


def came_back(session: Session, state: str, account: Account, now: datetime, lifetimes: Lifetimes) -> Started:
    """Begin the sign-in of somebody whom the provider has named."""
    session.execute(update(AttemptRow).where(AttemptRow.name_digest == _digest(state)).values(succeeded=True))
    return start(session, account, now, lifetimes)


def start(session: Session, account: Account, now: datetime, lifetimes: Lifetimes) -> Started:
    """Begin the sign-in of an account that has shown who it is, here or at an OIDC provider."""
    trail.append(session, account.viewer, "signed_in", now)
    return sessions.start(session, account.id, now, lifetimes)


def _too_many(session: Session, by_name: str, by_address: str, now: datetime, limits: Limits) -> bool:
    name, address = AttemptRow.name_digest == by_name, AttemptRow.address_digest == by_address
    since = now - limits.window
    return (
        _failed(session, since, name, address, _since_success(name, address)) >= limits.name_and_address
        or _failed(session, since, name) >= limits.name
        or _failed(session, since, address) >= limits.address
    )


def _failed(session: Session, since: datetime, *where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(AttemptRow).where(*where, ~AttemptRow.succeeded, AttemptRow.at > since)
    return session.scalar(query) or 0


def _since_success(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Only for name and address together: a stranger's own success must not clear tries at other names."""
    last = select(func.max(AttemptRow.id)).where(*where, AttemptRow.succeeded).scalar_subquery()
    return AttemptRow.id > func.coalesce(last, 0)


def _count(session: Session, by_name: str, by_address: str, now: datetime, limits: Limits) -> int:
    session.execute(delete(AttemptRow).where(AttemptRow.at < now - limits.window))
    row = insert(AttemptRow).values(name_digest=by_name, address_digest=by_address, at=now, succeeded=False)
    return session.scalars(row.returning(AttemptRow.id)).one()


def too_many(limits: Limits) -> str:
    """What somebody who is over a limit is told."""
    minutes = round(limits.window.total_seconds() / 60)
    return f"too many tries: wait {minutes} minutes, or ask who manages accounts"


def _digest(text: str) -> str:
    return hashlib.sha256(clean(text).encode()).hexdigest()
