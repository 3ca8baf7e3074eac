"""What a home says on the day of the round: who is here, has arrived, has left or is in hospital."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ..access import NotAllowed, Viewer, require
from . import places, trail
from .clinical import RosterRow, State
from .forms import refuse, too_long


@dataclass(frozen=True, slots=True)
class NewCheck:
    """One line of the form; nobody named where somebody has arrived whom no feed knows yet."""

    resident_id: str | None
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What was said, by whom and when."""

    home_id: str
    day: date
    resident_id: str | None
    state: str
    note: str
    said_by_name: str
    said_at: datetime


def check(session: Session, viewer: Viewer, home_id: str, day: date, lines: Iterable[NewCheck], now: datetime) -> None:
    """Keep what a home's own manager says of the home's residents."""
    require(viewer, "check_roster")
    places.require_home(session, viewer, home_id)
    lines = list(lines)
    refuse({f"lines-{i}": text for i, line in enumerate(lines) for text in _wrong(line)})
    for line in lines:
        if line.resident_id is not None and places.place_of(session, viewer, line.resident_id).home_id != home_id:
            raise NotAllowed(places.NOT_YOURS)
    who = {"said_by": viewer.account_id, "said_by_name": viewer.name, "said_at": now}
    session.add_all(
        RosterRow(home_id=home_id, day=day, resident_id=line.resident_id, state=line.state, note=line.note, **who)
        for line in lines
    )
    session.flush()
    told = {"day": day.isoformat(), "lines": len(lines)}
    trail.append(session, viewer, "roster_checked", now, home_id=home_id, detail=told)


def latest(session: Session, viewer: Viewer, home_id: str, day: date) -> tuple[Check, ...]:
    """What was said of a home for that day: the last word on each resident, and everybody who arrived unknown."""
    said = _said(session, viewer, RosterRow.home_id == home_id, RosterRow.day == day)
    last = {one.resident_id: one for one in said if one.resident_id is not None}
    return (*last.values(), *(one for one in said if one.resident_id is None))


def since(session: Session, viewer: Viewer, day: date) -> Mapping[str, Check]:
    """The last word of any home, of that day or later, on each resident whom the person may see."""
    said = _said(session, viewer, RosterRow.day >= day)
    return {one.resident_id: one for one in said if one.resident_id is not None}


def _said(session: Session, viewer: Viewer, *which: ColumnElement[bool]) -> list[Check]:
    """In the order in which it was said."""
    require(viewer, "see_home_page")
    columns = (getattr(RosterRow, name) for name in Check.__slots__)
    mine = (
        select(*columns)
        .where(*which)
        .order_by(RosterRow.id)
        .where(
            places.sees_home(viewer, RosterRow.home_id),
            RosterRow.resident_id.is_(None) | places.sees(viewer, RosterRow.resident_id),
        )
    )
    return [Check(*row) for row in session.execute(mine)]


def _wrong(line: NewCheck) -> list[str]:
    wrong = list(too_long(note=line.note).values())
    if line.state not in get_args(State):
        wrong.append("Select whether the resident is here, has arrived, has left or is in hospital")
    if line.resident_id is None and line.state != "arrived":
        wrong.append("Say of whom this is")
    if line.resident_id is None and line.state == "arrived" and not line.note.strip():
        wrong.append("Write who has arrived")
    return wrong
