"""The log of mail to homes and teams: whether it was sent, will be tried again or has failed, and why. Never what it
said.

`home_id` is the id of the home, or of the team, that a mail is about. No person's scope reaches a team's mail.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..access import Viewer, require
from . import places
from .shared import DeliveryRow, DeliveryState


@dataclass(frozen=True, slots=True)
class Delivery:
    """The latest mail to one recipient about one home's or team's week; `attempts` counts the tries of that mail."""

    home_id: str
    as_of: date
    recipient: str
    state: str
    attempts: int
    last_error: str
    at: datetime


def record(
    session: Session, home_id: str, as_of: date, recipient: str, state: DeliveryState, error: str, now: datetime
) -> Delivery:
    """Keep how one try to send ended, and count it: from one again after a mail that was sent or given up.

    Whoever sends is a program: no person's scope is asked.
    """
    same = (DeliveryRow.home_id == home_id, DeliveryRow.as_of == as_of, DeliveryRow.recipient == recipient)
    row = session.scalar(select(DeliveryRow).where(*same))
    if row is None:
        row = DeliveryRow(home_id=home_id, as_of=as_of, recipient=recipient, attempts=0)
        session.add(row)
    before = row.attempts if row.state == "will_retry" else 0
    row.state, row.last_error, row.at, row.attempts = state, error, now, before + 1
    session.flush()
    return _values(session, _deliveries().where(*same))[0]


def all_of_week(session: Session, as_of: date) -> tuple[Delivery, ...]:
    """How every mail of one week stands, for whoever sends."""
    return _values(session, _deliveries().where(DeliveryRow.as_of == as_of))


def to_retry(session: Session) -> tuple[Delivery, ...]:
    """What is still to be tried again, the longest waiting first."""
    return _values(session, _deliveries().where(DeliveryRow.state == "will_retry").order_by(DeliveryRow.at))


def of_week(session: Session, viewer: Viewer, as_of: date) -> tuple[Delivery, ...]:
    """How the mail of one week stands for the homes where the person may see somebody."""
    require(viewer, "release_summary")
    query = _deliveries().where(DeliveryRow.as_of == as_of, places.sees_home(viewer, DeliveryRow.home_id))
    return _values(session, query.order_by(DeliveryRow.home_id, DeliveryRow.recipient))


def _deliveries() -> Select[Any]:
    return select(*(getattr(DeliveryRow, name) for name in Delivery.__slots__))


def _values(session: Session, query: Select[Any]) -> tuple[Delivery, ...]:
    return tuple(Delivery(*row) for row in session.execute(query))
