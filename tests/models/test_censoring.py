"""Weights for residents who left: what the share admitted would have been had everyone stayed."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, NAMES, made, until

from features.matrix import Matrix
from models import censoring
from models.censoring import TRUNCATED, staying_weights
from models.errors import FitError
from models.evaluate import evaluate
from models.fit import Recipe, fit_model, panel, row_weights
from models.model import ANY, AVOIDABLE
from models.splits import time_split

WEEKS = 36
WEIGHTED = replace(QUICK, censoring_weights=True)


def leaving(respite: float, permanent: float, *, seed: int = 2):
    """A matrix in which residents on respite are admitted more often and leave at other daily rates, and the
    outcomes as they would have been had everyone stayed."""
    matrix, _ = made(residents=300, weeks=WEEKS)
    rng = np.random.default_rng(seed)
    who = np.unique(np.array(matrix.rows["resident_id"].to_pylist()), return_inverse=True)[1]
    stays = (who % 3 > 0).astype(np.float32)
    n = len(matrix)
    admitted = rng.exponential(1 / np.where(stays > 0, 0.002, 0.012))
    left = rng.exponential(1 / np.where(stays > 0, permanent, respite))
    gone = left < np.minimum(admitted, HORIZON)
    label = np.where(gone, np.nan, admitted < HORIZON)
    days = np.minimum(np.minimum(admitted, left), HORIZON)
    rows = matrix.rows
    for prefix in ("", "any_"):
        for name, values in (("label", label), ("followed_days", days)):
            at = rows.column_names.index(prefix + name)
            rows = rows.set_column(at, prefix + name, pa.array(values, from_pandas=True))
    X = np.column_stack([matrix.X, stays])
    return Matrix(rows, X, (*NAMES, "permanent")), admitted < HORIZON, np.ones(n, bool)


@pytest.mark.parametrize(("respite", "permanent"), [(0.04, 1e-6), (1e-6, 0.04), (0.02, 0.02)])
def test_the_weighted_share_is_that_of_everyone_and_the_unweighted_is_not(respite, permanent):
    matrix, truth, everyone = leaving(respite, permanent)
    label = matrix.rows["label"].to_numpy()
    kept = ~np.isnan(label)
    weight = staying_weights(matrix, AVOIDABLE, everyone)
    share = np.average(label[kept], weights=weight[kept])
    error = abs(share - truth.mean())
    assert error < 0.008
    assert abs(label[kept].mean() - truth.mean()) > max(0.01, 2 * error)
    assert (weight[~kept] == 0).all()
    assert weight[kept].mean() == pytest.approx(1)


def test_equals_a_plain_loop(monkeypatch):
    monkeypatch.setattr(censoring, "MIN_ROWS", 50)
    matrix, _, everyone = leaving(0.03, 0.01)
    some = everyone & (np.arange(len(matrix)) % 29 == 0)
    days, label = (matrix.rows[name].to_numpy() for name in ("followed_days", "label"))
    weight = staying_weights(matrix, AVOIDABLE, some)
    kinds = np.array([f"{kind} {stay}" for kind, stay in zip(matrix.rows["home_type"].to_pylist(),
                                                            matrix.column("permanent"), strict=True)])  # fmt: skip
    raw = {}
    for row in np.flatnonzero(some & ~np.isnan(label)):
        group = np.flatnonzero(some & (kinds == kinds[row]))
        chance = 1.0
        for other in group[np.isnan(label[group]) & (days[group] < days[row])]:
            chance *= 1 - 1 / (days[group] >= days[other]).sum()
        raw[row] = 1 / chance
    mean = np.mean(list(raw.values()))
    assert max(raw.values()) < TRUNCATED * mean
    for row, value in raw.items():
        assert weight[row] == pytest.approx(value / mean)


def test_single_rows_do_not_decide(monkeypatch):
    matrix, _, everyone = leaving(0.2, 1e-6)
    free = staying_weights(matrix, AVOIDABLE, everyone)
    assert free.max() <= TRUNCATED * 1.5
    monkeypatch.setattr(censoring, "TRUNCATED", 1e9)
    assert staying_weights(matrix, AVOIDABLE, everyone).max() > 4 * free.max()


def test_chances_and_figures_are_weighted_where_asked_for():
    matrix, truth, _ = leaving(0.03, 0.03)
    data = panel(matrix)
    split = time_split(
        data.as_of, horizon_days=HORIZON, delay_days=DELAY, until=until(WEEKS), test_weeks=4, calibrate_weeks=6
    )
    test = np.isin(data.as_of, np.array(split.test, "datetime64[D]"))
    chance, share = {}, {}
    for params in (QUICK, WEIGHTED):
        recipe = Recipe(GROUPS, MONOTONE, "mark", "iau_2019", HORIZON, DELAY, params, 1)
        model = fit_model(data, split, recipe)
        found = evaluate(matrix, split, model, capacity=CAPACITY)
        weighted = params.censoring_weights
        assert model.params["censoring_weights"] is weighted
        chance[weighted] = model.risk(matrix.X[test]).mean()
        ends = row_weights(data, split.test, AVOIDABLE, weighted)[test & ~np.isnan(data.labels[AVOIDABLE])]
        y = data.labels[AVOIDABLE][test & ~np.isnan(data.labels[AVOIDABLE])]
        share[weighted] = found.get("prevalence").value
        assert share[weighted] == pytest.approx(np.average(y, weights=ends))
        assert found.get("prevalence").low < share[weighted] < found.get("prevalence").high
        assert model.heads[ANY].base_rate == pytest.approx(model.base_rate)
    # Had everyone stayed: what the weights recover and leaving rows out does not.
    assert abs(chance[True] - truth.mean()) < 0.4 * abs(chance[False] - truth.mean())
    assert abs(share[True] - truth.mean()) < 0.6 * abs(share[False] - truth.mean())


def test_a_matrix_that_does_not_tell_the_end_of_following_is_refused(labelled):
    matrix = labelled[0]
    bare = replace(matrix, rows=matrix.rows.drop_columns(["followed_days", "any_followed_days"]))
    with pytest.raises(FitError, match="build it again"):
        staying_weights(bare, AVOIDABLE, np.ones(len(matrix), bool))
