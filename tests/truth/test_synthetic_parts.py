"""Parts of the synthetic county that can be checked on their own."""

import csv
from datetime import date, timedelta
from pathlib import Path

import nhs_number
import numpy as np
import pytest

from features import codelists
from features.synthetic import codes, homes, vitals
from features.synthetic.delays import recording_times
from features.synthetic.draws import keys, pseudonyms, uniforms
from features.synthetic.identities import nhs_numbers
from features.synthetic.jit import key_of
from features.synthetic.season import heat_waves, seasons
from features.synthetic.texts import TEXTS
from features.synthetic.vitals import pulse_points, spo2_points, systolic_points, temperature_points


def test_event_codes_are_the_concepts_with_their_units_and_feeds():
    path = Path(codelists.__file__).with_name("concepts.csv")
    with path.open(newline="") as lines:
        concepts = {row["code"]: row for row in csv.DictReader(lines)}
    for name, feed in zip(codes.NAMES, codes.FEED_OF, strict=True):
        assert concepts[name]["feed"] == codes.FEEDS[feed]
        assert concepts[name]["unit"] == codes.UNITS.get(name, "")


def test_every_code_has_a_constant_of_its_name():
    assert all(getattr(codes, name.upper()) == number for number, name in enumerate(codes.NAMES))


def test_nhs_numbers_are_valid_distinct_test_numbers():
    numbers = nhs_numbers(np.arange(3_000))
    assert len(set(numbers)) == 3_000
    assert all(n.startswith("999") and nhs_number.is_valid(n) for n in numbers)
    assert list(numbers[:3]) == ["9990000018", "9990000026", "9990000034"]


def test_pseudonyms_are_a_permutation_that_depends_on_the_seed():
    numbers = np.arange(200_000)
    first, second = pseudonyms(numbers, 1), pseudonyms(numbers, 2)
    assert len(np.unique(first)) == len(numbers)
    assert first.max() < 1 << 40
    assert not (first == second).any()


def test_random_numbers_depend_only_on_their_counters_and_are_uniform():
    counters = np.arange(40_000)
    stream = keys(1, counters, counters * 0)
    forward, backward = uniforms(stream, counters, 5), uniforms(stream[::-1], counters[::-1], 5)
    assert (forward == backward[::-1]).all()
    assert abs(forward.mean() - 0.5) < 4 / np.sqrt(12 * len(counters))
    assert abs(np.corrcoef(forward, uniforms(stream, counters, 6))[0, 1]) < 4 / np.sqrt(len(counters))
    assert abs(np.corrcoef(forward, uniforms(stream, counters + 1, 5))[0, 1]) < 4 / np.sqrt(len(counters))


@pytest.mark.parametrize(
    ("count", "expected"), [(61, (21, 12, 28)), (122, (42, 24, 56)), (3, (1, 1, 1)), (1, (0, 0, 1))]
)
def test_homes_keep_the_countys_proportions(count, expected):
    assert tuple(homes.split(count)) == expected


def test_residents_scale_the_sizes_of_the_homes():
    made = homes.make_homes(10, 400, seed=3)
    assert made.numbers[:, homes.s.H_BEDS].sum() == 400
    assert len(set(made.ids)) == 10


@pytest.mark.parametrize(
    ("points", "values"),
    [
        (vitals.breaths_points, {8: 3, 9: 1, 11: 1, 12: 0, 20: 0, 21: 2, 24: 2, 25: 3}),
        (spo2_points, {91: 3, 92: 2, 93: 2, 94: 1, 95: 1, 96: 0}),
        (temperature_points, {35.0: 3, 35.1: 1, 36.0: 1, 36.1: 0, 38.0: 0, 38.1: 1, 39.0: 1, 39.1: 2}),
        (systolic_points, {90: 3, 91: 2, 100: 2, 101: 1, 110: 1, 111: 0, 219: 0, 220: 3}),
        (pulse_points, {40: 3, 41: 1, 50: 1, 51: 0, 90: 0, 91: 1, 110: 1, 111: 2, 130: 2, 131: 3}),
    ],
)
def test_news2_points_are_those_of_the_chart(points, values):
    assert {value: points.py_func(value) for value in values} == values


def test_texts_are_distinct():
    assert len(set(TEXTS)) == len(TEXTS)


def test_heat_waves_are_in_summer_the_same_every_time_and_differ_between_years():
    years = {year: heat_waves(year) for year in range(2015, 2035)}
    assert years == {year: heat_waves(year) for year in years}
    assert len({tuple(sorted((d.month, d.day) for d in days)) for days in years.values()}) == len(years)
    assert all(date(y, 6, 1) <= day <= date(y, 9, 15) for y, days in years.items() for day in days)
    assert 4 <= min(map(len, years.values())) <= max(map(len, years.values())) <= 40


def test_seasons_average_one_and_the_heat_of_a_week_is_its_share_of_days():
    dates = [date(2024, 1, 1) + timedelta(days=n) for n in range(4 * 364)]
    found = seasons(dates)
    np.testing.assert_allclose(found[:, :3].mean(axis=0), 1, atol=0.01)
    hot = np.array([day in heat_waves(day.year) for day in dates]).reshape(-1, 7)
    np.testing.assert_allclose(found[:, 3].reshape(-1, 7), hot.mean(axis=1, keepdims=True).repeat(7, axis=1))
    assert 0 < found[:, 3].mean() < 0.1


def test_one_process_can_use_any_seeds_in_any_order():
    """A key above 2**63 after one below it."""
    time, feed, number = np.arange(5), np.zeros(5, np.int64), np.arange(5)
    high, low = key_of(1, 8_000_001, 0), key_of(3, 8_000_001, 0)
    assert low < 2**63 <= high
    first = [recording_times(time, feed, key, number, 0.1).tolist() for key in (low, high, low)]
    assert first[0] == first[2] != first[1]
