from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import BASELINES
from made import CAPACITY, made

from models import evaluate as judging
from models.baselines import Baselines
from models.errors import FeatureMismatch
from models.fit import panel
from models.judged import Judged
from models.metrics import auroc
from models.model import AVOIDABLE
from models.skill import against_truth


@pytest.fixture(scope="module")
def rows(labelled, trained) -> Judged:
    data = panel(labelled[0])
    return judging.judged_rows(data, data.mask(trained.split.test), trained.split, trained.judged, BASELINES, 1)


def test_every_contender_is_there(rows):
    simple = {"prior_admissions", "frailty", "last_week", "random"}
    assert set(rows.scores) == {"model", "logistic", "age_and_use", *simple}
    assert set(rows.chances) == {"model", "logistic", "age_and_use"}
    assert all(len(score) == len(rows) and not np.isnan(score).any() for score in rows.scores.values())


def test_last_weeks_list_is_the_models_own_order_of_the_week_before(rows, labelled, trained):
    matrix = labelled[0]
    head = trained.judged.heads["avoidable"]
    log_odds = head.a * head.margin(matrix.X) + head.b
    keys = zip(matrix.rows["resident_id"].to_pylist(), matrix.rows["as_of"].to_numpy(), strict=True)
    told = dict(zip(keys, log_odds, strict=True))
    who = rows.matrix.rows["resident_id"].to_pylist()
    expected = [told[name, day - 7] for name, day in zip(who, rows.as_of, strict=True)]
    np.testing.assert_array_equal(rows.scores["last_week"], expected)


def test_who_is_new_comes_last_in_last_weeks_order(labelled, trained):
    matrix, _ = labelled
    first = np.datetime64(trained.split.test[0])
    who, as_of = np.array(matrix.rows["resident_id"].to_pylist()), matrix.rows["as_of"].to_numpy()
    away = (who == "resident-00003") & (as_of == first - 7)
    status = np.where((who == "resident-00004") & (as_of == first - 7), "in_hospital", "eligible")
    column = matrix.rows.column_names.index("status")
    data = panel(replace(matrix, rows=matrix.rows.set_column(column, "status", pa.array(status))).take(~away))
    found = judging.judged_rows(data, data.mask(trained.split.test), trained.split, trained.judged, Baselines(), 1)
    now = found.take(found.as_of == first)
    names = np.array(now.matrix.rows["resident_id"].to_pylist())
    last = names[np.argsort(now.scores["last_week"], kind="stable")[:2]]
    assert set(last) == {"resident-00003", "resident-00004"}


def test_age_and_use_knows_nothing_else_and_is_calibrated(rows, labelled, trained):
    matrix, _ = labelled
    X = matrix.X.copy()
    X[:, 1:] = np.random.default_rng(0).normal(size=(len(X), X.shape[1] - 1))
    data = panel(replace(matrix, X=X))
    only = Baselines(age_and_use=("prior_admissions",))
    again = judging.judged_rows(data, data.mask(trained.split.test), trained.split, trained.judged, only, 1)
    np.testing.assert_array_equal(again.scores["age_and_use"], rows.scores["age_and_use"])
    assert len(np.unique(rows.scores["age_and_use"])) <= len(np.unique(matrix.X[:, 0]))
    calibrate = panel(matrix)
    base = calibrate.labels[AVOIDABLE][calibrate.mask(trained.split.calibrate)].mean()
    assert rows.chances["age_and_use"].mean() == pytest.approx(base, rel=0.2)


def test_features_that_are_not_there_are_named(labelled, trained):
    data = panel(labelled[0])
    with pytest.raises(FeatureMismatch, match="visits"):
        judging.judged_rows(
            data, data.mask(trained.split.test), trained.split, trained.judged, Baselines(age_and_use=("visits",)), 1
        )


def test_the_model_is_compared_on_the_rows_that_a_contender_knows(rows, labelled, trained):
    truth = labelled[1]
    known = truth.filter(pa.array(np.arange(len(truth)) % 3 == 0))
    found = judging.evaluation_of(rows, trained.split, capacity=CAPACITY, ceiling=known)
    on = rows.beside({"ceiling": judging.known_risks(rows.matrix, None, known)["ceiling"]}).where_known("ceiling")
    ones = np.ones((1, len(on)))
    gap = auroc(on.y, on.scores["model"], ones)[0] - auroc(on.y, on.scores["ceiling"], ones)[0]
    metric = found.get("auroc_minus_ceiling")
    assert (metric.value, metric.n) == (pytest.approx(gap), len(on))
    assert metric.n < len(rows)
    assert not found.has("skill")
    assert found.leak_suspected is False


def test_what_is_reachable_is_measured_by_true_risks(rows, labelled):
    matrix, truth = labelled
    p = judging.known_risks(rows.matrix, truth, None)["oracle"]
    assert not judging.known_risks(rows.matrix, made(residents=3, weeks=1)[1].slice(0, 0), None)
    dim = np.round(p, 2)
    _, found = against_truth(rows.beside({"oracle": p, "ceiling": dim}))
    named = {(m.name, m.score): m.value for m in found}
    ones = np.ones((1, len(rows)))
    model, best = (auroc(p, score, ones)[0] for score in (rows.scores["model"], dim))
    assert named["skill_reachable", "model"] == pytest.approx((model - 0.5) / (best - 0.5))
    assert named["auroc_expected", "ceiling"] == pytest.approx(best)
    assert named["skill_reachable", "model"] > named["skill_expected", "model"]
    assert len(matrix) > len(rows)
