"""Recording what was decided on a resident, what to copy into the clinical record, and taking a mistake back."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.published import Week
from serving.register import Place
from serving.store import actions, decisions
from serving.store.decisions import Decision, NewDecision
from serving.store.forms import FormError

from ..deps import Refused, Visit, Visiting
from ..record_text import record_text
from ..review_form import decision_of, sent, with_rows
from ..reviewing import basis_of, next_up
from .residents import place_in_scope, resident_page

router = APIRouter(include_in_schema=False)
_MISTAKE = "Taken back: saved by mistake"


@router.post("/residents/{resident_id}/decision")
def decide(visit: Visiting, resident_id: str) -> Response:
    """Save the form, show it again with what must be mended, or give it one more row."""
    visit.allow("decide")
    place = place_in_scope(visit, resident_id)
    if place.objecting:
        raise Refused(409, "Nothing was saved", "An objection to this use of records is in force for this resident.")
    basis = basis_of(visit, resident_id, place, visit.form.get("slug", ""))
    if basis is None:
        raise Refused(409, "Nothing was saved", "No list that covers this resident is published now.")
    today = visit.room.today()
    filled = sent(visit.form, len(basis.reasons))
    if "more" in visit.form:
        return resident_page(visit, place, slug=basis.slug, filled=with_rows(filled, visit.viewer.name, today, more=1))
    new, wrong = decision_of(filled, resident_id, basis, visit.form.get("digest", ""), today)
    if not wrong:
        try:
            saved = decisions.save(visit.db, visit.viewer, new, visit.now)
            return RedirectResponse(_address(saved.decision, basis.slug), 303)
        except FormError as refused:
            wrong = refused.fields
    shown = with_rows(filled, visit.viewer.name, today)
    return resident_page(visit, place, slug=basis.slug, filled=shown, errors=wrong)


def _address(decision: Decision, slug: str) -> str:
    return f"/residents/{decision.resident_id}/decisions/{decision.id}?slug={slug}"


@router.get("/residents/{resident_id}/decisions/{decision_id}")
def show_decision(visit: Visiting, resident_id: str, decision_id: int, slug: str = "") -> Response:
    """A saved decision: who saved meanwhile, the text to copy, and where to go next."""
    visit.allow("see_lists")
    place = place_in_scope(visit, resident_id)
    if place.objecting:
        raise Refused(404, "Nothing is shown", "An objection to this use of records is in force for this resident.")
    history = decisions.history(visit.db, visit.viewer, resident_id)
    one = _found(history, decision_id)
    week = visit.room.lists.week(one.as_of)
    visit.told("decision_seen", resident=resident_id, home=place.home_id, detail={"decision": one.id})
    known = visit.room.names(visit.room.register())
    identity = known.people.get(resident_id)
    return visit.page(
        "decision_saved.html",
        place=place,
        identity=identity,
        missing=known.missing,
        age=None,
        resident_id=resident_id,
        decision=one,
        meanwhile=[other for other in history if (one.based_on or 0) < other.id < one.id],
        newer=[other for other in history if other.id > one.id],
        text=record_text(one, identity, place, _facts(week, one, place)),
        not_right=[r for r in one.responses if r.response == "not_right"],
        may_take_back=one.id == history[0].id and one.outcome != "next_week",
        slug=slug,
        following=next_up(visit, slug, resident_id),
    )


@router.post("/residents/{resident_id}/decisions/{decision_id}/undo")
def undo(visit: Visiting, resident_id: str, decision_id: int) -> Response:
    """Take the newest decision back by another one, which leaves it in the history; its open actions are cancelled."""
    visit.allow("decide")
    place_in_scope(visit, resident_id)
    history = decisions.history(visit.db, visit.viewer, resident_id)
    one = _found(history, decision_id)
    if one.id != history[0].id:
        raise Refused(
            409, "Nothing was changed", "Somebody has saved a newer decision. Open the resident’s page again."
        )
    for action in one.actions:
        if action.open:
            actions.cancel(visit.db, visit.viewer, action.id, _MISTAKE, visit.now)
    saved = decisions.save(visit.db, visit.viewer, _correcting(one, visit), visit.now)
    slug = quote(visit.form.get("slug", ""), safe="")
    return RedirectResponse(f"/residents/{resident_id}?slug={slug}#decided-{saved.decision.id}", 303)


def _found(history: tuple[Decision, ...], decision_id: int) -> Decision:
    found = next((one for one in history if one.id == decision_id), None)
    if found is None:
        raise Refused(404, "There is no such decision", "Open the resident’s page to see what was decided.")
    return found


def _correcting(one: Decision, visit: Visit) -> NewDecision:
    """The decision that takes `one` back: the resident is to be discussed again. What is known of them is kept."""
    return NewDecision(
        resident_id=one.resident_id,
        team_id=one.team_id,
        as_of=one.as_of,
        revision=one.revision,
        list_digest=one.list_digest,
        form=f"undo-{one.id}",
        outcome="next_week",
        based_on=one.id,
        wishes=one.wishes,
        capacity=one.capacity,  # type: ignore[arg-type]
        attorney=one.attorney,
        family_told=one.family_told,
        note=f"{_MISTAKE}. What {one.author_name} saved before this no longer stands.",
    )


def _facts(week: Week | None, one: Decision, place: Place) -> tuple[str, ...]:
    """What the list said, where it is still the one that the decision was about; else what was answered."""
    for slug, digest in week.digests.items() if week else ():
        if digest == one.list_digest:
            assert week
            entry = next((e for e in week.lists[slug].entries if e.resident_id == place.resident_id), None)
            return tuple(reason.sentence for reason in entry.reasons) if entry else ()
    return tuple(response.sentence for response in one.responses)
