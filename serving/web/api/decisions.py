"""What was decided about a resident, and a new decision: saved once however often it is sent."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response as Answered

from serving.published import entry_of
from serving.register import Place
from serving.rows import Entry
from serving.store import decisions
from serving.store.clinical import Capacity, NotSuitable, Outcome, Response
from serving.store.columns import LONGEST_NAME
from serving.store.decisions import Decision, NewAction, NewDecision, Responded
from serving.store.forms import LONGEST, refuse

from ..deps import Refused, Visit, Visiting
from ..listing import own_lists
from ..pages.residents import place_in_scope
from ..pages.weeks import published_week
from .actions import ActionAnswer, answered
from .common import Id, kept, new_router
from .models import Answer

router = new_router()
_MOST = 20  # actions or responses at once
Text = Annotated[str, Field(max_length=LONGEST)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class ActionSent(Answer):
    what: Text
    owner: Name
    due_on: date


class ResponseSent(Answer):
    """What is thought of one reason of the list, told by its sentence."""

    sentence: Text
    response: Response


class DecisionSent(BaseModel):
    """A decision about a resident on a list.

    `digest` is that of the list that was read; `based_on` the newest decision that was; `form` is drawn by the sender,
    once for each decision, so that what is sent twice is saved once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: date
    slug: Annotated[str, Field(max_length=LONGEST_NAME)]
    digest: Annotated[str, Field(max_length=64)]
    form: Annotated[str, Field(min_length=1, max_length=64)]
    outcome: Outcome
    based_on: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    not_suitable_reason: NotSuitable | None = None
    wishes: Text = ""
    capacity: Capacity | None = None
    attorney: Text = ""
    family_told: bool = False
    note: Text = ""
    review_on: date | None = None
    share_with_home: bool = False
    actions: Annotated[list[ActionSent], Field(max_length=_MOST)] = []
    responses: Annotated[list[ResponseSent], Field(max_length=_MOST)] = []


class DecisionAnswer(Answer):
    """A decision as it was saved, with its actions as they stand now."""

    id: int
    resident_id: str
    team_id: str
    as_of: date
    revision: int
    list_digest: str
    based_on: int | None
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
    actions: list[ActionAnswer]
    responses: list[Responded]


class Decisions(Answer):
    decisions: list[DecisionAnswer]


class SavedAnswer(Answer):
    """The decision, and those by others that its author had not seen: both are kept."""

    decision: DecisionAnswer
    unseen: list[DecisionAnswer]


@router.get("/residents/{resident_id}/decisions")
def history(visit: Visiting, resident_id: Id) -> Decisions:
    """Everything decided about a resident, newest first."""
    visit.allow("see_lists")
    place = place_in_scope(visit, resident_id)
    visit.told("decisions_seen", resident=resident_id, home=place.home_id)
    return Decisions(decisions=[_answered(one) for one in decisions.history(visit.db, visit.viewer, resident_id)])


@router.post("/residents/{resident_id}/decisions", status_code=201, response_model=SavedAnswer)
def decide(visit: Visiting, resident_id: Id, sent: DecisionSent) -> Answered:
    """Keep a decision."""
    visit.allow("decide")
    place = place_in_scope(visit, resident_id)
    saved = decisions.save(visit.db, visit.viewer, _new(visit, place, sent), visit.now)
    told = SavedAnswer(decision=_answered(saved.decision), unseen=[_answered(one) for one in saved.unseen])
    return kept(told, 201)


def _new(visit: Visit, place: Place, sent: DecisionSent) -> NewDecision:
    """The decision with its list. Raises Refused for a list that is not the person's or was published again."""
    week = published_week(visit, sent.as_of)
    watchlist = own_lists(week, frozenset({place.home_id})).get(sent.slug)
    if watchlist is None:
        raise Refused(404, "There is no such list", "No list of that name reviews this resident's home that week.")
    if sent.digest != week.digests[sent.slug]:
        raise Refused(409, "This list was published again", "Read the list as it is now, then send the decision again.")
    same = sent.model_dump(exclude={"slug", "digest", "actions", "responses"})
    return NewDecision(
        **same,
        resident_id=place.resident_id,
        team_id=watchlist.team.id,
        revision=watchlist.revision,
        list_digest=sent.digest,
        actions=tuple(NewAction(one.what, one.owner, one.due_on) for one in sent.actions),
        responses=_responses(entry_of(watchlist, place.resident_id), sent.responses),
    )


def _responses(entry: Entry | None, sent: list[ResponseSent]) -> tuple[Responded, ...]:
    groups = {reason.sentence: reason.group for reason in entry.reasons} if entry else {}
    if any(one.sentence not in groups for one in sent):
        refuse({"responses": "Answer only the reasons that the list gives, each by its sentence"})
    return tuple(Responded(groups[one.sentence], one.sentence, one.response) for one in sent)


def _answered(one: Decision) -> DecisionAnswer:
    same = {name: getattr(one, name) for name in DecisionAnswer.model_fields if name not in ("actions", "responses")}
    return DecisionAnswer(**same, actions=[answered(a) for a in one.actions], responses=list(one.responses))
