from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.lists import list_codes, list_results, selection


def test_the_highest_are_chosen_and_ties_share_the_last_places():
    score = np.array([5.0, 3.0, 3.0, 3.0, 1.0])
    assert selection(score, np.zeros(5, int), 3).tolist() == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3, 0])


def test_every_list_has_its_own_places():
    score = np.array([1.0, 2.0, 9.0, 8.0])
    assert selection(score, np.array([0, 0, 1, 1]), 1).tolist() == [0, 1, 1, 0]


@given(
    hnp.arrays(int, 20, elements=st.integers(0, 3)),
    hnp.arrays(int, 20, elements=st.integers(0, 3)),
    st.integers(1, 8),
)
def test_it_is_the_mean_over_random_orders_of_ties(score, lists, capacity):
    rng = np.random.default_rng(0)
    drawn = np.zeros(20)
    for _ in range(100):
        for code in np.unique(lists):
            rows = np.flatnonzero(lists == code)
            drawn[sorted(rows, key=lambda i: (-score[i], rng.random()))[:capacity]] += 1 / 100
    chosen = selection(score.astype(float), lists, capacity)
    assert np.abs(chosen - drawn).max() < 0.25
    for code in np.unique(lists):
        assert chosen[lists == code].sum() == pytest.approx(min(capacity, (lists == code).sum()))


def test_results_per_team_and_week():
    team = np.array(["b", "a", "a", "a", "a"])
    as_of = np.array(["2024-01-01", "2024-01-01", "2024-01-01", "2024-01-08", "2024-01-08"], dtype="datetime64[D]")
    y, score = np.array([1.0, 1, 0, 0, 1]), np.array([0.1, 0.9, 0.2, 0.5, 0.5])
    found = list_results("pcn", team, as_of, y, score, 1)
    assert [(r.team, r.as_of, r.residents, r.events, r.hits) for r in found] == [
        ("a", date(2024, 1, 1), 2, 1, 1),
        ("a", date(2024, 1, 8), 2, 1, 0.5),
        ("b", date(2024, 1, 1), 1, 1, 1),
    ]
    assert found[1].ppv == 0.5
    assert found[1].sensitivity == 0.5


def test_sensitivity_without_events_is_undefined():
    found = list_results("pcn", np.array(["a"]), np.array(["2024-01-01"], "datetime64[D]"), np.zeros(1), np.ones(1), 1)
    assert np.isnan(found[0].sensitivity)


def test_codes_name_their_team_and_week():
    codes, teams, days = list_codes(np.array(["b", "a", "b"]), np.array(["2024-01-08", "2024-01-01", "2024-01-08"]))
    assert codes.tolist() == [1, 0, 1]
    assert teams.tolist() == ["a", "b"]
    assert days.tolist() == ["2024-01-01", "2024-01-08"]
