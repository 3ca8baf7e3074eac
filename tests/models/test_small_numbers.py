"""Small numbers are hidden so that neither a group nor a difference of totals gives them away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.small_numbers import SmallNumbers, hidden_groups

RULES = SmallNumbers(10, 5)


def hidden(*sizes: tuple[int, int]) -> list[bool]:
    """Which groups of (residents, of whom so many had the outcome) are hidden."""
    group = np.repeat(np.arange(len(sizes)), [people for people, _ in sizes])
    y = np.concatenate([np.arange(people) < events for people, events in sizes]).astype(float)
    return hidden_groups(group, np.arange(len(group)), y, RULES).tolist()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(10, 5), (50, 9)], [False, False]),
        (
            [(9, 9), (50, 9), (60, 20)],
            [True, True, False],
        ),  # one alone is told by the total: the next smallest goes too
        ([(90, 4), (50, 9), (60, 20)], [True, True, False]),
        ([(9, 2), (8, 2), (60, 20), (70, 30)], [True, True, True, False]),  # two, and together still a small number
        ([(9, 3), (8, 3), (60, 20)], [True, True, False]),
        ([(9, 5), (50, 9)], [True, True]),
        ([(4, 4)], [True]),
        ([(40, 40)], [False]),
    ],
)
def test_what_is_hidden(sizes, expected):
    assert hidden(*sizes) == expected


people_and_events = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(st.lists(people_and_events, min_size=1, max_size=7))
def test_nothing_leaks_by_subtraction(sizes):
    """From the total and every group shown, only the sum of two or more groups follows, and that is no small number.

    Unless nothing is shown at all. What is hidden goes the smallest first, so that no group is hidden for nothing.
    """
    hide = hidden(*sizes)
    shown = [size for size, gone in zip(sizes, hide, strict=True) if not gone]
    gone = [size for size, gone in zip(sizes, hide, strict=True) if gone]
    assert all(people >= 10 and events >= 5 for people, events in shown)
    if shown and gone:
        assert len(gone) >= 2
        assert sum(people for people, _ in gone) >= 10
        assert sum(events for _, events in gone) >= 5
    if all(people >= 10 and events >= 5 for people, events in sizes):
        assert not gone


def test_a_resident_in_two_hidden_groups_counts_once():
    """Ten rows of seven residents in the hidden groups are seven residents."""
    group = np.array([0] * 5 + [1] * 5 + [2] * 12 + [3] * 12)
    resident = np.array([0, 1, 2, 3, 4, 3, 4, 4, 5, 6, *range(10, 34)])
    assert hidden_groups(group, resident, np.ones(len(group)), RULES).tolist() == [True, True, True, False]


def test_weeks_of_one_person_are_one_person():
    group, resident = np.repeat([0, 1, 2], 60), np.repeat(np.arange(60), 3)
    y = np.ones(180)
    y[:60] = resident[:60] < 3
    assert hidden_groups(group, resident, y, RULES).tolist() == [True, True, False]


def test_what_is_said_is_the_same_of_every_hidden_group():
    assert RULES.said() == "hidden: fewer than 10 residents, or 5 with the outcome, or protects a group that has"
