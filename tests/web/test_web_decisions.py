"""Recording decisions: kept whole, twice sent saved once, two at once both kept, and everything wrong said at once."""

import re
from collections.abc import Mapping

import pytest
from bs4 import BeautifulSoup
from example_list import AS_OF
from made_web import MDT, OBJECTS, OF_P1, OF_P2, Made
from sqlalchemy import update
from starlette.testclient import TestClient
from test_web_pages import text_of

from serving.access import Viewer
from serving.store import accounts, decisions
from serving.store.clinical import DecisionRow

PAGE = f"/residents/{OF_P1}"
ARABIC = "لا تريد الذهاب إلى المستشفى"
FULL = {
    "outcome": "discussed_actions",
    "actions-0-what": "Lying and standing blood pressure",
    "actions-0-owner": "Elm House",
    "actions-0-due_on": "2026-11-20",
    "actions-1-what": "Review furosemide",
    "actions-1-due_on": "23/11/2026",
    "responses-0": "agree",
    "responses-1": "not_right",
    "wishes": ARABIC,
    "capacity": "lacks_capacity",
    "attorney": "Her daughter",
    "family_told": "yes",
    "note": "Sleepier since the new tablets",
    "review_on": "2026-12-07",
    "share_with_home": "yes",
}


def form_of(page: str) -> dict[str, str]:
    """The fields of the decision's form as a browser would send them untouched."""
    form = BeautifulSoup(page, "html.parser").find("form", class_="room-review")
    assert form is not None
    sent = {}
    for field in form.find_all(["input", "textarea", "select"]):
        chosen = field.find("option", selected=True) if field.name == "select" else None
        if field.name == "select":
            sent[field["name"]] = chosen["value"] if chosen else ""
        elif field.name == "textarea":
            sent[field["name"]] = field.get_text().removeprefix("\n")
        elif field["type"] not in ("radio", "checkbox") or field.has_attr("checked"):
            sent[field["name"]] = field["value"]
    return sent


def opened(client: TestClient, page: str = PAGE, **given: str) -> dict[str, str]:
    return form_of(client.get(page).text) | given


def save(client: TestClient, form: Mapping[str, str], page: str = PAGE) -> str:
    """Send the form; the page that says what was saved."""
    answer = client.post(f"{page}/decision", data=form)
    assert answer.status_code == 303, text_of(answer.text)
    return client.get(answer.headers["location"]).text


def kept(web: Made, who: str = OF_P1) -> tuple[decisions.Decision, ...]:
    with web.store.reading() as db:
        return decisions.history(db, viewer(web), who)


def viewer(web: Made) -> Viewer:
    with web.store.reading() as db:
        account = accounts.named(db, "mdt_lead")
    assert account is not None
    return account.viewer


def test_everything_on_the_form_is_kept_and_told_in_words_to_copy(web: Made) -> None:
    client = web.client("gp")
    page = save(client, opened(client, **FULL))
    one = kept(web)[0]
    due = [(a.what, a.owner, a.due_on.isoformat()) for a in one.actions]
    assert due == [("Lying and standing blood pressure", "Elm House", "2026-11-20"),
                   ("Review furosemide", "Pat gp", "2026-11-23")]  # fmt: skip
    assert [r.response for r in one.responses] == ["agree", "not_right"]
    assert (one.wishes, one.capacity, one.attorney) == (ARABIC, "lacks_capacity", "Her daughter")
    assert (one.family_told, one.share_with_home, str(one.review_on)) == (True, True, "2026-12-07")
    assert (one.team_id, one.as_of, one.list_digest) == ("pcn-oakfield", AS_OF, web.room.lists.week(AS_OF).digests[MDT])  # type: ignore[union-attr]
    record = BeautifulSoup(page, "html.parser").find("textarea", id="record")
    assert record is not None
    text = record.get_text()
    for words in ("Joan WHITFIELD, Born 14 July", "NHS number 999", "2 falls in the last 28 days", "(not right)",
                  "- Review furosemide: Pat gp, by 23 November 2026", ARABIC, "Review again on 7 December 2026"):  # fmt: skip
        assert words in text.replace("\N{NO-BREAK SPACE}", " "), words
    assert "in 100" not in text.replace("\N{NO-BREAK SPACE}", " ")
    told = str(web.lines())
    assert not any(words in told for words in ("Sleepier", "Her daughter", "furosemide", ARABIC))
    assert "You said that a reason is not right" in text_of(page)
    assert "Next: Arthur PELL" in text_of(page) or "Next: Zofia" in text_of(page)


def test_a_decision_that_was_changed_past_the_room_is_found_by_the_trails_check(web: Made) -> None:
    client = web.client("gp")
    save(client, opened(client, **FULL))
    assert "The trail is whole" in web.client("administrator").get("/trail/check").text
    one = kept(web)[0]
    row = update(DecisionRow).where(DecisionRow.id == one.id)
    with web.store.transaction() as db:
        db.execute(row.values(note="Nothing was said"))
    try:
        assert f"Decision {one.id} is not as it was saved" in web.client("administrator").get("/trail/check").text
    finally:
        with web.store.transaction() as db:
            db.execute(row.values(note=one.note))


def test_a_form_that_is_sent_twice_is_saved_once(web: Made) -> None:
    client = web.client("gp")
    form, before = opened(client, outcome="discussed_nothing"), len(kept(web))
    first, second = save(client, form), save(client, form)
    assert len(kept(web)) == before + 1
    assert re.findall(r"decisions/\d+/undo", first) == re.findall(r"decisions/\d+/undo", second)


