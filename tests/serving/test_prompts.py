"""Prompts follow from facts: each row's condition, what switches it off, and who approved it."""

import math

import pytest

from features.catalogue import catalogue
from serving.prompts import conditions, prompts, rules, version

NOTHING = dict.fromkeys(catalogue().names, math.nan)


def given(**values: float) -> set[str]:
    return {p.id for p in prompts(NOTHING | values)}


def test_no_facts_no_prompts() -> None:
    assert given() == set()


def test_falls_prompt_unless_at_the_end_of_life() -> None:
    assert "falls-review" in given(fall_count_91=2)
    assert "falls-review" not in given(fall_count_91=1)
    assert "falls-review" not in given(fall_count_91=2, end_of_life_register_active=1)


def test_antipsychotics_are_told_apart_by_the_kind_of_home() -> None:
    taking = {"antipsychotic_active": 1, "dementia_ever": 1}
    assert given(**taking) == {"antipsychotic-review"}
    assert given(**taking, home_learning_disability=1) == {"stomp"}


def test_no_dipstick_is_for_65_and_over() -> None:
    assert "no-dipstick" in given(uti_count_91=2, age=65)
    assert "no-dipstick" not in given(uti_count_91=2, age=64)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.prompt.id)
def test_every_row_can_be_reached_and_is_approved(rule) -> None:
    facts = {c.feature: c.bound for c in rule.when}
    assert rule.prompt in prompts(NOTHING | facts)
    assert rule.approver
    assert rule.prompt.audience in {"GP", "pharmacist", "home", "MDT lead"}


def test_no_prompt_orders_treatment_and_none_promises_less_admissions() -> None:
    for rule in rules():
        assert rule.prompt.text.startswith(("Consider", "Same-day check", "Care plan")), rule.prompt.text
        assert "reduce admissions" not in rule.prompt.text.lower()


def test_an_unknown_feature_in_the_table_is_named() -> None:
    with pytest.raises(ValueError, match="falls_count_91>=2"):
        conditions("falls_count_91>=2", "x")


def test_the_version_is_the_tables_content() -> None:
    assert len(version()) == 8
