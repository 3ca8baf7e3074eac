"""What the pages need of the rest of the house, put together once when the service starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from features.asof import LONDON
from serving.model_files import ModelFiles
from serving.people import Known, People
from serving.published import Lists
from serving.register import Register, Residents
from serving.store import places
from serving.store.database import Store
from serving.store.places import Place
from serving.store.sessions import Lifetimes
from serving.summary.contacts import Directory, Surgery
from serving.summary.soft_signs import SoftSigns, read

from .oidc import Provider


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody() -> Directory:
    return Directory({}, Surgery("", "", ""), "", "")


@dataclass(frozen=True)
class Rules:
    """How long a sign-in lasts, under which host names the room answers, and what it says on every page."""

    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1"})
    invented: bool = False  # every page says that the people are invented
    report_to: str = ""  # who is told of a problem with the pages


@dataclass(frozen=True)
class Room:
    """Published lists, residents, names and people's decisions; `clock` tells the time.

    `provider` is where an organisation's people sign in, `model` what is kept of the model; None where there is none.
    """

    lists: Lists
    residents: Residents
    people: People
    store: Store
    rules: Rules = field(default_factory=Rules)
    clock: Callable[[], datetime] = field(default=_now)
    directory: Directory = field(default_factory=_nobody)  # whom homes ring; without numbers there is no home's page
    signs: SoftSigns = field(default_factory=read)  # what may be told of somebody who is on no list
    provider: Provider | None = None
    model: ModelFiles | None = None
    _told: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def register(self) -> Register:
        """Where everybody is now."""
        return self.residents.at(self.clock())

    def keep_places(self) -> None:
        """Tell the store where residents live now and which homes teams review, where that is newer than it knows.

        In a transaction of its own: what a page fails to do must not take it back.
        """
        register, week = self.register(), self.lists.latest()
        known = (register.at, week.as_of if week else None, week.revision if week else 0)
        if self._told.get("places") == known:
            return
        teams = {one.id: [home for home, _ in one.homes] for one in (week.teams.values() if week else ())}
        here = (Place(p.resident_id, p.home_id, p.practice) for p in register.places.values())
        with self.store.transaction() as db:
            places.refresh(db, here, teams)
        self._told["places"] = known

    def names(self, register: Register) -> Known:
        """Who everybody is; for those who may see them only."""
        return self.people.known(register.born)

    def today(self) -> date:
        """The day in London."""
        return self.clock().astimezone(LONDON).date()
