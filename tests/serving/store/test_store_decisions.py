"""Decisions with their actions and responses: kept, never changed, and everybody told who saved beside them."""

from datetime import timedelta

import pytest
from made_room import AS_OF, NOW, SEEN, filled
from sqlalchemy import func, select

from serving.access import NotAllowed
from serving.store import actions, decisions, feed, places, trail
from serving.store.actions import Action
from serving.store.clinical import ActionRow, DecisionRow, ResponseRow
from serving.store.decisions import NewAction, Responded
from serving.store.forms import LONGEST, FormError


def save(store, viewer, new=None, now=NOW, **given):
    with store.transaction() as session:
        return decisions.save(session, viewer, new or filled(**given), now)


def history(store, viewer, resident="R1"):
    with store.reading() as session:
        return decisions.history(session, viewer, resident)


def test_everything_on_the_form_is_kept(store, people):
    new = filled(
        capacity="lacks_capacity",
        attorney="Her daughter, health and welfare",
        family_told=True,
        note="Sleepier since the new tablets",
        review_on=AS_OF + timedelta(days=7),
        share_with_home=True,
    )
    saved = save(store, people["patel"], new).decision
    assert history(store, people["lead"]) == (saved,)
    for name in set(new.__slots__) - {"actions", "form"}:
        assert getattr(saved, name) == getattr(new, name), name
    assert [(a.what, a.owner, a.due_on) for a in saved.actions] == [(a.what, a.owner, a.due_on) for a in new.actions]
    assert (saved.author_name, saved.author_role, saved.made_at) == ("Dr A. Patel", "gp", NOW)
    assert saved.home_id == "elm"
    with store.reading() as session:
        line = trail.lines(session, people["admin"], resident_id="R1")[0]
    assert (line.username, line.action) == ("patel", "decided")
    assert "Sleepier" not in line.detail


def test_a_later_decision_leaves_the_earlier_one(store, people):
    first = save(store, people["patel"]).decision
    second = save(store, people["lead"], form="f2", outcome="discussed_nothing", actions=(), based_on=first.id)
    assert second.unseen == ()
    assert history(store, people["patel"]) == (second.decision, first)
    assert decisions.unsettled(history(store, people["patel"])) == (second.decision,)


def test_two_people_who_save_at_once_are_both_kept_and_told(store, people):
    before = save(store, people["patel"]).decision
    first = save(store, people["patel"], form="f2", based_on=before.id)
    second = save(store, people["lead"], form="f3", based_on=before.id, outcome="next_week", actions=())
    assert first.unseen == ()
    assert second.unseen == (first.decision,)
    both = history(store, people["patel"])
    assert both == (second.decision, first.decision, before)
    assert decisions.unsettled(both) == (second.decision, first.decision)
    settled = save(store, people["patel"], form="f4", based_on=second.decision.id)
    assert settled.unseen == ()
    assert decisions.unsettled(history(store, people["patel"])) == (settled.decision,)


def test_nothing_seen_and_nothing_there_is_settled(store, people):
    assert decisions.unsettled(()) == ()
    first, second = save(store, people["patel"]), save(store, people["lead"], form="f2")
    assert second.unseen == (first.decision,)


def test_a_form_sent_twice_is_saved_once(store, people):
    first = save(store, people["patel"])
    assert save(store, people["patel"], now=NOW + timedelta(seconds=2)) == first
    assert len(history(store, people["patel"])) == 1
    save(store, people["lead"])  # another person's page may have drawn the same
    assert len(history(store, people["patel"])) == 2


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"outcome": ""}, "outcome", "Select what you decided"),
        ({"actions": ()}, "actions", "Add at least one action"),
        ({"outcome": "not_suitable"}, "not_suitable_reason", "Select why"),
        ({"not_suitable_reason": "died"}, "not_suitable_reason", "only when"),
        ({"capacity": "maybe"}, "capacity", "Select one"),
        ({"review_on": AS_OF}, "review_on", "after today"),
        ({"actions": (NewAction(" ", "A", AS_OF),)}, "actions-0-what", "what is to be done"),
        ({"actions": (NewAction("x", "", AS_OF),)}, "actions-0-owner", "who will do it"),
        ({"actions": (NewAction("x", "A", AS_OF - timedelta(days=1)),)}, "actions-0-due_on", "today or a later"),
        ({"responses": (Responded("Falls", "x", "perhaps"),)}, "responses", "Select one"),
        ({"note": "x" * (LONGEST + 1)}, "note", "at most 4,000"),
        ({"form": ""}, "form", "open it again"),
        ({"based_on": 77}, "based_on", "does not fit"),
    ],
)
def test_a_form_that_must_be_mended_says_where_and_saves_nothing(store, people, given, field, said):
    with pytest.raises(FormError) as caught:
        save(store, people["patel"], **given)
    assert set(caught.value.fields) == {field}
    assert said in caught.value.fields[field]
    with store.reading() as session:
        for table in (DecisionRow, ActionRow, ResponseRow):
            assert not session.scalar(select(func.count()).select_from(table))


