"""Decisions that were changed past the room are found, on both databases; those from before digests are counted."""

import json
from datetime import timedelta

import pytest
from made_room import AS_OF, NOW, filled
from sqlalchemy import delete, select, update

from serving.store import actions, decisions, kept, trail
from serving.store.clinical import ActionRow, DecisionRow, ResponseRow
from serving.store.tables import TrailRow

SAID = "Sleepier since the new tablets \U0001f33b é \x00"


@pytest.fixture
def decided(store, people):
    """Two decisions: of the first, one action is done and one is open."""
    with store.transaction() as session:
        first = decisions.save(session, people["patel"], filled(note=SAID, capacity="has_capacity"), NOW).decision
        decisions.save(session, people["lead"], filled("f2", review_on=AS_OF + timedelta(days=7)), NOW)
    with store.transaction() as session:
        actions.finish(session, people["patel"], first.actions[0].id, NOW + timedelta(days=1, microseconds=7))
    return first


def check(store):
    with store.reading() as session:
        return kept.check(session)


def harmed(store, *harm):
    with store.transaction() as session:
        for one in harm:
            session.execute(one)
    return check(store).wrong


def test_what_was_saved_by_the_room_is_as_it_was_saved(store, decided):
    found = check(store)
    assert (found.wrong, found.compared, found.without) == (None, 3, 0)
    with store.reading() as session:
        assert found.head == trail.head(session)


FIRST = DecisionRow.form == "f1"
HARM = {
    "note": update(DecisionRow).where(FIRST).values(note="As usual"),
    "moment": update(DecisionRow).where(FIRST).values(made_at=NOW + timedelta(microseconds=1)),
    "author": update(DecisionRow).where(FIRST).values(author_name="Dr B. Singh"),
    "day": update(DecisionRow).where(DecisionRow.form == "f2").values(review_on=AS_OF + timedelta(days=70)),
    "told": update(DecisionRow).where(FIRST).values(family_told=True),
    "action": update(ActionRow).where(ActionRow.done_at.is_(None)).values(what="Nothing"),
    "owner": update(ActionRow).where(ActionRow.done_at.is_not(None)).values(owner="Somebody"),
    "response": update(ResponseRow).values(response="not_right"),
    "responses": delete(ResponseRow),
}


@pytest.mark.parametrize("what", HARM)
def test_a_changed_decision_is_found_with_its_number(store, decided, what):
    assert harmed(store, HARM[what]).startswith("decision ")
    assert check(store).wrong.endswith("is not as it was saved")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"done_by": "Dr B. Singh"}, "is not as it was saved"),
        ({"done_at": None, "done_by": None}, "is not there any more"),
    ],
)
def test_a_changed_end_of_an_action_is_found(store, decided, values, said):
    ended = decided.actions[0].id
    assert (
        harmed(store, update(ActionRow).where(ActionRow.id == ended).values(values)) == f"end of action {ended} {said}"
    )


def test_an_action_that_ended_past_the_room_is_found(store, decided):
    open_ = decided.actions[1].id
    harm = update(ActionRow).where(ActionRow.id == open_).values(done_at=NOW, done_by="Dr A. Patel")
    assert harmed(store, harm) == f"no line of the trail tells of end of action {open_}"


def test_a_decision_that_was_taken_away_is_found(store, decided):
    parts = (delete(table).where(table.decision_id == decided.id) for table in (ActionRow, ResponseRow))
    said = harmed(store, *parts, delete(DecisionRow).where(DecisionRow.id == decided.id))
    assert said == f"decision {decided.id} is not there any more"
    other = harmed(store, HARM["day"])
    assert other.endswith("is not as it was saved"), "one that was taken away hides none that was changed"
    parts = (delete(table) for table in (ActionRow, ResponseRow, DecisionRow))
    assert harmed(store, *parts) == f"decision {decided.id} (and 1 more) is not there any more"


def test_a_second_line_does_not_make_a_changed_decision_right(store, people, decided):
    """Whoever can write the store can put a line at the end of the chain, and only there."""
    with store.transaction() as session:
        session.execute(HARM["note"])
        session.flush()
        detail = {"decision": decided.id, kept.DIGEST: kept.of_decision(session, decided.id)}
        trail.append(session, people["patel"], "decided", NOW, resident_id="R1", detail=detail)
        assert trail.verify(session) is None
    with store.reading() as session:
        assert f"line {trail.head(session).seq} tells for a second time" in kept.check(session).wrong


def test_a_changed_digest_breaks_the_chain(store, decided):
    with store.reading() as session:
        seq, detail = session.execute(
            select(TrailRow.seq, TrailRow.detail).where(TrailRow.action == "decided").limit(1)
        ).one()
    told = json.dumps(json.loads(detail) | {kept.DIGEST: "0" * 64})
    assert f"line {seq} was changed" in harmed(store, update(TrailRow).where(TrailRow.seq == seq).values(detail=told))


def test_decisions_from_before_digests_are_counted_and_need_a_line_all_the_same(store, people, monkeypatch):
    append = trail.append

    def without(*given, detail=None, **named):
        append(*given, detail={name: value for name, value in detail.items() if name != kept.DIGEST}, **named)

    monkeypatch.setattr(trail, "append", without)
    with store.transaction() as session:
        old = decisions.save(session, people["patel"], filled(), NOW).decision
        actions.cancel(session, people["patel"], old.actions[0].id, "Not wanted", NOW)
    monkeypatch.undo()
    with store.transaction() as session:
        decisions.save(session, people["patel"], filled("f2"), NOW)
    found = check(store)
    assert (found.wrong, found.compared, found.without) == (None, 1, 2)
