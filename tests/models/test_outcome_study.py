"""One ranking under other outcomes and horizons: same test weeks, known labels only, lists as they were."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, until

from features.outcomes import Outcomes, State
from models.bootstrap import home_bootstrap
from models.document import markdown
from models.errors import SplitError
from models.fit import Recipe, fit_model, panel
from models.model import AVOIDABLE
from models.other_outcomes import GAIN, MODEL, REFITTED, Asked, Ranked, judge
from models.outcome_study import outcome_study
from models.outcome_tables import section
from models.splits import rows_of, time_split

RECIPE = Recipe(GROUPS, MONOTONE, "mark", "iau_2019", HORIZON, DELAY, QUICK, 1)
MAIN, FALLS, LONG, NEVER_SEEN = (
    Asked("iau_2019", HORIZON),
    Asked("falls", HORIZON),
    Asked("iau_2019", 42),
    Asked("ld_sensitive", HORIZON),
)


def pairs(rows):
    return zip(rows["resident_id"].to_pylist(), rows["as_of"].to_pylist(), strict=True)


@pytest.fixture(scope="module")
def labels(labelled):
    """iau_2019 as made; falls by another feature than the model has learnt; 42 days: more of the same."""
    matrix, _ = labelled
    key = {pair: i for i, pair in enumerate(pairs(matrix.rows))}
    main = matrix.rows["label"].to_numpy() == 1
    falls = (matrix.column("noise_a") > 1.2) & (np.random.default_rng(2).random(len(matrix)) < 0.4)
    drawn = {
        "iau_2019": main,
        "falls": falls,
        "ld_sensitive": np.zeros(len(matrix), bool),
        "all_emergency": main | falls,
    }

    def of(rows, outcome, days):
        at = [key[pair] for pair in pairs(rows)]
        y = drawn[outcome] if days <= HORIZON else drawn[outcome] | np.roll(drawn[outcome], -8)
        ripe = [a + timedelta(days=days + DELAY) <= until() for a in rows["as_of"].to_pylist()]
        state = np.where(ripe, np.where(y[at], State.ADMITTED, State.NONE), State.NOT_YET_KNOWN)
        zeros = np.zeros(len(state), np.int64)
        return Outcomes(state, zeros, zeros + days, zeros, zeros, zeros, 0)

    return of


@pytest.fixture(scope="module")
def study(labelled, labels):
    asked = [MAIN, FALLS, LONG, NEVER_SEEN]
    return outcome_study(
        labelled[0], labels, RECIPE, asked=asked, until=until(), capacity=CAPACITY, rounds=30, refit=True,
        test_weeks=4, calibrate_weeks=6,
    )  # fmt: skip


def test_test_weeks_are_the_latest_for_which_every_horizon_has_passed(study, labelled):
    assert study.split.test[-1] + timedelta(days=42 + DELAY) <= until()
    assert study.split.test[-1] + timedelta(days=42 + DELAY + 7) > until()
    counts = {study.get(one, "prevalence").n for one in (MAIN, FALLS, LONG)}
    assert counts == {150 * len(study.split.test)}


def test_the_figures_are_those_of_the_model_fitted_so_much_earlier(study, labelled):
    matrix, _ = labelled
    data = panel(matrix)
    split = time_split(
        np.unique(data.as_of), horizon_days=HORIZON, delay_days=DELAY, until=until() - timedelta(days=14),
        test_weeks=4, calibrate_weeks=6,
    )  # fmt: skip
    assert split == study.split
    margin = fit_model(data, split, RECIPE, 30).margin(matrix.X)
    mask = rows_of(data.as_of, split.test)
    y, week, pcn = data.labels[AVOIDABLE][mask], data.as_of[mask], np.array(matrix.rows["pcn"].to_pylist())[mask]
    score, hits, listed = margin[mask], 0.0, 0
    for day in np.unique(week):
        for team in np.unique(pcn):
            rows = np.flatnonzero((week == day) & (pcn == team))
            top = rows[np.argsort(-score[rows], kind="stable")[: CAPACITY["pcn"]]]
            hits, listed = hits + y[top].sum(), listed + len(top)
    assert study.get(MAIN, "ppv", view="pcn").value == pytest.approx(hits / listed)
    assert study.get(MAIN, "sensitivity", view="pcn").value == pytest.approx(hits / y.sum())
    assert study.get(MAIN, "lift", view="pcn").value == pytest.approx(hits / listed / y.mean())


def test_a_model_of_its_own_adds_what_the_ranking_does_not_have(study):
    own, gain = study.get(FALLS, "auroc", REFITTED), study.get(FALLS, "auroc", GAIN)
    assert own.value > 0.7 > 0.6 > study.get(FALLS, "auroc").value
    assert gain.value == pytest.approx(own.value - study.get(FALLS, "auroc").value)
    assert gain.low > 0
    assert study.get(MAIN, "auroc", REFITTED) is None
    assert study.get(LONG, "auroc", REFITTED) is not None


def test_gaps_and_figures_stand_in_the_table(study):
    assert [(gap.outcome, gap.contender) for gap in study.gaps] == [("ld_sensitive", MODEL)]
    lines = markdown([section(study)]).splitlines()
    assert sum(line.startswith("| ") for line in lines) == 1 + len(study.asked) == 5
    row = next(line for line in lines if line.startswith("| iau_2019 | 28 |"))
    caught = study.get(MAIN, "sensitivity", view="home_id")
    assert f"{100 * caught.value:.1f} % ({100 * caught.low:.1f} to {100 * caught.high:.1f})" in row
    assert study.get(FALLS, "sensitivity", view="pcn").value * study.get(FALLS, "prevalence").events < 5
    assert "| too few | too few | too few |" in next(line for line in lines if line.startswith("| falls | 28 |"))
    assert "- ld_sensitive, 28 days, model: no event in the test weeks." in lines
    assert "not judged" in next(line for line in lines if line.startswith("| ld_sensitive"))


def test_rows_without_a_known_outcome_take_places_but_count_neither_way(labelled):
    matrix = labelled[0].take(np.arange(len(labelled[0])) < 40)
    rows = matrix.rows.set_column(3, "pcn", [["one"] * 40]).set_column(1, "as_of", [[until()] * 40])
    rows = rows.set_column(0, "resident_id", [[f"r{i}" for i in range(40)]])
    test = Ranked(replace(matrix, rows=rows), np.full(40, until(), "datetime64[D]"), {"pcn": 10},
                  home_bootstrap(np.arange(40), replicates=20))  # fmt: skip
    label = np.zeros(40)
    label[[0, 1, 30]], label[2:6] = 1.0, np.nan
    found = {(f.name, f.view): f for f in judge(MAIN, test, label, {MODEL: -np.arange(40.0)})}
    assert found["ppv", "pcn"].value == pytest.approx(2 / 6)
    assert found["sensitivity", "pcn"].value == pytest.approx(2 / 3)
    assert found["lift", "pcn"].value == pytest.approx((2 / 6) / (3 / 36))
    assert (found["prevalence", "all"].n, found["prevalence", "all"].events) == (36, 3)


def test_a_horizon_too_long_to_refit_for_is_a_gap_and_still_judged(labelled, labels):
    found = outcome_study(
        labelled[0], labels, RECIPE, asked=[Asked("iau_2019", 90)], until=until(), capacity=CAPACITY, rounds=5,
        refit=True, test_weeks=4, calibrate_weeks=6,
    )  # fmt: skip
    assert [(gap.contender, "too short" in gap.why) for gap in found.gaps] == [(REFITTED, True)]
    assert found.get(Asked("iau_2019", 90), "auroc").value > 0.5


def test_too_short_a_history_for_the_longest_horizon_is_said(labelled, labels):
    with pytest.raises(SplitError, match="too short"):
        outcome_study(
            labelled[0], labels, RECIPE, asked=[Asked("iau_2019", 365)], until=until(), capacity=CAPACITY, rounds=5
        )
