"""A decision as plain words to paste into the clinical record: what was decided and why, never the estimate.

An estimate in a record is misread later as a finding (see the hazard log); the dated facts behind it are not.
"""

from collections.abc import Iterator

from serving.decision_words import CAPACITY, NOT_SUITABLE, OUTCOMES, RESPONSES, ROLES
from serving.register import Place
from serving.render import words
from serving.rows import Identity
from serving.store.decisions import Decision


def record_text(decision: Decision, identity: Identity | None, place: Place, facts: tuple[str, ...]) -> str:
    """The text; `facts` are the sentences of the list. Who it is about stands first, so that it lands in the right
    record."""
    return "\n".join(_lines(decision, identity, place, facts))


def _lines(one: Decision, identity: Identity | None, place: Place, facts: tuple[str, ...]) -> Iterator[str]:
    yield f"Care home resident review, {words.moment(one.made_at)}"
    if identity:
        yield f"{words.name(identity)}, {words.born(identity, None)}, NHS number {words.nhs_number(identity)}"
    yield f"{place.home_label}. Recorded by {one.author_name}, {ROLES[one.author_role]}."
    answered = {r.sentence: RESPONSES[r.response] for r in one.responses}
    if facts:
        yield "Facts considered:"
        yield from (f"- {fact}{f' ({answered[fact].lower()})' if fact in answered else ''}" for fact in facts)
    why = f" ({NOT_SUITABLE[one.not_suitable_reason].lower()})" if one.not_suitable_reason else ""
    yield f"Decision: {OUTCOMES[one.outcome].replace(':', ',').lower()}{why}"
    for action in one.actions:
        yield f"- {action.what}: {action.owner}, by {words.day(action.due_on)}"
    if one.wishes:
        yield f"What the resident wants: {one.wishes}"
    if one.capacity:
        yield f"Capacity: {CAPACITY[one.capacity]}"
    if one.attorney:
        yield f"Attorney, deputy or next of kin: {one.attorney}"
    if one.family_told:
        yield "Family or attorney told."
    if one.note:
        yield f"Notes: {one.note}"
    if one.review_on:
        yield f"Review again on {words.day(one.review_on)}."
