from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, made, until

from features.matrix import Matrix
from models.errors import LeakSuspected
from models.fit import panel
from models.leak import leak_signs, refuse
from models.train import train

WEEKS = 50


def with_column(matrix: Matrix, name: str, values: np.ndarray) -> Matrix:
    return Matrix(matrix.rows, np.column_stack([matrix.X, values.astype(np.float32)]), (*matrix.names, name))


def signs_of(matrix, trained, **more):
    data = panel(matrix)
    late = data.as_of >= np.unique(data.as_of)[-8]
    return leak_signs(data, data.eligible & late, trained.evaluation, **more)


def test_an_honest_matrix_has_no_sign(labelled, trained):
    assert signs_of(labelled[0], trained, lasting=["noise_a"], past="noise_b") == ()


def test_a_feature_that_tells_the_outcome_is_named(labelled, trained):
    matrix = labelled[0]
    y = np.nan_to_num(panel(matrix).labels["avoidable"])
    told = y + np.random.default_rng(1).normal(0, 0.4, len(y))
    for values in (told, -told):
        signs = signs_of(with_column(matrix, "summary_of_the_year", values), trained)
        assert [sign.suspect for sign in signs] == ["summary_of_the_year"]
        with pytest.raises(LeakSuspected, match=r"summary_of_the_year alone has an AUROC of 0\.9"):
            refuse(signs)


def test_among_few_events_none_is_accused(trained):
    matrix, _ = made(residents=30, weeks=24, homes=4, level=-4.5)
    data = panel(matrix)
    assert 0 < data.labels["avoidable"].sum() < 200
    leaking = with_column(matrix, "told", data.labels["avoidable"])
    assert signs_of(leaking, trained) == ()


def test_a_model_too_good_to_be_true_is_named(labelled, trained):
    metrics = tuple(
        replace(m, value=0.95, low=0.93, high=0.96) if (m.name, m.score, m.view) == ("auroc", "model", "all") else m
        for m in trained.evaluation.metrics
    )
    found = replace(trained, evaluation=replace(trained.evaluation, metrics=metrics))
    assert [sign.suspect for sign in signs_of(labelled[0], found)] == ["model"]
    assert signs_of(labelled[0], found, limit=0.96) == ()


def test_a_model_above_the_oracle_is_named(labelled, trained):
    evaluation = replace(trained.evaluation, leak_suspected=True)
    assert signs_of(labelled[0], replace(trained, evaluation=evaluation))[0].words.startswith("the model outranks")


def ahead_and_behind(seed: int, leaks: bool) -> tuple[Matrix, np.ndarray]:
    """Rows of residents with a lasting fact that was recorded because of an admission: before t, or after it."""
    rng = np.random.default_rng(seed)
    matrix, _ = made(residents=400, weeks=24, homes=40, seed=seed)
    before = (rng.random(len(matrix)) < 0.08).astype(float)
    after = panel(matrix).labels["any"]
    cause = after if leaks else before
    fact = ((rng.random(len(matrix)) < 0.1) | ((cause > 0) & (rng.random(len(matrix)) < 0.5))).astype(float)
    return with_column(with_column(matrix, "dementia_ever", fact), "admissions_28", before), fact


@pytest.mark.parametrize("seed", range(3))
def test_a_lasting_fact_that_knows_what_comes_better_than_what_was_is_named(trained, seed):
    honest, _ = ahead_and_behind(seed, leaks=False)
    assert signs_of(honest, trained, lasting=["dementia_ever"], past="admissions_28") == ()
    leaking, _ = ahead_and_behind(seed, leaks=True)
    signs = signs_of(leaking, trained, lasting=["dementia_ever"], past="admissions_28")
    assert [sign.suspect for sign in signs] == ["dementia_ever"]
    assert signs[0].figure > 0.1


def test_lasting_facts_of_no_meaning_are_hardly_ever_accused(labelled, trained):
    accused = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        matrix, names = labelled[0], [f"fact_{i}_ever" for i in range(8)]
        for name in names:
            matrix = with_column(matrix, name, rng.random(150)[np.arange(len(matrix)) // WEEKS] < 0.3)
        matrix = with_column(matrix, "admissions_28", rng.random(len(matrix)) < 0.05)
        accused += len(signs_of(matrix, trained, lasting=names, past="admissions_28", limit=1.0)) > 0
    assert accused <= 2


def test_shuffled_outcomes_give_a_half(labelled, trained):
    """What cannot be foretold is not foretold: the interval of the AUROC holds 0.5."""
    matrix = labelled[0]
    order = np.random.default_rng(5).permutation(len(matrix))
    rows = matrix.rows
    for name in ("label", "any_label"):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, name, rows[name].take(pa.array(order)))
    found = train(
        Matrix(rows, matrix.X, matrix.names), groups=GROUPS, monotone=MONOTONE, horizon_days=HORIZON, delay_days=DELAY,
        until=until(), capacity=CAPACITY, params=QUICK,
    ).evaluation.get("auroc")  # fmt: skip
    assert found.low < 0.5 < found.high
