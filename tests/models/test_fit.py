from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
import shap
from conftest import QUICK
from made import GROUPS, MONOTONE, NAMES, made

from features import cohort
from models import boosting
from models.boosting import Params
from models.calibrate import platt
from models.errors import FeatureMismatch, FitError
from models.explain import group_names, grouped_contributions, top_groups
from models.fit import RANKED, Recipe, fit_model, folded_by, panel, text_column
from models.logistic import logit, sigmoid
from models.model import ANY, AVOIDABLE, Head, Model


@pytest.fixture(scope="module")
def rows(labelled):
    data = panel(labelled[0])
    y = data.labels[AVOIDABLE]
    return boosting.fit_rows(labelled[0].X, y, data.home, np.ones(len(y), bool), QUICK, 1)


def boosters(rows, params, bound=()):
    return boosting.fit_boosters(boosting.dataset(rows, params), params, bound, 1)


def test_the_same_rows_give_the_same_bytes_on_any_number_of_threads(rows):
    assert boosters(rows, QUICK) == boosters(rows, replace(QUICK, num_threads=2))


def test_few_rows_take_one_thread_unless_told(rows):
    automatic = replace(QUICK, num_threads=0)
    assert boosting.with_threads(automatic, rows).num_threads == 1
    assert boosting.with_threads(replace(QUICK, num_threads=2), rows).num_threads == 2
    many = replace(rows, y=np.zeros(300_000))
    assert boosting.with_threads(automatic, many).num_threads == 0


def test_seeds_of_the_bag_differ(rows):
    first, second = boosters(rows, QUICK)
    assert first != second


def test_monotone_directions_bind(rows):
    loose = replace(QUICK, min_child_samples=5, num_leaves=31, lambda_l2=0.0, extra_trees=False)
    bound = boosting.monotone_vector(NAMES, {"noise_a": 1, "falls_28": 1}, loose)
    assert bound == (0, 0, 1, 0, 1, 0)
    X = np.repeat(rows.X[:200], 9, axis=0)
    X[:, 4] = np.tile(np.linspace(-3, 3, 9), 200)
    free, held = (
        np.diff(lgb.Booster(model_str=boosters(rows, loose, b)[0]).predict(X, raw_score=True).reshape(200, 9))
        for b in ((), bound)
    )
    assert free.min() < 0
    assert held.min() >= 0
    assert held.max() > 0
    assert boosting.monotone_vector(NAMES, {"noise_a": 1}, replace(QUICK, monotone=False)) == ()


def test_the_text_holds_no_settings_and_no_extremes(rows):
    text = boosters(rows, QUICK)[0]
    assert "num_threads" not in text
    assert "\nfeature_infos=none none none none none none\n" in text
    original = lgb.train(
        boosting.lightgbm_params(QUICK, (), 1), boosting.dataset(rows, QUICK), num_boost_round=QUICK.rounds
    )
    ours = lgb.Booster(model_str=text)
    np.testing.assert_array_equal(original.predict(rows.X), ours.predict(rows.X))


def test_rounds_are_chosen_by_home_and_stay_small_on_noise(rows):
    params = replace(QUICK, rounds=None, max_rounds=120)
    data = boosting.dataset(rows, params)
    signal = boosting.choose_rounds(data, rows, params, (), 1)
    assert signal == boosting.choose_rounds(data, rows, params, (), 1)
    rng = np.random.default_rng(0)
    noise = replace(rows, y=rng.permutation(rows.y))
    assert boosting.choose_rounds(boosting.dataset(noise, params), noise, params, (), 1) < signal


def test_no_home_is_on_both_sides_of_a_fold(rows):
    for fit, held in boosting.folds_by(rows.group, 3, 1):
        assert not set(rows.group[fit]) & set(rows.group[held])
        assert len(fit) + len(held) == len(rows.group)


def test_folds_keep_residents_together_where_there_are_fewer_homes_than_folds(labelled):
    data = panel(labelled[0])
    everyone = np.ones(len(labelled[0]), bool)
    assert (folded_by(data, everyone, QUICK) == data.home).all()
    one_home = replace(data, home=np.full(len(data.home), "h"))
    assert (folded_by(one_home, everyone, QUICK) == text_column(labelled[0], "resident_id")).all()


def test_thinned_non_events_keep_the_rate(labelled):
    data = panel(labelled[0])
    y = data.labels[AVOIDABLE]
    thin = boosting.fit_rows(labelled[0].X, y, data.home, np.ones(len(y), bool), replace(QUICK, max_rows=2500), 1)
    assert y.sum() < len(thin.y) < 2700
    assert thin.y.sum() == y.sum()
    assert np.average(thin.y, weights=thin.weight) == pytest.approx(y.mean())


def test_too_few_events_are_refused(labelled):
    matrix = labelled[0]
    y = np.zeros(len(matrix))
    y[:5] = 1
    with pytest.raises(FitError, match="5 events among 7500 rows"):
        boosting.fit_rows(matrix.X, y, y, np.ones(len(y), bool), Params(), 1)


def test_the_sigmoid_finds_the_line_it_came_from():
    rng = np.random.default_rng(0)
    margin = rng.normal(size=100_000)
    y = (rng.random(100_000) < sigmoid(0.6 * margin - 2)).astype(float)
    a, b, note = platt(margin, y)
    assert (a, b) == (pytest.approx(0.6, abs=0.05), pytest.approx(-2, abs=0.05))
    assert note == ""


def test_a_reversed_sigmoid_falls_back_to_the_level_and_says_so():
    rng = np.random.default_rng(0)
    margin = rng.normal(size=5_000)
    y = (rng.random(5_000) < sigmoid(-margin)).astype(float)
    a, b, note = platt(margin, y)
    assert a == 1
    assert sigmoid(margin + b).mean() == pytest.approx(y.mean())
    assert "not positive" in note


