"""What is to be done, and that it was."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from serving.store import actions
from serving.store.actions import Action
from serving.store.forms import LONGEST

from ..deps import Visiting
from .common import Key, kept, new_router
from .models import Answer, Done

router = new_router()


class ActionAnswer(Answer):
    """An action of a decision, and how it ended if it did."""

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


class Actions(Answer):
    actions: list[ActionAnswer]


class Cancelled(Answer):
    why: Annotated[str, Field(max_length=LONGEST)]


@router.get("/actions")
def open_actions(visit: Visiting) -> Actions:
    """What is still to be done for this person's residents, the earliest due first."""
    visit.allow("see_lists")
    found = actions.open_actions(visit.db, visit.viewer)
    visit.told("actions_seen", detail={"residents": sorted({one.resident_id for one in found})})
    return Actions(actions=[answered(one) for one in found])


@router.post("/actions/{action_id}/done", response_model=Done)
def done(visit: Visiting, action_id: Key) -> Response:
    """It is done."""
    visit.allow("decide")
    actions.finish(visit.db, visit.viewer, action_id, visit.now)
    return kept(Done(at=visit.now))


@router.post("/actions/{action_id}/cancel", response_model=Done)
def cancel(visit: Visiting, action_id: Key, sent: Cancelled) -> Response:
    """It will not be done, for a reason that is kept."""
    visit.allow("decide")
    actions.cancel(visit.db, visit.viewer, action_id, sent.why, visit.now)
    return kept(Done(at=visit.now))


def answered(one: Action) -> ActionAnswer:
    """An action of the store as the API tells it."""
    return ActionAnswer(**{name: getattr(one, name) for name in Action.__slots__})
