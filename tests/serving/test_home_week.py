"""Where somebody is by the records and by their home's own word, and whom a home's week talks about."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from example_home import MONDAY, NOW, place
from example_list import AS_OF, HOMES, example, resident

from serving.manifest import Made, Report
from serving.publish import publish
from serving.published import Lists
from serving.register import Home
from serving.summary.week import as_said, listed_at, round_after, week_of


@dataclass(frozen=True)
class Word:
    state: str
    day: date = MONDAY
    home_id: str = "h1"


YESTERDAY = MONDAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("records", "word", "state"),
    [
        ({}, None, "here"),
        ({}, Word("in_hospital", YESTERDAY), "in_hospital"),
        ({}, Word("left", YESTERDAY), "moved"),
        ({"state": "in_hospital", "since": None}, Word("here"), "here"),
        ({"state": "in_hospital", "since": None}, Word("here", YESTERDAY), "in_hospital"),  # may have gone in since
        ({"state": "died"}, Word("here"), "died"),
        ({"home_id": "h2"}, Word("left"), "here"),  # of another home: not theirs to say
        ({"since": MONDAY}, Word("left", YESTERDAY), "here"),  # moved in again since
    ],
)
def test_a_homes_word_outweighs_records_that_come_late_and_nothing_else(records, word, state) -> None:
    assert as_said(place(0, **records), word, NOW).state == state


def test_the_word_is_dated() -> None:
    assert as_said(place(0), Word("in_hospital", YESTERDAY), NOW).since == YESTERDAY


def test_a_week_talks_about_those_inside_the_line_added_or_back_from_hospital(tmp_path: Path) -> None:
    publish(tmp_path, AS_OF, [example()], (), Made({}, "", "", {}), Report())
    week = Lists(tmp_path).week(AS_OF)
    home = HOMES[1][0]
    assert listed_at(week, home, NOW) == {resident(1), resident(5), resident(9), resident(13)}
    assert listed_at(week, home, NOW + timedelta(days=7)) == frozenset(), "lists of an earlier week say nothing of this"
    assert listed_at(None, home, NOW) == frozenset()


def test_the_next_round_is_never_one_that_is_over() -> None:
    home = Home("h1", "Elm House", round_day="Monday")
    assert round_after(home, NOW) == MONDAY
    assert round_after(home, NOW + timedelta(days=1)) == MONDAY + timedelta(days=7)
    assert round_after(replace(home, round_day=""), NOW) is None
    assert week_of(NOW + timedelta(days=6)) == MONDAY
