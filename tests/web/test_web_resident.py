"""What stands on a resident's page beside its sentence: the line of the last weeks."""

from dataclasses import replace
from datetime import date, timedelta

from bs4 import BeautifulSoup
from example_list import AS_OF, TEAM, entry, resident
from made_web import MDT, OF_P1, Made

from serving.published import Appearance
from serving.web.app import create_app
from serving.web.risk_line import HEIGHT, risk_line


def test_the_line_keeps_gaps_starts_at_nought_and_says_when_the_model_changed() -> None:
    def on(weeks_ago: int, risk: float | None) -> Appearance:
        return Appearance(_week(weeks_ago), TEAM, MDT, entry(0, risk=risk))

    earlier = [on(1, 0.12), on(2, None), on(4, 0.004), on(5, 0.03), on(9, 0.9)]
    line = risk_line(on(0, 0.14), earlier, {_week(0): "7", _week(1): "7", _week(5): "6", _week(9): "5"})
    assert line is not None
    assert [(p.as_of, p.number, p.words) for p in line.told] == [
        (_week(5), "3", "3\N{NO-BREAK SPACE}in\N{NO-BREAK SPACE}100"),
        (_week(4), "<1", "fewer than 1 in\N{NO-BREAK SPACE}100"),
        (_week(1), "12", "12\N{NO-BREAK SPACE}in\N{NO-BREAK SPACE}100"),
        (_week(0), "14", "14\N{NO-BREAK SPACE}in\N{NO-BREAK SPACE}100"),
    ]
    assert len(line.points) == 8
    assert [run.count(",") for run in line.runs] == [2, 2]  # no line across the weeks without a chance
    assert [n for n, _ in line.ticks] == [0, 10, 20]  # the chance of nine weeks ago does not stretch the axis
    nought, _, top = (y for _, y in line.ticks)
    drawn = line.points[-1].y
    assert drawn is not None
    assert top < drawn < nought < HEIGHT
    assert abs((nought - drawn) / (nought - top) - 0.14 / 0.20) < 0.01
    assert line.models == 2


def test_one_chance_alone_is_no_line() -> None:
    now = Appearance(AS_OF, TEAM, MDT, entry(0, risk=0.1))
    before = Appearance(_week(1), TEAM, MDT, entry(0, section="in_hospital"))
    assert risk_line(now, [before]) is None
    assert risk_line(now, []) is None


def test_the_page_draws_the_line_beside_the_table_with_a_text_and_no_style_of_its_own(web: Made) -> None:
    page = BeautifulSoup(web.client("mdt_lead").get(f"/residents/{OF_P1}").text, "html.parser")
    chart = page.find("svg", attrs={"aria-labelledby": True})
    assert chart is not None
    named = [page.find(id=name) for name in chart["aria-labelledby"].split()]
    said = " ".join(one.get_text() for one in named if one).replace("\N{NO-BREAK SPACE}", " ")
    assert "9 November 2026: 14 in 100. 16 November 2026: 14 in 100." in said
    assert "2 November 2026: no chance" in said
    assert not page.find_all(style=True)
    assert not chart.find_all("style")


def _week(weeks_ago: int) -> date:
    return AS_OF - timedelta(days=7 * weeks_ago)


def test_how_sure_it_is_tells_what_became_of_such_people_and_no_range_for_one(web: Made) -> None:
    client = web.client("mdt_lead")
    said = _folded(client.get(f"/residents/{OF_P1}").text, "How sure is this?")
    assert (
        "of 100 people whose estimate was 6 in 100 or more (11 on average), about 12 (8 to 16) had an emergency admission"
        in said
    )
    assert "from 1,560 weekly estimates. There is none for one person" in said
    assert "Too few people" not in said
    assert not _folded(client.get(f"/residents/{resident(17)}").text, "How sure is this?")  # not estimated


def test_bars_stand_behind_show_sizes_with_the_words_and_no_figure(web: Made) -> None:
    client = web.client("mdt_lead")
    page = client.get(f"/residents/{OF_P1}").text
    said = _folded(page, "Show sizes")
    assert "A bar is not a share of the risk." in said
    assert "Lost 4.1kg (7%) since 12 August Also raises" in said
    bars = [bar for bar in BeautifulSoup(page, "html.parser").find_all("svg") if "Size" in bar.get("aria-label", "")]
    assert [bar["aria-label"] for bar in bars] == ["Size: main reason", "Size: also raises", "Size: also raises"]
    assert [float(bar.find_all("rect")[1]["width"]) for bar in bars] == [240, 132, 96]
    assert all(not bar.get_text(strip=True) for bar in bars)
    assert not _folded(client.get(f"/residents/{resident(2)}").text, "Show sizes")  # a list from before sizes were kept


def test_each_reason_says_where_it_comes_from_and_how_fresh_that_is(web: Made) -> None:
    client = web.client("mdt_lead")
    first = _words(client.get(f"/residents/{OF_P1}").text)
    assert "(Falls) From: Care home incident log, up to date" in first
    assert "(Medicines) From: Community nursing, no data now" in first
    assert "(Nutrition and hydration) Also raises" in first  # a list from before sources were kept
    third = _words(client.get(f"/residents/{resident(2)}").text)
    assert "(Urgent care use) From: Ambulance and 111, out of date , nothing since 9 November 2026" in third


def test_the_foot_of_every_page_leads_to_who_sees_it_and_whom_to_tell(web: Made) -> None:
    client = web.client("mdt_lead")
    foot = BeautifulSoup(client.get(f"/residents/{OF_P1}").text, "html.parser").find("footer")
    assert foot is not None
    assert "Every view of a resident is logged, with who saw it and when." in foot.get_text()
    about = BeautifulSoup(client.get("/about").text, "html.parser")
    links = {a.get_text(): a["href"] for a in foot.find_all("a")}
    assert set(links) == {"What this service does", "Who can see this", "Accessibility", "Report a problem"}
    assert all(about.find(id=link.partition("#")[2]) for link in links.values() if "#" in link)
    assert "Tell whoever manages accounts" in about.get_text()
    told = replace(web.room, rules=replace(web.room.rules, report_to="the service desk, 01632 960003"))
    page = replace(web, app=create_app(told)).client().get("/about").text
    assert "Tell the service desk, 01632 960003." in BeautifulSoup(page, "html.parser").get_text()


def _words(page: str) -> str:
    text = BeautifulSoup(page, "html.parser").get_text(" ")
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def _folded(page: str, heading: str) -> str:
    """The text of the details under a heading."""
    for details in BeautifulSoup(page, "html.parser").find_all("details"):
        text = " ".join(details.get_text(" ").replace("\N{NO-BREAK SPACE}", " ").split())
        if text.startswith(heading):
            return text
    return ""
