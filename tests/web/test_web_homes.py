"""What a clinician lets a home see, what the home sees of it, and what never reaches a home."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from example_list import HOMES, identities, resident
from made_web import NOW, OF_P1, Made, token_of
from pypdf import PdfReader
from sqlalchemy import delete
from starlette.testclient import TestClient

from serving.store import deliveries
from serving.store.clinical import AdditionRow, RosterRow
from serving.store.shared import DeliveryRow, ReleaseRow

HOME = "/homes/h1"
SHARE = f"/residents/{OF_P1}/share"
ELM = [i for i in range(19) if HOMES[i % 4][0] == "h1"]
NAME = identities()[OF_P1]
NEVER = re.compile(
    r"\d+\s+in\s+100|\brank|\bscore|\bchance|high risk|\brisk\b|likel|percent|model|estimate|dnacpr|advance", re.I
)
NO_STORE = re.compile(r"999 ?\d{3} ?\d{4}")


@pytest.fixture(autouse=True)
def clean(web: Made) -> Iterator[None]:
    """The store is shared by all tests: what these write is taken out again."""
    yield
    with web.store.transaction() as db:
        for table in (ReleaseRow, RosterRow, AdditionRow, DeliveryRow):
            db.execute(delete(table))


def words(page: str) -> str:
    main = BeautifulSoup(page, "html.parser").find("main")
    assert main is not None
    return re.sub(r"\s+([,.:;]\s|\s)", r"\1", re.sub(r"\s+", " ", main.get_text(" ")))


def form_of(page: str) -> dict[str, str]:
    """The form as a browser would send it untouched: ticked boxes, chosen options, what stands in fields."""
    form = max(BeautifulSoup(page, "html.parser").find_all("form"), key=lambda one: len(str(one)))
    sent = {}
    for field in form.find_all(["input", "select", "textarea"]):
        if field.name == "select":
            options = field.find_all("option")
            sent[field["name"]] = next((o["value"] for o in options if o.has_attr("selected")), options[0]["value"])
        elif field.get("type") != "checkbox" or field.has_attr("checked"):
            sent[field["name"]] = field.get("value", "") if field.name == "input" else field.get_text()
    return sent


def share(client: TestClient, address: str = SHARE, **given: str) -> None:
    sent = client.post(address, data=form_of(client.get(address).text) | {"step": "share"} | given)
    assert sent.status_code == 303, words(sent.text)


def test_nothing_reaches_a_home_until_a_clinician_shares_it_and_then_that_alone(web: Made) -> None:
    gp, home = web.client("gp"), web.client("home_manager")
    before = words(home.get(HOME).text)
    assert NAME.family_name.upper() not in before
    assert "will be talked about at the home round on Friday 20 November" in before
    assert "Nothing has been shared with you for this week yet" in before
    preview = gp.post(SHARE, data=form_of(gp.get(SHARE).text) | {"step": "preview"})
    assert "How Elm House will read it" in words(preview.text)
    assert NAME.family_name.upper() not in words(home.get(HOME).text), "a preview releases nothing"
    share(gp)
    page = words(home.get(HOME).text)
    assert f"{NAME.given_name} {NAME.family_name.upper()}" in page
    assert "From Oakfield Surgery: Pat gp, GP" in page
    assert "Use until Sunday 22 November" in page
    assert "01632 960001" in page
    assert [who for who in ELM if identities()[resident(who)].family_name.upper() in page] == [0]


def test_lines_that_are_struck_out_and_tasks_that_are_added_are_what_the_home_reads(web: Made) -> None:
    gp, home = web.client("gp"), web.client("home_manager")
    form = form_of(gp.get(SHARE).text) | {"step": "share"}
    kept, *struck = [name for name in form if name.startswith("line-")]
    own = {"task-0": "Change the dressing", "who-0": "nurse", "due-0": "2026-11-20", "whose-0": "home"}
    gp.post(SHARE, data={name: value for name, value in form.items() if name not in struck} | own)
    lines = BeautifulSoup(home.get(HOME).text, "html.parser").select(".home-part li")
    said = [" ".join(line.get_text(" ").split()) for line in lines][2:]  # after the two identifiers
    assert "Change the dressing (nurse, by Friday)" in said
    assert len([line for line in said if not line.startswith("We talk again")]) == 2
    again = form_of(gp.get(SHARE).text)
    assert {name for name in again if name.startswith("line-")} == {kept}, "what was struck out stays so"
    assert again["task-0"] == "Change the dressing"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"valid_until": "2027-01-01"}, "Choose a day"),
        ({"valid_from": "2026-11-20", "valid_until": "2026-11-19"}, "not before the first"),
        ({"task-0": "She is ranked first", "who-0": "x"}, "Leave out “ranked”"),
        ({"task-0": "27 in 100", "who-0": "x"}, "Leave out “27 in 100”"),
        ({"task-0": "Weigh her"}, "Write who does this"),
    ],
)
def test_what_must_be_mended_is_said_and_nothing_is_shared(web: Made, changed: dict[str, str], said: str) -> None:
    gp = web.client("gp")
    answer = gp.post(SHARE, data=form_of(gp.get(SHARE).text) | {"step": "share"} | changed)
    assert (answer.status_code, said in words(answer.text)) == (400, True)
    assert "Shared now (0)" in words(gp.get(f"{HOME}/shared").text)


def test_nothing_at_all_is_no_release(web: Made) -> None:
    gp = web.client("gp")
    form = {name: value for name, value in form_of(gp.get(SHARE).text).items() if not name.startswith("line-")}
    assert "there is nothing to share" in words(gp.post(SHARE, data=form | {"step": "share"}).text)


def test_who_takes_it_back_says_why_and_the_home_sees_it_no_more(web: Made) -> None:
    gp, home = web.client("gp"), web.client("home_manager")
    share(gp)
    page = gp.get(f"{HOME}/shared").text
    address = re.search(r'action="(/homes/h1/shared/\d+/withdraw)"', page)
    assert address
    token = token_of(page)
    silent = gp.post(address[1], data={"csrf": token})
    assert (silent.status_code, "Write why this is taken back" in silent.text) == (400, True)
    assert NAME.family_name.upper() in home.get(HOME).text
    assert gp.post(address[1], data={"csrf": token, "why": "Wrong resident"}).status_code == 303
    assert NAME.family_name.upper() not in home.get(HOME).text
    assert "Taken back by Pat gp: Wrong resident" in words(gp.get(f"{HOME}/shared").text)


def test_a_home_without_numbers_to_ring_is_shown_and_told_nothing(web: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(web.room.directory), "_rings", lambda self, number: False)
    refused = web.client("gp").get(SHARE)
    assert refused.status_code == 409
    assert "Add a contact number for Elm House: the surgery" in words(refused.text)
    assert "This page is not ready" in words(web.client("home_manager").get(HOME).text)
    assert web.client("home_manager").get(f"{HOME}/summary.pdf").status_code == 409


def roster(client: TestClient, **said: str) -> None:
    form = form_of(client.get(f"{HOME}/roster").text)
    assert client.post(f"{HOME}/roster", data=form | said).status_code == 303


def test_the_homes_word_on_who_is_there_reaches_its_page_and_the_list_at_once(web: Made) -> None:
    gp, home = web.client("gp"), web.client("home_manager")
    share(gp)
    roster(home, **{f"state-{OF_P1}": "in_hospital", "arrived-0": "A lady from Ward 3"})
    assert NAME.family_name.upper() not in home.get(HOME).text
    shared = words(gp.get(f"{HOME}/shared").text)
    assert "Recorded as in hospital since 18 November 2026" in shared
    assert "Has arrived: A lady from Ward 3" in shared
    address = gp.get("/lists").headers.get("location", "/lists")
    pages = gp.get(address).text + gp.get("/lists/2026-11-16").text
    found = re.search(r"/lists/2026-11-16/[\w-]*oakfield[\w-]*", pages)
    assert found
    assert "In hospital, says the home (18 November 2026)" in words(gp.get(found[0]).text)
    assert "In hospital, says the home" in words(gp.get(f"/residents/{OF_P1}").text)
    roster(home, **{f"state-{OF_P1}": "here"})
    assert NAME.family_name.upper() in home.get(HOME).text


def test_all_as_listed_is_one_press(web: Made) -> None:
    home = web.client("home_manager")
    token = token_of(home.get(f"{HOME}/roster").text)
    assert home.post(f"{HOME}/roster", data={"csrf": token, "all": "yes"}).status_code == 303
    assert "Saved 18 November 2026 at 9:30am" in words(home.get(f"{HOME}/roster").text)
    assert "Everybody is there: 18 November 2026 at 9:30am" in words(web.client("gp").get(f"{HOME}/shared").text)


def test_a_home_asks_for_a_resident_of_its_own_and_reads_the_answer(web: Made) -> None:
    home = web.client("home_manager")
    token = token_of(home.get(f"{HOME}/ask").text)
    sent = {"csrf": token, "who": OF_P1, "why": "Not herself since Sunday"}
    assert home.post(f"{HOME}/ask", data=sent | {"who": resident(1)}).status_code == 400
    assert home.post(f"{HOME}/ask", data=sent | {"why": " "}).status_code == 400
    assert home.post(f"{HOME}/ask", data=sent).status_code == 303
    assert "Not herself since Sunday Pat home_manager, 18 November 2026 at 9:30am Our answer Not answered yet" in words(
        home.get(f"{HOME}/ask").text
    )


def test_each_home_is_for_its_own_people(web: Made) -> None:
    home = web.client("home_manager")
    for path in ("/homes/h2", "/homes/h2/roster", "/homes/h2/ask", "/homes/h2/summary.pdf", "/homes/h2/cards.pdf"):
        assert home.get(path).status_code == 404
    token = token_of(home.get(HOME).text)
    form = {"csrf": token, "all": "yes"}
    assert home.post("/homes/h2/roster", data=form).status_code == 404
    assert home.get(SHARE).status_code == 403
    assert web.client("gp").get("/homes/h3/shared").status_code == 404


def test_no_page_or_paper_of_a_home_tells_a_chance_or_of_another_home(web: Made) -> None:
    """Everything that a home's manager can open, with somebody shared at each of the practice's homes."""
    lead, home = web.client("mdt_lead"), web.client("home_manager")
    for i in (0, 1, 2, 8):
        share(lead, f"/residents/{resident(i)}/share", **{"task-0": "Weigh and write it down", "who-0": "carers"})
    paths = (HOME, f"{HOME}/roster", f"{HOME}/ask", f"{HOME}/summary.pdf", f"{HOME}/cards.pdf")
    texts = {}
    for path in paths:
        answer = home.get(path)
        assert answer.status_code == 200, path
        pdf = path.endswith("pdf")
        text = (
            "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
            if pdf
            else words(answer.text)
        )
        texts[path] = text
        assert not NEVER.search(text), (path, NEVER.search(text))
        assert not NO_STORE.search(text), path
        raw = text if pdf else answer.text
        others = [n for i, (_, n) in enumerate(HOMES) if i] + [resident(i) for i in range(19) if i not in ELM]
        others += [identities()[resident(i)].family_name.upper() for i in range(19) if i not in ELM]
        assert not [one for one in others if re.search(rf"\b{re.escape(one)}\b", raw)], path
    assert "Joan WHITFIELD" in texts[f"{HOME}/summary.pdf"]
    assert re.search(r"Gwen\s+AP\s+RHYS", texts[HOME])


def test_what_was_shared_runs_out_by_itself(web: Made) -> None:
    share(web.client("gp"), valid_until="2026-11-18")
    web.clock.now = NOW + timedelta(days=1)
    assert NAME.family_name.upper() not in web.client("home_manager").get(HOME).text
    assert "Was for use until 18 November 2026" in words(web.client("gp").get(f"{HOME}/shared").text)


def test_the_trail_says_who_was_shown(web: Made) -> None:
    share(web.client("gp"))
    web.client("home_manager").get(HOME)
    action, _, detail = web.lines()[-1]
    assert action == "home_page_seen"
    assert OF_P1 in detail
    assert NAME.family_name not in detail


def test_clinicians_see_how_the_mail_to_a_home_went(web: Made) -> None:
    web.client("gp").get(f"{HOME}/shared")
    with web.store.transaction() as db:
        deliveries.record(db, "h1", NOW.date() - timedelta(days=2), "h1@home.example", "failed", "no such mailbox", NOW)
    assert "Failed to h1@home.example" in words(web.client("gp").get(f"{HOME}/shared").text)


def test_what_was_just_saved_is_announced_and_only_by_who_may_see_it(web: Made) -> None:
    home, gp = web.client("home_manager"), web.client("gp")
    token = token_of(home.get("/homes/h1/ask").text)
    sent = home.post("/homes/h1/ask", data={"csrf": token, "who": OF_P1, "why": "Sleeps all day"})
    told = home.get(sent.headers["location"]).text
    assert announced(told) == "Sent: Joan WHITFIELD. The answer will stand on this page."
    number = sent.headers["location"].rpartition("=")[2]
    assert announced(gp.get(f"/additions?saved={number}").text) == "Added: Joan WHITFIELD"
    assert announced(gp.get("/additions?saved=0").text) == announced(gp.get("/actions?saved=nothing").text) == ""

    share(gp)
    shared = gp.get("/homes/h1/shared").text
    (address,) = re.findall(r'action="(/homes/h1/shared/\d+/withdraw)"', shared)
    taken = gp.post(address, data={"csrf": token_of(shared), "why": "Back in hospital"})
    assert announced(gp.get(taken.headers["location"]).text) == "Taken back: Joan WHITFIELD"


def announced(page: str) -> str:
    found = BeautifulSoup(page, "html.parser").find(role="status")
    return found.get_text().strip() if found else ""
