"""Mondays, windows and London's clock."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.asof import DAY, LONDON, instant, local_date, local_days, local_hours, monday_of, mondays, window_starts

HOUR = DAY // 24


def utc(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        (date(2025, 1, 6), "2025-01-06T00:00"),
        (date(2025, 3, 30), "2025-03-30T00:00"),  # clocks go forward that night, after midnight
        (date(2025, 3, 31), "2025-03-30T23:00"),
        (date(2025, 10, 26), "2025-10-25T23:00"),
        (date(2025, 10, 27), "2025-10-27T00:00"),
    ],
)
def test_midnight_is_london_s(day, midnight):
    assert instant(day) == utc(midnight)
    assert local_date(instant(day)) == day
    assert local_date(instant(day) - 1) == day - timedelta(days=1)


def test_mondays_include_both_ends():
    assert mondays(date(2025, 6, 2), date(2025, 6, 16)) == (date(2025, 6, 2), date(2025, 6, 9), date(2025, 6, 16))
    assert mondays(date(2025, 6, 3), date(2025, 6, 15)) == (date(2025, 6, 9),)
    assert mondays(date(2025, 6, 3), date(2025, 6, 8)) == ()
    assert monday_of(date(2025, 6, 8)) == date(2025, 6, 2)


@pytest.mark.parametrize(
    ("as_of", "hours"), [(date(2025, 3, 31), 167), (date(2025, 10, 27), 169), (date(2025, 6, 9), 168)]
)
def test_a_week_is_seven_local_days(as_of, hours):
    assert instant(as_of) - window_starts(as_of, (7,))[0] == hours * HOUR


@given(st.lists(st.integers(utc("1925-01-01"), utc("2035-01-01")), min_size=1, max_size=5))
def test_days_and_hours_are_those_of_the_wall_clock(moments):
    epoch = date(1970, 1, 1)
    assert local_days(np.array(moments)).tolist() == [(local_date(m) - epoch).days for m in moments]
    clocks = [datetime.fromtimestamp(m // 1_000_000, UTC).astimezone(LONDON).hour for m in moments]
    assert local_hours(np.array(moments)).tolist() == clocks


def test_the_hour_that_comes_twice_is_the_same_hour():
    assert local_hours(np.array([utc("2025-10-26T00:30"), utc("2025-10-26T01:30")])).tolist() == [1, 1]
