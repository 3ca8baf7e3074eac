"""What the pages about homes share: which homes are somebody's, and a home's week as they may see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.problems import UsageError
from serving.register import Home
from serving.store import additions, places, releases, roster
from serving.store.roster import Check
from serving.summary.contacts import Contacts
from serving.summary.content import HomeSummary
from serving.summary.release import NotShown
from serving.summary.week import WORD_HOLDS, Known, home_week, listed_at

from .deps import Refused, Visit


@dataclass(frozen=True)
class Shown:
    """A home's page for one person, whom it leaves out, and why there is none."""

    home: Home
    summary: HomeSummary | None
    residents: tuple[str, ...]
    left_out: tuple[NotShown, ...]
    why_not: str = ""


def own_homes(visit: Visit) -> tuple[Home, ...]:
    """The homes of the person, or of the residents whom they may see, by name."""
    register = visit.room.register()
    homes = places.homes(visit.db, visit.viewer) | visit.viewer.scope.homes
    found = (register.homes.get(home) for home in homes)
    return tuple(sorted((home for home in found if home), key=lambda home: (home.label.casefold(), home.home_id)))


def own_home(visit: Visit, home_id: str) -> Home:
    """One of them. Raises NotAllowed for another's, Refused for one that the records do not know."""
    places.require_home(visit.db, visit.viewer, home_id)
    home = visit.room.register().homes.get(home_id)
    if home is None:
        raise Refused(404, "Home not found", "The records do not name this home.")
    return home


def numbers_of(visit: Visit, home: Home) -> Contacts:
    """Whom the home rings. Raises Refused, saying which number to add: without one nothing is shared."""
    try:
        return visit.room.directory.contacts(home.label, home.practice)
    except UsageError as missing:
        raise Refused(409, f"Nothing can be shared with {home.label} yet", f"{missing}.") from None


def words_of_homes(visit: Visit) -> Mapping[str, Check]:
    """What homes last said of residents whom the person may see."""
    return roster.since(visit.db, visit.viewer, visit.room.today() - WORD_HOLDS)


def known_now(visit: Visit) -> Known:
    register = visit.room.register()
    return Known(register, visit.room.names(register).people, words_of_homes(visit))


def shown_to(visit: Visit, home: Home, known: Known) -> Shown:
    """The home's page as this person may see it, checked again at this instant."""
    room, db, viewer = visit.room, visit.db, visit.viewer
    asked = additions.since(db, viewer, visit.now - WORD_HOLDS)
    promised = {one.resident_id for one in asked if one.answer == "will_discuss" and one.home_id == home.home_id}
    try:
        contacts = room.directory.contacts(home.label, home.practice)
    except UsageError as missing:
        return Shown(home, None, (), (), str(missing))
    released = releases.current(db, viewer, home.home_id, visit.now)
    talked = listed_at(room.lists.latest(), home.home_id, visit.now) & places.visible(db, viewer).keys()
    summary, left_out = home_week(
        home,
        visit.now,
        released=released,
        talked=talked | promised,
        known=known,
        contacts=contacts,
    )
    out = {one.resident_id for one in left_out}
    return Shown(home, summary, tuple(sorted({one.resident_id for one in released} - out)), left_out)