def test_whatever_a_browser_sends_is_kept_or_finds_nothing(store, people):
    odd = "nil \x00, half a pair \ud800, فاطمة"
    saved = save(store, people["patel"], note=odd, form="\x00").decision
    assert history(store, people["patel"])[0] == saved
    assert history(store, people["patel"])[0].note == "nil ?, half a pair ?, فاطمة"
    with pytest.raises(NotAllowed):
        save(store, people["patel"], resident_id=odd)
    assert history(store, people["patel"], odd) == ()
    with store.transaction() as session:
        trail.append(session, people["patel"], "refused", NOW, resident_id=odd * 99, detail={"asked": odd})
    with store.reading() as session:
        assert trail.verify(session) is None


def test_today_is_london_s(store, people):
    late = NOW.replace(month=7, day=1, hour=23, minute=30)  # 2 July, half past midnight in London
    with pytest.raises(FormError, match="after today"):
        save(
            store, people["patel"], now=late, review_on=late.date() + timedelta(days=1), outcome="next_week", actions=()
        )


def test_nobody_decides_on_or_reads_of_residents_beyond_their_scope(store, people):
    for resident, author in (("R1", "patel"), ("R2", "singh"), ("R3", "patel")):
        save(store, people[author], form=resident, resident_id=resident)
    for name, viewer in people.items():
        clinician = name in ("patel", "singh", "lead")
        for resident in ("R1", "R2", "R3", "R9"):
            may = clinician and resident in SEEN[name]
            if not may:
                with pytest.raises(NotAllowed):
                    save(store, viewer, form="new", resident_id=resident)
            if clinician:
                assert bool(history(store, viewer, resident)) == may
                with store.reading() as session:
                    assert set(decisions.latest(session, viewer, [resident])) == ({resident} if may else set())
        with store.reading() as session:
            if clinician:
                assert set(decisions.latest(session, viewer)) == SEEN[name]
                assert {a.resident_id for a in actions.open_actions(session, viewer)} == SEEN[name]
            else:
                for read in (decisions.latest, actions.open_actions):
                    with pytest.raises(NotAllowed):
                        read(session, viewer)


def test_who_moves_takes_what_was_decided_along(store, people):
    save(store, people["patel"])
    with store.transaction() as session:
        places.refresh(session, [places.Place("R1", "brook", "south")], {"mdt": ["elm"], "other": ["brook"]})
    assert len(history(store, people["singh"])) == 1
    assert history(store, people["patel"]) == ()
    assert history(store, people["lead"]) == ()


def test_the_newest_decision_of_each_resident(store, people):
    save(store, people["patel"])
    newest = save(store, people["patel"], form="f2").decision
    other = save(store, people["patel"], form="f3", resident_id="R3").decision
    with store.reading() as session:
        assert decisions.latest(session, people["patel"]) == {"R1": newest, "R3": other}


def opened(store, viewer) -> tuple[Action, ...]:
    with store.reading() as session:
        return actions.open_actions(session, viewer)


def test_actions_are_open_until_done_or_cancelled_and_the_first_word_is_kept(store, people):
    save(store, people["patel"])
    review, weigh = opened(store, people["lead"])
    assert (review.what, weigh.what) == ("Review furosemide", "Weigh her"), "the earliest due first"
    with store.transaction() as session:
        actions.finish(session, people["lead"], weigh.id, NOW)
    with store.transaction() as session:
        actions.cancel(session, people["patel"], review.id, "Stopped in hospital", NOW)
    assert opened(store, people["patel"]) == ()
    for again, said in ((weigh, "Sam Lead has already said that this was done"), (review, "Patel .* cancelled")):
        with pytest.raises(FormError, match=said), store.transaction() as session:
            actions.finish(session, people["patel"], again.id, NOW)
    kept = {a.what: a for a in history(store, people["patel"])[0].actions}
    assert (kept["Weigh her"].done_by, kept["Weigh her"].done_at) == ("Sam Lead", NOW)
    assert kept["Review furosemide"].cancelled_why == "Stopped in hospital"


def test_actions_of_others_cannot_be_ended(store, people):
    save(store, people["patel"])
    one = opened(store, people["patel"])[0]
    for name in ("singh", "elm", "admin"):
        with pytest.raises(NotAllowed), store.transaction() as session:
            actions.finish(session, people[name], one.id, NOW)
    with pytest.raises(FormError, match="why"), store.transaction() as session:
        actions.cancel(session, people["patel"], one.id, " ", NOW)
    assert len(opened(store, people["patel"])) == 2


def test_the_weekly_run_takes_no_free_text(store, people):
    saved = save(store, people["patel"], note="free text", review_on=AS_OF + timedelta(days=7)).decision
    with store.reading() as session:
        (one,) = feed.decided(session, NOW, NOW + timedelta(days=1))
        assert feed.decided(session, NOW - timedelta(days=1), NOW) == ()
    assert (one.resident_id, one.outcome, one.review_on) == ("R1", "discussed_actions", saved.review_on)
    assert not {"note", "wishes", "attorney", "author_name"} & set(one.__slots__)
