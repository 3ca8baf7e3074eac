from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import BASELINES, QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, NAMES, made, until

from models import evaluate as judging
from models.baselines import Baselines, fit_logistic, oracle, single_feature
from models.errors import FeatureMismatch, FitError
from models.fit import Recipe, fit_model, panel
from models.judged import pooled
from models.metrics import auroc, prevalence
from models.model import ANY, AVOIDABLE
from models.train import residents_held_out, train


def run(matrix, **more):
    span = {"horizon_days": HORIZON, "delay_days": DELAY, "until": until()}
    return train(matrix, groups=GROUPS, monotone=MONOTONE, capacity=CAPACITY, params=QUICK, **span, **more)


def test_the_model_nears_the_oracle_and_beats_the_simple_orders(trained):
    found = trained.evaluation
    assert found.get("skill_expected").value > 0.75
    assert found.get("auroc").value > found.get("auroc", "prior_admissions").value
    assert found.get("auroc").value > found.get("auroc", "frailty").value
    assert found.get("ppv", view="pcn").value > found.get("ppv", "prior_admissions", "pcn").value
    assert not found.leak_suspected


def test_intervals_hold_their_values(trained):
    for metric in trained.evaluation.metrics:
        if metric.name not in ("ici", "ici_over_base", "e_max"):  # distances only grow when rows are drawn again
            assert metric.low <= metric.value <= metric.high, metric


def test_the_figures_are_those_of_the_test_rows(trained, labelled):
    data = panel(labelled[0])
    mask = data.mask(trained.split.test)
    y, X = data.labels[AVOIDABLE][mask], labelled[0].X[mask]
    ones = np.ones((1, mask.sum()))
    assert trained.evaluation.get("auroc").value == pytest.approx(auroc(y, trained.judged.margin(X), ones)[0])
    assert trained.evaluation.get("prevalence").value == pytest.approx(y.mean())
    assert trained.evaluation.get("prevalence").events == y.sum()
    any_y = data.labels[ANY][mask]
    any_auroc = auroc(any_y, trained.judged.risk(X, ANY), ones)[0]
    assert trained.evaluation.get("auroc", "any").value == pytest.approx(any_auroc)


def test_lists_add_up_to_the_figures_at_capacity(trained):
    for view, places in CAPACITY.items():
        lists = [result for result in trained.evaluation.lists if result.view == view]
        assert all(result.selected == min(places, result.residents) for result in lists)
        ppv = sum(result.hits for result in lists) / sum(result.selected for result in lists)
        assert trained.evaluation.get("ppv", view=view).value == pytest.approx(ppv)
        sensitivity = sum(result.hits for result in lists) / sum(result.events for result in lists)
        assert trained.evaluation.get("sensitivity", view=view).value == pytest.approx(sensitivity)
        point = next(p for p in trained.evaluation.curve if (p.view, p.score, p.capacity) == (view, "model", places))
        assert (point.ppv, point.sensitivity) == (pytest.approx(ppv), pytest.approx(sensitivity))


def test_residents_without_a_team_are_in_no_list(labelled, trained):
    matrix, _ = labelled
    pcn = np.array(matrix.rows["pcn"].to_pylist(), dtype=object)
    pcn[pcn == "pcn-1"] = None
    without = replace(matrix, rows=matrix.rows.set_column(3, "pcn", pa.array(pcn)))
    found = judging.evaluate(without, trained.split, trained.judged, capacity=CAPACITY)
    lists = [result for result in found.lists if result.view == "pcn"]
    assert {result.team for result in lists} == {"pcn-0", "pcn-2"}
    ppv = sum(result.hits for result in lists) / sum(result.selected for result in lists)
    assert found.get("ppv", view="pcn").value == pytest.approx(ppv)
    assert found.get("sensitivity", view="pcn").value == pytest.approx(
        sum(result.hits for result in lists) / sum(result.events for result in lists)
    )


def test_judged_rows_alone_give_the_same_figures(labelled, trained):
    matrix, truth = labelled
    data = panel(matrix)
    rows = judging.judged_rows(data, data.mask(trained.split.test), trained.split, trained.judged, BASELINES, 1)
    whole = judging.evaluation_of(rows, trained.split, capacity=CAPACITY, truth=truth, model=trained.judged)
    # Death as a competing risk needs those too whose outcome is not known.
    assert whole == replace(trained.evaluation, competing=())
    halves = pooled([rows.take(rows.as_of < rows.as_of[0] + 28), rows.take(rows.as_of >= rows.as_of[0] + 28)])
    found = judging.evaluation_of(halves, trained.split, capacity=CAPACITY, truth=truth)
    assert found.get("auroc").value == pytest.approx(whole.get("auroc").value, abs=1e-12)
    assert found.get("ppv", "logistic", "pcn").value == pytest.approx(whole.get("ppv", "logistic", "pcn").value)
    assert not found.has("auroc", "any")
    assert found.importance == ()


def test_a_reachable_ceiling_stands_beside_the_oracle(labelled, trained):
    matrix, truth = labelled
    rows = judging.judged_rows(
        panel(matrix), panel(matrix).mask(trained.split.test), trained.split, trained.judged, Baselines(), 1
    )
    half = truth.filter(pa.array(np.arange(len(truth)) % 2 == 0))
    found = judging.evaluation_of(rows, trained.split, capacity=CAPACITY, truth=truth, ceiling=half)
    assert found.get("auroc", "ceiling").n < found.get("auroc", "oracle").n
    assert found.get("ppv", "oracle", "pcn").value > found.get("ppv", "ceiling", "pcn").value


