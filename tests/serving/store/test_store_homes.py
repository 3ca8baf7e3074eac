"""What homes ask, say and are shown: additions and their answers, checks of who is there, releases, mail."""

from datetime import timedelta

import pytest
from made_room import AS_OF, NOW
from sqlalchemy import func, select

from serving.access import NotAllowed
from serving.store import additions, deliveries, feed, places, releases, roster, trail
from serving.store.clinical import RosterRow
from serving.store.forms import FormError
from serving.store.roster import NewCheck

CONTENT = {"watch_for": ["unsteady or new falls"], "tasks": ["weigh by Thursday"]}
LAST = AS_OF + timedelta(days=6)


def ask(store, viewer, resident="R1", why="Not herself"):
    with store.transaction() as session:
        return additions.ask(session, viewer, resident, why, NOW)


def reply(store, viewer, addition, given="will_discuss", text="On Tuesday's list"):
    with store.transaction() as session:
        return additions.answer(session, viewer, addition, given, text, NOW + timedelta(hours=1))


def test_whoever_asks_gets_an_answer(store, people):
    asked = ask(store, people["elm"])
    with store.reading() as session:
        assert additions.waiting(session, people["patel"]) == (asked,)
    answered = reply(store, people["patel"], asked.id)
    with store.reading() as session:
        assert additions.waiting(session, people["patel"]) == ()
        assert additions.since(session, people["elm"], NOW) == (answered,)
        assert additions.since(session, people["elm"], NOW + timedelta(seconds=1)) == ()
        assert [one.answer for one in feed.asked(session, NOW, NOW + timedelta(days=1))] == ["will_discuss"]
    assert (answered.why, answered.reply, answered.answered_by_name) == (
        "Not herself",
        "On Tuesday's list",
        "Dr A. Patel",
    )
    with pytest.raises(FormError, match=r"Dr A\. Patel has already answered"):
        reply(store, people["lead"], asked.id)


def test_a_question_and_its_answer_need_words(store, people):
    with pytest.raises(FormError, match="what worries you"):
        ask(store, people["elm"], why=" ")
    asked = ask(store, people["elm"])
    for given, text in (("will_discuss", ""), ("perhaps", "x")):
        with pytest.raises(FormError):
            reply(store, people["patel"], asked.id, given, text)


def test_a_home_sees_what_homes_asked_and_never_what_clinicians_wrote(store, people):
    ask(store, people["patel"], why="Between clinicians")
    own = ask(store, people["elm"])
    with store.reading() as session:
        assert additions.waiting(session, people["elm"]) == (own,)
        assert additions.waiting(session, people["brook"]) == ()
        assert additions.waiting(session, people["singh"]) == ()
        assert len(additions.waiting(session, people["lead"])) == 2


def test_nobody_asks_for_or_answers_about_residents_beyond_their_scope(store, people):
    for name, resident in (("brook", "R1"), ("elm", "R3"), ("singh", "R1"), ("data", "R1"), ("admin", "R1")):
        with pytest.raises(NotAllowed):
            ask(store, people[name], resident)
    asked = ask(store, people["elm"])
    for name in ("singh", "elm", "data"):
        with pytest.raises(NotAllowed):
            reply(store, people[name], asked.id)


def check(store, viewer, *lines, home="elm", now=NOW):
    with store.transaction() as session:
        roster.check(session, viewer, home, AS_OF, lines, now)


def test_the_last_word_on_each_resident_holds(store, people):
    check(store, people["elm"], NewCheck("R1", "here"), NewCheck("R2", "in_hospital", "since Sunday"))
    check(store, people["elm"], NewCheck("R1", "left"), NewCheck(None, "arrived", "A lady from Ward 3"))
    check(store, people["elm"], NewCheck(None, "arrived", "A gentleman in room 9"))
    with store.reading() as session:
        said = roster.latest(session, people["lead"], "elm", AS_OF)
        own = roster.latest(session, people["patel"], "elm", AS_OF)
        assert roster.latest(session, people["brook"], "elm", AS_OF) == ()
        told = feed.whereabouts(session, NOW, NOW + timedelta(days=1))
    assert [(one.resident_id, one.state) for one in said] == [
        ("R1", "left"),
        ("R2", "in_hospital"),
        (None, "arrived"),
        (None, "arrived"),
    ]
    assert {one.resident_id for one in own} == {"R1", None}, "R2 is with another practice"
    assert [(one.resident_id, one.state) for one in told] == [("R1", "here"), ("R2", "in_hospital"), ("R1", "left")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (NewCheck("R1", "gone"), "has left or is in hospital"),
        (NewCheck(None, "left"), "Say of whom"),
        (NewCheck(None, "arrived"), "who has arrived"),
    ],
)
def test_a_line_that_must_be_mended_is_told_by_its_place_and_nothing_is_saved(store, people, line, said):
    with pytest.raises(FormError, match=said) as caught:
        check(store, people["elm"], NewCheck("R2", "here"), line)
    assert set(caught.value.fields) == {"lines-1"}
    with store.reading() as session:
        assert not session.scalar(select(func.count()).select_from(RosterRow))