def test_two_who_save_at_once_are_both_kept_and_told(web: Made) -> None:
    one, other = web.client("gp"), web.client("mdt_lead")
    mine, theirs = opened(one, outcome="discussed_nothing"), opened(other, outcome="next_week", note="Wait for bloods")
    assert "saved while this was being written" not in save(other, theirs)
    told = text_of(save(one, mine))
    assert "Pat mdt_lead saved while this was being written" in told
    assert "Wait for bloods" in told
    assert "Two people saved at the same time" in text_of(one.get(PAGE).text)
    save(one, opened(one, outcome="discussed_nothing"))
    assert "Two people saved at the same time" not in text_of(one.get(PAGE).text), "a decision that saw both settles it"
    assert {"Pat gp", "Pat mdt_lead"} <= {d.author_name for d in kept(web)[:3]}


def test_one_more_row_without_a_script_keeps_what_was_written(web: Made) -> None:
    client = web.client("gp")
    before = len(kept(web))
    answer = client.post(f"{PAGE}/decision", data=opened(client, **FULL, more="yes"))
    again = form_of(answer.text)
    assert {name: again[name] for name in FULL if name != "actions-1-due_on"} == {
        name: value for name, value in FULL.items() if name != "actions-1-due_on"
    }
    assert "actions-2-what" in again
    assert len(kept(web)) == before


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({}, "outcome", "Select what you decided"),
        ({"outcome": "cured"}, "outcome", "Select what you decided"),
        ({"outcome": "discussed_actions"}, "actions", "Add at least one action"),
        ({"outcome": "not_suitable"}, "not_suitable_reason", "Select why a review is not suitable"),
        ({"outcome": "next_week", "review_on": "2026-11-18"}, "review_on", "Choose a day after today"),
        ({"outcome": "next_week", "review_on": "soon"}, "review_on", "Write the date as day, month and year"),
        ({"outcome": "next_week", "actions-0-owner": "Elm House"}, "actions-0-what", "Write what is to be done"),
        ({"outcome": "discussed_actions", "actions-1-what": "Weigh", "actions-1-due_on": "31/2/2026"},
         "actions-0-due_on", "Write the date as day, month and year"),
        ({"outcome": "next_week", "note": "x" * 4001}, "note", "at most 4,000 characters"),
        ({"outcome": "next_week", "digest": "0" * 64}, "form", "published again while you were writing"),
        ({"outcome": "next_week", "seen": "999999"}, "based_on", "does not fit the resident"),
        ({"outcome": "next_week", "capacity": "maybe"}, "capacity", "Select one of the answers about capacity"),
        ({"outcome": "next_week", "form": ""}, "form", "no longer in use"),
        ({"outcome": "next_week", "responses-0": "nonsense"}, "responses", "Select one of the answers"),
    ],
)  # fmt: skip
def test_what_must_be_mended_is_said_beside_its_field_and_nothing_is_lost(
    web: Made, given: dict[str, str], field: str, said: str
) -> None:
    client, before = web.client("gp"), len(kept(web))
    answer = client.post(f"{PAGE}/decision", data=opened(client, wishes=ARABIC, **given))
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 400
    assert page.title is not None
    assert page.title.get_text().startswith("Error: ")
    summary = page.find(class_="nhsuk-error-summary")
    assert summary is not None
    link = summary.find("a", href=f"#{field}")
    assert link is not None
    assert said in link.get_text()
    assert page.find(id=field) is not None
    assert form_of(answer.text)["wishes"] == ARABIC
    assert len(kept(web)) == before


def test_the_longest_text_in_any_script_is_kept(web: Made) -> None:
    client = web.client("gp")
    long = ("نص طويل " * 500)[:4000].strip()
    save(client, opened(client, outcome="next_week", wishes=long, note=long, attorney=long))
    one = kept(web)[0]
    assert one.wishes == one.note == one.attorney == long


def test_a_mistake_is_taken_back_by_another_decision(web: Made) -> None:
    client = web.client("gp")
    page = save(client, opened(client, **FULL))
    (address,) = re.findall(r'action="([^"]+/undo)"', page)
    token = opened(client)["csrf"]
    assert client.post(address, data={"csrf": token}).status_code == 303
    newest, wrong = kept(web)[:2]
    assert (newest.outcome, newest.share_with_home, newest.wishes) == ("next_week", False, ARABIC)
    assert [a.cancelled_why for a in wrong.actions] == ["Taken back: saved by mistake"] * 2
    assert wrong.outcome == "discussed_actions"
    assert client.post(address, data={"csrf": token}).status_code == 409, "only the newest one"


def test_decisions_are_for_residents_of_ones_own_and_leave_out_who_objects(web: Made) -> None:
    client = web.client("gp")
    form = opened(client, outcome="discussed_nothing")
    for who, status in ((OF_P2, 404), ("nobody", 404), (OBJECTS, 404)):
        assert client.post(f"/residents/{who}/decision", data=form).status_code == status
    lead = web.client("mdt_lead")
    answer = lead.post(f"/residents/{OBJECTS}/decision", data=opened(lead, outcome="discussed_nothing"))
    assert answer.status_code == 409
    assert "Nothing was saved" in answer.text
    assert kept(web, OBJECTS) == ()


def test_an_earlier_week_has_no_form(web: Made) -> None:
    earlier = web.client("gp").get(f"{PAGE}?week=2026-11-09").text
    assert "Record a decision on this week’s page" in text_of(earlier)
    assert "room-review" not in earlier