def test_calibration_bins_hold_every_test_row(trained):
    bins = trained.evaluation.calibration
    assert sum(b.n for b in bins) == trained.evaluation.get("prevalence").n
    assert [b.predicted for b in bins] == sorted(b.predicted for b in bins)
    assert all(b.low <= b.observed <= b.high for b in bins)


def test_importance_falls_on_the_groups_that_carry_the_outcome(trained):
    shares = {row.group: row.share for row in trained.evaluation.importance}
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares, key=shares.get) == "Home"


def test_the_refit_keeps_rounds_and_uses_later_weeks(trained):
    assert trained.refit.fit[-1] > trained.split.fit[-1]
    assert trained.model.rows > trained.judged.rows
    assert trained.model.trained_until == until()
    assert {h.rounds for h in trained.model.heads.values()} == {h.rounds for h in trained.judged.heads.values()}


def test_test_weeks_never_touch_the_judged_model(labelled, trained):
    matrix, _ = labelled
    label = np.array(matrix.rows["label"].to_pylist())
    data = panel(matrix)
    test = data.mask(trained.split.test)
    label[test] = 1 - label[test]
    flipped = replace(matrix, rows=matrix.rows.set_column(8, "label", pa.array(label)))
    again = run(flipped)
    assert again.judged.digest == trained.judged.digest
    assert again.evaluation.get("auroc").value != trained.evaluation.get("auroc").value


def test_training_twice_gives_the_same_model_and_tells_its_progress(labelled, trained):
    said = []
    again = run(labelled[0], progress=said.append)
    assert again.model.digest == trained.model.digest
    assert len(said) == 3
    assert again.evaluation.get("auroc") == trained.evaluation.get("auroc")


def test_a_feature_that_knows_the_outcome_is_called_a_leak(labelled):
    matrix, truth = labelled
    X = matrix.X.copy()
    X[:, 5] = matrix.rows["label"].to_numpy()
    assert run(replace(matrix, X=X), truth=truth).evaluation.leak_suspected


def test_held_out_residents_are_judged_and_not_learnt_from(labelled):
    matrix, _ = labelled
    out = residents_held_out(matrix, 0.3)
    ids = np.array(matrix.rows["resident_id"].to_pylist())
    assert not set(ids[out]) & set(ids[~out])
    assert 0.15 < out.mean() < 0.45
    found = run(matrix, holdout_share=0.3)
    data = panel(matrix)
    assert found.evaluation.get("prevalence").n == (data.mask(found.split.test) & out).sum()
    assert found.judged.rows == (data.mask(found.split.fit) & ~out).sum()
    assert found.model.rows == data.mask(found.refit.fit).sum()


def test_one_outcome_for_both_heads_is_fitted_once(labelled, trained):
    matrix, _ = labelled
    rows = matrix.rows.set_column(9, "any_label", matrix.rows["label"])
    recipe = Recipe(GROUPS, MONOTONE, "f", "all_emergency", HORIZON, DELAY, QUICK, 1)
    model = fit_model(panel(replace(matrix, rows=rows)), trained.split, recipe)
    assert model.heads[ANY] == model.heads[AVOIDABLE]
    assert model.heads[AVOIDABLE].boosters == trained.judged.heads[AVOIDABLE].boosters[:2]


def test_no_event_in_the_test_weeks_is_refused(labelled, trained):
    matrix, _ = labelled
    label = np.where(panel(matrix).mask(trained.split.test), 0.0, np.array(matrix.rows["label"].to_pylist()))
    quiet = replace(matrix, rows=matrix.rows.set_column(8, "label", pa.array(label)))
    with pytest.raises(FitError, match=r"0 events .* nothing to judge by"):
        run(quiet)


def test_unknown_baseline_features_are_all_named(labelled):
    with pytest.raises(FeatureMismatch, match="cfs_lst, prior"):
        run(labelled[0], baselines=Baselines("prior", "cfs_lst"))


def test_the_oracle_is_joined_by_key_not_by_place():
    matrix, truth = made(residents=8, weeks=3)
    shuffled = truth.take(np.random.default_rng(0).permutation(len(truth))).slice(0, 20)
    found = oracle(matrix, shuffled)
    assert np.isnan(found).sum() == 4
    known = ~np.isnan(found)
    np.testing.assert_array_equal(found[known], truth["risk"].to_numpy()[known])
    with pytest.raises(FeatureMismatch, match="more than once"):
        oracle(matrix, pa.concat_tables([truth, truth]))


def test_unknown_values_come_last():
    matrix, _ = made(residents=4, weeks=1)
    X = matrix.X.copy()
    X[:, 0] = [2, np.nan, 0, 5]
    assert np.argsort(-single_feature(replace(matrix, X=X), NAMES[0]), kind="stable").tolist() == [3, 0, 2, 1]


def test_the_logistic_baseline_takes_gaps():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3)).astype(np.float32)
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:, 2] = np.nan
    y = (rng.random(2000) < 0.1 + 0.3 * (X[:, 0] > 0)).astype(float)
    p = fit_logistic(X, y, 1).predict_proba(X)[:, 1]
    assert auroc(y, p, np.ones((1, 2000)))[0] > 0.6
    assert p.mean() == pytest.approx(prevalence(y, np.ones((1, 2000)))[0], abs=0.01)
