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
from features.problems import UsageError
from serving.rows import HomeLine, LineKind
from serving.summary.soft_signs import COLUMNS, MOST, Rule, SoftSigns, read

MONDAY = date(2026, 11, 16)
NOTHING = dict.fromkeys(catalogue().names, math.nan)
SIGNS = read()
TABLE = {rule.line.id: rule for rule in SIGNS.rules}


def told(**values: float) -> dict[str, HomeLine]:
    return {line.id: line for line in SIGNS.lines(NOTHING | values, MONDAY, invented=True)}


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
    assert tuple(told().values()) == SIGNS.general(MONDAY, invented=True)


@pytest.mark.parametrize("rule", SIGNS.rules, ids=lambda rule: rule.line.id)
def test_every_row_follows_from_its_facts_and_stops_by_each_exception(rule: Rule) -> None:
    facts = NOTHING | {c.feature: c.bound for c in rule.when}
    alone = SoftSigns((rule,), "")
    assert alone.lines(facts, MONDAY, invented=True) == (rule.line,)
    for c in rule.when:
        assert not alone.lines(facts | {c.feature: math.nan}, MONDAY, invented=True)
    for c in rule.not_when:
        assert not alone.lines(facts | {c.feature: c.bound}, MONDAY, invented=True)


@given(st.sets(st.sampled_from(sorted({c.feature for rule in SIGNS.rules for c in rule.when}))))
def test_a_resident_always_has_two_to_four_signs_and_never_the_same_twice(features: set[str]) -> None:
    bounds = {c.feature: c.bound for rule in SIGNS.rules for c in rule.when if c.feature in features}
    found = tuple(told(**bounds).values())
    assert 2 <= sum(line.kind == "watch" for line in found) <= 4
    assert "tell-usual" in {line.id for line in found}
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


def test_rows_that_nobody_approved_or_that_are_past_review_are_for_invented_people_only() -> None:
    fallen = NOTHING | {"fall_count_28": 1}
    assert SIGNS.lines(fallen, MONDAY, invented=False) == ()
    assert SIGNS.general(MONDAY, invented=False) == ()
    row = TABLE["tell-fall"]
    signed = replace(row, approver="Dr A Patel, clinical lead", review_date=MONDAY)
    assert signed.approved(MONDAY)
    assert not signed.approved(date(2026, 11, 17))
    assert not replace(signed, approver="").approved(MONDAY)
    assert SoftSigns((signed, TABLE["tell-usual"]), "").lines(fallen, MONDAY, invented=False) == (row.line,)


@pytest.mark.parametrize("rule", SIGNS.rules, ids=lambda rule: rule.line.id)
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
    assert reading_age(filter(None, (getattr(rule.line, part) for rule in SIGNS.rules))) <= 11
    assert reading_age(["Monitor hydration status and escalate deterioration to the multidisciplinary team"]) > 16


def test_a_sites_own_table_is_read_and_every_fault_of_it_told_at_once(tmp_path) -> None:
    own = tmp_path / "signs.csv"
    head, rest = ",".join(COLUMNS) + "\n", ",Dr A Patel,2027-11-30\n"
    own.write_text(head + "watch-x,,,watch,Quiet,,,,," + rest, encoding="utf-8-sig")
    (line,) = read(str(own)).lines(NOTHING, MONDAY, invented=False)
    assert line == HomeLine("watch-x", "watch", "Quiet")
    assert read(str(own)).version != SIGNS.version
    rows = ("a,,,later,Quiet,,,,,", "b,falls>=1,,watch,Quiet,,,,,", "c,,,do,Quiet,,,,,", "d,,,tell,Quiet,carers,2,,,", "d,,,tell,Quiet,,,,,",
            "e,,,watch,One two three four five six seven eight nine ten eleven twelve thirteen,,,,,")  # fmt: skip
    own.write_text(head + "".join(row + rest for row in rows) + "f,,,tell,Quiet,,,,,,A,soon\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read(str(own))
    said = str(refused.value)
    for fault in ("row a: kind 'later' is none of watch, do, tell, gp", "row b: 'falls>=1' is no comparison", "row c: a task, and only a task",
                  "row d: a task, and only a task", "row d: stands 2 times", "row e: a line is longer than 12 words",
                  "row f: review_date 'soon' is no date"):  # fmt: skip
        assert fault in said, fault
    for text in ("", "id,when\nx,y\n", head + "x,,,watch\n"):
        own.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="must have rows with the columns"):
            read(str(own))
    with pytest.raises(UsageError, match="cannot be read"):
        read(str(tmp_path / "none.csv"))
