import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from models import metrics
from models.bootstrap import home_bootstrap
from models.logistic import fit_intercept, fit_line, logit, sigmoid

ONES = np.ones((1, 300))


@pytest.fixture(scope="module")
def judged():
    rng = np.random.default_rng(3)
    x = np.round(rng.normal(size=300), 1)
    return (rng.random(300) < sigmoid(0.8 * x - 1)).astype(float), x


def test_auroc_and_auprc_agree_with_scikit_learn_on_tied_scores(judged):
    y, x = judged
    w = np.random.default_rng(1).integers(0, 4, 300).astype(float)
    assert metrics.auroc(y, x, ONES)[0] == pytest.approx(roc_auc_score(y, x), abs=1e-12)
    assert metrics.auroc(y, x, w[None])[0] == pytest.approx(roc_auc_score(y, x, sample_weight=w), abs=1e-12)
    assert metrics.auprc(y, x, ONES)[0] == pytest.approx(average_precision_score(y, x), abs=1e-12)
    assert metrics.auprc(y, x, w[None])[0] == pytest.approx(average_precision_score(y, x, sample_weight=w), abs=1e-12)


@given(hnp.arrays(int, 12, elements=st.integers(0, 1)), hnp.arrays(int, 12, elements=st.integers(0, 4)))
def test_auroc_is_the_share_of_pairs_in_order(y, score):
    pairs = [(a > b) + (a == b) / 2 for a, b in itertools.product(score[y == 1], score[y == 0])]
    found = metrics.auroc(y.astype(float), score.astype(float), np.ones((1, 12)))[0]
    assert found == pytest.approx(np.mean(pairs)) if pairs else np.isnan(found)


def test_auroc_under_true_chances_is_the_mean_over_drawn_outcomes(judged):
    _, x = judged
    rng = np.random.default_rng(5)
    p = sigmoid(0.8 * x)
    expected = metrics.auroc(p, x, ONES)[0]
    drawn = [metrics.auroc((rng.random(300) < p).astype(float), x, ONES)[0] for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(expected, abs=0.005)


def test_recalibration_agrees_with_scikit_learn(judged):
    y, x = judged
    w = np.random.default_rng(2).integers(0, 3, 300).astype(float)
    for weights in (np.ones(300), w):
        reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[:, None], y, sample_weight=weights)
        intercept, slope = fit_line(y, x, weights)
        assert slope == pytest.approx(reference.coef_[0, 0], abs=1e-5)
        assert intercept == pytest.approx(reference.intercept_[0], abs=1e-5)


def test_each_row_of_weights_is_its_own_fit(judged):
    y, x = judged
    draws = np.random.default_rng(2).integers(0, 3, (4, 300)).astype(float)
    np.testing.assert_allclose(fit_line(y, x, draws), [fit_line(y, x, w) for w in draws], atol=1e-9)


def test_calibration_measures_on_known_chances():
    rng = np.random.default_rng(4)
    p = sigmoid(rng.normal(-2, 1, 200_000))
    y, w = (rng.random(200_000) < p).astype(float), np.ones((1, 200_000))
    assert metrics.calibration_slope(y, p, w)[0] == pytest.approx(1, abs=0.03)
    assert metrics.calibration_intercept(y, p, w)[0] == pytest.approx(0, abs=0.03)
    assert metrics.observed_expected(y, p, w)[0] == pytest.approx(1, abs=0.03)
    extreme = sigmoid(2 * logit(p))
    assert metrics.calibration_slope(y, extreme, w)[0] == pytest.approx(0.5, abs=0.02)


def test_many_rows_are_thinned_without_moving_the_slope():
    rng = np.random.default_rng(6)
    x = rng.normal(-3, 1, 20_000)
    y, w = (rng.random(20_000) < sigmoid(x)).astype(float), rng.integers(0, 3, (2, 20_000)).astype(float)
    np.testing.assert_allclose(metrics.calibration_slope(y, sigmoid(x), w), fit_line(y, x, w)[:, 1], rtol=1e-3)
    np.testing.assert_allclose(metrics.calibration_intercept(y, sigmoid(x), w), fit_intercept(y, x, w), atol=1e-3)


def test_the_intercept_makes_the_chances_add_up(judged):
    y, x = judged
    a = fit_intercept(y, x)
    assert sigmoid(a + x).sum() == pytest.approx(y.sum())


def test_separated_or_single_outcomes_are_undefined_not_infinite():
    x = np.arange(10.0)
    assert np.isnan(fit_line((x > 4).astype(float), x)).all()
    assert np.isnan(fit_line(np.zeros(10), x)).all()
    assert np.isnan(fit_line((x > 4).astype(float), np.zeros(10))).all()
    assert np.isnan(metrics.auroc(np.zeros(10), x, np.ones((1, 10))))[0]


def test_the_bootstrap_draws_whole_homes():
    homes = np.repeat(np.arange(6), 50)
    bootstrap = home_bootstrap(homes, replicates=300)
    assert (bootstrap.draws.sum(axis=1) == 6).all()
    y = (homes < 3).astype(float)
    found = bootstrap.estimate(lambda w: metrics.prevalence(y, w))
    assert found.value == pytest.approx(0.5)
    # six homes of which half are all events: the standard error is that of six coins, not of 300 rows
    assert found.high - found.low > 0.5
    assert found == home_bootstrap(homes, replicates=300).estimate(lambda w: metrics.prevalence(y, w))


def test_blocks_of_draws_do_not_change_the_interval(monkeypatch):
    bootstrap = home_bootstrap(np.arange(300) % 20)
    y = (np.arange(300) % 3 == 0).astype(float)
    whole = bootstrap.estimate(lambda w: metrics.brier(y, y / 2, w))
    monkeypatch.setattr("models.bootstrap._CELLS", 900)
    assert bootstrap.estimate(lambda w: metrics.brier(y, y / 2, w)) == whole


def test_one_home_gives_no_interval():
    found = home_bootstrap(np.zeros(9)).estimate(lambda w: metrics.prevalence(np.ones(9), w))
    assert found.value == 1
    assert np.isnan([found.low, found.high]).all()
