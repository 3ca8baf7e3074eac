"""The review room from the settings: its store, its lists, its accounts."""

import getpass
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from features.problems import UsageError
from serving.access import COMMAND_LINE, ROLES, SCOPED_BY, Kind, Role, Scope
from serving.model_files import ModelFiles
from serving.people import People
from serving.published import Lists
from serving.register import Residents
from serving.store import accounts, passwords
from serving.store.accounts import Account
from serving.store.database import Session
from serving.store.sessions import Lifetimes
from serving.web.oidc import Provider, is_safe
from serving.web.room import Room, Rules
from serving.web.security import LOOPBACK

from . import lawful, plain
from .decision_store import store_of
from .plain_home import directory
from .secrets import secret
from .settings import Settings, load
from .steps_common import existing
from .terminal import as_json, out


def room_of(chosen: Settings) -> Room:
    """Everything the pages need, with the store brought up to date."""
    history = existing(chosen.paths.history)
    return Room(
        Lists(chosen.paths.published),
        Residents(history, plain.lags(chosen), _objections(chosen)),
        People(Path(chosen.paths.identities) if chosen.paths.identities else history, chosen.paths.identity_key),
        store_of(chosen),
        Rules(
            Lifetimes(timedelta(minutes=chosen.web.idle_minutes), timedelta(hours=chosen.web.absolute_hours)),
            frozenset((*LOOPBACK, *chosen.web.allowed_hosts)),
            lawful.only_invented(chosen.lawful_use),
            chosen.contact.problems,
        ),
        provider=provider_of(chosen),
        directory=directory(chosen),
        signs=plain.soft_signs(chosen),
        model=ModelFiles(chosen.paths.runs, chosen.model.name, chosen.paths.work / "monitoring"),
    )


def provider_of(chosen: Settings) -> Provider | None:
    """Who people sign in at; None where they have passwords alone. Raises UsageError for one that cannot be used."""
    asked = chosen.web.oidc
    if not asked.issuer:
        return None
    if not is_safe(asked.issuer):
        raise UsageError("[web.oidc] issuer: write the provider's https:// address, as it names itself")
    if not asked.client_id:
        raise UsageError("[web.oidc] client_id: write the name under which the provider knows this service")
    return Provider(asked.issuer, asked.client_id, secret(asked.secret, chosen), asked.name)


def _objections(chosen: Settings) -> Collection[str]:
    return frozenset(kind for use in chosen.lawful_use if use.purpose == "direct_care" for kind in use.objections)


def add(username: str, name: str, role: str, scope: Sequence[str]) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    chosen = load()
    as_role = _role(role)
    kind = SCOPED_BY.get(as_role)
    if scope and kind is None:
        raise UsageError(f"the role {role} sees no resident: leave --for out")
    if kind and not scope:
        raise UsageError(f"say for which {kind} the account is: --for ID, once for each")
    password = passwords.chosen(_password(), accounts.plain_name(username))
    with store_of(chosen).transaction() as db:
        made = accounts.create(
            db, COMMAND_LINE, username, name, as_role, _scope(kind, scope), _now(), password=password
        )
    out.print(f"{made.username}: {made.role}")


def show_accounts(*, machine: bool) -> None:
    """Every account, without passwords."""
    with store_of(load()).reading() as db:
        found = accounts.listed(db, COMMAND_LINE)
    if machine:
        as_json({"accounts": [_record(one) for one in found]})
        return
    for one in found:
        kind = SCOPED_BY.get(one.role)
        scope = ", ".join(sorted(one.scope.of(kind))) if kind else "no resident"
        out.print(f"{one.username}  {one.role}  {scope}{'  disabled' if one.disabled_at else ''}", markup=False)


def disable(username: str) -> None:
    """Nobody signs in with the account any more."""
    with store_of(load()).transaction() as db:
        accounts.disable(db, COMMAND_LINE, _named(db, username), _now())
    out.print(f"{username}: disabled")


def change_password(username: str) -> None:
    """A new password, asked for or read from standard input; every sign-in of the account ends."""
    password = passwords.chosen(_password(), accounts.plain_name(username))
    with store_of(load()).transaction() as db:
        accounts.set_password(db, COMMAND_LINE, _named(db, username), password, _now())
    out.print(f"{username}: the password is changed")


def _named(db: Session, username: str) -> int:
    found = accounts.named(db, username)
    if found is None:
        raise UsageError(f"there is no account {username}: `homeround accounts list` names them")
    return found.id


def _record(one: Account) -> dict[str, object]:
    kind = SCOPED_BY.get(one.role)
    scope = sorted(one.scope.of(kind)) if kind else []
    return {"username": one.username, "role": one.role, "scope": scope, "disabled": one.disabled_at is not None}


def _role(text: str) -> Role:
    found = next((role for role in ROLES if role == text), None)
    if found is None:
        raise UsageError(f"{text!r} is no role: {', '.join(ROLES)}")
    return found


def _scope(kind: Kind | None, ids: Sequence[str]) -> Scope:
    return Scope(**{kind: frozenset(ids)}) if kind else Scope()


def _password() -> str:
    """From the terminal without showing it, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    given = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != given:
        raise UsageError("the two passwords are not the same")
    return given


def _now() -> datetime:
    return datetime.now(UTC)
