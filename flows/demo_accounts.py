"""Accounts to try the review room with, for invented people only: their passwords are public."""

from datetime import UTC, datetime

from features.problems import UsageError
from serving.access import COMMAND_LINE, Role, Scope
from serving.published import Lists
from serving.register import Register, Residents
from serving.rows import Team
from serving.store import accounts, passwords

from . import lawful, plain
from .decision_store import store_of
from .settings import Settings
from .terminal import err

PASSWORD = "only invented people"


def make_demo_accounts(chosen: Settings) -> tuple[str, ...]:
    """One account for each role, around one MDT of the latest lists; those that are there already are left as they are.

    Raises UsageError where the settings allow real records: these passwords are in the README.
    """
    if not lawful.only_invented(chosen.lawful_use):
        raise UsageError("demo accounts are for invented people only: the settings state a lawful use of real records")
    week = Lists(chosen.paths.published).latest()
    team = next((one for one in week.teams.values() if one.kind == "mdt"), None) if week else None
    if team is None:
        raise UsageError("demo accounts need a published list of an MDT")
    now = datetime.now(UTC)
    wanted = _wanted(team, Residents(chosen.paths.history, plain.lags(chosen)).at(now))
    store = store_of(chosen)
    with store.reading() as db:
        missing = [one for one in wanted if accounts.named(db, one[0]) is None]
    kept = {one[0]: passwords.chosen(PASSWORD, one[0]) for one in missing}
    with store.transaction() as db:
        for username, name, role, scope in missing:
            accounts.create(db, COMMAND_LINE, username, name, role, scope, now, password=kept[username])
    return tuple(username for username, _, _, _ in wanted)


def _wanted(team: Team, register: Register) -> tuple[tuple[str, str, Role, Scope], ...]:
    home = team.homes[0][0]
    practice = next(place.practice for place in register.places.values() if place.home_id == home)
    return (
        ("gp", "Dr Example", "gp", Scope(practices=frozenset({practice}))),
        ("mdt", "Sam Example", "mdt_lead", Scope(teams=frozenset({team.id}))),
        ("home", "Alex Example", "home_manager", Scope(homes=frozenset({home}))),
        ("data", "Kim Example", "data_scientist", Scope()),
        ("admin", "Robin Example", "administrator", Scope()),
    )


def show_demo_accounts(names: tuple[str, ...]) -> None:
    """Say how to try the room."""
    if names:
        err.print(f"The review room: homeround serve, then sign in as {', '.join(names)}; password: {PASSWORD}")
