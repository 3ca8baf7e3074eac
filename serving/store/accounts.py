"""Accounts: who may sign in, in which role and for whom."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from features.problems import UsageError

from ..access import ROLES, SCOPED_BY, Kind, NotAllowed, Role, Scope, Viewer, require
from . import trail
from .columns import LONGEST_NAME, clean
from .passwords import Hashed, Once
from .tables import AccountRow, ScopeRow, SessionRow

ONCE_LASTS = timedelta(days=7)
_KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as others see it: without its password."""

    id: int
    username: str
    name: str
    role: Role
    scope: Scope
    created_at: datetime
    disabled_at: datetime | None
    by_password: bool
    once_until: datetime | None = None

    @property
    def viewer(self) -> Viewer:
        """The person, as every function of the store asks for them."""
        return Viewer(self.id, self.username, self.name, self.role, self.scope)


def create(
    session: Session,
    by: Viewer,
    username: str,
    name: str,
    role: Role,
    scope: Scope,
    now: datetime,
    *,
    password: Hashed | None = None,
    subject: str | None = None,
) -> Account:
    """Make an account that signs in by a password or, from an OIDC provider, by its subject.

    Raises UsageError in words for a name that is taken or a scope that the role has not.
    """
    require(by, "manage_accounts")
    known = plain_name(username)
    if not (0 < len(known) <= LONGEST_NAME and 0 < len(name.strip()) <= LONGEST_NAME):
        raise UsageError(f"an account needs a name to sign in with and the person's, of 1 to {LONGEST_NAME} characters")
    if (password is None) == (subject is None):
        raise UsageError("an account signs in either by a password or by the subject of an OIDC provider")
    if session.scalar(select(AccountRow.id).where(AccountRow.username == known)):
        raise UsageError(f"there is already an account {known}")
    if subject and session.scalar(select(AccountRow.id).where(AccountRow.oidc_subject == subject)):
        raise UsageError("that subject already has an account")
    row = AccountRow(
        username=known,
        name=clean(name.strip()),
        role=role,
        created_at=now,
        password_hash=password.text if password else None,
        oidc_subject=subject,
    )
    session.add(row)
    session.flush()
    _write_scope(session, row, scope)
    trail.append(session, by, "account_created", now, detail={"account": row.id, "role": role, "scope": _told(scope)})
    return of_row(session, row)


def set_scope(session: Session, by: Viewer, account_id: int, scope: Scope, now: datetime) -> None:
    """For whom the account is, from its next page on."""
    require(by, "manage_accounts")
    _write_scope(session, _row(session, account_id), scope)
    trail.append(session, by, "account_scope", now, detail={"account": account_id, "scope": _told(scope)})


def set_password(session: Session, by: Viewer, account_id: int, password: Hashed, now: datetime) -> None:
    """A new password, by the person or by who manages accounts; every sign-in of the account ends."""
    if by.account_id != account_id:
        require(by, "manage_accounts")
    row = _row(session, account_id)
    if row.password_hash is None:
        raise UsageError("this account signs in through the OIDC provider: change the password there")
    row.password_hash = password.text
    row.once_until = None
    sign_out(session, account_id, now)
    trail.append(session, by, "account_password", now, detail={"account": account_id})


def password_for_once(session: Session, by: Viewer, account_id: int, once: Once, now: datetime) -> None:
    """A new password that opens nothing but the page where the person chooses their own, within `ONCE_LASTS`."""
    require(by, "manage_accounts")
    set_password(session, by, account_id, once.kept, now)
    _row(session, account_id).once_until = now + ONCE_LASTS


def disable(session: Session, by: Viewer, account_id: int, now: datetime) -> None:
    """Nobody signs in with it any more, and whoever is signed in is signed out. Its name stays on what it did."""
    require(by, "manage_accounts")
    if by.account_id == account_id:
        raise UsageError("you cannot disable your own account: ask another administrator")
    row = _row(session, account_id)
    row.disabled_at = row.disabled_at or now
    sign_out(session, account_id, now)
    trail.append(session, by, "account_disabled", now, detail={"account": account_id})


