"""Residents judged apart: their own calibration where outcomes suffice, and the model additive all the same."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, HORIZON, MONOTONE, NAMES, made, until

from features.matrix import Matrix
from models.calibrate import CalibrationRows, calibrate, platt
from models.card import card_of, render
from models.card.counts import count
from models.evaluate import evaluate
from models.explain import grouped_contributions
from models.fit import Recipe, fit_model, panel
from models.logistic import logit, sigmoid
from models.model import ANY, AVOIDABLE, Model
from models.splits import time_split
from models.strata import MIN_RESIDENTS, STRATA, Calibration, present

MORE = ("end_of_life_register_active", "learning_disability_ever", "home_learning_disability")
WIDE = (*NAMES, *MORE)
WEEKS = 36


def widened(matrix: Matrix, dying: np.ndarray, disabled: np.ndarray) -> Matrix:
    """The matrix with the features that tell the strata."""
    flags = np.column_stack([dying, disabled, np.full(len(matrix), np.nan)]).astype(np.float32)
    return Matrix(matrix.rows, np.hstack([matrix.X, flags]), WIDE)


@pytest.fixture(scope="module")
def planted():
    """After the weeks of fitting, residents at the end of life are admitted far more than their features say."""
    matrix, truth = made(residents=700, weeks=WEEKS, homes=20)
    rng = np.random.default_rng(4)
    who = np.unique(np.array(matrix.rows["resident_id"].to_pylist()), return_inverse=True)[1]
    dying, disabled = (who % 2 == 0), (who % 9 == 1)
    late = np.array(matrix.rows["as_of"].to_pylist()) > np.array(split().fit[-1])
    risk = sigmoid(logit(truth["risk"].to_numpy()) + 1.2 * (dying & late))
    y = (rng.random(len(risk)) < risk).astype(float)
    any_y = np.maximum(y, rng.random(len(y)) < 0.05)
    rows = matrix.rows.set_column(matrix.rows.column_names.index("label"), "label", [y])
    rows = rows.set_column(rows.column_names.index("any_label"), "any_label", [any_y])
    return widened(Matrix(rows, matrix.X, NAMES), dying, disabled)


def split():
    days = panel(made(residents=1, weeks=WEEKS)[0]).as_of
    return time_split(days, horizon_days=HORIZON, delay_days=DELAY, until=until(WEEKS), test_weeks=4, calibrate_weeks=6)


@pytest.fixture(scope="module")
def model(planted) -> Model:
    groups = dict.fromkeys(WIDE, "Background") | {"falls_28": "Falls"}
    recipe = Recipe(groups, MONOTONE, "mark", "iau_2019", HORIZON, DELAY, QUICK, 1)
    return fit_model(panel(planted), split(), recipe)


def test_a_stratum_with_enough_outcomes_has_its_own_calibration(model):
    dying, disabled = model.heads[AVOIDABLE].strata
    assert (dying.name, dying.own, dying.residents >= MIN_RESIDENTS) == ("end_of_life", True, True)
    assert (disabled.name, disabled.own) == ("learning_disability", False)
    assert 0 < disabled.residents < MIN_RESIDENTS
    assert (disabled.a, disabled.b) == (model.heads[AVOIDABLE].a, model.heads[AVOIDABLE].b)
    assert [WIDE[i] for i in disabled.columns] == list(MORE[1:])


def test_a_planted_miscalibration_is_corrected(model, planted):
    found = evaluate(planted, split(), model, capacity=CAPACITY)
    own = found.get("observed_expected", view="end_of_life")
    assert own.low < 1 < own.high
    shared = replace(model, heads={**model.heads, AVOIDABLE: replace(model.heads[AVOIDABLE], strata=())})
    dying, X = planted.column(MORE[0]) > 0, planted.X
    test = np.isin(panel(planted).as_of, np.array(split().test, "datetime64[D]"))
    events = panel(planted).labels[AVOIDABLE][test & dying].sum()
    assert events / shared.risk(X[test & dying]).sum() > 1.6
    assert found.get("observed_expected").low < 1 < found.get("observed_expected").high


def test_contributions_add_up_to_the_chance_shown_in_every_stratum(model, planted):
    X = planted.X[:2000]
    assert {*model.not_validated(X)} == {"", "learning_disability"}
    values, base = model.contributions(X)
    np.testing.assert_allclose(base + values.sum(axis=1), logit(model.risk(X)), atol=1e-9)
    np.testing.assert_allclose(grouped_contributions(model, X).log_odds, logit(model.risk(X)), atol=1e-9)
    assert len(np.unique(base.round(9))) == 2
    head = model.heads[AVOIDABLE]
    for name, line in (("end_of_life", head.strata[0]), ("", head)):
        rows = X[(X[:, 6] > 0) == (name == "end_of_life")]
        np.testing.assert_allclose(model.risk(rows), sigmoid(line.a * model.margin(rows) + line.b))


def test_the_served_model_says_the_same(model, planted, tmp_path):
    import pandas as pd

    from models.pyfunc_model import AvoidableAdmission

    model.write(tmp_path)
    assert Model.read(tmp_path) == model
    served = AvoidableAdmission()
    served.load_context(SimpleNamespace(artifacts={"model": str(tmp_path)}))
    X = planted.X[:500]
    found = served.predict(None, pd.DataFrame(X, columns=WIDE)[list(reversed(WIDE))])
    np.testing.assert_allclose(found["risk"], model.risk(X), atol=1e-12, rtol=0)
    np.testing.assert_allclose(found["risk_any"], model.risk(X, ANY), atol=1e-12, rtol=0)
    grouped = grouped_contributions(model, X)
    for j, group in enumerate(grouped.groups):
        np.testing.assert_allclose(found[f"contribution: {group}"], grouped.values[:, j], atol=1e-12)


def test_too_few_outcomes_leave_the_calibration_alone_and_it_is_said(trained, labelled):
    who = np.unique(np.array(labelled[0].rows["resident_id"].to_pylist()), return_inverse=True)[1]
    matrix = widened(labelled[0], who % 5 == 0, who % 7 == 1)
    data, days = panel(matrix), trained.split
    recipe = Recipe({}, {}, "mark", "iau_2019", HORIZON, DELAY, QUICK, 1)
    found = fit_model(data, days, recipe)
    head, mask = found.heads[AVOIDABLE], data.mask(days.calibrate)
    assert (head.a, head.b, head.note) == platt(head.margin(matrix.X[mask]), data.labels[AVOIDABLE][mask])
    np.testing.assert_array_equal(found.risk(matrix.X), sigmoid(head.a * head.margin(matrix.X) + head.b))
    evaluation = evaluate(matrix, days, found, capacity=CAPACITY)
    assert [(one.stratum, one.validated) for one in evaluation.apart] == [(one.name, False) for one in STRATA]
    assert sum(one.n for one in evaluation.apart) < evaluation.get("prevalence").n
    told = {"name": "x", "code_version": "", "history_digest": "", "synthetic": True}
    card = render(card_of(found, evaluation, **told))
    few = head.strata[0].residents
    assert (
        f"**not validated** ({count(few)} had the outcome in the weeks of calibration; at least {MIN_RESIDENTS}" in card
    )
    assert "were not judged apart in this run" in render(card_of(trained.model, trained.evaluation, **told))


def test_lines_are_recovered_and_a_resident_counts_once():
    rng = np.random.default_rng(1)
    n = 60_000
    X = np.column_stack([rng.random(n) < 0.3, rng.random(n) < 0.1, np.zeros(n)])
    margin = rng.normal(-2, 1, n)
    y = (rng.random(n) < np.where(X[:, 0] > 0, sigmoid(0.5 * margin - 1.5), sigmoid(margin))).astype(float)
    (a, b, _), (dying, _) = calibrate(CalibrationRows(X, np.arange(n), margin, y, np.ones(n)), MORE)
    assert (a, b) == (pytest.approx(1, abs=0.06), pytest.approx(0, abs=0.12))
    assert (dying.a, dying.b) == (pytest.approx(0.5, abs=0.06), pytest.approx(-1.5, abs=0.12))
    # The same rows of ninety residents are too few, however many rows they are.
    few = calibrate(CalibrationRows(X, np.arange(n) % 90, margin, y, np.ones(n)), MORE)[1]
    assert [one.own for one in few] == [False, False]
    assert few[0].residents == 90


def test_the_first_stratum_that_fits_and_none_without_its_features():
    assert present(NAMES) == ()
    assert present(("x", *MORE)) == (("end_of_life", (1,)), ("learning_disability", (2, 3)))
    one = Calibration("end_of_life", (0,), 100, True, 1.0, 0.0)
    assert one.member(np.array([[1.0], [0.0], [np.nan]])).tolist() == [True, False, False]
