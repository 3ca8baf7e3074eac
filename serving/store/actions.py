"""Actions that a decision asked for: open until somebody says done, or why not. The first to say so is kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from ..access import NotAllowed, Viewer, require
from . import kept, places, trail
from .clinical import ActionRow, DecisionRow
from .forms import FormError, refuse, too_long


@dataclass(frozen=True, slots=True)
class Action:
    """One action and how it ended, if it did."""

    id: int
    decision_id: int
    resident_id: str
    what: str
    owner: str
    due_on: date
    done_at: datetime | None
    done_by: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_why: str | None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None and self.cancelled_at is None


def open_actions(session: Session, viewer: Viewer) -> tuple[Action, ...]:
    """What is still to be done for the residents whom the person may see, the earliest due first."""
    require(viewer, "see_lists")
    waiting = (ActionRow.done_at.is_(None), ActionRow.cancelled_at.is_(None))
    query = _actions().where(*waiting, places.sees(viewer, DecisionRow.resident_id))
    return _values(session, query.order_by(ActionRow.due_on, ActionRow.id))


def settled(session: Session, viewer: Viewer, since: datetime) -> tuple[Action, ...]:
    """What was done or cancelled since then for the residents whom the person may see, the latest first."""
    require(viewer, "see_lists")
    ended = func.coalesce(ActionRow.done_at, ActionRow.cancelled_at)
    query = _actions().where(ended >= since, places.sees(viewer, DecisionRow.resident_id))
    return _values(session, query.order_by(ended.desc(), ActionRow.id.desc()))


def of_decisions(session: Session, decisions: Collection[int]) -> Mapping[int, list[Action]]:
    """The actions of each of these decisions, in the order they were written."""
    found: dict[int, list[Action]] = {}
    for action in _values(session, _actions().where(DecisionRow.id.in_(decisions)).order_by(ActionRow.id)):
        found.setdefault(action.decision_id, []).append(action)
    return found


def finish(session: Session, viewer: Viewer, action_id: int, now: datetime) -> None:
    """It is done. Raises FormError, saying by whom, where it had already ended."""
    _end(session, viewer, action_id, now, "action_done", done_at=now, done_by=viewer.name)


def cancel(session: Session, viewer: Viewer, action_id: int, why: str, now: datetime) -> None:
    """It will not be done, for a reason that is kept."""
    refuse(too_long(why=why) | ({} if why.strip() else {"why": "Write why the action is cancelled"}))
    ended = {"cancelled_at": now, "cancelled_by": viewer.name, "cancelled_why": why}
    _end(session, viewer, action_id, now, "action_cancelled", **ended)


def _end(session: Session, viewer: Viewer, action_id: int, now: datetime, told: str, **ended: Any) -> None:
    require(viewer, "decide")
    found = _values(session, _actions().where(ActionRow.id == action_id, places.sees(viewer, DecisionRow.resident_id)))
    if not found:
        raise NotAllowed(places.NOT_YOURS)
    action = found[0]
    if not action.open:
        by = action.done_by or action.cancelled_by
        raise FormError({"action": f"{by} has already said that this was {'done' if action.done_at else 'cancelled'}"})
    session.execute(update(ActionRow).where(ActionRow.id == action_id).values(**ended))
    detail = {"action": action_id, kept.DIGEST: kept.of_end(session, action_id)}
    trail.append(session, viewer, told, now, resident_id=action.resident_id, detail=detail)


def _actions() -> Select[Any]:
    own = [DecisionRow.resident_id if name == "resident_id" else getattr(ActionRow, name) for name in Action.__slots__]
    return select(*own).join(DecisionRow, DecisionRow.id == ActionRow.decision_id)


def _values(session: Session, query: Select[Any]) -> tuple[Action, ...]:
    return tuple(Action(*row) for row in session.execute(query))
