"""Days by which residents are to be reviewed, as a calendar: a count for each home and day, and never a person.

Calendars are shared, mirrored to telephones and shown on locked screens, so an entry says how many and where; who it is
stands on the list. RFC 5545: whole-day events that take up no time, with a stable UID, so that a later copy replaces.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from serving.dues import Due, DueKind, of_list
from serving.render import words
from serving.render.ids import stable_id
from serving.rows import Stamp, Watchlist

if TYPE_CHECKING:
    from icalendar import Event

_TITLES: Mapping[DueKind, tuple[str, str]] = {
    "after hospital": ("review due after hospital", "reviews due after hospital"),
    "review again": ("resident to review again", "residents to review again"),
    "action": ("action due", "actions due"),
}


def icalendar(watchlist: Watchlist, dues: Sequence[Due], stamp: Stamp | None = None) -> bytes:
    """What is due for the residents of a list."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//homeround//review dates//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    homes = {entry.resident_id: (entry.home_id, entry.home_label) for entry in watchlist.entries}
    grouped = Counter((due.on, *homes[due.resident_id], due.kind) for due in of_list(watchlist, dues))
    for (on, home_id, home, kind), n in sorted(grouped.items()):
        event = _event(watchlist, n, home, kind, stamp)
        event.add("uid", stable_id("due", watchlist.team.id, home_id, kind, on.isoformat()))
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(watchlist: Watchlist, n: int, home: str, kind: DueKind, stamp: Stamp | None) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("summary", words.plain(f"{words.count(n, *_TITLES[kind])}: {home}"))
    who = f"See the review list of {watchlist.team.label} for {words.day(watchlist.as_of)}: no names stand here."
    event.add("description", words.plain(who))
    event.add("dtstamp", (stamp.at if stamp else datetime.combine(watchlist.as_of, time(), UTC)).astimezone(UTC))
    event.add("sequence", watchlist.as_of.toordinal() * 100 + watchlist.revision)  # a later list counts more
    event.add("class", "CONFIDENTIAL")
    event.add("transp", "TRANSPARENT")
    return event
