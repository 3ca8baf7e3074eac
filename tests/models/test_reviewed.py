"""Rows of who had been reviewed: a planted effect of reviews misleads a model that keeps them, and the options mend it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, NAMES, made, until

from features.matrix import Matrix
from models import metrics
from models.errors import FitError
from models.evaluate import evaluate
from models.fit import Recipe, fit_model, panel, row_weights
from models.logistic import sigmoid
from models.model import ANY, AVOIDABLE
from models.reviewed import EXPOSURE, LISTED_RISK, PRIOR_USE, TRUNCATED, review_weights
from models.splits import time_split

WEEKS = 40


def reviewed_county(done: float = 0.8, ratio: float = 0.3, *, seed: int = 4):
    """A matrix of which those at highest risk were listed; who was reviewed has `ratio` of the risk. Beside it the risks without
    reviews, and who was listed."""
    matrix, truth = made(residents=260, weeks=WEEKS)
    rng = np.random.default_rng(seed)
    risk = truth["risk"].to_numpy()
    told = sigmoid(np.log(risk / (1 - risk)) + rng.normal(0, 0.5, len(risk)))
    listed = told > np.quantile(told, 0.7)
    chance = done * sigmoid(
        1.5 + 0.8 * (np.log(told) - np.log(told[listed].mean())) + 0.3 * matrix.column("prior_admissions")
    )
    reviewed = listed & (rng.random(len(risk)) < chance)
    y = (rng.random(len(risk)) < np.where(reviewed, ratio * risk, risk)).astype(float)
    rows = matrix.rows.append_column(
        EXPOSURE, pa.array(np.where(reviewed, "reviewed", np.where(listed, "listed", "neither")))
    )
    rows = rows.append_column(LISTED_RISK, pa.array(np.where(listed, told, np.nan), from_pandas=True))
    names = tuple(PRIOR_USE if name == "prior_admissions" else name for name in NAMES)
    return relabelled(Matrix(rows, matrix.X, names), y), risk, listed, reviewed


def recipe(how: str) -> Recipe:
    groups = {PRIOR_USE: "Urgent care use", **GROUPS}
    return Recipe(groups, MONOTONE, "f", "iau_2019", HORIZON, DELAY, replace(QUICK, reviewed=how), 1)


def relabelled(matrix: Matrix, y: np.ndarray) -> Matrix:
    rows = matrix.rows
    for name in ("label", "any_label"):
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(y))
    return Matrix(rows, matrix.X, matrix.names)


@pytest.fixture(scope="module")
def models():
    """The county, how it is split, and the models made of it in three ways; and of its twin in which nobody was
    reviewed."""
    county = reviewed_county()
    matrix, risk, *_ = county
    as_ofs = np.unique(panel(matrix).as_of)
    weeks = {"test_weeks": 6, "calibrate_weeks": 10, "until": until(WEEKS)}
    split = time_split(as_ofs, horizon_days=HORIZON, delay_days=DELAY, **weeks)
    made_of = {how: fit_model(panel(matrix), split, recipe(how)) for how in ("keep", "leave_out", "weight")}
    twin = relabelled(matrix, (np.random.default_rng(104).random(len(risk)) < risk).astype(float))
    return county, split, made_of | {"twin": fit_model(panel(twin), split, recipe("keep"))}


def over(risk: np.ndarray, told: np.ndarray, rows: np.ndarray) -> float:
    """The risk without reviews over what the model says, on some rows."""
    return float(metrics.observed_expected(risk[rows], told[rows], np.ones((1, int(rows.sum()))))[0])


def test_a_kept_review_effect_understates_the_risk_of_the_unreviewed_and_both_options_mend_it(models):
    (matrix, risk, listed, reviewed), split, made_of = models
    test = panel(matrix).mask(split.test) & listed & ~reviewed
    found = {how: np.log(over(risk, model.risk(matrix.X), test)) for how, model in made_of.items()}
    kept, without, weighted = (found[how] - found["twin"] for how in ("keep", "leave_out", "weight"))
    assert kept > np.log(1.35)
    assert abs(without) < kept / 2
    assert abs(weighted) < np.log(1.1)


def test_the_options_are_recorded_and_the_rows_left_out_are_not_counted(models):
    made_of = models[-1]
    for how in ("keep", "leave_out", "weight"):
        assert made_of[how].params["reviewed"] == how
    assert made_of["leave_out"].rows == made_of["weight"].rows < made_of["keep"].rows


def test_figures_of_a_model_made_without_the_reviewed_leave_them_out(models):
    (matrix, _, _, reviewed), split, made_of = models
    test = panel(matrix).mask(split.test)
    y = matrix.rows["label"].to_numpy()
    for how, rows in (("keep", test), ("leave_out", test & ~reviewed)):
        found = evaluate(matrix, split, made_of[how], capacity=CAPACITY).get("observed_expected", "model", "all")
        assert found.value == pytest.approx(y[rows].sum() / made_of[how].risk(matrix.X[rows]).sum(), rel=1e-9)


def test_weights_give_the_share_of_everyone_without_reviews_and_leaving_out_does_not():
    matrix, risk, *_ = reviewed_county()
    part, y = np.ones(len(matrix), bool), matrix.rows["label"].to_numpy()
    without, weighted = (np.average(y, weights=review_weights(matrix, part, how)) for how in ("leave_out", "weight"))
    error = abs(weighted - risk.mean())
    assert error < 0.005
    assert risk.mean() - without > max(0.01, 3 * error)
    assert y.mean() < risk.mean() - 0.01


def test_reviewed_weigh_nothing_others_one_on_average_and_none_above_the_bound():
    matrix, _, listed, reviewed = reviewed_county(done=1.0)
    part = np.arange(len(matrix)) % 3 > 0
    for how in ("leave_out", "weight"):
        weight = review_weights(matrix, part, how)
        assert (weight[part & reviewed] == 0).all()
        assert weight[part & ~reviewed].mean() == pytest.approx(1)
        assert weight.max() <= 1.2 * TRUNCATED
        assert (weight[~part] == 1).all()
    unlisted, others = (weight[part & ~reviewed & mask] for mask in (~listed, listed))
    assert np.ptp(unlisted) == 0
    assert others.min() > unlisted.max()
    assert (review_weights(matrix, part, "keep") == 1).all()


def test_the_chances_are_those_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    matrix, _, _, reviewed = reviewed_county(done=0.7)
    part = np.ones(len(matrix), bool)
    told = matrix.rows[LISTED_RISK].to_numpy()
    listed = ~np.isnan(told)
    X = np.column_stack([np.log(told / (1 - told)), np.log1p(matrix.column(PRIOR_USE))])[listed]
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, reviewed[listed])
    expected = np.ones(len(matrix))
    expected[listed] = 1 / (1 - reference.predict_proba(X)[:, 1])
    expected[reviewed] = 0
    expected /= expected[~reviewed].mean()
    assert expected.max() < TRUNCATED
    assert review_weights(matrix, part, "weight") == pytest.approx(expected, rel=1e-4)


def test_what_cannot_be_done_is_said():
    matrix, *_ = reviewed_county()
    part = np.ones(len(matrix), bool)
    bare = Matrix(matrix.rows.drop_columns([EXPOSURE]), matrix.X, matrix.names)
    with pytest.raises(FitError, match="does not tell who had been listed"):
        review_weights(bare, part, "leave_out")
    assert (review_weights(bare, part, "keep") == 1).all()
    listed = ~np.isnan(matrix.rows[LISTED_RISK].to_numpy())
    rows = matrix.rows.drop_columns([EXPOSURE]).append_column(
        EXPOSURE, pa.array(np.where(listed, "reviewed", "neither"))
    )
    with pytest.raises(FitError, match="nobody can stand for them"):
        review_weights(Matrix(rows, matrix.X, matrix.names), part, "weight")


def test_nobody_listed_changes_nothing():
    matrix, *_ = reviewed_county()
    rows = matrix.rows.drop_columns([EXPOSURE, LISTED_RISK]).append_column(
        EXPOSURE, pa.array(["neither"] * len(matrix))
    )
    plain = Matrix(
        rows.append_column(LISTED_RISK, pa.array([None] * len(matrix), pa.float64())), matrix.X, matrix.names
    )
    data = panel(plain)
    days = tuple(np.unique(data.as_of).tolist()[:5])
    for how in ("leave_out", "weight"):
        assert (row_weights(data, days, AVOIDABLE, False, how) == 1).all()
        assert (row_weights(data, days, ANY, False, how) == 1).all()
