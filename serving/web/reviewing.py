"""Which list a decision is about, what has been decided on a list, and who comes next."""

from collections.abc import Collection
from dataclasses import dataclass

from serving.published import Week, entry_of
from serving.register import Place, Register
from serving.rows import Entry, Identity, Watchlist
from serving.store import places

from .deps import Visit
from .listing import own_lists
from .live import Live, live, with_added
from .review_form import Basis


@dataclass(frozen=True)
class Next:
    """The next resident of a list on whom nothing has been decided this week; `left` counts all of them."""

    entry: Entry
    identity: Identity | None
    left: int


def basis_of(visit: Visit, resident_id: str, place: Place, slug: str) -> Basis | None:
    """The latest list to decide on: the one asked for, else one that the resident stands on, else one of their home."""
    week = visit.room.lists.latest()
    if week is None:
        return None
    own = own_lists(week, places.homes(visit.db, visit.viewer))
    named = [name for name in (slug,) if name in own and _concerns(own[name], resident_id, place)]
    on = [name for name, one in own.items() if entry_of(one, resident_id)]
    of_home = [name for name, one in own.items() if _reviews(one, place)]
    chosen = next(iter((*named, *on, *of_home)), None)
    return _basis(week, chosen, resident_id) if chosen else None


def _concerns(one: Watchlist, resident_id: str, place: Place) -> bool:
    return entry_of(one, resident_id) is not None or _reviews(one, place)


def _reviews(one: Watchlist, place: Place) -> bool:
    return place.home_id in {home for home, _ in one.team.homes}


def _basis(week: Week, slug: str, resident_id: str) -> Basis:
    one = week.lists[slug]
    return Basis(week.as_of, week.revision, one.team.id, slug, week.digests[slug], entry_of(one, resident_id))


def next_up(visit: Visit, slug: str, after: str) -> Next | None:
    """Whom to review next: down the list from the resident `after`, then from the top."""
    week = visit.room.lists.latest()
    if week is None or slug not in week.lists:
        return None
    register, mine = visit.room.register(), places.visible(visit.db, visit.viewer)
    now = live(visit, week.as_of)
    here = to_discuss(week.lists[slug], now, mine, register)
    ids, done = [entry.resident_id for entry in here], now.decided
    at = ids.index(after) + 1 if after in ids else 0
    waiting = [e for e in (*here[at:], *here[:at]) if e.resident_id not in done and e.resident_id != after]
    if not waiting:
        return None
    return Next(waiting[0], visit.room.names(register).people.get(waiting[0].resident_id), len(waiting))


def to_discuss(watchlist: Watchlist, now: Live, mine: Collection[str], register: Register) -> list[Entry]:
    """Whom a team is to discuss, of those the person may see: who is listed or was added, and is still there."""
    entries = with_added(watchlist, now, mine, register)
    order = (e for section in ("listed", "added") for e in entries if e.section == section)
    return [e for e in order if e.resident_id in mine and (place := register.find(e.resident_id)) and is_here(place)]


def is_here(place: Place) -> bool:
    """Whether the resident is alive, in a home, and does not object."""
    return not place.objecting and place.state not in ("died", "moved")
