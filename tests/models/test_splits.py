from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import HomeroundModelError, SplitError
from models.splits import pooled_split, refit_split, rolling_splits, rows_of, time_split

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


SPAN = {"horizon_days": 28, "delay_days": 42}


def test_folds_are_laid_out_from_the_latest_week_backwards():
    folds = rolling_splits(mondays(146), until=until_after(146), **SPAN)
    assert [len(fold.test) for fold in folds] == [8] * 4
    assert [day for fold in folds for day in fold.test] == mondays(146)[-32:]
    assert [len(fold.calibrate) for fold in folds] == [12] * 4
    assert folds[-1].fit[0] == mondays(146)[0]
    assert [fold.until for fold in folds] == [fold.test[0] - timedelta(days=1) for fold in folds]


def test_a_fold_learns_from_no_more_weeks_than_training_does():
    old, new = rolling_splits(
        mondays(146), until=until_after(146), folds=2, test_weeks=4, step_weeks=20, training_weeks=60, **SPAN
    )
    assert (new.test[0] - old.test[0]).days == 140
    for fold in (old, new):
        assert (fold.calibrate[-1] - fold.fit[0]).days == 59 * 7


def test_too_short_a_history_says_how_many_folds_it_carries():
    with pytest.raises(SplitError, match=r"at least 61 weeks .* it carries 2 of the 4 folds"):
        rolling_splits(mondays(52), until=until_after(52), **SPAN)
    assert len(rolling_splits(mondays(61), until=until_after(61), **SPAN)) == 4
    with pytest.raises(SplitError, match=r"no usable as-of .* it carries 0 of the 4 folds"):
        rolling_splits([], until=START, **SPAN)


def test_overlapping_test_weeks_are_refused():
    with pytest.raises(SplitError, match="would overlap"):
        rolling_splits(mondays(146), until=until_after(146), step_weeks=7, **SPAN)


@st.composite
def histories(draw):
    weeks = draw(st.integers(30, 170))
    kept = draw(st.one_of(st.just(set(range(weeks))), st.sets(st.integers(0, weeks - 1), min_size=weeks // 2)))
    return [START + timedelta(weeks=i) for i in sorted(kept)]


@given(histories(), st.sampled_from([7, 28, 90]), st.integers(0, 60), st.integers(1, 5), st.integers(1, 9), st.data())
def test_no_label_of_a_fold_crosses_into_its_next_part(as_ofs, horizon, delay, folds, test_weeks, data):
    until = as_ofs[-1] + timedelta(days=data.draw(st.integers(0, horizon + delay + 10)))
    span = {"horizon_days": horizon, "delay_days": delay, "until": until, "test_weeks": test_weeks}
    span |= {"step_weeks": test_weeks + data.draw(st.integers(0, 5)), "training_weeks": data.draw(st.integers(20, 140))}
    try:
        found = rolling_splits(as_ofs, folds=folds, **span)
    except SplitError as error:
        carries = int(str(error).partition("it carries ")[2].split()[0])
        assert carries < folds
        assert not carries or len(rolling_splits(as_ofs, folds=carries, **span)) == carries
        return
    known = timedelta(days=horizon + delay)
    for fold in found:
        assert fold.embargo_days == horizon + delay
        assert fold.fit[-1] + known <= fold.calibrate[0]
        assert fold.calibrate[-1] + known <= fold.test[0]
        assert fold.test[-1] + known <= until
        assert fold.until < fold.test[0]
        assert (fold.fit[-1] - fold.fit[0]).days >= 49
        assert (fold.test[-1] - fold.test[0]).days < 7 * test_weeks
        assert (fold.calibrate[-1] - fold.fit[0]).days < 7 * span["training_weeks"]
    assert len(found) == folds
    for earlier, later in pairwise(found):
        assert earlier.test[-1] < later.test[0]
        assert earlier.calibrate[-1] < later.calibrate[-1]
    whole = pooled_split(found)
    assert whole.calibrate[-1] + known <= whole.test[0]
    assert list(whole.test) == sorted(set(whole.test))
    assert whole.until == found[-1].until
