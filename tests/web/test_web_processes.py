"""Two processes of the room over one store, and rows that are made once: what is shown is what is so now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from example_list import AS_OF
from made_web import MDT, NOW, OF_P1, OF_P2, Made, token_of
from test_web_decisions import FULL, PAGE, opened, save
from test_web_pages import text_of

from serving.people import People
from serving.published import Lists
from serving.register import Residents
from serving.store import kept
from serving.store.database import open_store
from serving.web.app import create_app
from serving.web.list_rows import list_row

LIST = f"/lists/{AS_OF}/{MDT}"


@pytest.fixture
def other(web: Made) -> Iterator[Made]:
    """The room of another process: nothing shared with the first but files, store and hour."""
    one = web.room
    store = open_store(f"sqlite:///{web.store.engine.url.database}")
    residents = Residents(one.residents.history, one.residents.lags, one.residents.objections)
    people = People(one.people.store, one.people.key_file)
    room = replace(one, lists=Lists(one.lists.folder), residents=residents, people=people, store=store, _told={})
    yield Made(create_app(room), room, store, web.clock)
    store.close()


def test_what_is_saved_by_one_process_stands_in_the_other_at_once(web: Made, other: Made) -> None:
    web.clock.now = NOW + timedelta(hours=2, minutes=17)  # an hour that no other test saves at
    here, there = web.client("gp"), other.client()
    there.cookies.update(here.cookies)
    assert "11:47am" not in text_of(there.get(LIST).text)
    first = opened(here, **FULL)
    second = opened(there, **FULL)
    save(here, first)
    assert "11:47am" in text_of(there.get(LIST).text)
    assert "Pat gp saved while this was being written" in text_of(save(there, second))
    assert "Two people saved at the same time" in text_of(here.get(PAGE).text)
    save(here, opened(here, **FULL))  # by somebody who saw both
    with other.store.reading() as db:
        assert kept.check(db).wrong is None
    here.post("/sign-out", data={"csrf": token_of(here.get("/weeks").text)})
    assert there.get(LIST).headers["location"] == "/sign-in"


def test_a_row_that_was_made_for_somebody_is_not_shown_to_who_may_not_see_it(web: Made) -> None:
    list_row.cache_clear()
    lead = web.client("mdt_lead").get(LIST).text
    assert f"/residents/{OF_P2}?" in lead
    before = list_row.cache_info()
    page = web.client("gp").get(LIST).text
    assert list_row.cache_info().hits > before.hits, "rows are those that were made for somebody else"
    assert f"/residents/{OF_P1}?" in page
    assert OF_P2 not in page


def test_a_row_that_was_made_before_a_decision_is_made_anew(web: Made) -> None:
    web.clock.now = NOW + timedelta(hours=2, minutes=33)
    client = web.client("gp")
    client.get(LIST)
    save(client, opened(client, **FULL))
    assert "12:03pm" in text_of(client.get(LIST).text)
