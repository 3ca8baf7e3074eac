import numpy as np
import pytest
from judging import rows_to_judge
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss

from models.bootstrap import home_bootstrap
from models.calibration import calibration, chance_bins
from models.figures import chance_figures
from models.logistic import logit, sigmoid


@pytest.fixture(scope="module")
def told():
    """Chances that are too extreme and bent, in 20 homes."""
    rng = np.random.default_rng(8)
    x = rng.normal(-2.5, 1.0, 900)
    y = (rng.random(900) < sigmoid(-0.4 + 0.7 * x + 0.15 * (x + 2.5) ** 2)).astype(float)
    return y, sigmoid(x), home_bootstrap(rng.integers(0, 20, 900), replicates=40)


def test_slope_and_intercept_agree_with_statsmodels(told):
    import statsmodels.api as sm

    y, p, boot = told
    found = calibration(y, p, boot)
    for draw in (0, 5):
        w = boot.counts[draw][boot.home]
        line = sm.GLM(y, sm.add_constant(logit(p)), sm.families.Binomial(), freq_weights=w).fit(tol=1e-12)
        level = sm.GLM(y, np.ones(len(y)), sm.families.Binomial(), offset=logit(p), freq_weights=w).fit(tol=1e-12)
        assert found.slope()[draw] == pytest.approx(line.params[1], abs=1e-6)
        assert found.intercept()[draw] == pytest.approx(level.params[0], abs=1e-6)


def plain_curve(y, p, w):
    """The restricted cubic spline of Harrell's book, fitted by a general optimiser."""
    x = logit(p)
    t = np.quantile(x, [0.05, 0.35, 0.65, 0.95])
    columns = [np.ones(len(x)), x]
    for k in t[:2]:
        last, before = np.clip(x - t[3], 0, None) ** 3, np.clip(x - t[2], 0, None) ** 3
        term = np.clip(x - k, 0, None) ** 3 - before * (t[3] - k) / (t[3] - t[2]) + last * (t[2] - k) / (t[3] - t[2])
        columns.append(term / (t[3] - t[0]) ** 2)
    X = np.column_stack(columns)
    loss = lambda b: float(w @ (np.logaddexp(0, X @ b) - y * (X @ b)))  # noqa: E731
    slope = lambda b: X.T @ (w * (sigmoid(X @ b) - y))  # noqa: E731
    fitted = minimize(loss, np.zeros(4), jac=slope, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000})
    return sigmoid(X @ fitted.x)


def test_ici_and_e_max_agree_with_a_plain_recomputation(told):
    y, p, boot = told
    found = calibration(y, p, boot)
    for draw in (0, 3):
        w = boot.counts[draw][boot.home]
        apart = np.abs(plain_curve(y, p, w) - p)
        assert found.ici()[draw] == pytest.approx(np.average(apart, weights=w), rel=1e-3)
        assert found.e_max()[draw] == pytest.approx(apart[w > 0].max(), rel=1e-3)
        assert found.ici_over_base()[draw] == pytest.approx(found.ici()[draw] / np.average(y, weights=w))


def test_thinning_hardly_moves_the_distance():
    rng = np.random.default_rng(2)
    x = rng.normal(-3, 1, 15_000)
    y = (rng.random(15_000) < sigmoid(0.2 + 0.8 * x)).astype(float)
    found = calibration(y, sigmoid(x), home_bootstrap(np.zeros(15_000)))
    plain = np.abs(plain_curve(y, sigmoid(x), np.ones(15_000)) - sigmoid(x)).mean()
    assert found.ici()[0] == pytest.approx(plain, rel=0.01)


def test_true_chances_lie_near_the_curve_and_doubled_ones_do_not():
    rng = np.random.default_rng(5)
    p = sigmoid(rng.normal(-2, 1, 40_000))
    y = (rng.random(40_000) < p).astype(float)
    boot = home_bootstrap(rng.integers(0, 50, 40_000), replicates=20)
    assert calibration(y, p, boot).ici()[0] < 0.01
    assert calibration(y, np.minimum(2 * p, 0.99), boot).ici()[0] == pytest.approx(p.mean(), rel=0.15)


def test_points_hold_the_curve_within_its_interval(told):
    points = calibration(*told).points()
    assert [point.predicted for point in points] == sorted({point.predicted for point in points})
    middle = points[len(points) // 2]
    assert middle.low < middle.observed < middle.high


def test_few_distinct_chances_are_fitted_by_a_line():
    y = np.tile([1.0, 0, 0, 1, 0, 0, 0, 0], 20)
    p = np.tile([0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2], 20)
    y[4] = 1
    found = calibration(y, p, home_bootstrap(np.zeros(len(y))))
    shares = np.array([y[p == 0.2].mean(), y[p == 0.5].mean()])
    np.testing.assert_allclose(np.unique(found.curve[0].round(9)), shares, atol=1e-6)


def test_brier_and_its_skill():
    judged = rows_to_judge()
    p = judged.chances["model"]
    figures = {m.name: m for m in chance_figures(judged, {"model": calibration(judged.y, p, judged.bootstrap)})}
    assert figures["brier"].value == pytest.approx(brier_score_loss(judged.y, p))
    base = np.full(len(p), judged.y.mean())
    assert figures["brier_skill"].value == pytest.approx(
        1 - brier_score_loss(judged.y, p) / brier_score_loss(judged.y, base)
    )
    assert figures["observed_expected"].value == pytest.approx(judged.y.sum() / p.sum())


def test_every_row_falls_in_one_bin_of_chances(told):
    y, p, _ = told
    bins = chance_bins(y, p)
    assert sum(row.n for row in bins) == len(p)
    assert sum(row.events for row in bins) == y.sum()
    row = bins[7]
    assert row.n == ((p >= row.start) & (p < row.end)).sum()
