"""A small review room: the example list published for two weeks, four homes of two practices, one account a role."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from example_list import AS_OF, HOMES, empty, example, identities, resident
from fastapi import FastAPI
from histories import HOME, write_history
from starlette.testclient import TestClient

from serving.access import COMMAND_LINE, Scope
from serving.manifest import Made as MadeFrom
from serving.manifest import Report
from serving.model_files import ModelFiles
from serving.people import People
from serving.publish import Held, publish, team_slug
from serving.published import Lists
from serving.register import Residents
from serving.rows import Identity, Team, Watchlist
from serving.store import accounts, passwords, sessions, trail
from serving.store.database import Store, migrate, open_store
from serving.store.sessions import Lifetimes
from serving.summary.contacts import Directory, Surgery
from serving.web.app import create_app
from serving.web.room import Room, Rules

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
PASSWORD = "a password for tests"
DIED, AWAY, OBJECTS, MOVED = (resident(i) for i in (5, 6, 7, 9))
OF_P1, OF_P2 = resident(0), resident(2)  # of Elm House and of The Limes
LISTS = (example(), replace(empty(), team=Team("round-h1", "Elm House home round", "round", 5, HOMES[:1])))
MDT, ROUND = (team_slug(one.team) for one in LISTS)
HELD = Team("round-h3", "The Limes home round", "round", 5, HOMES[2:3])
NUMBERS = Directory({}, Surgery("Oakfield Surgery", "01632 960001", "8am to 6:30pm"), "01632 960002", "111", True)
SCOPES = {
    "gp": Scope(practices=frozenset({"p1"})),
    "mdt_lead": Scope(teams=frozenset({"pcn-oakfield"})),
    "home_manager": Scope(homes=frozenset({"h1"})),
    "data_scientist": Scope(),
    "administrator": Scope(),
}


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Made:
    """The app, what it stands on, and its clock."""

    app: FastAPI
    room: Room
    store: Store
    clock: Clock

    def client(self, role: str = "") -> TestClient:
        """A browser that is signed in, or nobody."""
        client = TestClient(
            self.app,
            base_url="http://localhost",
            headers={"sec-fetch-site": "same-origin"},
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        if role:
            with self.store.transaction() as db:
                account = accounts.named(db, role)
                assert account is not None
                client.cookies.set("homeround", sessions.start(db, account.id, self.clock(), Lifetimes()).token)
        return client

    def lines(self) -> list[tuple[str, str, str]]:
        """The trail: action, resident, detail, oldest first."""
        with self.store.reading() as db:
            found = trail.lines(db, COMMAND_LINE, most=10_000)
        return [(line.action, line.resident_id, line.detail) for line in reversed(found)]


def token_of(page: str) -> str:
    """The token of a page's form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def made(folder: Path, shown: Sequence[Watchlist] = LISTS, names: Mapping[str, Identity] | None = None) -> Made:
    """Everything in a new folder, with the lists `shown` of the people `names`; else the example's."""
    published, history, url = folder / "published", folder / "history", f"sqlite:///{folder / 'room.db'}"
    _history(history, names or identities())
    held = (Held(HELD, ("NEWS2 readings are older than 28 days",)),)
    told = {"team": HELD.id, "label": HELD.label, "kind": "round", "homes": [id for id, _ in HELD.homes]}
    report = Report(held=({**told, "reasons": list(held[0].reasons)},))
    for day, digest in ((AS_OF - timedelta(days=7), "a"), (AS_OF, "b")):
        inputs = MadeFrom({"history": digest}, "s", "c", {"version": "7"})
        lists = [replace(one, as_of=day, data_until=day - timedelta(days=1)) for one in shown]
        publish(published, day, lists, held if day == AS_OF else (), inputs, report if day == AS_OF else Report())
    migrate(url)
    store, clock = open_store(url), Clock()
    with store.transaction() as db:
        for role, scope in SCOPES.items():
            # Subjects cost no hashing; one account has a password, for the sign-in page.
            way = {"password": passwords.chosen(PASSWORD, role)} if role == "gp" else {"subject": role}
            accounts.create(db, COMMAND_LINE, role, f"Pat {role}", role, scope, NOW, **way)  # type: ignore[arg-type]
        accounts.create(db, COMMAND_LINE, "spare", "Pat Spare", "data_scientist", Scope(), NOW, subject="spare")
    residents = Residents(history, objections=frozenset({"local"}))
    people = People(history, folder / "no.key")
    model = ModelFiles(folder / "runs", "avoidable-admission", folder / "monitoring")
    room = Room(Lists(published), residents, people, store, Rules(invented=True), clock, NUMBERS, model=model)
    return Made(create_app(room), room, store, clock)


def _history(folder: Path, names: Mapping[str, Identity]) -> None:
    stays = [
        {"resident_id": who, "home_id": HOMES[i % 4][0], "moved_in": "2025-01-06", "recorded_at": "2025-01-07"}
        for i, who in enumerate(names)
    ]
    left = {"moved_out": "2026-11-17", "moved_out_recorded_at": "2026-11-17"}
    died = {"died_on": "2026-11-17", "died_recorded_at": "2026-11-17"}
    write_history(
        folder,
        homes=[
            {
                **HOME,
                "home_id": id,
                "name": name,
                "practice": "p1" if i < 2 else "p2",
                "round_day": "Friday",
                "email": f"{id}@home.example",
            }
            for i, (id, name) in enumerate(HOMES)
        ],
        residents=[
            {"resident_id": who, "date_of_birth": date(1940, 7, 14), "sex": "F"} | (died if who == DIED else {})
            for who in names
        ],
        stays=[stay | (left if stay["resident_id"] == MOVED else {}) for stay in stays],
        spells=[
            {
                "spell_id": "s1",
                "resident_id": AWAY,
                "admitted_at": "2026-11-17T10:00",
                "recorded_at": "2026-11-17T12:00",
                "admission_method": "21",
            }
        ],
        objections=[
            {"resident_id": OBJECTS, "kind": "local", "from": "2026-11-17", "recorded_at": "2026-11-17"},
        ],
        identities=[
            {
                "resident_id": who,
                "nhs_number": one.nhs_number,
                "given_name": one.given_name,
                "family_name": one.family_name,
                "room": one.room,
            }
            for who, one in names.items()
        ],
    )
