"""What a home is asked to watch for and do follows from facts, in plain words, and only once somebody approved it."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import catalogue
from serving.rows import HomeLine, LineKind
from serving.summary import soft_signs
from serving.summary.soft_signs import MOST, Rule, general_lines, lines, rules

MONDAY = date(2026, 11, 16)
NOTHING = dict.fromkeys(catalogue().names, math.nan)
TABLE = {rule.line.id: rule for rule in rules()}


def told(**values: float) -> dict[str, HomeLine]:
    return {line.id: line for line in lines(NOTHING | values, MONDAY, invented=True)}


def words(line: HomeLine) -> list[str]:
    return [text for text in (line.text, line.because, line.unless) if text]


def syllables(word: str) -> int:
    """Groups of vowels, a silent e left out: near enough for a grade over many words."""
    groups = re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$", "", word.lower()))
    return max(1, len(groups))


def reading_age(lines_: Iterable[str]) -> float:
    """Flesch-Kincaid grade (Kincaid and others 1975) plus 5: the age of a pupil of that grade."""
    lines_ = list(lines_)
    found = [re.findall(r"[A-Za-z]+", line) for line in lines_]
    count = sum(map(len, found))
    return 0.39 * count / len(lines_) + 11.8 * sum(syllables(w) for f in found for w in f) / count - 15.59 + 5


def test_no_facts_leave_what_holds_for_everybody() -> None:
    assert set(told()) == {"watch-usual", "watch-eating", "tell-usual"}
    assert tuple(told().values()) == general_lines(MONDAY, invented=True)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.line.id)
def test_every_row_follows_from_its_facts_and_stops_by_each_exception(rule: Rule) -> None:
    facts = NOTHING | {c.feature: c.bound for c in rule.when}
    assert rule.applies(facts)
    for c in rule.when:
        assert not rule.applies(facts | {c.feature: math.nan})
    for c in rule.not_when:
        assert not rule.applies(facts | {c.feature: c.bound})


@given(st.sets(st.sampled_from(sorted({c.feature for rule in rules() for c in rule.when}))))
def test_a_resident_always_has_two_to_four_signs_and_never_the_same_twice(features: set[str]) -> None:
    bounds = {c.feature: c.bound for rule in rules() for c in rule.when if c.feature in features}
    found = tuple(told(**bounds).values())
    assert 2 <= sum(line.kind == "watch" for line in found) <= 4
    assert any(line.kind == "tell" for line in found)
    assert all(sum(line.kind == kind for line in found) <= MOST[kind] for kind in get_args(LineKind))
    assert len({(line.kind, line.text) for line in found}) == len(found)


def test_drinks_are_not_pressed_on_whom_they_may_harm() -> None:
    drinks = "Offer a drink at every visit; write it down"
    assert told(low_intake_count_7=1)["do-drinks"].unless == "unless fluids are restricted or thickened"
    for name in (
        "fluid_thickness_last_364",
        "feeding_tube_active",
        "heart_failure_ever",
        "end_of_life_register_active",
    ):
        assert drinks not in {line.text for line in told(low_intake_count_7=1, **{name: 1}).values()}, name
    assert "do-drinks-thick" in told(low_intake_count_7=1, fluid_thickness_last_364=2)
    assert "do-drinks-heart" in told(low_intake_count_7=1, heart_failure_ever=1)
    assert "do-sips" in told(low_intake_count_7=1, end_of_life_register_active=1)


def test_food_is_of_the_texture_that_is_safe() -> None:
    assert "do-food" in told(weight_kg_share_91=-0.06, diet_texture_last_364=7)
    soft = told(weight_kg_share_91=-0.06, diet_texture_last_364=5)
    assert "do-food" not in soft
    assert "do-food-texture" in soft


def test_a_home_without_nurses_is_not_asked_for_a_nurses_task() -> None:
    assert "do-standing" in told(fall_count_91=2, home_nursing=1)
    assert "do-standing" not in told(fall_count_91=2, home_nursing=0)


def test_nobody_is_weighed_at_the_end_of_life() -> None:
    assert "do-weigh" in told(weight_kg_share_91=-0.06)
    assert "do-weigh" not in told(weight_kg_share_91=-0.06, end_of_life_register_active=1)


def test_rows_that_nobody_approved_or_that_are_past_review_are_for_invented_people_only(monkeypatch) -> None:
    assert lines(NOTHING | {"fall_count_28": 1}, MONDAY, invented=False) == ()
    row = TABLE["tell-fall"]
    signed = replace(row, approver="Dr A Patel, clinical lead", review_date=MONDAY)
    assert signed.approved(MONDAY)
    assert not signed.approved(date(2026, 11, 17))
    assert not replace(signed, approver="").approved(MONDAY)
    monkeypatch.setattr(soft_signs, "rules", lambda: (signed, replace(TABLE["tell-usual"], approver="")))
    assert lines(NOTHING | {"fall_count_28": 1}, MONDAY, invented=False) == (row.line,)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.line.id)
def test_a_line_is_short_and_plain(rule: Rule) -> None:
    for text in words(rule.line):
        assert len(text.split()) <= 12, text
        assert max(map(len, re.findall(r"[A-Za-z]+", text))) <= 11, text
        assert not re.search(
            r"news|score|risk|chance|\brank|dnacpr|respect form|advance care|monitor|ensure|review|hydrat|nutrition|"
            r"oral|\burin|elderly|water infection|avoid|deteriorat|prioriti|champion|model|likely",
            text.lower(),
        ), text


@pytest.mark.parametrize("part", ["text", "because", "unless"])
def test_the_table_reads_at_eleven(part: str) -> None:
    assert reading_age(filter(None, (getattr(rule.line, part) for rule in rules()))) <= 11
    assert reading_age(["Monitor hydration status and escalate deterioration to the multidisciplinary team"]) > 16


def test_a_row_of_an_unknown_kind_is_named(monkeypatch) -> None:
    head = "id,when,not_when,kind,text,who,within_days,because,unless,card,approver,review_date\n"
    monkeypatch.setattr(soft_signs, "_text", lambda: head + "x,,,later,Something,,,,,,A,2027-01-01\n")
    with pytest.raises(ValueError, match="row x: 'later' is none of watch, do, tell, gp"):
        rules.__wrapped__()
