"""Conditions of a table: what they compare, and that a row is told when all its facts hold and no exception does."""

import math
from operator import ge, le

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.conditions import Condition, Gates, conditions

NUMBERS = st.sampled_from((-0.05, 0.0, 1.0, 5.0))
CONDITIONS = st.builds(Condition, st.sampled_from("abc"), st.sampled_from((">=", "<=")), NUMBERS)
SIDES = st.tuples(st.lists(CONDITIONS, max_size=3), st.lists(CONDITIONS, max_size=3))
VALUES = st.fixed_dictionaries(dict.fromkeys("abc", st.one_of(NUMBERS, st.just(math.nan))))


def holds(condition: Condition, values: dict[str, float]) -> bool:
    return (ge if condition.sign == ">=" else le)(values[condition.feature], condition.bound)


@given(st.lists(SIDES, max_size=6), VALUES)
def test_a_row_is_told_when_every_fact_holds_and_no_exception_does(rows: list, values: dict[str, float]) -> None:
    told = [
        row
        for row, (when, not_when) in enumerate(rows)
        if all(holds(c, values) for c in when) and not any(holds(c, values) for c in not_when)
    ]
    assert Gates.of(rows).open(values) == told


def test_a_bound_itself_holds_and_a_missing_value_holds_nothing() -> None:
    assert Gates.of([(conditions("age>=65", "x"), ())]).open({"age": 65.0}) == [0]
    assert Gates.of([(conditions("age>=65", "x"), ())]).open({"age": 64.0}) == []
    assert Gates.of([(conditions("fall_count_91<=0.5", "x"), ())]).open({"fall_count_91": 0.0}) == [0]
    assert Gates.of([(conditions("fall_count_91<=0.5", "x"), ())]).open({"fall_count_91": math.nan}) == []
    assert Gates.of([((), conditions("fall_count_91<=0.5", "x"))]).open({"fall_count_91": math.nan}) == [0]


def test_a_condition_is_a_feature_a_sign_and_a_number() -> None:
    assert conditions("age>=65; fall_count_91<=0.5", "x") == (
        Condition("age", ">=", 65.0),
        Condition("fall_count_91", "<=", 0.5),
    )
    for wrong in ("age=65", "age>=old", "age>=nan", "falls_count_91>=2"):
        with pytest.raises(ValueError, match=f"row x: '{wrong}' is no comparison"):
            conditions(wrong, "x")
