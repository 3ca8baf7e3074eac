"""The search for parameters: repeatable, blind to later weeks, and no worse than the default where it looks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, made, until

from features.matrix import Matrix
from models import boosting
from models.boosting import Params
from models.errors import FitError
from models.fit import Recipe, panel
from models.model import AVOIDABLE
from models.splits import time_split
from models.train import train
from models.tune import VARIED, Search, inner_folds, table, tune

SMALL = Params(max_rounds=30, learning_rate=0.1, min_child_samples=40, num_threads=1)
RECIPE = Recipe(GROUPS, MONOTONE, "", "iau_2019", HORIZON, DELAY, SMALL, 1)


def split_of(data, weeks=50):
    return time_split(np.unique(data.as_of), horizon_days=HORIZON, delay_days=DELAY, until=until(weeks))


@pytest.fixture(scope="module")
def data(labelled):
    return panel(labelled[0])


@pytest.fixture(scope="module")
def found(data):
    return tune(data, split_of(data), RECIPE, Search(4))


def test_the_first_trial_is_the_default_and_the_best_is_no_worse(found):
    assert found.trials[0].varied == {name: getattr(SMALL, name) for name in VARIED}
    assert found.best_trial.log_loss <= found.trials[0].log_loss
    assert {name: getattr(found.best, name) for name in VARIED} == found.best_trial.varied
    assert found.gain.value == pytest.approx(found.trials[0].log_loss - found.best_trial.log_loss, abs=1e-12)


def test_the_same_seed_finds_the_same_and_another_looks_elsewhere(data, found):
    again = tune(data, split_of(data), RECIPE, Search(4))
    elsewhere = tune(data, split_of(data), replace(RECIPE, seed=2), Search(4))
    assert again == found
    assert [t.varied for t in elsewhere.trials[1:]] != [t.varied for t in found.trials[1:]]


def test_a_random_sampler_can_be_asked_for(data, found):
    # Random search draws as TPE begins, from the same bounds: what differs is how it goes on.
    one = tune(data, split_of(data), RECIPE, Search(2, sampler="random"))
    assert len(one.trials) == 2
    for name, (low, high) in VARIED.items():
        value = one.trials[1].varied[name]
        assert value in (low, high) if isinstance(low, bool) else low <= value <= high


def test_weeks_after_the_fit_weeks_change_nothing(labelled, data, found):
    matrix, split = labelled[0], split_of(data)
    after = data.as_of > np.datetime64(split.fit[-1], "D")
    X = matrix.X.copy()
    X[after] = 1e6 * data.labels[AVOIDABLE][after, None]
    planted = Matrix(matrix.rows, X, matrix.names)
    labels = {head: np.where(after, 1 - y, y) for head, y in data.labels.items()}
    assert tune(replace(data, matrix=planted, labels=labels), split, RECIPE, Search(4)) == found


@given(
    later=st.floats(0.1, 0.6),
    homes=st.integers(3, 9),
    weeks=st.integers(60, 90),
    folds=st.integers(2, 3),
    seed=st.integers(0, 5),
)
@settings(max_examples=25, deadline=None)
def test_folds_judge_later_weeks_of_homes_not_fitted_on(later, homes, weeks, folds, seed):
    data = panel(made(residents=45, weeks=weeks, homes=homes, seed=seed, level=-1.0)[0])
    split, params = split_of(data, weeks), replace(SMALL, folds=folds)
    rows = boosting.fit_rows(data.matrix.X, data.labels[AVOIDABLE], data.home, data.mask(split.fit), params, seed)
    as_of = data.as_of[rows.index]
    try:
        parts = inner_folds(rows, as_of, split, params, Search(1, later=later), seed)
    except FitError:
        return
    for fit, held in parts:
        assert as_of[fit].max() + np.timedelta64(split.embargo_days, "D") <= as_of[held].min()
        assert not set(rows.group[fit]) & set(rows.group[held])
        assert as_of[held].max() <= np.datetime64(split.fit[-1], "D")
    judged = np.concatenate([held for _, held in parts])
    assert len(np.unique(judged)) == len(judged) == (as_of >= as_of[judged].min()).sum()


def test_too_few_events_are_said_in_words():
    data = panel(made(residents=40, weeks=50)[0])
    with pytest.raises(FitError, match=r"Train without --tune"):
        tune(data, split_of(data), RECIPE, Search(1))


@pytest.mark.parametrize(
    ("default", "kept"), [(replace(SMALL, max_rounds=2, learning_rate=0.02), True), (SMALL, False)]
)
def test_parameters_change_only_where_that_earns_its_place(default, kept):
    matrix, _ = made(residents=300, level=-2.0)
    done = train(
        matrix,
        groups=GROUPS,
        monotone=MONOTONE,
        horizon_days=HORIZON,
        delay_days=DELAY,
        until=until(),
        capacity=CAPACITY,
        params=default,
        search=Search(3),
    )
    assert done.tuned.kept is kept
    used = {name: done.model.params[name] for name in VARIED}
    assert used == {name: getattr(done.tuned.best if kept else default, name) for name in VARIED}
    assert done.judged.params == done.model.params


def test_the_table_has_every_trial_best_first(found):
    lines = table(found).splitlines()
    losses = [float(line.split("|")[2]) for line in lines[2:6]]
    assert losses == sorted(losses)
    assert {int(line.split("|")[1]) for line in lines[2:6]} == {0, 1, 2, 3}
    assert ("is used" in lines[-1]) is found.kept
