"""A list of 500 residents with long, right-to-left and marked names in a real browser, on a phone and on paper."""

import io
import time
from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Room, served
from example_list import AS_OF, resident
from long_list import NAMES, RESIDENTS, long_list, long_names
from looked_at import out_of_place, too_wide
from made_web import MDT, NOW, SCOPES, made
from playwright.sync_api import Page
from pypdf import PdfReader

from serving.access import COMMAND_LINE
from serving.store import accounts

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: make system"), pytest.mark.thorough]
LIST = f"/lists/{AS_OF}/{MDT}"
WIDTHS = (1280, 320)
FOLDED = [
    "Next in order, below the line",
    "In hospital",
    "Not estimated",
    "Comfort plan: review",
    "Left the list since last week",
]
# Whose name is long, right to left twice, and with an apostrophe and marks.
TOLD = [resident(i) for i in range(5)]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    web = made(tmp_path_factory.mktemp("long"), (long_list(),), long_names())
    with served(web) as found:
        yield found


def opened(room: Room, width: int, address: str = LIST) -> Page:
    page = room.person("mdt_lead", viewport={"width": width, "height": 800}).new_page()
    page.goto(address)
    return page


def test_it_opens_while_somebody_waits_for_it(room: Room) -> None:
    page = opened(room, 1280, "/")
    began = time.perf_counter()
    page.get_by_role("link", name="Oakfield PCN MDT").click()
    page.wait_for_url(f"**{LIST}")
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    seconds = time.perf_counter() - began
    assert seconds < 4, f"{seconds:.1f} s from the click to the drawn list"
    assert page.locator("tbody th").count() >= RESIDENTS - 3  # one died, one moved and one objects: told apart


@pytest.mark.parametrize("width", WIDTHS)
def test_every_name_stands_in_its_cell_and_reads_in_order(room: Room, width: int) -> None:
    page = opened(room, width)
    folded = page.locator("main details:not([open]) > summary").all_inner_texts()
    assert [text.strip().rpartition(" ")[0] for text in folded] == FOLDED
    assert too_wide(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert too_wide(page) == []
    assert out_of_place(page) == []
    for who in TOLD:
        page.goto(f"/residents/{who}")
        assert too_wide(page) == []
        assert out_of_place(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_found_and_listed_at_home_names_read_in_order(room: Room, width: int) -> None:
    page = opened(room, width, "/search")
    for given, family in NAMES:
        page.get_by_label("Name or NHS number").fill(family)
        page.get_by_role("button", name="Search").click()
        assert page.get_by_text(given).first.is_visible()
        assert [too_wide(page), out_of_place(page)] == [[], []]
    page.goto("/additions")
    page.get_by_label("Add a resident").fill(NAMES[1][1])
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Add").first.wait_for()
    assert [too_wide(page), out_of_place(page)] == [[], []]


def test_on_paper_each_page_names_its_columns(room: Room) -> None:
    page = opened(room, 1280)
    pages = [one.extract_text() for one in PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages]
    rows = [text for text in pages if "NHS number" in text]
    assert len(rows) < 100
    assert all("Since last week" in text or "What is recorded" in text for text in rows)
    told = " ".join(" ".join(pages).split())
    assert {"FEATHERSTONEHAUGH-", "O’SÚILLEABHÁIN-D'ARCY"} <= set(told.split())
    assert "In hospital (40): open this part on screen before printing" in told
    assert "Add a resident" not in told, "what can only be clicked is not for paper"


def test_whose_name_runs_from_right_to_left_decides_and_the_day_follows_it(room: Room) -> None:
    with room.web.store.transaction() as db:
        scope = SCOPES["mdt_lead"]
        accounts.create(db, COMMAND_LINE, "rtl", "ليلى حداد", "mdt_lead", scope, NOW, subject="rtl")
    page = room.person("rtl", viewport={"width": 1280, "height": 800}).new_page()
    for who in TOLD[1:3]:
        page.goto(f"/residents/{who}")
        page.get_by_label("Discussed: actions").check()
        page.get_by_label("Action 1: what").fill("مراجعة الأدوية")
        page.get_by_role("button", name="Save decision").last.click()
        page.get_by_role("status").first.wait_for()
        assert out_of_place(page) == []
    for address in (f"{LIST}?show=all", f"/residents/{TOLD[1]}", "/actions?show=all"):
        page.goto(address)
        assert page.get_by_text("ليلى حداد").first.is_visible()
        assert out_of_place(page) == []
    page.goto(LIST)
    page.evaluate("document.querySelectorAll('main bdi').forEach((one) => { one.style.unicodeBidi = 'normal' })")
    assert out_of_place(page), "unless names stand apart, the day comes before the name"
