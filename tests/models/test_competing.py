"""Death as a competing risk: Aalen-Johansen by weights, against statsmodels, a plain loop and known populations."""

from dataclasses import replace

import numpy as np
import pytest
from made import CAPACITY

from models.bootstrap import home_bootstrap
from models.card import card_of, render
from models.competing import competing_risk, cumulative_incidence, kaplan_meier
from models.evaluate import evaluate
from models.followed import ADMITTED, CENSORED, DIED, Followed, followed
from models.plots.evaluation import write_plots

HORIZON = 28.0


def people(n: int, seed: int = 3, *, admitted=0.01, died=0.01, left=0.01) -> tuple[np.ndarray, np.ndarray]:
    """Days and cause under constant daily rates, in whole hours so that some times tie."""
    rng = np.random.default_rng(seed)
    times = np.column_stack([rng.exponential(1 / np.maximum(rate, 1e-12), n) for rate in (left, admitted, died)])
    days, cause = times.min(axis=1), times.argmin(axis=1)
    late = days >= HORIZON
    return np.where(late, HORIZON, np.ceil(days * 24) / 24), np.where(late, CENSORED, cause)


def by_hand(days, cause, *, death_competes: bool) -> float:
    alive, share = 1.0, 0.0
    for day in sorted(set(days)):
        at_risk = sum(d >= day for d in days)
        admitted = sum(d == day and c == ADMITTED for d, c in zip(days, cause, strict=True))
        died = sum(d == day and c == DIED for d, c in zip(days, cause, strict=True)) if death_competes else 0
        share += alive * admitted / at_risk
        alive *= 1 - (admitted + died) / at_risk
    return share


def test_equals_a_plain_loop_and_statsmodels():
    from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

    days, cause = people(300)
    ones = np.ones((1, len(days)))
    found = cumulative_incidence(days, cause, ones)[0]
    assert found == pytest.approx(by_hand(days, cause, death_competes=True), abs=1e-12)
    assert found == pytest.approx(CumIncidenceRight(days, cause).cinc[0][-1], abs=1e-12)
    naive = kaplan_meier(days, cause, ones)[0]
    assert naive == pytest.approx(by_hand(days, cause, death_competes=False), abs=1e-12)
    assert naive == pytest.approx(1 - SurvfuncRight(days, cause == ADMITTED).surv_prob[-1], abs=1e-12)


def test_a_weight_is_so_many_copies_of_a_row():
    days, cause = people(80)
    weights = np.random.default_rng(5).integers(0, 4, (3, 80))
    for row, found in zip(weights, cumulative_incidence(days, cause, weights.astype(float)), strict=True):
        again = np.repeat(np.arange(80), row)
        assert found == pytest.approx(by_hand(days[again], cause[again], death_competes=True), abs=1e-12)
    assert np.isnan(cumulative_incidence(days, cause, np.zeros((1, 80)))).all()


def test_a_known_population_is_recovered_and_censored_deaths_say_too_much():
    admitted, died = 0.01, 0.03
    days, cause = people(60_000, admitted=admitted, died=died, left=0.02)
    ones = np.ones((1, len(days)))
    share = admitted / (admitted + died) * -np.expm1(-(admitted + died) * HORIZON)
    assert cumulative_incidence(days, cause, ones)[0] == pytest.approx(share, abs=0.005)
    assert kaplan_meier(days, cause, ones)[0] == pytest.approx(-np.expm1(-admitted * HORIZON), abs=0.005)
    # Counting who left as not admitted would say too little.
    assert (cause == ADMITTED).mean() < share - 0.02


def test_tenths_follow_a_chance_that_is_right_and_a_wrong_one_shows():
    rng = np.random.default_rng(11)
    rate = rng.choice([0.001, 0.004, 0.012], 30_000)
    days, cause = people(30_000, admitted=rate, died=0.01)
    chance = rate / (rate + 0.01) * -np.expm1(-(rate + 0.01) * HORIZON)
    rows = Followed(days, cause, (cause == CENSORED) & (days < HORIZON))
    draws = home_bootstrap(rng.integers(0, 60, 30_000), replicates=100)
    whole, *tenths = competing_risk(rows, chance, draws)
    assert whole.ratio_low < 1 < whole.ratio_high
    assert whole.kaplan_meier > whole.high
    assert sum(t.n for t in tenths) == whole.n == 30_000
    assert sum(t.left for t in tenths) == whole.left == rows.left.sum() > 0
    assert all(t.low <= t.incidence <= t.high for t in tenths)
    assert sum(t.ratio_low <= 1 <= t.ratio_high for t in tenths) >= 8
    assert competing_risk(rows, chance / 2, draws)[0].ratio_low > 1.5


def test_an_evaluation_counts_who_left_and_its_card_says_so(trained, labelled, tmp_path):
    matrix, _ = labelled
    gone = np.random.default_rng(1).random(len(matrix)) < 0.1
    label = np.where(gone, np.nan, matrix.rows["label"].to_numpy())
    days = np.where(gone, 10.0, matrix.rows["followed_days"].to_numpy())
    table = matrix.rows.to_pandas().assign(label=label, any_label=label, followed_days=days, any_followed_days=days)
    rows = matrix.rows.from_pandas(table, schema=matrix.rows.schema)
    found = evaluate(replace(matrix, rows=rows), trained.split, trained.judged, capacity=CAPACITY)
    whole = found.competing[0]
    assert whole.left > 0
    assert whole.n == found.get("prevalence").n + whole.left
    assert whole.low < found.get("prevalence").value < whole.high
    assert {path.name for path in write_plots(found, tmp_path)} >= {"competing.csv", "competing.svg"}
    card = card_of(trained.model, found, name="x", code_version="", history_digest="", synthetic=True)
    assert f"| all | {whole.n:,} | {whole.admitted} |" in render(card)
    assert "## Death and leaving" not in render(replace(card, evaluation=replace(found, competing=())))


def test_causes_come_from_the_labels(labelled):
    matrix, _ = labelled
    few = matrix.take(np.arange(len(matrix)) < 5)
    columns = {
        "state": ["admitted", "died_first", "left", "none", "died_before"],
        "label": [1.0, 0.0, None, 0.0, None],
        "followed_days": [3.0, 5.0, 7.0, 28.0, None],
    }
    rows = few.rows.drop_columns(list(columns))
    for name, values in columns.items():
        rows = rows.append_column(name, [values])
    ends = followed(replace(few, rows=rows))
    assert ends.cause.tolist() == [ADMITTED, DIED, CENSORED, CENSORED, CENSORED]
    assert ends.left.tolist() == [False, False, True, False, False]
    assert ends.known.tolist() == [True, True, True, True, False]
