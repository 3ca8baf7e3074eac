from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import HomeroundModelError, SplitError
from models.splits import refit_split, rows_of, time_split

START = date(2023, 1, 2)


def mondays(weeks):
    return [START + timedelta(weeks=i) for i in range(weeks)]


def until_after(weeks, horizon=28, delay=42):
    return START + timedelta(weeks=weeks - 1, days=horizon + delay)


def test_a_long_history_gets_the_weeks_asked_for():
    split = time_split(mondays(120), horizon_days=28, delay_days=42, until=until_after(120))
    assert (len(split.fit), len(split.calibrate), len(split.test)) == (82, 12, 8)
    assert split.test[-1] == mondays(120)[-1]
    assert (split.calibrate[0] - split.fit[-1]).days == 70
    assert (split.test[0] - split.calibrate[-1]).days == 70


def test_weeks_whose_labels_are_not_known_are_left_out():
    until = until_after(120) - timedelta(days=1)
    assert time_split(mondays(120), horizon_days=28, delay_days=42, until=until).test[-1] == mondays(120)[-2]


def test_too_short_a_history_says_what_is_needed():
    with pytest.raises(SplitError, match=r"too short: 20 usable as-ofs .* at least 31 weeks") as raised:
        time_split(mondays(20), horizon_days=28, delay_days=42, until=until_after(20))
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, HomeroundModelError)
    assert raised.value.exit_code == 3


def test_the_length_it_names_is_enough():
    time_split(mondays(31), horizon_days=28, delay_days=42, until=until_after(31))
    with pytest.raises(SplitError):
        time_split(mondays(30), horizon_days=28, delay_days=42, until=until_after(30))


def test_nothing_usable():
    with pytest.raises(SplitError, match="no usable as-of"):
        time_split(mondays(5), horizon_days=28, delay_days=0, until=START)


@given(st.integers(10, 160), st.sampled_from([7, 28, 90]), st.integers(0, 60), st.integers(1, 4))
def test_every_label_was_known_before_the_next_part_began(weeks, horizon, delay, step):
    until = START + timedelta(weeks=weeks)
    try:
        split = time_split(mondays(weeks)[::step], horizon_days=horizon, delay_days=delay, until=until)
    except SplitError:
        return
    known = timedelta(days=horizon + delay)
    assert split.fit[-1] + known <= split.calibrate[0]
    assert split.calibrate[-1] + known <= split.test[0]
    assert split.test[-1] + known <= until
    assert (split.fit[-1] - split.fit[0]).days >= 49


def test_the_refit_uses_the_latest_weeks_to_calibrate():
    split = refit_split(mondays(120), horizon_days=28, delay_days=42, until=until_after(120))
    assert split.calibrate == tuple(mondays(120)[-12:])
    assert split.fit == tuple(mondays(120)[: 120 - 12 - 9])
    assert split.test == ()


def test_a_short_history_is_calibrated_on_fewer_weeks():
    split = refit_split(mondays(25), horizon_days=28, delay_days=42, until=until_after(25))
    assert len(split.fit) >= 8
    assert 3 <= len(split.calibrate) < 12


def test_rows_of():
    as_of = np.array(["2023-01-02", "2023-01-09", "2023-01-02"], dtype="datetime64[D]")
    assert rows_of(as_of, (START,)).tolist() == [True, False, True]
    assert rows_of(as_of, ()).tolist() == [False] * 3
