"""Ideas that are tried on invented counties: they see no label too early, and are judged as they should be."""

from types import SimpleNamespace

import numpy as np
import pytest
from made import DELAY, GROUPS, HORIZON, MONOTONE, made, until

from features.matrix import Matrix
from models.baselines import oracle
from models.boosting import Params
from models.fit import Recipe, panel, text_column
from models.lists import list_codes
from models.splits import time_split
from tests.bench import ideas, tried
from tests.bench.counties import County
from tests.bench.ideas import IDEAS, as_it_is

RECIPE = Recipe(GROUPS, MONOTONE, "", "iau_2019", HORIZON, DELAY, Params(max_rounds=20, num_threads=1), 1)


@pytest.fixture(scope="module")
def county():
    matrix, truth = made(residents=120, weeks=60, level=-2.0)
    season = np.zeros((len(matrix), 2), np.float32)
    matrix = Matrix(matrix.rows, np.column_stack([matrix.X, season]), (*matrix.names, "year_sine", "year_cosine"))
    data = panel(matrix)
    split = time_split(np.unique(data.as_of), horizon_days=HORIZON, delay_days=DELAY, until=until(60))
    test = data.mask(split.test)
    late = test | data.mask(split.calibrate)
    rows = matrix.take(test)
    labels = {f"{head}_{days}": y for head, y in data.labels.items() for days in ideas.OTHER_HORIZONS}
    further = labels | {"fall_count_728": matrix.X[:, 2]}
    mdt = list_codes(text_column(rows, "pcn"), data.as_of[test])[0]
    return County(1, data, split, late, test[late], oracle(rows, truth), data.home[test], mdt, further)


def test_every_idea_ranks_the_later_rows(county, monkeypatch):
    monkeypatch.setattr(ideas, "TRIALS", 2)
    base = as_it_is(county, RECIPE)
    for name, (_, idea) in IDEAS.items():
        margin = idea(county, RECIPE, base)
        assert margin.shape == base.margin.shape, name
        assert np.isfinite(margin).all(), name
        assert np.corrcoef(margin, base.margin)[0, 1] > 0.5, name
        # So few rows are never thinned, and a search may come back to where it began.
        assert name in ("others", "tuned") or not np.array_equal(margin, base.margin), name


def test_past_rates_count_labels_once_they_are_known():
    names = np.array(["a", "a", "a", "b"])
    day = np.array([0, 7, 80, 80])
    events, rows = ideas._past(names, day, np.array([1.0, np.nan, 1.0, 1.0]), 70)
    assert events.tolist() == [0, 0, 1, 0]
    assert rows.tolist() == [0, 0, 1, 0]


def test_labels_of_a_longer_horizon_end_before_they_could_be_known(county):
    y = ideas._horizon(county, "avoidable", 91)
    last = county.data.as_of[~np.isnan(y)].max()
    assert last + np.timedelta64(91 + DELAY, "D") <= np.datetime64(county.split.calibrate[0], "D")


def test_an_idea_that_knows_the_risk_is_better_and_noise_is_not():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(3):
        risk = rng.beta(1, 20, 1_200)
        truth = np.log(risk / (1 - risk))
        base = truth + rng.normal(0, 2, 1_200)
        found.append(
            tried.Margins(
                y=(rng.random(1_200) < risk).astype(float),
                judged=np.arange(1_200) >= 600,
                risk=risk[600:],
                home=np.arange(600) % 20,
                mdt=np.arange(600) % 12,
                margin={tried.BASE: base, "two-years": truth, "tuned": rng.normal(0, 1, 1_200)},
                seconds={tried.BASE: 10.0, "two-years": 4.0, "tuned": 5.0},
            )
        )
    better, worse = (tried.judge(name, found) for name in ("two-years", "tuned"))
    assert better.better
    assert not worse.better
    assert better.log_loss.high < 0 < better.ppv.low
    assert worse.auroc.high < 0
    text = "\n".join(tried.page([better, worse], found))
    assert "| yes |" in text
    assert "| no |" in text


def test_what_comes_on_top_of_the_model_costs_both():
    one = SimpleNamespace(
        y=np.array([0.0, 1.0, 0.0, 1.0] * 4),
        judged=np.arange(16) >= 8,
        risk=np.linspace(0.1, 0.8, 8),
        home=np.arange(8) % 4,
        mdt=np.zeros(8, int),
        margin={tried.BASE: np.arange(16.0) % 5, "logistic": np.arange(16.0) % 7, "companion": np.arange(16.0)},
        seconds={tried.BASE: 10.0, "logistic": 4.0, "companion": 0.1},
    )
    assert tried.judge("logistic", [one]).seconds == 14
    assert np.isnan(tried.judge("companion", [one]).seconds)
