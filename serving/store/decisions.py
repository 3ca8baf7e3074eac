"""Decisions about residents: added, never changed. Two people who save at once are both kept, and each is told.

A form carries the newest decision that its page showed (`based_on`). Whatever was saved after that, its author has not
seen: `save` gives it back to show beside theirs, and `unsettled` finds it later.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from features.asof import LONDON

from ..access import Viewer, require
from . import kept, places, trail
from .actions import Action, of_decisions
from .clinical import ActionRow, Capacity, DecisionRow, NotSuitable, Outcome, Response, ResponseRow
from .columns import LONGEST_NAME
from .forms import refuse, too_long


@dataclass(frozen=True, slots=True)
class NewAction:
    """What is to be done, by whom and by when."""

    what: str
    owner: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Responded:
    """What was thought of one reason of the list, told by its sentence."""

    group: str
    sentence: str
    response: Response


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A filled form. `form` is drawn once for each page: a form that is sent twice is saved once."""

    resident_id: str
    team_id: str
    as_of: date
    revision: int
    list_digest: str
    form: str
    outcome: Outcome
    based_on: int | None = None
    not_suitable_reason: NotSuitable | None = None
    wishes: str = ""
    capacity: Capacity | None = None
    attorney: str = ""
    family_told: bool = False
    note: str = ""
    review_on: date | None = None
    share_with_home: bool = False
    actions: tuple[NewAction, ...] = ()
    responses: tuple[Responded, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was saved, with its actions as they stand now."""

    id: int
    resident_id: str
    home_id: str
    team_id: str
    as_of: date
    revision: int
    list_digest: str
    based_on: int | None
    author_id: int
    author_name: str
    author_role: str
    made_at: datetime
    outcome: str
    not_suitable_reason: str | None
    wishes: str
    capacity: str | None
    attorney: str
    family_told: bool
    note: str
    review_on: date | None
    share_with_home: bool
    actions: tuple[Action, ...]
    responses: tuple[Responded, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """The decision, and those by others that its author had not seen."""

    decision: Decision
    unseen: tuple[Decision, ...]


def save(session: Session, viewer: Viewer, new: NewDecision, now: datetime) -> Saved:
    """Keep a decision with its actions and responses.

    Raises NotAllowed for a resident who is not the person's to decide on, FormError for what must be mended first.
    """
    require(viewer, "decide")
    place = places.place_of(session, viewer, new.resident_id)
    row = session.scalar(select(DecisionRow).where(DecisionRow.author_id == viewer.account_id, _same_form(new)))
    if row is None:
        refuse(problems(new, now.astimezone(LONDON).date()) | _wrong_base(session, new))
        row = _row(viewer, new, place, now)
        session.add(row)
        session.flush()
        session.add_all(ActionRow(decision_id=row.id, what=a.what, owner=a.owner, due_on=a.due_on) for a in new.actions)
        session.add_all(
            ResponseRow(decision_id=row.id, reason_group=r.group, sentence=r.sentence, response=r.response)
            for r in new.responses
        )
        session.flush()
        session.refresh(row)  # as it was kept
        told = {"decision": row.id, "outcome": new.outcome, "as_of": new.as_of.isoformat(), "team": new.team_id}
        told[kept.DIGEST] = kept.of_decision(session, row.id)
        trail.append(session, viewer, "decided", now, resident_id=new.resident_id, home_id=place.home_id, detail=told)
    between = _of(new.resident_id).where(DecisionRow.id > (row.based_on or 0), DecisionRow.id < row.id)
    return Saved(_whole(session, [row])[0], tuple(_whole(session, session.scalars(between))))


def history(session: Session, viewer: Viewer, resident_id: str) -> tuple[Decision, ...]:
    """Everything decided about a resident, newest first."""
    require(viewer, "see_lists")
    query = _of(resident_id).where(places.sees(viewer, DecisionRow.resident_id))
    return tuple(_whole(session, session.scalars(query)))


def latest(session: Session, viewer: Viewer, residents: Collection[str] | None = None) -> Mapping[str, Decision]:
    """The newest decision about each resident whom the person may see, or of those asked for."""
    require(viewer, "see_lists")
    newest = select(func.max(DecisionRow.id)).where(places.sees(viewer, DecisionRow.resident_id))
    if residents is not None:
        newest = newest.where(DecisionRow.resident_id.in_(residents))
    query = select(DecisionRow).where(DecisionRow.id.in_(newest.group_by(DecisionRow.resident_id)))
    return {decision.resident_id: decision for decision in _whole(session, session.scalars(query))}


def unsettled(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Of one resident's decisions, those to show side by side: the newest, and any that its author had not seen."""
    newest_first = sorted(decisions, key=lambda decision: decision.id, reverse=True)
    seen = newest_first[0].based_on or 0 if newest_first else 0
    return tuple(decision for decision in newest_first if decision.id > seen)


def _same_form(new: NewDecision) -> Any:
    return DecisionRow.form == new.form


def _of(resident_id: str) -> Select[tuple[DecisionRow]]:
    return select(DecisionRow).where(DecisionRow.resident_id == resident_id).order_by(DecisionRow.id.desc())


def problems(new: NewDecision, today: date) -> dict[str, str]:
    """Everything about the form that must be mended, by field."""
    wrong = too_long(wishes=new.wishes, attorney=new.attorney, note=new.note)
    if new.outcome not in get_args(Outcome):
        wrong["outcome"] = "Select what you decided"
    if new.outcome == "discussed_actions" and not new.actions:
        wrong["actions"] = "Add at least one action, or select that there is nothing to change"
    if new.outcome == "not_suitable" and new.not_suitable_reason not in get_args(NotSuitable):
        wrong["not_suitable_reason"] = "Select why a review is not suitable"
    if new.outcome != "not_suitable" and new.not_suitable_reason is not None:
        wrong["not_suitable_reason"] = "Give this reason only when a review is not suitable"
    if new.capacity not in (None, *get_args(Capacity)):
        wrong["capacity"] = "Select one of the answers about capacity"
    if new.review_on and new.review_on <= today:
        wrong["review_on"] = "Choose a day after today to review again"
    if not 0 < len(new.form) <= 64 or not 0 < len(new.team_id) <= LONGEST_NAME or len(new.list_digest) > 64:
        wrong["form"] = "This page is no longer in use: open it again"
    for i, action in enumerate(new.actions):
        wrong |= {f"actions-{i}-{field}": text for field, text in _wrong_action(action, today).items()}
    if any(r.response not in get_args(Response) for r in new.responses):
        wrong["responses"] = "Select one of the answers for each reason"
    return wrong


def _wrong_action(action: NewAction, today: date) -> dict[str, str]:
    wrong = too_long(what=action.what)
    if not action.what.strip():
        wrong["what"] = "Write what is to be done"
    if not action.owner.strip() or len(action.owner) > LONGEST_NAME:
        wrong["owner"] = f"Write who will do it, in at most {LONGEST_NAME} characters"
    if action.due_on < today:
        wrong["due_on"] = "Choose today or a later day for the action"
    return wrong


def _wrong_base(session: Session, new: NewDecision) -> dict[str, str]:
    """The decision that the page showed must be one about this resident."""
    if new.based_on is None or session.scalar(_of(new.resident_id).where(DecisionRow.id == new.based_on)):
        return {}
    return {"based_on": "This page does not fit the resident: open it again"}


def _row(viewer: Viewer, new: NewDecision, place: places.Place, now: datetime) -> DecisionRow:
    same = {name: getattr(new, name) for name in NewDecision.__slots__ if name not in ("actions", "responses")}
    where = {"home_id": place.home_id, "practice": place.practice}
    author = {"author_id": viewer.account_id, "author_name": viewer.name, "author_role": viewer.role}
    return DecisionRow(**same, **where, **author, made_at=now)


def _whole(session: Session, rows: Iterable[DecisionRow]) -> list[Decision]:
    """The decisions with their actions and responses, in three queries however many they are."""
    if not (rows := list(rows)):
        return []
    ids = [row.id for row in rows]
    responses: dict[int, list[Responded]] = {}
    columns = (ResponseRow.decision_id, ResponseRow.reason_group, ResponseRow.sentence, ResponseRow.response)
    for decision, group, sentence, response in session.execute(
        select(*columns).where(ResponseRow.decision_id.in_(ids)).order_by(ResponseRow.id)
    ):
        responses.setdefault(decision, []).append(Responded(group, sentence, response))
    actions = of_decisions(session, ids)
    own = [name for name in Decision.__slots__ if name not in ("actions", "responses")]
    return [
        Decision(
            **{name: getattr(row, name) for name in own},
            actions=tuple(actions.get(row.id, ())),
            responses=tuple(responses.get(row.id, ())),
        )
        for row in rows
    ]
