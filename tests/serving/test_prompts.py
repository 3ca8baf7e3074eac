"""Prompts follow from facts: each line's condition, what switches it off, and on whose word it is shown."""

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from features.catalogue import catalogue
from features.problems import UsageError
from serving.prompt_table import read

TABLE = read()
NOTHING = dict.fromkeys(catalogue().names, math.nan)
MONDAY = date(2026, 11, 16)


def given(**values: float) -> set[str]:
    return {p.id for p in TABLE.prompts(NOTHING | values)}


def approved(by: str = "Dr A Example", until: date = MONDAY, count: int = 1000):
    """The table with its first lines approved until that day."""
    rules = tuple(
        replace(rule, approver=by, review_date=until) if i < count else rule for i, rule in enumerate(TABLE.rules)
    )
    return replace(TABLE, rules=rules)


def site(folder: Path, *changes: tuple[str, str]) -> str:
    """A copy of the table with each text changed to another wherever it stands."""
    text = Path("serving/prompts.csv").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "ours.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_no_facts_no_prompts() -> None:
    assert given() == set()


def test_falls_prompt_unless_at_the_end_of_life() -> None:
    assert "falls-review" in given(fall_count_91=2)
    assert "falls-review" not in given(fall_count_91=1)
    assert "falls-review" not in given(fall_count_91=2, end_of_life_register_active=1)


def test_antipsychotics_are_told_apart_by_learning_disability() -> None:
    taking = {"antipsychotic_active": 1, "dementia_ever": 1}
    assert given(**taking) == {"antipsychotic-review"}
    assert "antipsychotic-review" not in given(**taking, learning_disability_ever=1)
    assert "stomp" in given(**taking, learning_disability_ever=1)


def test_no_dipstick_is_for_65_and_over() -> None:
    assert "no-dipstick" in given(uti_count_91=2, age=65)
    assert "no-dipstick" not in given(uti_count_91=2, age=64)


def test_thickened_drinks_and_modified_diets_have_lines_of_their_own() -> None:
    dry = {"fluid_intake_below_baseline_7": -0.3}
    assert given(**dry, fluid_thickness_last_364=0) == {"hydration"}
    assert given(**dry, fluid_thickness_last_364=2) == {"hydration-thickened"}
    lost = {"weight_kg_share_91": -0.06, "dental_contact_since": 20}
    assert given(**lost, diet_texture_last_364=7) == {"weight-loss"}
    assert given(**lost, diet_texture_last_364=4) == {"weight-loss-texture"}
    assert given(**lost, feeding_tube_active=1) == {"weight-loss-tube"}


def test_a_home_without_nurses_is_sent_to_the_community_nurses() -> None:
    assert given(pressure_ulcer_last_182=2, home_nursing=1) == {"skin"}
    assert given(pressure_ulcer_last_182=2, home_nursing=0) == {"skin-no-nurses"}
    assert given(catheter_active=1, home_nursing=0) == {"catheter-removal-no-nurses"}


def test_every_line_about_drinking_more_names_the_exception() -> None:
    drinks = [rule.prompt.text for rule in TABLE.rules if rule.prompt.id.startswith("hydration")]
    assert len(drinks) == 2
    assert all("unless fluids are restricted" in text for text in drinks)


def test_planning_ahead_is_a_conversation_and_never_for_all() -> None:
    (text,) = [rule.prompt.text for rule in TABLE.rules if "DNACPR" in rule.prompt.text]
    assert "conversation with the resident or their attorney" in text
    assert "never a blanket DNACPR" in text


@pytest.mark.parametrize("rule", TABLE.rules, ids=lambda rule: rule.prompt.id)
def test_every_line_can_be_reached_and_each_of_its_exceptions_switches_it_off(rule) -> None:
    facts = NOTHING | {c.feature: c.bound for c in rule.when}
    assert rule.prompt in TABLE.prompts(facts)
    for exception in rule.not_when:
        assert rule.prompt not in TABLE.prompts(facts | {exception.feature: exception.bound})


def test_no_line_promises_fewer_admissions() -> None:
    assert not [rule for rule in TABLE.rules if "admission" in rule.prompt.text.lower()]


def test_a_line_that_nobody_approved_is_shown_to_nobody_real() -> None:
    facts = NOTHING | {"fall_count_91": 2}
    assert TABLE.shown(MONDAY, invented=False).prompts(facts) == ()
    assert [p.id for p in TABLE.shown(MONDAY, invented=True).prompts(facts)] == ["falls-review"]
    assert [p.id for p in approved().shown(MONDAY, invented=False).prompts(facts)] == ["falls-review"]


def test_a_line_past_its_review_date_is_shown_to_nobody_real() -> None:
    facts = NOTHING | {"fall_count_91": 2}
    late = approved(until=date(2026, 11, 15))
    assert late.shown(MONDAY, invented=False).prompts(facts) == ()
    assert late.shown(date(2026, 11, 9), invented=False).prompts(facts)
    assert late.shown(MONDAY, invented=True).prompts(facts)


def test_what_is_told_of_the_table() -> None:
    lines, version = len(TABLE.rules), TABLE.version
    assert len(version) == 8
    assert approved().shown(MONDAY, invented=False).told() == f"{version}, approved by Dr A Example"
    told = TABLE.shown(MONDAY, invented=False).told()
    assert told == f"{version}; {lines} lines not approved by anyone, not shown"
    some = approved(count=lines - 1).shown(MONDAY, invented=False).told()
    assert some == f"{version}, approved by Dr A Example; 1 line not approved by anyone, not shown"
    late = approved(until=date(2026, 11, 1)).shown(MONDAY, invented=True).told()
    assert late.endswith("lines past the date for review, shown only because every resident is invented")


def test_the_packages_own_table_is_approved_by_nobody() -> None:
    """Nobody who could has looked at it: a site's clinical lead puts a name to each line of a copy."""
    assert {rule.approver for rule in TABLE.rules} == {""}


def test_a_site_has_its_own_copy(tmp_path: Path) -> None:
    ours = read(site(tmp_path, (",,2027-11-30", ",Dr A Example,2027-11-30")))
    assert {rule.approver for rule in ours.rules} == {"Dr A Example"}
    assert ours.version != TABLE.version


def test_every_fault_of_a_copy_is_named_at_once(tmp_path: Path) -> None:
    broken = site(
        tmp_path,
        ("fall_count_91>=2", "falls_count_91>=2"),
        ("Consider constipation", "Give laxatives for constipation"),
        ("\nskin-tears,", "\nskin,"),
    )
    with pytest.raises(UsageError) as refused:
        read(broken)
    said = str(refused.value)
    assert "row falls-review: 'falls_count_91>=2' is no comparison of a feature" in said
    assert "row bowels: text must begin with" in said
    assert "row skin: stands 2 times" in said


def test_a_table_that_is_not_there_or_has_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(str(tmp_path / "none.csv"))
    with pytest.raises(UsageError, match="must have rows with the columns"):
        read(site(tmp_path, (",source,", ",guidance,")))
