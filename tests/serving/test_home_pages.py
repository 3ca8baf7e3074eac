"""The home's page and cards on paper: what stands there, what never does, four residents to a sheet."""

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup
from example_home import EVERYTHING, NUMBERS, identity, place, release, residents, summary, told

from serving.render.pdf import to_pdf
from serving.summary.page import card_page, summary_page
from serving.summary.release import Told


def text_of(page: str) -> str:
    body = BeautifulSoup(page, "html.parser").body
    return " ".join(body.get_text(" ").split())


def test_the_page_says_who_until_when_what_and_whom_to_ring() -> None:
    text = text_of(summary_page(summary()))
    for words in (
        "Elm House : weekly summary for staff",
        "Week of Monday 16 November 2026. Use until Sunday 22 November , then destroy.",
        "From Oakfield Surgery: Dr A Patel, GP",
        "999 in an emergency",
        "Ring us: 01632 960001 (8am to 6:30pm, Monday to Friday)",
        "Urgent response team: 01632 960002",
        "Other times: 111",
        "3 residents to look out for. 1 more will be talked about at the home round on Tuesday 17 November.",
        "Not on this page does not mean well",
        "Joan WHITFIELD · room 3 · born 14 July 1938 · we talk again Tuesday 17 November",
        "Change the dressing on the left leg (nurse, by Wednesday)",
        "Check shoes, glasses, lights and clear floor (carers, by Thursday)",
        "Offer a drink at every visit; write it down, unless fluids are restricted or thickened (carers, all week)",
        "What we will do Look at medicines and blood pressure after falls (GP, by Sunday)",
        "What have you noticed?",
    ):
        assert words in text, words


def test_the_page_never_says_what_a_home_must_not_be_told() -> None:
    """Released or not: no score, no plan for the end of life, no number, nobody else."""
    page = summary_page(summary(4)) + card_page(summary(4))
    assert "Zofia" not in page
    assert not re.search(
        r"chance|score|\brank|\d+ in 100|high risk|dnacpr|advance care|depriv|ethnic|model|h1\b\W*id",
        text_of(page).lower(),
    )
    assert not any(number in re.sub(r"\D", "", page) for number in NUMBERS)
    assert not re.search(r"\br[0-4]\b", page)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (set(), "No residents need extra checks this week from this list. Carry on with usual care."),
        ({"r0"}, "1 resident will be talked about at the home round on Tuesday 17 November."),
        ({"r0", "r1"}, "Nothing has been shared with you for this week yet."),
    ],
)
def test_an_empty_page_does_not_reassure_while_somebody_waits(listed: set[str], words: str) -> None:
    text = text_of(summary_page(summary(0, listed=listed)))
    assert words in text
    assert ("No residents need" in text) == (not listed)


def test_a_name_cannot_become_part_of_the_page() -> None:
    evil = replace(identity(0), family_name="<script>alert(1)</script>", room='"><b>3')
    page = summary_page(summary(1, residents=replace(residents(), people={"r0": evil})))
    assert "<script" not in page
    assert "<b>" not in page


def test_no_page_asks_for_anything_outside_itself() -> None:
    for page in (summary_page(summary()), card_page(summary())):
        soup = BeautifulSoup(page, "html.parser")
        assert not soup.find_all(["script", "img", "link", "iframe"])
        assert not re.search(r"url\(|@import|https?:", page)
        assert soup.html["lang"] == "en-GB"
        assert len(soup.find_all("h1")) >= 1


def test_four_of_the_longest_residents_fit_one_sheet_and_the_fifth_begins_another() -> None:
    from pypdf import PdfReader

    full = Told(told(**EVERYTHING), release(0).told.tasks, date(2026, 11, 17))
    for count, pages in ((4, 1), (5, 2)):
        made = to_pdf(summary_page(summary(releases=[release(i, told=full) for i in range(count)], listed=set())))
        reader = PdfReader(io.BytesIO(made))
        assert len(reader.pages) == pages
        assert reader.metadata.title == "Elm House: weekly summary for staff, week of 16 November 2026"
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert "Page 2 of 2" in reader.pages[1].extract_text()
    assert "Use until Sunday 22 November" in reader.pages[1].extract_text()


def test_a_card_is_for_whom_food_or_drink_is_asked_for() -> None:
    from pypdf import PdfReader

    soup = BeautifulSoup(card_page(summary(3)), "html.parser")
    assert [h1.get_text() for h1 in soup.find_all("h1")] == ["Arthur PELL"]
    text = text_of(str(soup))
    assert "Born 15 July 1938 · room 12" in text
    assert "unless fluids are restricted or thickened" in text
    assert "Choking: 999." in text
    made = PdfReader(io.BytesIO(to_pdf(card_page(summary(4)))))
    assert len(made.pages) == 2
    assert [round(float(side) / 72 * 25.4) for side in made.pages[0].mediabox[2:]] == [148, 210]
    assert "Nobody needs a card" in card_page(summary(1))


def test_in_hospital_since_the_release_is_off_the_page_and_the_card() -> None:
    gone = summary(3, residents=residents(r1=place(1, state="in_hospital")))
    assert "PELL" not in summary_page(gone) + card_page(gone)
