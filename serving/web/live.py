"""What people recorded on this week's list since it was made: decisions, and residents whom they added."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from features.asof import LONDON
from serving.decision_words import ROLES
from serving.recorded import ASKED_FOR, OPEN
from serving.register import Place, Register
from serving.render.words import day
from serving.rows import Entry, Watchlist
from serving.store import additions, decisions
from serving.store.additions import Addition
from serving.store.decisions import Decision

from .deps import Visit


@dataclass(frozen=True)
class Live:
    """The newest decision of each resident on the week's lists, and the open questions by resident."""

    decided: Mapping[str, Decision] = field(default_factory=dict)
    asked: Mapping[str, Addition] = field(default_factory=dict)


NOTHING = Live()


def live(visit: Visit, as_of: date, residents: Iterable[str] | None = None) -> Live:
    """What was recorded on the lists of a Monday; of `residents`, or of everybody in scope."""
    newest = decisions.latest(visit.db, visit.viewer, None if residents is None else list(residents))
    waiting = {one.resident_id: one for one in additions.since(visit.db, visit.viewer, visit.now - ASKED_FOR)
               if one.answer in OPEN and not _talked(newest.get(one.resident_id), one, as_of)}  # fmt: skip
    return Live({who: one for who, one in newest.items() if one.as_of == as_of}, waiting)


def _talked(newest: Decision | None, asked: Addition, as_of: date) -> bool:
    """Whether it was settled before this week's list; who is talked about this week stays on it."""
    return (
        newest is not None
        and newest.made_at > asked.asked_at
        and newest.outcome != "next_week"
        and newest.as_of < as_of
    )


def with_added(watchlist: Watchlist, now: Live, mine: Collection[str], register: Register) -> tuple[Entry, ...]:
    """The list's entries, and those who were added since: right after the listed, whatever section they were in."""
    homes = {home for home, _ in watchlist.team.homes}
    out = {entry.resident_id: entry for entry in watchlist.entries}
    for who, asked in sorted(now.asked.items(), key=lambda item: item[1].id):
        place = register.find(who)
        if who not in mine or place is None or place.home_id not in homes:
            continue
        entry = out.get(who) or _unlisted(place, watchlist.as_of)
        section = entry.section if entry.section in ("listed", "in_hospital") else "added"
        out[who] = replace(entry, section=section, status_note=_note(asked, entry))
    return tuple(out.values())


def _note(asked: Addition, entry: Entry) -> str:
    by, on = f"{asked.asked_by_name} ({ROLES[asked.asked_by_role]})", asked.asked_at.astimezone(LONDON).date()
    said = f"Added by {by} on {day(on)}: “{asked.why}”"
    before = "" if entry.status_note.startswith("Added by") else entry.status_note
    return f"{said} {before}".strip()


def _unlisted(place: Place, as_of: date) -> Entry:
    age = as_of.year - place.born.year - ((as_of.month, as_of.day) < (place.born.month, place.born.day))
    return Entry(place.resident_id, place.home_id, place.home_label, age, place.sex, "added")
