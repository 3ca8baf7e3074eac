"""Actions settled, residents added and answered, and how both show on the list and the start page."""

import re

from bs4 import BeautifulSoup
from example_list import AS_OF
from made_web import MDT, OBJECTS, OF_P1, OF_P2, Made, token_of
from starlette.testclient import TestClient
from test_web_decisions import kept, opened, save
from test_web_pages import text_of

LIST = f"/lists/{AS_OF}/{MDT}"


def add(client: TestClient, resident: str, **given: str) -> None:
    token = token_of(client.get("/additions").text)
    answer = client.post(f"/residents/{resident}/add", data={"csrf": token, "who": "me"} | given)
    assert answer.status_code == 303, text_of(answer.text)


def test_an_action_is_mine_or_overdue_and_is_settled_once(web: Made) -> None:
    client = web.client("gp")
    actions = {"actions-0-what": "Weigh her", "actions-0-due_on": "2026-11-19",
               "actions-1-what": "Check the feet", "actions-1-owner": "Elm House"}  # fmt: skip
    save(client, opened(client, outcome="discussed_actions", **actions))
    weigh, feet = kept(web)[0].actions
    mine, everybody = (client.get(f"/actions?show={show}").text for show in ("mine", "all"))
    assert "Weigh her" in mine
    assert "Check the feet" not in mine
    assert "Check the feet" in everybody
    assert "Weigh her" not in client.get("/actions?show=overdue").text
    token = {"csrf": token_of(mine), "show": "all"}
    assert (
        client.post(f"/actions/{weigh.id}/done", data=token).headers["location"]
        == f"/actions?show=all&saved={weigh.id}"
    )
    again = client.post(f"/actions/{weigh.id}/done", data=token)
    assert again.status_code == 400
    assert "Pat gp has already said that this was done" in text_of(again.text)
    without = client.post(f"/actions/{feet.id}/cancel", data=token)
    assert "Write why the action is cancelled" in text_of(without.text)
    assert BeautifulSoup(without.text, "html.parser").find(id=f"why-{feet.id}") is not None
    assert client.post(f"/actions/{feet.id}/cancel", data=token | {"why": "Seen by podiatry"}).status_code == 303
    settled = text_of(client.get("/actions?show=settled").text)
    assert re.search("Done 18 November 2026 at 9:30am, Pat gp", settled)
    assert "Seen by podiatry" in settled


def test_the_home_adds_a_resident_who_stands_after_the_listed_and_is_answered(web: Made) -> None:
    home, gp, lead = web.client("home_manager"), web.client("gp"), web.client("mdt_lead")
    (who,) = (e.resident_id for e in web.room.lists.week(AS_OF).lists[MDT].section("below") if e.home_id == "h1")  # type: ignore[union-attr]
    worry = "ليست على طبيعتها <b>today</b>"
    add(home, who, why=worry, who="family")
    said = text_of(home.get("/additions").text)
    assert f"Family or friends: {worry}" in said
    assert "in 100" not in said
    page = BeautifulSoup(lead.get(LIST).text, "html.parser")
    listed = page.find("table", class_="room-list")
    assert listed is not None
    assert f"Added by Pat home_manager (home manager) on 18 November 2026: “Family or friends: {worry}”" in text_of(
        str(listed)
    )
    assert "1 question without an answer" in text_of(gp.get("/").text)
    (address,) = re.findall(r'action="(/additions/\d+/answer)"', gp.get("/additions").text)
    token = token_of(gp.get("/additions").text)
    wrong = gp.post(address, data={"csrf": token, "answer": "perhaps", "reply": ""})
    assert {"Select an answer", "Write an answer to whoever asked"} <= set(
        BeautifulSoup(wrong.text, "html.parser").find(class_="nhsuk-error-summary").stripped_strings  # type: ignore[union-attr]
    )
    given = {"csrf": token, "answer": "seen_already", "reply": "Seen on Tuesday, urine sent"}
    assert gp.post(address, data=given).status_code == 303
    assert "Pat gp has already answered this" in text_of(gp.post(address, data=given).text)
    assert "Seen on Tuesday, urine sent" in text_of(home.get("/additions").text)
    assert worry not in text_of(lead.get(LIST).text), "answered otherwise: no longer on the list"
    told = str(web.lines())
    assert worry not in told
    assert "urine" not in told


def test_what_is_wrong_with_an_addition_is_said_and_scope_holds(web: Made) -> None:
    home = web.client("home_manager")
    token = token_of(home.get("/additions").text)
    empty = home.post(f"/residents/{OF_P1}/add", data={"csrf": token, "who": "me", "why": " "})
    assert empty.status_code == 400
    assert "Write what worries you" in text_of(empty.text)
    long = home.post(f"/residents/{OF_P1}/add", data={"csrf": token, "why": "x" * 4001})
    assert "at most 4,000 characters" in text_of(long.text)
    for other in (OF_P2, OBJECTS, "nobody"):
        assert home.post(f"/residents/{other}/add", data={"csrf": token, "why": "worry"}).status_code == 404
    found = text_of(home.post("/additions/find", data={"csrf": token, "text": "whit"}).text)
    assert "Add Joan WHITFIELD" in found
    assert "No residents match" in text_of(home.post("/additions/find", data={"csrf": token, "text": "kent"}).text)


def test_the_list_and_the_start_page_say_what_is_discussed(web: Made) -> None:
    client = web.client("gp")
    before = text_of(client.get("/").text)
    save(client, opened(client, outcome="discussed_nothing"))
    assert "Discussed: nothing to change Pat gp , 18 November 2026 at 9:30am" in text_of(client.get(LIST).text)
    assert "Joan WHITFIELD" not in client.get(f"{LIST}?show=open").text
    assert re.search(r"Oakfield PCN MDT : \d of \d residents still to discuss", before)
    assert "Mine : " in before