def test_one_outcome_cannot_be_calibrated_on():
    with pytest.raises(FitError, match="0 events among 10"):
        platt(np.arange(10.0), np.zeros(10))


def test_contributions_are_those_of_shap(trained, labelled):
    head, X = trained.model.heads[AVOIDABLE], labelled[0].X[:300]
    values, base = head.contributions(X)
    explained = [shap.TreeExplainer(lgb.Booster(model_str=text)) for text in head.boosters]
    reference = head.a * np.average([one.shap_values(X) for one in explained], axis=0, weights=head.shares)
    np.testing.assert_allclose(values, reference, atol=1e-9)
    bases = [np.ravel(one.expected_value)[-1] for one in explained]
    expected = head.a * np.average(bases, weights=head.shares) + head.b
    np.testing.assert_allclose(base, expected, atol=1e-9)


def test_contributions_add_up_to_the_calibrated_log_odds(trained, labelled):
    model, X = trained.model, labelled[0].X
    values, base = model.contributions(X)
    np.testing.assert_allclose(base + values.sum(axis=1), logit(model.risk(X)), atol=1e-9)
    np.testing.assert_allclose(grouped_contributions(model, X).log_odds, logit(model.risk(X)), atol=1e-9)


def test_group_sums_are_sums_of_their_features(trained, labelled):
    values, _ = trained.model.contributions(labelled[0].X[:50])
    grouped = grouped_contributions(trained.model, labelled[0].X[:50])
    assert grouped.groups == group_names(NAMES, GROUPS)
    np.testing.assert_allclose(grouped.values[:, grouped.groups.index("Home")], values[:, 4:].sum(axis=1))


def test_top_groups_raise_the_risk_and_come_in_order(trained, labelled):
    for row in top_groups(grouped_contributions(trained.model, labelled[0].X[:50]), 3):
        sizes = [size for _, size in row]
        assert len(row) <= 3
        assert all(size > 0 for size in sizes)
        assert sizes == sorted(sizes, reverse=True)


def test_the_bag_of_any_emergency_joins_that_of_the_outcome(trained, labelled):
    own, companions = trained.judged.heads[AVOIDABLE], trained.judged.heads[ANY]
    assert own.boosters[2:] == companions.boosters
    assert len(own.boosters) == 4
    data = panel(labelled[0])
    assert own.shares == (0.25, 0.25, 0.25, 0.25)
    some = Recipe(GROUPS, MONOTONE, "f", "iau_2019", 28, 14, replace(QUICK, companion=100.0), 1)
    helped = 100 / (100 + trained.judged.events)
    shares = fit_model(data, trained.split, some, trained.judged.heads[AVOIDABLE].rounds).heads[AVOIDABLE].shares
    assert shares == pytest.approx([(1 - helped) / 2, (1 - helped) / 2, helped / 2, helped / 2])
    recipe = Recipe(GROUPS, MONOTONE, "f", "iau_2019", 28, 14, replace(QUICK, companion=0.0), 1)
    assert fit_model(data, trained.split, recipe).heads[AVOIDABLE].boosters == own.boosters[:2]


def test_ranking_on_the_margin_is_ranking_on_the_chance(trained, labelled):
    head, X = trained.model.heads[AVOIDABLE], labelled[0].X[:500]
    assert head.a > 0
    margin = head.margin(X)
    np.testing.assert_allclose(head.risk(X), sigmoid(head.a * margin + head.b))
    bag = [lgb.Booster(model_str=text).predict(X, raw_score=True) for text in head.boosters]
    np.testing.assert_allclose(margin, np.average(bag, axis=0, weights=head.shares))


def test_nobody_is_scored_as_nobody(trained, labelled):
    none = labelled[0].X[:0]
    assert trained.model.margin(none).shape == (0,)
    assert trained.model.risk(none).shape == (0,)


def test_a_model_survives_the_disk(trained, labelled, tmp_path):
    trained.model.write(tmp_path)
    again = Model.read(tmp_path)
    assert again == trained.model
    assert again.digest == trained.model.digest != trained.judged.digest
    np.testing.assert_array_equal(again.risk(labelled[0].X), trained.model.risk(labelled[0].X))


def test_columns_are_found_by_name_and_all_missing_ones_are_listed(trained):
    shuffled = ("extra", *reversed(NAMES))
    assert [shuffled[i] for i in trained.model.columns(shuffled)] == list(NAMES)
    with pytest.raises(FeatureMismatch, match="2 features of the model are not in the matrix: cfs, noise_b"):
        trained.model.columns([name for name in NAMES if name not in ("cfs", "noise_b")])
    with pytest.raises(FeatureMismatch, match="6 features"):
        trained.model.risk(np.zeros((1, 5), np.float32))


def test_those_who_are_ranked_are_those_who_teach():
    assert tuple(status.name.lower() for status in cohort.RANKED) == RANKED


def test_only_eligible_labelled_rows_teach():
    matrix, _ = made(residents=10, weeks=3)
    status = ["in_hospital", *["eligible"] * 29]
    label = [1.0, None, *[0.0] * 28]
    rows = matrix.rows.set_column(6, "status", [status]).set_column(8, "label", [label])
    data = panel(replace(matrix, rows=rows))
    taught = data.mask(tuple(np.unique(data.as_of).astype(object)))
    assert taught.tolist() == [False, False, *[True] * 28]


def test_head_is_a_value():
    assert Head(("t",), 1.0, 0.0, 1, 0.1) == Head(("t",), 1.0, 0.0, 1, 0.1)
    assert MONOTONE.keys() <= set(NAMES)
