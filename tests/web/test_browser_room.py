"""The room in a real browser: a week's work from the list to the home, by mouse, by keyboard, without a script."""

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Room, served
from example_list import AS_OF, identities
from looked_at import tab_to
from made_web import MDT, OF_P1, PASSWORD, made
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: make system")
LIST, RESIDENT = f"/lists/{AS_OF}/{MDT}", f"/residents/{OF_P1}"
NAMES = [one.family_name.casefold() for one in identities().values() if len(one.family_name) > 4]
NUMBERS = [one.nhs_number for one in identities().values()]
# Seconds of a practised user by the keystroke-level model (Card, Moran and Newell 1980): to think, point and click; a key.
CLICK, KEY = 1.35 + 1.1 + 0.2, 0.28


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with served(made(tmp_path_factory.mktemp("browser"))) as found:
        yield found
    assert found.asked
    assert all(address.startswith((found.base, "data:")) for address in found.asked), "no request leaves the machine"


class Hands:
    """A person at a page: what they click and type is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.keys = page, 0, 0

    def click(self, role: str, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def write(self, field: str, text: str) -> None:
        self.clicks, self.keys = self.clicks + 1, self.keys + len(text)
        self.page.get_by_label(field, exact=True).fill(text)

    def seconds(self) -> float:
        return self.clicks * CLICK + self.keys * KEY


def test_from_the_list_to_the_home_and_back(room: Room) -> None:
    who = identities()[OF_P1]
    gp = room.person().new_page()
    gp.goto("/sign-in")
    gp.get_by_label("Username").fill("gp")
    gp.get_by_label("Password", exact=True).fill(PASSWORD)
    gp.get_by_role("button", name="Sign in").click()
    gp.goto(LIST)
    assert not gp.locator("td.room-write").first.is_visible(), "columns to write in are for paper"

    hands = Hands(gp)
    hands.click("link", who.family_name.upper())
    hands.click("radio", "Discussed: actions")
    hands.write("Action 1: what", "Lying and standing blood pressure")
    hands.write("Action 2: what", "Review furosemide")
    hands.click("button", "Save decision")
    assert gp.get_by_text("Copy this text into the clinical record").is_visible()
    assert hands.seconds() < 90
    assert "Review furosemide" in gp.get_by_label("Copy this text into the clinical record").input_value()

    home = room.person("home_manager").new_page()
    home.goto("/homes/h1")
    assert who.family_name.upper() not in home.content()
    gp.goto(f"{RESIDENT}/share")
    gp.get_by_role("button", name="Share with Elm House").click()
    home.reload()
    seen = home.locator("main").inner_text()
    assert f"{who.given_name} {who.family_name.upper()}" in seen
    others = [one.family_name.upper() for key, one in identities().items() if key != OF_P1]
    assert not [name for name in others if name in seen]
    assert not [word for word in ("in 100", "Rank", "estimate", "risk") if word in seen]
    assert home.goto(LIST).status == 403  # type: ignore[union-attr]

    gp.goto("/homes/h1/shared")
    gp.get_by_text("Take back", exact=True).first.click()
    gp.get_by_label("Why it is taken back").fill("Back in hospital")
    gp.get_by_role("button", name="Take back now").click()
    home.goto("/homes/h1")
    assert who.family_name.upper() not in home.content()

    data = room.person("data_scientist").new_page()
    for address in ("/", LIST, RESIDENT, "/homes/h1", "/search", "/api/v1/actions", "/about"):
        data.goto(address)
        told = data.content().casefold()
        assert not [one for one in (*NAMES, *NUMBERS) if one in told], address


@pytest.mark.thorough
def test_the_keyboard_alone_decides_and_shares_and_the_focus_is_always_seen(room: Room) -> None:
    page = room.person("gp").new_page()
    keys, role = page.keyboard, page.get_by_role
    wrong: list[str] = []

    def press(part: Locator, key: str = "Enter") -> None:
        wrong.extend(tab_to(page, part))
        keys.press(key)

    def follow(part: Locator) -> None:
        with page.expect_navigation():
            press(part)

    page.goto(LIST)
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    keys.press("Enter")
    follow(role("link", name=identities()[OF_P1].family_name.upper()))
    follow(role("link", name="Record a decision").or_(role("link", name="Decided ")).first)
    press(page.locator("#outcome"), "Space")
    assert page.get_by_label("Discussed: actions").is_checked()
    for number, what in enumerate(("Lying and standing blood pressure", "Review furosemide"), 1):
        wrong.extend(tab_to(page, page.get_by_label(f"Action {number}: what")))
        keys.type(what)
    follow(role("button", name="Save decision").last)
    page.get_by_text("Copy this text into the clinical record").wait_for()
    assert role("status").first.inner_text().startswith("Saved by Pat gp")
    assert page.get_by_text("Review furosemide").first.is_visible()

    follow(role("link", name="Back to the resident’s page"))
    follow(role("link", name="Share what to watch for with"))
    follow(role("button", name="Share with Elm House"))
    assert role("status").inner_text() == "Shared: Joan WHITFIELD"
    assert page.get_by_text("Shown", exact=True).is_visible()
    assert wrong == []


@pytest.mark.thorough
def test_a_decision_needs_no_javascript(room: Room) -> None:
    page = room.person("mdt_lead", java_script_enabled=False).new_page()
    page.goto(RESIDENT)
    page.get_by_role("button", name="Save decision").last.click()
    assert page.get_by_text("Select what you decided").first.is_visible()
    page.get_by_label("Discuss next week").check()
    page.get_by_role("button", name="Save decision").last.click()
    assert page.get_by_text("Copy this text into the clinical record").is_visible()


@pytest.mark.thorough
def test_paper_has_the_list_without_the_controls(room: Room) -> None:
    page = room.person("mdt_lead").new_page()
    page.goto(LIST)
    page.emulate_media(media="print")
    assert page.get_by_text("Joan WHITFIELD").first.is_visible()
    assert not page.get_by_role("button", name="Sign out").is_visible()
    assert page.locator("bdi", has_text="الزهراء").count() == 0, "who objects is on no list"
