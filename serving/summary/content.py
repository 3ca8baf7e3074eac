"""A home's summary as rows: what was released, who it is about and whom to ring, and nothing else.

It holds no chance, score, rank or reason of the model, no other home, no advance care plan and no NHS number, because
none of these is handed to it: a release holds lines of the approved table and the clinician's tasks alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from serving.register import Place
from serving.render import words
from serving.rows import HomeLine, Identity

from .contacts import Contacts
from .release import NotShown, Release, may_be_shown

_ALL_WEEK = 7  # days within which a task of the home's is one for every day


@dataclass(frozen=True, slots=True)
class Ask:
    """One task: who does it, by when or all week, and the exception."""

    text: str
    who: str
    by: date | None
    all_week: bool = False
    unless: str = ""
    card: bool = False


@dataclass(frozen=True, slots=True)
class ResidentSummary:
    """One resident's part. Name with room, and date of birth: two identifiers, so that namesakes are told apart."""

    name: str
    born: str
    room: str
    namesake: bool
    watch: tuple[HomeLine, ...]
    do: tuple[Ask, ...]
    tell: tuple[HomeLine, ...]
    ours: tuple[Ask, ...]
    because: tuple[str, ...]
    review_on: date | None
    released_by: str
    use_until: date


@dataclass(frozen=True, slots=True)
class HomeSummary:
    """One home's page. `others` counts residents who will be talked about and were not released; no name, no more."""

    home_label: str
    week_of: date
    made_at: datetime
    contacts: Contacts
    residents: tuple[ResidentSummary, ...]
    others: int
    round_on: date | None = None

    @property
    def use_until(self) -> date:
        """The last day the page may be used: the first on which a part of it is too old; else the week's Sunday."""
        return min((one.use_until for one in self.residents), default=self.week_of + timedelta(days=6))

    @property
    def released_by(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.released_by for one in self.residents))


@dataclass(frozen=True)
class Residents:
    """What is known now of the people of a home: where they are, and their names."""

    places: Mapping[str, Place]
    people: Mapping[str, Identity]


def home_summary(
    home: tuple[str, str],
    week_of: date,
    now: datetime,
    *,
    releases: Iterable[Release],
    listed: Collection[str],
    residents: Residents,
    contacts: Contacts,
    round_on: date | None = None,
) -> tuple[HomeSummary, tuple[NotShown, ...]]:
    """The page of a home (id, label) at this instant, and whom it leaves out with the reason, for the clinician.

    releases    of any home: those of others are passed over
    listed      residents on the home's lists of this week, released or not
    """
    home_id, label = home
    mine = {release.resident_id: release for release in releases if release.home_id == home_id}
    checked = {who: _not_shown(release, residents, now) for who, release in mine.items()}
    shown = [release for who, release in mine.items() if checked[who] is None]
    parts = sorted((_part(one, residents) for one in shown), key=lambda part: (part.room.zfill(6), part.name))
    others = sum(_here(residents.places.get(who), home_id) for who in {*listed} - {*mine})
    summary = HomeSummary(label, week_of, now, contacts, tuple(parts), others, round_on)
    return summary, tuple(why for why in checked.values() if why)


def _not_shown(release: Release, residents: Residents, now: datetime) -> NotShown | None:
    who = release.resident_id
    if why := may_be_shown(release, residents.places.get(who), now):
        return why
    identity = residents.people.get(who)
    if identity is None or not identity.family_name.strip() or identity.date_of_birth is None:
        return NotShown(who, "not_identified", "name or date of birth is not on file: two identifiers are needed")
    return None


def _here(place: Place | None, home_id: str) -> bool:
    """Whether somebody may be counted as one more to be talked about at this home."""
    return place is not None and place.home_id == home_id and place.state == "here" and not place.objecting


def _part(release: Release, residents: Residents) -> ResidentSummary:
    identity = residents.people[release.resident_id]
    lines, tasks = release.told.lines, release.told.tasks
    asked = {kind: tuple(_ask(line, release) for line in lines if line.kind == kind) for kind in ("do", "gp")}
    own = {ours: tuple(Ask(t.text, t.who, t.due_on) for t in tasks if t.ours == ours) for ours in (False, True)}
    return ResidentSummary(
        name=words.name(identity),
        born=words.born(identity, None),
        room=" ".join((identity.room or "").split()),
        namesake=_namesakes(release, residents),
        watch=tuple(line for line in lines if line.kind == "watch"),
        do=(*own[False], *asked["do"]),
        tell=tuple(line for line in lines if line.kind == "tell"),
        ours=(*own[True], *asked["gp"]),
        because=tuple(dict.fromkeys(line.because for line in lines if line.because)),
        review_on=release.told.review_on,
        released_by=f"{release.released_by}, {release.role}",
        use_until=release.valid_until,
    )


def _ask(line: HomeLine, release: Release) -> Ask:
    """A line's task; its day is counted from the release, and is never after the page is destroyed."""
    days = line.within_days or 0
    by = min(release.valid_from + timedelta(days=days), release.valid_until)
    all_week = line.kind == "do" and days >= _ALL_WEEK
    return Ask(line.text, line.who, by, all_week, line.unless, line.card)


def _namesakes(release: Release, residents: Residents) -> bool:
    """Whether another person of the home has the same name."""
    names = Counter(
        words.name(identity).casefold()
        for who, identity in residents.people.items()
        if (place := residents.places.get(who)) and place.home_id == release.home_id and place.state != "died"
    )
    return names[words.name(residents.people[release.resident_id]).casefold()] > 1


def next_round(round_day: str, week_of: date) -> date | None:
    """The day of the home's round in the week, where the home's record names its weekday."""
    days = [name.lower() for name in words.WEEKDAYS]
    said = round_day.strip().lower()
    return week_of + timedelta(days=days.index(said)) if said in days else None
