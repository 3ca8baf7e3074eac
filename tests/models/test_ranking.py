import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from judging import rows_to_judge
from sklearn.metrics import average_precision_score, roc_auc_score

from models import metrics
from models.bootstrap import home_bootstrap, interval
from models.ranking import auprc, auroc, auroc_within_home

N = 24


def draws(values, homes, replicates=6):
    return home_bootstrap(values % homes, replicates=replicates, seed=3)


def test_they_are_those_of_scikit_learn_under_every_draw():
    judged = rows_to_judge()
    y, score, boot = judged.y, judged.scores["model"], judged.bootstrap
    found, precision = auroc(y, score, boot), auprc(y, score, boot)
    for draw in (0, 1, 50, 199):
        w = boot.counts[draw][boot.home]
        assert found[draw] == pytest.approx(roc_auc_score(y, score, sample_weight=w), abs=1e-12)
        assert precision[draw] == pytest.approx(average_precision_score(y, score, sample_weight=w), abs=1e-12)


@settings(max_examples=60)
@given(
    hnp.arrays(float, N, elements=st.sampled_from([0.0, 0.0, 1.0, 0.25])),
    hnp.arrays(int, N, elements=st.integers(0, 3)),
    st.integers(1, N),
)
def test_counting_pairs_by_home_is_weighing_rows(y, score, homes):
    boot = draws(np.arange(N), homes)
    for fast, by_row in ((auroc, metrics.auroc), (auprc, metrics.auprc)):
        slow = boot.values(lambda w, by_row=by_row: by_row(y, score.astype(float), w))
        np.testing.assert_allclose(fast(y, score.astype(float), boot), slow, atol=1e-12)
    lists = np.arange(N) % 3
    slow = boot.values(lambda w: metrics.auroc(y, score.astype(float), w, lists))
    np.testing.assert_allclose(auroc(y, score.astype(float), boot, lists), slow, atol=1e-12)


def pairs(y, score, weight, same):
    """Share of pairs in order, as a double loop over the pairs that `same` lets count."""
    won = total = 0.0
    for i, j in itertools.product(np.flatnonzero(y == 1), np.flatnonzero(y == 0)):
        if same(i, j):
            total += weight(i, j)
            won += weight(i, j) * ((score[i] > score[j]) + (score[i] == score[j]) / 2)
    return won / total if total else np.nan


@pytest.mark.parametrize("seed", [1, 2])
def test_inside_a_home_or_a_list_only_its_own_pairs_count(seed):
    judged = rows_to_judge(residents=30, weeks=3, seed=seed)
    y, score, boot, week = judged.y, judged.scores["model"], judged.bootstrap, judged.as_of
    lists = np.random.default_rng(seed).integers(0, 4, len(y))
    for draw in (0, 7):
        w = boot.counts[draw][boot.home]
        within = pairs(
            y, score, lambda i, j, w=w: w[i], lambda i, j: boot.home[i] == boot.home[j] and week[i] == week[j]
        )
        assert auroc_within_home(y, score, boot, week)[draw] == pytest.approx(within)
        team = pairs(y, score, lambda i, j, w=w: w[i] * w[j], lambda i, j: lists[i] == lists[j])
        assert auroc(y, score, boot, lists)[draw] == pytest.approx(team)


def test_telling_homes_apart_is_no_skill_inside_a_home():
    judged = rows_to_judge()
    rate = np.array([judged.y[judged.home == home].mean() for home in judged.home])
    assert auroc(judged.y, rate, judged.bootstrap)[0] > 0.53
    inside = auroc_within_home(judged.y, rate, judged.bootstrap, judged.as_of)
    assert np.allclose(inside[~np.isnan(inside)], 0.5)


def test_tables_in_parts_give_the_same(monkeypatch):
    judged = rows_to_judge()
    whole = [f(judged.y, judged.scores["fine"], judged.bootstrap) for f in (auroc, auprc)]
    monkeypatch.setattr("models.ranking._CELLS", 40)
    parts = [f(judged.y, judged.scores["fine"], judged.bootstrap) for f in (auroc, auprc)]
    np.testing.assert_allclose(whole, parts, atol=1e-12)


def test_ratios_of_sums_are_weighed_means():
    judged = rows_to_judge()
    boot = judged.bootstrap
    fast = boot.ratio(judged.y, np.ones(len(judged)))
    np.testing.assert_allclose(fast, boot.values(lambda w: metrics.prevalence(judged.y, w)))
    assert interval(fast).value == judged.y.mean()
    assert np.isnan(boot.ratio(judged.y, np.zeros(len(judged)))).all()
