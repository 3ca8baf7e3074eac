"""A home is shown what a clinician released, of people who are there now, with two identifiers and numbers to ring."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from example_home import (
    CONTACTS,
    EVERYTHING,
    HOME,
    MONDAY,
    NOW,
    SUNDAY,
    identity,
    place,
    release,
    residents,
    summary,
    told,
)  # fmt: skip

from features.problems import UsageError
from serving.rows import HomeLine
from serving.summary.contacts import Directory, Surgery
from serving.summary.content import Residents, home_summary, next_round
from serving.summary.release import Task, Told, content_of, kept_release, may_be_shown


@pytest.mark.parametrize(
    ("changed", "where", "why", "words"),
    [
        ({"withdrawn_at": NOW}, {}, "withdrawn", "withdrawn on 16 November 2026"),
        ({"valid_from": date(2026, 11, 17)}, {}, "not_yet", "to be shown from 17 November 2026"),
        (
            {"valid_until": date(2026, 11, 15)},
            {},
            "expired",
            "was for use until 15 November 2026: release it again if it still holds",
        ),
        ({}, {"state": "died", "since": date(2026, 11, 12)}, "died", "recorded as having died on 12 November 2026"),
        (
            {},
            {"state": "moved", "since": date(2026, 11, 12)},
            "moved",
            "recorded as no longer living at this home since 12 November 2026",
        ),
        ({}, {"home_id": "h2"}, "moved", "recorded as no longer living at this home"),
        ({}, {"state": "in_hospital", "since": None}, "in_hospital", "recorded as in hospital"),
        ({}, {"objecting": True}, "objecting", "there is an objection to the use of this resident's records"),
    ],
)
def test_what_stops_a_release_is_said_in_words(changed, where, why, words) -> None:
    found = may_be_shown(release(0, **changed), place(0, **where), NOW)
    assert found is not None
    assert (found.resident_id, found.why, found.words) == ("r0", why, words)
    page, left_out = home_summary(HOME, MONDAY, NOW, releases=[release(0, **changed), release(1)], listed={"r0", "r1"},
                                  residents=residents(r0=place(0, **where)), contacts=CONTACTS)  # fmt: skip
    assert [one.name for one in page.residents] == ["Arthur PELL"]
    assert left_out == (found,)
    assert page.others == 0


def test_nobody_knows_where_a_resident_is_so_nothing_is_shown() -> None:
    assert may_be_shown(release(0), None, NOW).why == "not_known"


def test_a_release_holds_to_the_end_of_its_last_day_in_london() -> None:
    one = release(0, valid_until=date(2026, 7, 5), valid_from=date(2026, 7, 1))
    assert may_be_shown(one, place(0), datetime(2026, 7, 5, 22, 59, tzinfo=UTC)) is None
    assert may_be_shown(one, place(0), datetime(2026, 7, 5, 23, 0, tzinfo=UTC)).why == "expired"


def test_a_withdrawal_counts_from_its_instant() -> None:
    one = release(0, withdrawn_at=NOW)
    assert may_be_shown(one, place(0), NOW - timedelta(seconds=1)) is None
    assert may_be_shown(one, place(0), NOW).why == "withdrawn"


def test_somebody_who_cannot_be_told_apart_by_two_identifiers_is_left_out() -> None:
    for gone in (None, replace(identity(0), date_of_birth=None), replace(identity(0), family_name=" ")):
        people = {"r1": identity(1)} | ({"r0": gone} if gone else {})
        page, left_out = home_summary(HOME, MONDAY, NOW, releases=[release(0), release(1)], listed=set(),
                                      residents=Residents(residents().places, people), contacts=CONTACTS)  # fmt: skip
        assert [one.name for one in page.residents] == ["Arthur PELL"]
        assert [why.why for why in left_out] == ["not_identified"]


def test_who_was_not_released_is_a_number() -> None:
    page = summary(1)
    assert page.others == 1
    listed = {"r0", "r1", "r2", "r3", "r4", "r9"}
    gone = residents(r1=place(1, state="died"), r2=place(2, home_id="h2"), r3=place(3, objecting=True))
    assert summary(1, listed=listed, residents=gone).others == 1


def test_another_homes_release_is_passed_over() -> None:
    assert summary(releases=[release(0, home_id="h2"), release(1)]).residents[0].name == "Arthur PELL"


def test_namesakes_are_marked_even_if_only_one_is_on_the_page() -> None:
    twins = replace(residents(), people=residents().people | {"r4": replace(identity(0), room="9")})
    assert [one.namesake for one in summary(2, residents=twins).residents] == [True, False]
    dead = replace(twins, places=twins.places | {"r4": place(4, state="died")})
    assert not any(one.namesake for one in summary(2, residents=dead).residents)


def test_a_page_is_used_until_its_first_part_is_too_old() -> None:
    assert summary(releases=[release(0, valid_until=date(2026, 11, 19)), release(1)]).use_until == date(2026, 11, 19)
    assert summary(0).use_until == SUNDAY


def test_a_task_is_never_due_after_the_page_is_destroyed() -> None:
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    one = summary(at=friday, releases=[release(0, valid_from=friday.date(), valid_until=SUNDAY)]).residents[0]
    assert {ask.by for ask in (*one.do, *one.ours)} == {date(2026, 11, 18), SUNDAY}


def test_the_clinicians_own_tasks_come_first_on_either_side() -> None:
    tasks = (Task("Ring the daughter", "GP", None, True), Task("Book the dentist", "senior on shift", SUNDAY, False))
    one = summary(releases=[release(0, told=Told(told(fall_count_91=2), tasks))]).residents[0]
    assert one.ours[0].text == "Ring the daughter"
    assert one.do[0].text == "Book the dentist"
    assert one.because == ("Fell more than once in 3 months",)


def kept(told_: Told, **changed: object) -> SimpleNamespace:
    content = json.loads(json.dumps(content_of(told_)))
    plain = {"resident_id": "r0", "home_id": "h1", "released_by_name": "Dr A Patel", "released_by_role": "gp",
             "valid_from": MONDAY, "valid_until": SUNDAY, "content": content, "withdrawn_at": None}  # fmt: skip
    return SimpleNamespace(**(plain | changed))


def test_what_the_store_kept_is_what_was_released() -> None:
    assert kept_release(kept(release(0).told)) == release(0)
    assert kept_release(kept(Told(told(**EVERYTHING)))).told == Told(told(**EVERYTHING))
    assert kept_release(kept(Told(()), withdrawn_at=NOW, released_by_role="mdt_lead")).role == "MDT lead"
    wrong = kept(Told((HomeLine("x", "watch", "y"),)))
    wrong.content["lines"][0]["kind"] = "chance"
    with pytest.raises(ValueError, match=r"release.lines\[0\].kind"):
        kept_release(wrong)


SURGERY = Surgery("Oakfield Surgery", "01234 567890", "8am to 6:30pm")


@pytest.mark.parametrize(
    ("directory", "missing"),
    [
        (Directory({}, Surgery("", "", ""), "01234 111111", "111"), "the surgery"),
        (Directory({"p1": SURGERY}, SURGERY, "", "111"), "the urgent response team"),
        (Directory({}, SURGERY, "01234 111111", " "), "out of hours"),
        (Directory({}, SURGERY, "01632 960002", "111"), "the urgent response team"),
        (Directory({"p1": replace(SURGERY, hours="")}, SURGERY, "01234 111111", "111"), "the surgery's name and hours"),
    ],
)
def test_without_a_number_to_ring_there_is_no_page(directory: Directory, missing: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"Add a contact number for Elm House: {missing} ([contact]")):
        directory.contacts("Elm House", "p1")


def test_a_practice_has_its_own_number_and_numbers_for_drama_serve_invented_people() -> None:
    own = replace(SURGERY, phone="01234 222222")
    found = Directory({"p1": own}, SURGERY, "01632 960002", "111", invented=True)
    assert found.contacts("Elm House", "p1").surgery == own
    assert found.contacts("Elm House", "p2").surgery == SURGERY


def test_the_round_is_on_its_weekday() -> None:
    assert next_round("Tuesday", MONDAY) == date(2026, 11, 17)
    assert next_round("", MONDAY) is None
