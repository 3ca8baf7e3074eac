"""Actions that decisions asked for: mine, all, overdue and settled; each is done, or cancelled with a reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.people import Known, folded
from serving.register import Place, Register
from serving.rows import Identity
from serving.store import actions
from serving.store.actions import Action
from serving.store.forms import FormError

from ..deps import Visit, Visiting

router = APIRouter(include_in_schema=False)
_SETTLED_FOR = timedelta(days=28)
SHOWS = {"mine": "Mine", "all": "All open", "overdue": "Overdue", "settled": "Settled in the last 4 weeks"}


@dataclass(frozen=True)
class ActionRow:
    """An action with the person it is for; `place` tells who has died or moved since."""

    action: Action
    identity: Identity | None
    place: Place | None
    overdue: bool


@router.get("/actions")
def show_actions(visit: Visiting, show: str = "mine", saved: str = "") -> Response:
    """The actions of one choice; `saved` is the one that was just settled, which the page tells."""
    visit.allow("see_lists")
    return _page(visit, show if show in SHOWS else "mine", {}, saved)


@router.post("/actions/{action_id}/done")
def done(visit: Visiting, action_id: int) -> Response:
    """It is done; who was first to say so stays."""
    visit.allow("decide")
    return _settle(visit, action_id, lambda: actions.finish(visit.db, visit.viewer, action_id, visit.now))


@router.post("/actions/{action_id}/cancel")
def cancel(visit: Visiting, action_id: int) -> Response:
    """It will not be done, and why."""
    visit.allow("decide")
    why = visit.form.get("why", "").strip()
    return _settle(visit, action_id, lambda: actions.cancel(visit.db, visit.viewer, action_id, why, visit.now))


def _settle(visit: Visit, action_id: int, end: Callable[[], None]) -> Response:
    show = visit.form.get("show", "")
    show = show if show in SHOWS else "mine"
    try:
        end()
    except FormError as refused:
        # Who settled it first is told at the top: the action itself is no longer among those shown.
        at = {"action": "maincontent", "why": f"why-{action_id}"}
        return _page(visit, show, {at[name]: text for name, text in refused.fields.items()})
    return RedirectResponse(f"/actions?show={show}&saved={action_id}", 303)


def counts(visit: Visit) -> dict[str, int]:
    """How many open actions there are, by the choices of the page."""
    found, today = actions.open_actions(visit.db, visit.viewer), visit.room.today()
    return {show: len(_chosen(found, show, visit.viewer.name, today)) for show in ("mine", "all", "overdue")}


def _page(visit: Visit, show: str, errors: Mapping[str, str], saved: str = "") -> Response:
    register, today = visit.room.register(), visit.room.today()
    known = visit.room.names(register)
    settled = actions.settled(visit.db, visit.viewer, visit.now - _SETTLED_FOR) if saved or show == "settled" else ()
    if show == "settled":
        found = settled
    else:
        found = _chosen(actions.open_actions(visit.db, visit.viewer), show, visit.viewer.name, today)
    rows = [_row(one, register, known, today) for one in found]
    residents = sorted({row.action.resident_id for row in rows if row.identity})
    visit.told("actions_seen", detail={"show": show, "residents": residents})
    return visit.page(
        "actions.html",
        status=400 if errors else 200,
        errors=errors,
        rows=rows,
        show=show,
        shows=SHOWS,
        counts=counts(visit),
        missing=known.missing,
        settled_now=next((one for one in settled if str(one.id) == saved), None),
    )


def _chosen(found: tuple[Action, ...], show: str, name: str, today: date) -> tuple[Action, ...]:
    if show == "mine":
        return tuple(one for one in found if folded(one.owner) == folded(name))
    return tuple(one for one in found if show == "all" or one.due_on < today)


def _row(one: Action, register: Register, known: Known, today: date) -> ActionRow:
    return ActionRow(
        one, known.people.get(one.resident_id), register.find(one.resident_id), one.open and one.due_on < today
    )
