"""What the pages say: each state of a list, who has died or moved, names in any script."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from example_list import AS_OF, entry, example, identities, resident
from made_web import AWAY, DIED, HELD, MDT, MOVED, OBJECTS, OF_P1, ROUND, Made, token_of

import serving.web.pages.lists
from serving.people import folded, search
from serving.publish import team_slug
from serving.rows import Identity
from serving.web.list_rows import list_row, make_rows
from serving.web.listing import Row, listing
from serving.web.live import NOTHING

FORBIDDEN = re.compile(r"champion|shap\b|log-?odds|percentile|elderly|reduces admissions|lozenge", re.I)
LIST = f"/lists/{AS_OF}/{MDT}"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", BeautifulSoup(page, "html.parser").get_text(" "))


def test_the_list_says_its_numbers_line_reasons_and_run(web: Made) -> None:
    said = text_of(web.client("mdt_lead").get(LIST).text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "10 of 212 residents assessed are listed",
        "This list does not know about today.",
        "Your MDT reviews 10 a week.",
        "2 falls in the last 28 days",
        "Added by Elm House",
        "No ambulance or 111 data since 9 November",
        "Data up to Sunday 15 November 2026",
        "Model 7 (in use)",
        "Comfort plan: review (1)",
        "999 000 0018",
    ):
        assert words in said, words
    assert not FORBIDDEN.search(said)


def test_who_died_moved_objects_or_is_away_since_monday_is_said_or_left_out(web: Made) -> None:
    client = web.client("mdt_lead")
    page = BeautifulSoup(client.get(LIST).text, "html.parser")
    first = page.find("table", class_="room-list")
    assert first is not None
    shown = str(first)
    assert all(who not in shown for who in (DIED, MOVED, OBJECTS))
    assert "In hospital now" in shown
    said = text_of(str(page))
    assert "Died or moved since the list was made (2)" in said
    assert "Died 17 November 2026" in said
    assert "Not covered (4)" in said  # three of the list, one since
    assert "Recorded as having died on 17 November 2026" in text_of(client.get(f"/residents/{DIED}").text)
    assert "no longer living at" in text_of(client.get(f"/residents/{MOVED}").text)
    objecting = text_of(client.get(f"/residents/{OBJECTS}").text)
    assert "An objection to this use of records is in force" in objecting
    assert "in 100" not in objecting
    assert "In hospital now" in text_of(client.get(f"/residents/{AWAY}").text)


def test_filters_keep_the_order_and_say_what_they_hide(web: Made) -> None:
    client = web.client("mdt_lead")
    page = client.get(f"{LIST}?home=h1&show=new").text
    assert "Joan WHITFIELD" in page
    assert "Arthur PELL" not in page
    assert "hidden by the filter" in page
    assert "match the filter" in client.get(f"{LIST}?home=none").text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/lists/{AS_OF}/{ROUND}", "No residents are listed this week for Elm House home round. 34 residents were"),
        (f"/lists/{AS_OF}/{team_slug(HELD)}", "NEWS2 readings are older than 28 days"),
        ("/lists/2026-01-05", "No lists were published for that week"),
        ("/residents/nobody", "Resident not found"),
        ("/nothing", "Page not found"),
        ("/lists/no-date", "Page not found"),
    ],
)
def test_a_page_that_has_no_list_says_why(web: Made, path: str, said: str) -> None:
    assert said in text_of(web.client("mdt_lead").get(path).text)


def test_a_list_of_last_week_is_marked_out_of_date(web: Made) -> None:
    earlier = web.client("mdt_lead").get(LIST.replace(AS_OF.isoformat(), "2026-11-09")).text
    old = "This list is for the week of Monday 9 November 2026. Its chances were not worked out again."
    assert old in text_of(earlier)
    assert "were not worked out again" not in text_of(web.client("mdt_lead").get(LIST).text)
    web.clock.now += timedelta(days=7)
    client = web.client("mdt_lead")
    assert "This week’s lists are not ready" in text_of(client.get("/lists").text)
    assert "This estimate is 9 days old" in text_of(client.get(f"/residents/{OF_P1}").text)


def test_a_residents_page_says_why_what_to_consider_and_earlier_weeks(web: Made) -> None:
    said = text_of(web.client("mdt_lead").get(f"/residents/{OF_P1}").text).replace("\N{NO-BREAK SPACE}", " ")
    for words in ("Joan WHITFIELD", "14 in 100 people with similar records", "Main reason", "Things to consider",
                  "NEWS2 of 6 on 14 November", "What the model cannot see", "Earlier lists", "9 November 2026"):  # fmt: skip
        assert words in said, words
    assert not FORBIDDEN.search(said)


def test_a_list_whose_file_was_changed_is_not_shown(web: Made) -> None:
    path = web.room.lists.folder / AS_OF.isoformat() / "r1" / MDT / "list.json"
    sound = path.read_bytes()
    _write(path, sound.replace(b"0.138", b"0.938"))
    web.room.lists._read.clear()
    try:
        said = text_of(web.client("mdt_lead").get(LIST).text)
    finally:
        _write(path, sound)
        web.room.lists._read.clear()
    assert "not the one that was published" in said
    assert "in 100" not in said


def _write(path: Path, data: bytes) -> None:
    path.chmod(0o640)
    path.write_bytes(data)
    path.chmod(0o440)


def test_search_finds_any_part_of_a_name_or_number_in_scope_only(web: Made) -> None:
    client = web.client("gp")
    token = token_of(client.get("/search").text)

    def found(text: str) -> str:
        return text_of(client.post("/search", data={"text": text, "csrf": token}).text)

    assert "Joan WHITFIELD" in found("whit")
    assert "Joan WHITFIELD" in found("999-000 0018")
    assert "Zofia WIŚNIEWSKA" in found("wisniew zof")
    assert "No residents match" in found("Kent")  # of the other practice
    assert "Enter a name or an NHS number" in found(" ")


def test_names_fold_accents_case_and_dashes() -> None:
    people = {"a": Identity("Małgorzata", "Ångström-Łoś", "9990000018", None)}
    assert search("angstrom los", people, people) == ("a",)
    assert search("MALGO", people, people) == ("a",)
    assert search("9990 0000", people, people) == ("a",)
    assert search("999", people, people) == ()
    assert folded("O’Hara") == folded("O'Hara")


def test_names_from_right_to_left_stand_apart_from_the_text_around_them(web: Made) -> None:
    assert re.search(r"<bdi>فاطمة الزهراء</bdi>", web.client("mdt_lead").get(f"/residents/{OBJECTS}").text)


def test_residents_with_one_name_are_told_apart(web: Made) -> None:
    register = web.room.residents.at(web.clock())
    known = web.room.names(register)
    people = dict(identities())
    people[resident(1)] = replace(people[resident(1)], given_name="Joan", family_name="Whitfield")
    mine = frozenset(register.places)
    seen = listing(example(), mine, register, replace(known, people=people))
    assert [row.entry.resident_id for row in seen.rows["listed"] if row.shares_name] == [resident(0), resident(1)]


def test_every_page_has_a_title_one_heading_landmarks_and_named_tables(web: Made) -> None:
    client = web.client("mdt_lead")
    titles = []
    of_homes = ("/homes", "/homes/h1", "/homes/h1/shared", "/homes/h1/ask", f"/residents/{OF_P1}/share")
    for path in ("/lists", LIST, "/weeks", "/search", f"/residents/{OF_P1}", "/about", "/nothing", *of_homes):
        page = BeautifulSoup(client.get(path).text, "html.parser")
        titles.append(page.title.get_text() if page.title else "")
        assert len(page.find_all("h1")) == 1, path
        assert all(page.find(landmark) for landmark in ("header", "main", "footer")), path
        assert all(table.caption and table.caption.get_text(strip=True) for table in page.find_all("table")), path
        assert all(cell.get("scope") for cell in page.find_all("th")), path
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), path
        labelled = {label.get("for") for label in page.find_all("label")}
        fields = page.find_all(["input", "select"])
        assert all(f.get("type") == "hidden" or f["id"] in labelled for f in fields), path
    assert len(set(titles)) == len(titles)


def test_a_list_that_is_held_back_is_told_to_those_whose_residents_it_lists(web: Made) -> None:
    address = f"/lists/{AS_OF}/{team_slug(HELD)}"
    for role, status, told in (("mdt_lead", 200, True), ("gp", 404, False)):
        client = web.client(role)
        assert client.get(address).status_code == status
        assert ("The Limes home round" in client.get(f"/lists/{AS_OF}").text) == told


def test_a_row_is_made_anew_when_what_it_shows_has_changed() -> None:
    made: dict[str, Any] = {"entry": entry(0), "identity": None, "place": None}
    row = partial(list_row, "ranked", week=AS_OF, slug=MDT)
    assert row(row=Row(**made)) is row(row=Row(**made))
    for change in (
        {"now": "In hospital now"},
        {"shares_name": True},
        {"entry": entry(0, risk=0.5)},
        {"entry": entry(1)},
    ):
        assert row(row=Row(**made | change)) != row(row=Row(**made)), change


def test_rows_that_were_made_beforehand_are_those_of_the_page(web: Made) -> None:
    register, week = web.room.register(), web.room.lists.latest()
    assert week
    list_row.cache_clear()
    make_rows(week, register, web.room.names(register))
    made = list_row.cache_info().misses
    assert made > 10
    with patch.object(serving.web.pages.lists, "live", return_value=NOTHING):  # nobody has decided anything yet
        assert web.client("mdt_lead").get(LIST).status_code == 200
    assert list_row.cache_info().misses == made