@pytest.mark.parametrize(
    ("name", "home", "resident"),
    [("elm", "brook", "R3"), ("elm", "elm", "R3"), ("patel", "elm", "R1"), ("data", "elm", "R1")],
)
def test_a_home_speaks_of_its_own_residents_alone(store, people, name, home, resident):
    with pytest.raises(NotAllowed):
        check(store, people[name], NewCheck(resident, "here"), home=home)


def release(store, viewer, resident="R1", content=None, now=NOW, until=LAST):
    with store.transaction() as session:
        return releases.release(session, viewer, resident, AS_OF, content or CONTENT, AS_OF, until, now)


def shown(store, viewer, home="elm", now=NOW):
    with store.reading() as session:
        return releases.current(session, viewer, home, now)


def withdraw(store, viewer, one, why="Wrong resident"):
    with store.transaction() as session:
        releases.withdraw(session, viewer, one.id, why, NOW)


def test_a_home_is_shown_what_was_released_and_nothing_after_it_is_taken_back(store, people):
    assert shown(store, people["elm"]) == ()
    one = release(store, people["patel"])
    assert shown(store, people["elm"]) == (one,)
    assert (one.content, one.released_by_name, one.released_by_role) == (CONTENT, "Dr A. Patel", "gp")
    withdraw(store, people["lead"], one)
    assert shown(store, people["elm"]) == ()
    with pytest.raises(FormError, match="Sam Lead has already taken this back"):
        withdraw(store, people["patel"], one)
    with store.reading() as session:
        (kept,) = releases.of_resident(session, people["patel"], "R1")
        actions = [line.action for line in trail.lines(session, people["admin"], resident_id="R1")]
    assert kept.withdrawn_why == "Wrong resident"
    assert actions == ["withdrawn", "released"]


def test_a_newer_release_takes_the_place_of_the_older_which_never_comes_back(store, people):
    release(store, people["patel"])
    newer = release(store, people["lead"], content={"watch_for": ["new cough"]})
    assert shown(store, people["elm"]) == (newer,)
    withdraw(store, people["lead"], newer)
    assert shown(store, people["elm"]) == ()


def test_a_release_is_for_its_days_by_the_clock_of_london(store, people):
    release(store, people["patel"], until=AS_OF)
    assert shown(store, people["elm"], now=NOW.replace(hour=23, minute=59))
    assert not shown(store, people["elm"], now=NOW + timedelta(days=1))
    assert not shown(store, people["elm"], now=NOW - timedelta(days=1))
    with pytest.raises(FormError, match="not before the first"):
        release(store, people["patel"], until=AS_OF - timedelta(days=1))


def test_who_has_moved_is_no_longer_shown_at_the_old_home_nor_at_the_new(store, people):
    release(store, people["patel"])
    with store.transaction() as session:
        places.refresh(session, [places.Place("R1", "brook", "north")], {"mdt": ["elm"]})
    assert shown(store, people["elm"]) == ()
    assert shown(store, people["brook"], "brook") == ()


def test_a_home_sees_its_own_alone_and_only_clinicians_release(store, people):
    one = release(store, people["patel"])
    release(store, people["patel"], "R3")
    assert shown(store, people["brook"]) == ()
    assert [r.resident_id for r in shown(store, people["brook"], "brook")] == ["R3"]
    for name in ("singh", "elm", "data", "admin"):
        with pytest.raises(NotAllowed):
            release(store, people[name])
        with pytest.raises(NotAllowed):
            withdraw(store, people[name], one)
    for name in ("data", "admin"):
        with pytest.raises(NotAllowed):
            shown(store, people[name])
    with pytest.raises(NotAllowed), store.reading() as session:
        releases.of_resident(session, people["elm"], "R1")
    assert shown(store, people["singh"]) == ()


def test_mail_is_logged_by_try_and_seen_by_those_of_the_home(store, people):
    def record(state, error="", recipient="elm@example.org"):
        with store.transaction() as session:
            return deliveries.record(session, "elm", AS_OF, recipient, state, error, NOW)

    record("will_retry", "the server was busy")
    record("failed", "no such mailbox", "other@example.org")
    with store.reading() as session:
        assert [one.recipient for one in deliveries.to_retry(session)] == ["elm@example.org"]
    assert record("sent").attempts == 2
    with store.reading() as session:
        assert deliveries.to_retry(session) == ()
        seen = deliveries.of_week(session, people["patel"], AS_OF)
        assert [(one.recipient, one.state, one.attempts, one.last_error) for one in seen] == [
            ("elm@example.org", "sent", 2, ""),
            ("other@example.org", "failed", 1, "no such mailbox"),
        ]
        with pytest.raises(NotAllowed):
            deliveries.of_week(session, people["elm"], AS_OF)


@pytest.mark.parametrize("name", ["patel", "singh", "lead", "elm", "brook", "data", "admin"])
def test_homes_are_within_scope_as_residents_are(store, people, name):
    homes = {"patel": {"elm", "brook"}, "singh": {"elm"}, "lead": {"elm"}, "elm": {"elm"}, "brook": {"brook"}}
    for home in ("elm", "brook", "nowhere"):
        with store.reading() as session:
            if home in homes.get(name, ()):
                places.require_home(session, people[name], home)
            else:
                with pytest.raises(NotAllowed, match="access to this home"):
                    places.require_home(session, people[name], home)
