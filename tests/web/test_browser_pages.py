"""Every page of a room in use, for everybody's eyes and tools: WCAG 2.2 AA by axe, 320 pixels, large and spaced text."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from browser import CHROMIUM, Room, served
from example_list import AS_OF, resident
from looked_at import faults, text_doubled, text_spaced, too_wide
from made_web import HELD, MDT, OF_P1, OF_P2, ROUND, Made, made
from playwright.sync_api import Page
from test_web_actions import add
from test_web_decisions import opened, save
from test_web_homes import share
from test_web_model import INFO, KEPT, MONITORED

from serving.model_files import Found
from serving.publish import team_slug

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: make system"), pytest.mark.thorough]
LIST, RESIDENT, EARLIER = f"/lists/{AS_OF}/{MDT}", f"/residents/{OF_P1}", AS_OF - timedelta(days=7)
BELOW = resident(12)  # of Elm House, and not listed
PAGES = {
    "": ("/sign-in", "/about", "/nothing-here"),
    "mdt_lead": (
        "/", "/lists", f"/lists/{EARLIER}", f"/lists/{EARLIER}/{MDT}", "/weeks", LIST, f"{LIST}?show=new&home=h2",
        f"/lists/{AS_OF}/{ROUND}", f"/lists/{AS_OF}/{team_slug(HELD)}", f"{LIST}/files", "/search",
        RESIDENT, f"{RESIDENT}/share", f"{RESIDENT}/add", f"/residents/{resident(5)}",
        "/actions?show=all", "/actions?show=overdue", "/actions?show=settled", "/additions",
        "/homes", "/homes/h1", "/homes/h1/shared", "/model", "/password",
    ),
    "home_manager": ("/homes", "/homes/h1", "/homes/h1/roster", "/homes/h1/ask", "/additions"),
    "data_scientist": ("/model",),
    "administrator": ("/accounts", "/accounts/new", "/accounts/1", "/accounts/2", "/accounts/3", "/trail", "/trail/check"),
}  # fmt: skip
# Who reads these does so every week.
IN_USE = {
    "mdt_lead": (LIST, RESIDENT, f"{RESIDENT}/share", "/actions?show=all"),
    "home_manager": ("/homes/h1", "/homes/h1/roster", "/homes/h1/ask"),
}


def in_use(folder: Path) -> Made:
    """A room in the middle of its week: decided, asked, answered, shared, and with a model to look at."""
    web = made(folder)
    web.room.model._kept["found"] = (float("inf"), Found(KEPT, (INFO,), MONITORED))
    gp, home = web.client("gp"), web.client("home_manager")
    actions = {"actions-0-what": "Lying and standing blood pressure", "actions-0-due_on": "2026-11-19",
               "actions-1-what": "Check the feet", "actions-1-owner": "Elm House"}  # fmt: skip
    save(gp, opened(gp, outcome="discussed_actions", note="Lives by the window", **actions))
    share(gp)
    add(home, BELOW, why="Not herself since Friday, eating half of her meals", who="family")
    return web


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with served(in_use(tmp_path_factory.mktemp("pages"))) as found:
        yield found


def opened_at(room: Room, role: str, width: int) -> Page:
    return room.person(role, viewport={"width": width, "height": 800}).new_page()


@pytest.mark.parametrize("role", PAGES)
def test_pages_are_for_everybody_and_fit_a_narrow_window(room: Room, role: str) -> None:
    page = opened_at(room, role, 320)
    wrong: list[str] = []
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
    for address in PAGES[role]:
        answer = page.goto(address)
        assert answer
        assert answer.status == (404 if address == "/nothing-here" else 200), address
        assert [faults(page), too_wide(page)] == [[], []], address
    assert not wrong


def test_pages_keep_their_text_in_a_wide_window(room: Room) -> None:
    for role, addresses in PAGES.items():
        page = opened_at(room, role, 1280)
        for address in addresses:
            page.goto(address)
            assert too_wide(page) == [], address


@pytest.mark.parametrize("role", IN_USE)
def test_pages_in_daily_use_are_clean_in_a_wide_window_and_their_text_can_be_changed(room: Room, role: str) -> None:
    page, narrow = opened_at(room, role, 1280), opened_at(room, role, 320)
    for address in IN_USE[role]:
        page.goto(address)
        assert faults(page) == [], address
        for window, changed in ((page, text_doubled), (page, text_spaced), (narrow, text_spaced)):
            window.goto(address)
            changed(window)
            assert too_wide(window) == [], (address, changed.__name__)


def test_what_was_wrong_with_a_form_is_told_and_leads_to_its_field(room: Room) -> None:
    for role, address, button, field in (
        ("mdt_lead", RESIDENT, "Save decision", "outcome"),
        ("mdt_lead", f"{RESIDENT}/add", "Add to the list", "why"),
        ("mdt_lead", f"{LIST}/files", "Download", "format"),
        ("home_manager", "/homes/h1/ask", "Send", "who"),
        ("administrator", "/accounts/new", "Add account", "name"),
    ):
        page = opened_at(room, role, 320)
        page.goto(address)
        page.get_by_role("button", name=button).last.click()
        told = page.get_by_role("alert").first
        assert told.is_visible(), address
        assert [faults(page), too_wide(page)] == [[], []], address
        page.locator(f".nhsuk-error-summary a[href='#{field}']").click()
        assert page.evaluate("document.activeElement.id") == field, address
        assert page.title().startswith("Error: ")


def test_the_page_of_what_was_saved_and_the_answers_of_a_week(room: Room) -> None:
    page = opened_at(room, "mdt_lead", 320)
    page.goto(f"/residents/{OF_P2}")
    page.get_by_label("Discuss next week").check()
    page.get_by_role("button", name="Save decision").last.click()
    assert page.get_by_role("status").first.inner_text().startswith("Saved by Pat mdt_lead")
    assert [faults(page), too_wide(page)] == [[], []]
    page.get_by_role("button", name="Copy text").click()
    page.get_by_role("status").filter(has_text="Cop").wait_for()
    page.goto("/additions")
    page.get_by_label("Answer", exact=True).select_option("Seen or dealt with already")
    page.get_by_label("Words to").fill("Seen on Tuesday")
    page.get_by_role("button", name="Send the answer").click()
    assert page.get_by_role("status").inner_text() == "Answered: Edith BOYLE"
    page.get_by_text("Seen on Tuesday").wait_for()
    assert [faults(page), too_wide(page)] == [[], []]
    page.goto("/actions?show=all")
    page.get_by_role("button", name="Done").first.click()
    assert page.get_by_role("status").inner_text().startswith("Done: ")
    assert faults(page) == []
    page.goto("/actions?show=settled")
    page.get_by_text("Done 18 November 2026").wait_for()
    assert [faults(page), too_wide(page)] == [[], []]
