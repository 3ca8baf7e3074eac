"""What the weekly run and the exposure log take from the store: pseudonyms, dates and fixed words, no free text.

No person asks here, so there is no scope: only flows call this, never a page.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from .clinical import AdditionRow, DecisionRow, RosterRow


@dataclass(frozen=True, slots=True)
class Decided:
    """That a resident of a list was decided on, and when to look again."""

    resident_id: str
    home_id: str
    team_id: str
    as_of: date
    revision: int
    made_at: datetime
    outcome: str
    not_suitable_reason: str | None
    review_on: date | None


@dataclass(frozen=True, slots=True)
class Asked:
    """That somebody asked for a resident to be talked about."""

    resident_id: str
    home_id: str
    asked_by_role: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a home said of a resident on a day."""

    resident_id: str
    home_id: str
    day: date
    state: str
    said_at: datetime


def decided(session: Session, since: datetime, until: datetime) -> tuple[Decided, ...]:
    """Decisions made in `[since, until)`, in the order they were made."""
    query = _columns(Decided, DecisionRow).where(DecisionRow.made_at >= since, DecisionRow.made_at < until)
    return tuple(Decided(*row) for row in session.execute(query.order_by(DecisionRow.id)))


def asked(session: Session, since: datetime, until: datetime) -> tuple[Asked, ...]:
    """Residents asked for in `[since, until)`, in the order they were asked for."""
    query = _columns(Asked, AdditionRow).where(AdditionRow.asked_at >= since, AdditionRow.asked_at < until)
    return tuple(Asked(*row) for row in session.execute(query.order_by(AdditionRow.id)))


def whereabouts(session: Session, since: datetime, until: datetime) -> tuple[Whereabouts, ...]:
    """What homes said in `[since, until)` of residents whom the feeds know, in the order they said it."""
    known = (RosterRow.resident_id.is_not(None), RosterRow.said_at >= since, RosterRow.said_at < until)
    query = _columns(Whereabouts, RosterRow).where(*known)
    return tuple(Whereabouts(*row) for row in session.execute(query.order_by(RosterRow.id)))


def _columns(value: type, table: type) -> Select[tuple[object, ...]]:
    return select(*(getattr(table, name) for name in value.__slots__))  # type: ignore[attr-defined]
