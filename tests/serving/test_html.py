"""The page of a list: true to its rows, readable aloud, in plain words, and sealed."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup, Tag
from example_list import AS_OF, STAMP, empty, entry, example, identities, resident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.render.html import html, html_index
from serving.rows import Identity, ListLink, Prompt

FORBIDDEN = re.compile(r"champion|shap\b|log-?odds|percentile|her chance|his chance|elderly|reduces admissions", re.I)
LINKS = [
    ListLink("Oakfield PCN MDT", "mdt", "oakfield-1a2b/list.html", 10, 212, revision=2, warnings=1),
    ListLink("Brook View", "round", None, 0, 0, held_back="medicines records are older than 7 days"),
]
PAGES = {
    "pseudonymous": html(example()),
    "named": html(example(), identities(), STAMP),
    "empty": html(empty()),
    "index": html_index(AS_OF, LINKS),
}


def _page(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def _text(node: Tag) -> str:
    return re.sub(r"\s+", " ", node.get_text(" ")).strip()


def _main(text: str) -> str:
    main = _page(text).main
    assert main is not None
    return _text(main)


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> BeautifulSoup:
    return _page(PAGES[request.param])


def test_language_title_and_landmarks(page: BeautifulSoup) -> None:
    assert page.html is not None
    assert page.html["lang"] == "en-GB"
    assert page.title is not None
    assert page.title.get_text().strip()
    assert len(page.find_all("main")) == len(page.find_all("footer")) == 1
    assert page.select_one("a.skip")["href"] == "#main"  # type: ignore[index]


def test_headings_are_in_order(page: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_say_what_they_are(page: BeautifulSoup) -> None:
    for table in page.find_all("table"):
        assert table.caption is not None
        assert _text(table.caption)
        assert all(cell.get("scope") in ("col", "row") for cell in table.find_all("th"))
        columns = len(table.thead.find_all("th"))
        for row in table.tbody.find_all("tr"):
            assert len(row.find_all(["td", "th"], recursive=False)) == columns
            assert row.th is not None


def test_no_cell_is_empty(page: BeautifulSoup) -> None:
    assert all(_text(cell) for cell in page.find_all(["td", "th", "caption", "dd", "dt", "li", "summary", "h2"]))


def test_ids_are_unique_and_labels_lead_somewhere(page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {tag["aria-labelledby"] for tag in page.find_all(attrs={"aria-labelledby": True})} <= set(ids)


def test_self_contained(page: BeautifulSoup) -> None:
    assert not page.find_all(["script", "link", "img", "iframe", "object", "form"])
    assert not [tag for tag in page.find_all(href=True) if ":" in tag["href"] or tag["href"].startswith("//")]
    style = page.style
    assert style is not None
    assert not re.search(r"url\(|@import|http", style.get_text())


@pytest.mark.parametrize("name", PAGES)
def test_plain_words(name: str) -> None:
    assert not FORBIDDEN.search(PAGES[name])


def test_first_sentence() -> None:
    lead = _page(PAGES["pseudonymous"]).select_one(".lead")
    assert lead is not None
    assert _text(lead).replace("\u00a0", " ").replace(" ;", ";").replace(" .", ".") == (
        "About 9 in 100 people with similar records to those listed have an emergency admission for a potentially "
        "avoidable condition within 28 days; for all 212 residents assessed here it is 2 in 100. "
        "Expect about 1 such admission for every 10 to 12 people listed."
    )


@pytest.mark.parametrize("name", ["pseudonymous", "named", "empty"])
def test_fixed_lines(name: str) -> None:
    text = _main(PAGES[name])
    assert "This list does not know about today. If someone is unwell, follow your usual route." in text
    assert "Not on this page does not mean well" in text
    assert "What the model cannot see" in text


def test_every_resident_stands_under_the_heading_of_the_section() -> None:
    text = _main(PAGES["pseudonymous"])
    headings = {
        "listed": "Review this week",
        "added": "Review this week",
        "below": "Show the next 2 residents",
        "back_from_hospital": "Back from hospital (1)",
        "reviewed": "Reviewed, with nothing new since (1)",
        "in_hospital": "In hospital now (2)",
        "not_estimated": "Not estimated (1)",
        "end_of_life": "Comfort plan: review (1)",
    }
    order = sorted({text.index(heading) for heading in headings.values()})
    for each in example().entries:
        assert text.count(each.resident_id) == 1
        before = [start for start in order if start < text.index(each.resident_id)]
        assert before[-1] == text.index(headings[each.section])


def test_the_capacity_line_parts_listed_and_below() -> None:
    text = _main(PAGES["pseudonymous"])
    line = text.index("Your MDT reviews 10 a week")
    assert text.index(example().section("added")[-1].resident_id) < line
    assert line < text.index(example().section("below")[0].resident_id)


def test_first_row_tells_the_whole_story() -> None:
    row = _text(_page(PAGES["pseudonymous"]).select("table.people tbody tr")[0]).replace("\u00a0", " ")
    for said in (
        "14 in 100",
        "New",
        "Last week: 4 in 100",
        "Any emergency admission: 26 in 100",
        "NEWS2 of 6 on 14 November: check this was acted on",
        "2 falls in the last 28 days (3 and 11 November), none in the 63 days before (main reason)",
        "Consider lying and standing blood pressure (home, if nursing)",
        "Advance care plan not recorded",
        "Missing: no weight between 20 August and 9 November",
    ):
        assert said in row
    assert "frailty" not in row, "the fourth reason is background and is left out"


def test_the_first_four_prompts_are_in_sight_and_the_others_one_click_away() -> None:
    lines = tuple(Prompt(f"p{i}", f"Consider {i}", "Falls and rehabilitation", "GP") for i in range(6))
    (first, *others) = example().entries
    cell = _page(html(replace(example(), entries=(replace(first, prompts=lines), *others)))).select("td.consider")[0]
    folded = cell.find("details")
    assert folded is not None
    assert [_text(one) for one in folded.select("li")] == ["Consider 4 (GP)", "Consider 5 (GP)"]
    assert _text(folded.summary) == "2 more to consider for this resident"
    assert [_text(one) for one in cell.select("ul")[0].select("li")] == [f"Consider {i} (GP)" for i in range(4)]


def test_chance_withheld_keeps_the_rank() -> None:
    one = entry(0, rank=1)
    text = _main(html(replace(example(), entries=(one,), listed_risk=None)))
    assert "1 resident of 212 assessed is listed. No overall chance is shown this week." in text
    assert "Chance not shown" in text


def test_warnings_come_before_the_list() -> None:
    text = _main(html(replace(example(), backdated=True)))
    for warning in ("No ambulance or 111 data since 9 November", "made in hindsight", "It replaces r1"):
        assert text.index(warning) < text.index("Review this week")
    assert "Important" not in _main(PAGES["empty"])


def test_empty_list_says_so() -> None:
    said = (
        "No residents are listed this week for Elm House. 34 residents were assessed on 16 November 2026. "
        "You can still add a resident at your review."
    )
    assert said in _main(PAGES["empty"])
    assert not _page(PAGES["empty"]).select("table")


def test_run_facts_on_page_and_paper() -> None:
    page = _page(PAGES["pseudonymous"])
    footer = _text(page.footer)  # type: ignore[arg-type]
    for fact in ("Monday 16 November 2026", "Sunday 15 November 2026", "7 (in use)", "31 May 2026", "replaces r1"):
        assert fact in footer
    assert "Pseudonyms only" in footer
    style = page.style.get_text()  # type: ignore[union-attr]
    assert "counter(page)" in style
    assert "revision 2 " in style
    assert "data up to 15 November 2026" in style


def test_nobody_is_named_without_identities() -> None:
    for identity in identities().values():
        assert identity.family_name.upper() not in PAGES["pseudonymous"].upper()
        assert identity.nhs_number[-4:] not in PAGES["pseudonymous"]


def test_named_copy() -> None:
    page = _page(PAGES["named"])
    first = _text(page.select("table.people tbody tr th")[0])
    assert first == "Joan WHITFIELD Born 14 July 1952 (74 years) NHS number 999 000 0018 Elm House, room 1"
    assert "999\u00a0000\u00a00018" in PAGES["named"]
    assert resident(0) not in PAGES["named"]
    stamp = page.select_one(".stamp")
    assert stamp is not None
    assert _text(stamp) == (
        "Made for Dr A. Patel on 16 November 2026 at 9:05am. Purpose: MDT meeting, 17 November 2026"
    )
    assert "Made for Dr A\\2e  Patel" in page.style.get_text()  # type: ignore[union-attr]


def test_named_copy_needs_a_stamp() -> None:
    with pytest.raises(ValueError, match="stamp"):
        html(example(), identities())


def test_missing_name_is_said() -> None:
    text = _main(html(example(), {}, STAMP))
    assert resident(0) in text
    assert "Name not known" in text


def test_same_list_same_bytes() -> None:
    assert html(example()) == PAGES["pseudonymous"]
    assert html(example(), identities(), STAMP) == PAGES["named"]
    assert html_index(AS_OF, LINKS) == PAGES["index"]


def test_index_links_and_held_back() -> None:
    page = _page(PAGES["index"])
    assert [a["href"] for a in page.select("main a")] == ["oakfield-1a2b/list.html"]
    assert "Held back medicines records are older than 7 days" in _main(PAGES["index"])
    assert "No lists were made" in _main(html_index(date(2026, 11, 16), []))


@pytest.mark.parametrize("link", ["https://example.org/x", "/etc/x", "../x", "javascript:alert(1)", "a//b", ""])
def test_index_refuses_links_that_lead_away(link: str) -> None:
    with pytest.raises(ValueError, match="relative"):
        html_index(AS_OF, [replace(LINKS[0], link=link)])


_BRACES = str(_page(PAGES["named"]).style).count("{")
_ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["</style><script>", "\"';}{", "a & b < c", "\u202eevil", "عمر", "x" * 300, "\x00\ufffe", "}{{ 7 }}"]
    ),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_name=_ODD, family_name=_ODD, room=_ODD, number=_ODD, for_whom=_ODD, label=_ODD)
def test_odd_names_stay_text(
    given_name: str, family_name: str, room: str, number: str, for_whom: str, label: str
) -> None:
    watchlist = replace(example(), team=replace(example().team, label=label), entries=(entry(0, rank=1, risk=0.1),))
    odd = {resident(0): Identity(given_name, family_name, number, None, room)}
    text = html(watchlist, odd, replace(STAMP, for_whom=for_whom))
    page = _page(text)
    assert not page.find_all("script")
    assert len(page.find_all("style")) == 1
    assert page.style.get_text().count("{") == _BRACES  # type: ignore[union-attr]
    assert "\x00" not in set(text)
    assert text.encode().decode() == text
    shown = page.select_one("table.people tbody th .title bdi")
    assert shown is not None
    assert _text(shown)


def test_a_countrys_lists_stand_folded_by_mdt() -> None:
    mdt = [replace(LINKS[0], label=f"Network {i} MDT", link=f"network-{i}/list.html", of=f"m{i}") for i in range(60)]
    rounds = [
        replace(LINKS[0], label=f"Home {i} {k}", kind="round", link=f"home-{i}-{k}/list.html", of=f"m{i}")
        for i in range(60)
        for k in range(4)
    ]
    page = _page(html_index(AS_OF, [*mdt, *rounds, replace(LINKS[1], label="Brook View")]))
    folded = page.select("main details")
    assert len(folded) == 61
    assert _text(folded[0].summary) == "Network 0 MDT: 5 lists"  # type: ignore[arg-type]
    assert [a["href"] for a in folded[0].select("a")] == [
        "network-0/list.html",
        *(f"home-0-{k}/list.html" for k in range(4)),
    ]
    assert _text(folded[-1].summary) == "Other teams: 1 list, 1 held back"  # type: ignore[arg-type]
    assert "Brook View" in _text(folded[-1])
    assert len({a["href"] for a in page.select("main a")}) == 300
    assert not _page(html_index(AS_OF, mdt)).select("main details"), "a county's stand in one table"
