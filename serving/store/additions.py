"""Residents whom somebody wants talked about though the list left them out, and the answer to whoever asked.

A list only from a model fails those who know the person best; what goes unanswered is not asked twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from ..access import NotAllowed, Viewer, require
from . import places, trail
from .clinical import AdditionRow, Answer
from .forms import FormError, refuse, too_long


@dataclass(frozen=True, slots=True)
class Addition:
    """One question, and its answer once there is one."""

    id: int
    resident_id: str
    home_id: str
    why: str
    asked_by: int
    asked_by_name: str
    asked_by_role: str
    asked_at: datetime
    answer: str | None
    reply: str | None
    answered_by_name: str | None
    answered_at: datetime | None


def ask(session: Session, viewer: Viewer, resident_id: str, why: str, now: datetime) -> Addition:
    """Ask that a resident of one's own homes or practice is talked about."""
    require(viewer, "add_resident")
    place = places.place_of(session, viewer, resident_id)
    refuse(too_long(why=why) | ({} if why.strip() else {"why": "Write what worries you, in a few words"}))
    who = {"asked_by": viewer.account_id, "asked_by_name": viewer.name, "asked_by_role": viewer.role}
    row = AdditionRow(resident_id=resident_id, home_id=place.home_id, why=why, asked_at=now, **who)
    session.add(row)
    session.flush()
    told = {"addition": row.id}
    trail.append(session, viewer, "addition_asked", now, resident_id=resident_id, home_id=place.home_id, detail=told)
    return _values(session, _seen(viewer).where(AdditionRow.id == row.id))[0]


def answer(session: Session, viewer: Viewer, addition_id: int, given: Answer, reply: str, now: datetime) -> Addition:
    """Answer whoever asked. Raises FormError, saying by whom, where somebody already has."""
    require(viewer, "answer_addition")
    known = _values(session, _seen(viewer).where(AdditionRow.id == addition_id))
    if not known:
        raise NotAllowed(places.NOT_YOURS)
    if known[0].answer:
        raise FormError({"answer": f"{known[0].answered_by_name} has already answered this"})
    wrong = too_long(reply=reply) | ({} if reply.strip() else {"reply": "Write an answer to whoever asked"})
    refuse(wrong | ({} if given in get_args(Answer) else {"answer": "Select an answer"}))
    who = {"answered_by": viewer.account_id, "answered_by_name": viewer.name, "answered_at": now}
    change = update(AdditionRow).where(AdditionRow.id == addition_id)
    session.execute(change.values(answer=given, reply=reply, **who))
    one, told = known[0], {"addition": addition_id, "answer": given}
    trail.append(
        session, viewer, "addition_answered", now, resident_id=one.resident_id, home_id=one.home_id, detail=told
    )
    return _values(session, _seen(viewer).where(AdditionRow.id == addition_id))[0]


def waiting(session: Session, viewer: Viewer) -> tuple[Addition, ...]:
    """Questions without an answer about residents whom the person may see, the oldest first."""
    return _values(session, _seen(viewer).where(AdditionRow.answer.is_(None)).order_by(AdditionRow.id))


def since(session: Session, viewer: Viewer, moment: datetime) -> tuple[Addition, ...]:
    """Questions asked since then, answered or not, the newest first."""
    return _values(session, _seen(viewer).where(AdditionRow.asked_at >= moment).order_by(AdditionRow.id.desc()))


def _seen(viewer: Viewer) -> Select[Any]:
    """A home sees what homes asked, never what clinicians wrote to one another."""
    require(viewer, "add_resident")
    query = select(*(getattr(AdditionRow, name) for name in Addition.__slots__))
    if viewer.role == "home_manager":
        query = query.where(AdditionRow.asked_by_role == "home_manager")
    return query.where(places.sees(viewer, AdditionRow.resident_id))


def _values(session: Session, query: Select[Any]) -> tuple[Addition, ...]:
    return tuple(Addition(*row) for row in session.execute(query))