def enable(session: Session, by: Viewer, account_id: int, now: datetime) -> None:
    """A disabled account works again."""
    require(by, "manage_accounts")
    _row(session, account_id).disabled_at = None
    trail.append(session, by, "account_enabled", now, detail={"account": account_id})


def sign_out(session: Session, account_id: int, now: datetime) -> None:
    """End every sign-in of the account, on all devices."""
    query = update(SessionRow).where(SessionRow.account_id == account_id, SessionRow.ended_at.is_(None))
    session.execute(query.values(ended_at=now))


def listed(session: Session, by: Viewer) -> tuple[Account, ...]:
    """Every account, by name."""
    require(by, "manage_accounts")
    return tuple(of_row(session, row) for row in session.scalars(select(AccountRow).order_by(AccountRow.username)))


def named(session: Session, username: str) -> Account | None:
    """The account of that name."""
    row = session.scalar(select(AccountRow).where(AccountRow.username == plain_name(username)))
    return of_row(session, row) if row else None


def of_id(session: Session, account_id: int) -> Account | None:
    """The account of that id, disabled or not."""
    row = session.get(AccountRow, account_id)
    return of_row(session, row) if row else None


def of_subject(session: Session, subject: str) -> Account | None:
    """The account that an OIDC provider's subject signs in to, unless it is disabled."""
    query = select(AccountRow).where(AccountRow.oidc_subject == subject, AccountRow.disabled_at.is_(None))
    row = session.scalar(query)
    return of_row(session, row) if row else None


def password_hash(session: Session, username: str, now: datetime) -> str | None:
    """What the account's password is checked against; None for no such account, a disabled one, none by password, or
    one whose password for once was not used in time."""
    query = select(AccountRow.password_hash).where(AccountRow.username == plain_name(username))
    in_time = or_(AccountRow.once_until.is_(None), AccountRow.once_until > now)
    return session.scalar(query.where(AccountRow.disabled_at.is_(None), in_time))


def rehash(session: Session, account_id: int, stored: str, anew: str) -> None:
    """Put today's hash of the same password in place of the one it was just checked against."""
    row = _row(session, account_id)
    if row.password_hash == stored:
        row.password_hash = anew


def plain_name(username: str) -> str:
    """A name to sign in with, the same however it is typed."""
    return unicodedata.normalize("NFKC", clean(username)).strip().casefold()


def _write_scope(session: Session, row: AccountRow, scope: Scope) -> None:
    own = SCOPED_BY.get(_role(row))
    if strange := [kind for kind in _KINDS if kind != own and getattr(scope, kind)]:
        raise UsageError(f"the role {row.role} is for {own or 'no residents'}, not for {' or '.join(strange)}")
    session.execute(delete(ScopeRow).where(ScopeRow.account_id == row.id))
    if own:
        session.add_all(ScopeRow(account_id=row.id, kind=own, value=value) for value in sorted(scope.of(own)))
    session.flush()


def _told(scope: Scope) -> dict[str, list[str]]:
    return {kind: sorted(getattr(scope, kind)) for kind in _KINDS if getattr(scope, kind)}


def _row(session: Session, account_id: int) -> AccountRow:
    if (row := session.get(AccountRow, account_id)) is None:
        raise NotAllowed("there is no such account")
    return row


def of_row(session: Session, row: AccountRow) -> Account:
    """The account with its scope."""
    scope = _scope(session.execute(select(ScopeRow.kind, ScopeRow.value).where(ScopeRow.account_id == row.id)).tuples())
    by_password = row.password_hash is not None
    state = (row.created_at, row.disabled_at, by_password, row.once_until)
    return Account(row.id, row.username, row.name, _role(row), scope, *state)


def _role(row: AccountRow) -> Role:
    return next(role for role in ROLES if role == row.role)


def _scope(rows: Iterable[tuple[str, str]]) -> Scope:
    parts: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for kind, value in rows:
        parts[kind].add(value)
    return Scope(**{kind: frozenset(values) for kind, values in parts.items()})
