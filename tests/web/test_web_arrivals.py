"""Residents of whom a list could not know are told of, to those who may see them, and the trail holds it."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from example_list import AS_OF, example
from histories import HOME, RESIDENT, STAY, history_of
from made_web import MDT, Made

from features.asof import LONDON
from serving.people import Known
from serving.register import Place, Register, Residents, register
from serving.web.arrivals import arrivals

LIST = f"/lists/{AS_OF}/{MDT}"
NOBODY_NAMED = Known({}, "")


def came(who: str, moved_in: date, told_on: date, home: str = "h1", **changed: object) -> Place:
    plain = {"state": "here", "since": moved_in, "objecting": False, "born": date(1938, 7, 14), "sex": "F"} | changed
    practice = "p1" if home in ("h1", "h2") else "p2"
    return Place(
        who, home_id=home, home_label="Elm House", practice=practice, moved_in=moved_in, told_on=told_on, **plain
    )  # type: ignore[arg-type]


TUESDAY, LONG_BEFORE = AS_OF + timedelta(days=1), date(2025, 1, 6)
PLACES = (
    came("late", TUESDAY, TUESDAY),
    came("monday", AS_OF, AS_OF - timedelta(days=4)),  # announced the week before
    came("told-late", date(2026, 11, 3), TUESDAY),
    came("told-in-time", date(2026, 11, 13), AS_OF),
    came("well", LONG_BEFORE, LONG_BEFORE),  # assessed, well below the line
    came("on-ward", TUESDAY, TUESDAY, state="in_hospital", since=None),
    came("objects", TUESDAY, TUESDAY, objecting=True),
    came("gone", TUESDAY, TUESDAY, state="moved"),
    came("elsewhere", TUESDAY, TUESDAY, home="h99"),
    came("not-mine", TUESDAY, TUESDAY),
    came("shown", TUESDAY, TUESDAY),
)


def test_who_the_list_could_not_know_is_told_of_and_who_was_assessed_is_not() -> None:
    now = Register(datetime(2026, 11, 18, 9, tzinfo=LONDON), {p.resident_id: p for p in PLACES}, {})
    mine = {p.resident_id for p in PLACES} - {"not-mine"}
    found = arrivals(example(), mine, now, NOBODY_NAMED, {"shown"})
    assert {one.place.resident_id: one.why for one in found} == {
        "late": "Moved in on 17 November 2026",
        "monday": "Moved in on 16 November 2026",
        "told-late": "Not in the records before 17 November 2026",
        "on-ward": "Moved in on 17 November 2026",
    }
    assert arrivals(example(), mine, now, NOBODY_NAMED, {"shown"}, home="h2") == ()


def test_the_register_tells_when_a_stay_began_and_when_it_was_first_recorded(tmp_path: Path) -> None:
    ended = {"moved_out": "2026-11-10", "moved_out_recorded_at": "2026-11-12", "recorded_at": "2026-11-12"}
    stays = [STAY | {"record_id": "s"}, STAY | {"record_id": "s"} | ended]
    history = history_of(tmp_path, homes=[HOME], residents=[RESIDENT], stays=stays)
    place = register(history, datetime(2026, 11, 18, 9, tzinfo=LONDON), frozenset()).find("r1")
    assert place is not None
    assert (place.state, place.moved_in, place.told_on) == ("moved", date(2025, 1, 6), date(2025, 1, 7))


def test_the_page_the_api_and_the_trail_agree_on_who_may_be_missing(web: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    real, web.clock.now = Residents.at, web.clock.now + timedelta(hours=1)
    more = {p.resident_id: p for p in (came("new-one", TUESDAY, TUESDAY), came("new-two", TUESDAY, TUESDAY, home="h3"))}
    monkeypatch.setattr(
        Residents, "at", lambda self, now: replace(found := real(self, now), places={**found.places, **more})
    )
    try:
        page = BeautifulSoup(web.client("gp").get(LIST).text, "html.parser")
        shown = json.loads(web.lines()[-1][2])["residents"]
        answer = web.client("gp").get(f"/api/v1{LIST}").json()
        earlier = web.client("gp").get(LIST.replace(AS_OF.isoformat(), "2026-11-09")).text
    finally:
        web.room._told.clear()  # the next test's store learns where people live from the history again
    said = page.get_text(" ")
    assert "May be missing from this list (1)" in " ".join(said.split())
    links = {a["href"] for a in page.find_all("a", href=True)}
    assert {"/residents/new-one", "/residents/new-one/add"} <= links
    assert "new-two" not in str(page)  # of the other practice
    assert "new-one" in shown
    assert "new-two" not in shown
    assert [one["resident_id"] for one in answer["arrived"]] == ["new-one"]
    assert "May be missing" not in earlier
