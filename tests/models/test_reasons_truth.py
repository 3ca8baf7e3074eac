"""Measures of how right reasons are: where the truth is planted they must say exactly what is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from models.reasons_truth import NONE, agreement, by_chance, figure, leading, right, right_or_sign, same

G = 5
numbers = st.floats(-2, 2).map(lambda x: round(x, 2))
tables = st.lists(st.lists(numbers, min_size=G, max_size=G), min_size=1, max_size=6).map(np.array)


def test_a_planted_additive_truth():
    """Three facts weigh 3, 2 and 1 for one resident and the other way round for another."""
    drivers = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    first = np.array([0, 0])
    assert right(first, drivers, 1).tolist() == [1, 0]
    assert right(first, drivers, 2).tolist() == [1, 0]
    assert right(np.array([1, 1]), drivers, 2).tolist() == [1, 1]
    assert agreement(drivers, drivers).tolist() == [1, 1]
    assert agreement(drivers, drivers[::-1]).tolist() == [-1, -1]


def test_only_what_raises_the_risk_leads():
    drivers = np.array([[0.4, -0.1, -0.2]])
    assert leading(drivers, 2).tolist() == [[True, False, False]]
    assert right(np.array([1]), drivers, 2).tolist() == [0]
    assert by_chance(drivers, 2).tolist() == pytest.approx([1 / 3])


def test_no_reason_is_never_right():
    assert right(np.array([NONE]), np.array([[1.0, 2.0]]), 2).tolist() == [0]


def test_a_sign_speaks_for_the_present_illness_only_where_it_leads():
    drivers, ill = (
        np.array([[2.0, 0.0, 1.0]] * 3),
        np.array([[True, False, False], [True, False, False], [False, True, False]]),
    )
    named = np.array([1, 1, 1])
    assert right_or_sign(named, np.array([True, False, True]), ill, drivers, 2).tolist() == [1, 0, 0]
    assert right_or_sign(np.array([2]), np.array([False]), ill[:1], drivers[:1], 2).tolist() == [1]


@given(tables, st.integers(1, G))
def test_perfect_attribution_is_right_wherever_anything_drives(drivers, k):
    named = np.where((drivers > 0).any(axis=1), drivers.argmax(axis=1), NONE)
    assert right(named, drivers, k).tolist() == (drivers > 0).any(axis=1).astype(float).tolist()


@given(tables, st.integers(1, G))
def test_the_chance_level_is_the_mean_over_every_group_that_could_be_drawn(drivers, k):
    every = np.mean([right(np.full(len(drivers), g), drivers, k) for g in range(G)], axis=0)
    assert by_chance(drivers, k) == pytest.approx(every)
    assert (by_chance(drivers, k) <= k / G + 1e-12).all()


@given(tables, st.integers(0, 9))
def test_agreement_is_kendalls_tau_b(one, seed):
    other = np.random.default_rng(seed).integers(-2, 3, one.shape)
    found = agreement(one, other)
    assert found == pytest.approx([kendalltau(a, b).statistic for a, b in zip(one, other, strict=True)], nan_ok=True)
    assert np.allclose(agreement(other, one), found, equal_nan=True)


def test_figures_are_means_over_those_known_with_an_interval_by_home():
    home = np.repeat(np.arange(20), 5)
    values = np.tile([0.0, 1.0, 1.0, 1.0, np.nan], 20)
    found = figure("share", values, home)
    assert (found.value, found.low, found.high, found.n) == (0.75, 0.75, 0.75, 80)
    uneven = figure("share", (home < 5).astype(float), home)
    assert 0 <= uneven.low < uneven.value == 0.25 < uneven.high <= 1
    assert np.isnan(figure("share", np.full(3, np.nan), np.arange(3)).value)


def test_same_names_the_same_group_or_none():
    assert same(np.array([1, 2, NONE]), np.array([1, 3, NONE])).tolist() == [1, 0, 1]
