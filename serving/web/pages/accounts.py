"""Accounts, for administrators: who may sign in, in which role and for whom. No resident is shown here."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from features.problems import UsageError
from serving.access import ROLES, SCOPED_BY, NotAllowed, Scope
from serving.render.words import capital
from serving.store import accounts, passwords
from serving.store.accounts import Account

from ..deps import Visit, Visiting
from ..scopes import WORDS, choices, scope_of

router = APIRouter(include_in_schema=False)
_FOR = "for:"  # before each id of the form's boxes
_OIDC = "oidc"


@router.get("/accounts")
def list_accounts(visit: Visiting) -> Response:
    visit.allow("manage_accounts")
    return visit.page("accounts.html", accounts=accounts.listed(visit.db, visit.viewer), roles=WORDS, kinds=SCOPED_BY)


@router.get("/accounts/new")
def ask(visit: Visiting) -> Response:
    visit.allow("manage_accounts")
    return _new(visit, {})


@router.post("/accounts/new")
def add(visit: Visiting) -> Response:
    """Make the account, first for nobody: for whom is chosen on its own page."""
    visit.allow("manage_accounts")
    role = next((one for one in ROLES if one == visit.form.get("role")), None)
    subject = visit.form.get("subject", "").strip() if visit.form.get("way") == _OIDC else None
    wanted = {"name": "Enter the person’s name", "username": "Enter a username"}
    wrong = {field: text for field, text in wanted.items() if not visit.form.get(field, "").strip()}
    if role is None:
        wrong["role"] = "Select a role"
    if subject == "":
        wrong["subject"] = "Enter the subject that your sign-in provider gives"
    if wrong or role is None:
        return _new(visit, wrong)
    username, name = visit.form["username"], visit.form["name"]
    once = passwords.for_once() if subject is None else None  # before the transaction begins, which is at `db`
    kept = once.kept if once else None
    try:
        made = accounts.create(
            visit.db, visit.viewer, username, name, role, Scope(), visit.now, password=kept, subject=subject
        )
    except UsageError as why:
        return _new(visit, {"username": capital(str(why))})
    if once:
        accounts.password_for_once(visit.db, visit.viewer, made.id, once, visit.now)
    given = once.given if once else ""
    return _account(visit, accounts.of_id(visit.db, made.id) or made, given=given, done="The account is added")


@router.get("/accounts/{account_id}")
def show(visit: Visiting, account_id: int) -> Response:
    visit.allow("manage_accounts")
    return _account(visit, _found(visit, account_id))


@router.post("/accounts/{account_id}/scope")
def set_scope(visit: Visiting, account_id: int) -> Response:
    """For whom the account is, from its next page on."""
    visit.allow("manage_accounts")
    found = _found(visit, account_id)
    known = {*choices(visit.room, found.role), *_own(found)}
    ids = frozenset(name.removeprefix(_FOR) for name in visit.form if name.startswith(_FOR)) & known
    accounts.set_scope(visit.db, visit.viewer, account_id, scope_of(found.role, frozenset(ids)), visit.now)
    return RedirectResponse(f"/accounts/{account_id}", 303)


@router.post("/accounts/{account_id}/password")
def reset(visit: Visiting, account_id: int) -> Response:
    """A password for once, shown on this page alone."""
    visit.allow("manage_accounts")
    once = passwords.for_once()  # before the transaction begins, which is at `db`
    found = _found(visit, account_id)
    try:
        accounts.password_for_once(visit.db, visit.viewer, account_id, once, visit.now)
    except UsageError as why:
        return _account(visit, found, problem=capital(str(why)))
    return _account(visit, _found(visit, account_id), given=once.given, done="The password is reset")


@router.post("/accounts/{account_id}/state")
def switch(visit: Visiting, account_id: int) -> Response:
    """Disable the account, or let it work again."""
    visit.allow("manage_accounts")
    found = _found(visit, account_id)
    change = accounts.enable if visit.form.get("to") == "enabled" else accounts.disable
    try:
        change(visit.db, visit.viewer, account_id, visit.now)
    except UsageError as why:
        return _account(visit, found, problem=capital(str(why)))
    return RedirectResponse(f"/accounts/{account_id}", 303)


def _found(visit: Visit, account_id: int) -> Account:
    found = accounts.of_id(visit.db, account_id)
    if found is None:
        raise NotAllowed("there is no such account")
    return found


def _own(account: Account) -> frozenset[str]:
    kind = SCOPED_BY.get(account.role)
    return account.scope.of(kind) if kind else frozenset()


def _new(visit: Visit, errors: Mapping[str, str]) -> Response:
    status = 400 if errors else 200
    return visit.page("account_new.html", status=status, roles=WORDS, errors=errors, chosen=visit.form)


def _account(visit: Visit, account: Account, *, given: str = "", done: str = "", problem: str = "") -> Response:
    known, own = choices(visit.room, account.role), _own(account)
    gone = {id: f"{id} (not known now)" for id in sorted(own - known.keys())}
    return visit.page(
        "account.html",
        status=400 if problem else 200,
        account=account,
        role=WORDS[account.role],
        kind=SCOPED_BY.get(account.role),
        choices={**known, **gone},
        own=own,
        given=given,
        done=done,
        problem=problem,
        days=accounts.ONCE_LASTS.days,
    )
