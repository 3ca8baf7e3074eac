"""Who had been listed or reviewed before each row, and what came true for them and for the others."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from judging import judged_of, rows_to_judge

from features.matrix import Matrix
from models import metrics
from models.exposed import DAYS, RATIO, exposed_rows, warnings, with_exposure
from models.judged import Judged
from models.logistic import sigmoid
from models.reviewed import EXPOSURE, LISTED_RISK
from models.small_numbers import SmallNumbers

MONDAY = date(2025, 3, 3)
ALL = SmallNumbers(0, 0)


def log_of(*rows: tuple[str, int, float, int | None]) -> pa.Table:
    """Listings: resident, days from MONDAY to the list, its chance, days from MONDAY to the review."""
    return pa.table(
        {
            "resident_id": pa.array([row[0] for row in rows], pa.string()),
            "as_of": pa.array([MONDAY + timedelta(days=row[1]) for row in rows], pa.date32()),
            "risk": pa.array([row[2] for row in rows], pa.float64()),
            "reviewed_on": pa.array(
                [None if row[3] is None else MONDAY + timedelta(days=row[3]) for row in rows], pa.date32()
            ),
        }
    )


def matrix_of(residents: list[str], days: int = 0) -> Matrix:
    rows = pa.table(
        {"resident_id": residents, "as_of": pa.array([MONDAY + timedelta(days=days)] * len(residents), pa.date32())}
    )
    return Matrix(rows, np.zeros((len(residents), 1), np.float32), ("nothing",))


@pytest.mark.parametrize(
    ("listing", "group", "risk"),
    [
        ((0, 0.3, None), "listed", None),  # this Monday's list: shown, and no time for a review yet
        ((0, 0.3, 2), "listed", None),  # a review after this Monday is not looked at
        ((-7, 0.3, -5), "reviewed", 0.3),
        ((-7, 0.3, 0), "listed", 0.3),
        ((-21, 0.3, None), "listed", 0.3),
        ((-28, 0.3, None), "neither", 0.3),
        ((-28, 0.3, -DAYS), "reviewed", 0.3),
        ((-35, 0.3, -DAYS - 1), "neither", 0.3),
        ((-63, 0.3, None), "neither", None),
        ((7, 0.3, 9), "neither", None),
    ],
)
def test_a_listing_and_a_review_matter_for_28_days_and_only_what_came_before(listing, group, risk):
    rows = with_exposure(matrix_of(["a", "b"]), log_of(("a", *listing))).rows
    assert rows[EXPOSURE].to_pylist() == [group, "neither"]
    assert rows[LISTED_RISK].to_pylist() == [risk, None]


def test_equals_a_plain_loop_over_listings():
    rng = np.random.default_rng(2)
    people = [f"p{i}" for i in range(12)]
    log = [(str(rng.choice(people[:9])), int(7 * rng.integers(-12, 3)), float(rng.random()), None) for _ in range(60)]
    log = [
        (who, day, risk, day + int(rng.integers(0, 28)) if rng.random() < 0.4 else None) for who, day, risk, _ in log
    ]
    log = list({(row[0], row[1]): row for row in log}.values())
    found = with_exposure(matrix_of(people), log_of(*log)).rows
    for person, group, risk in zip(people, found[EXPOSURE].to_pylist(), found[LISTED_RISK].to_pylist(), strict=True):
        own = [row for row in log if row[0] == person]
        if any(row[3] is not None and -28 <= row[3] < 0 for row in own):
            expected = "reviewed"
        else:
            expected = "listed" if any(-28 < row[1] <= 0 for row in own) else "neither"
        earlier = [row for row in own if -56 <= row[1] < 0]
        assert group == expected
        assert risk == (max(earlier, key=lambda row: row[1])[2] if earlier else None)


def test_without_any_list_everybody_is_neither():
    rows = with_exposure(matrix_of(["a"]), log_of()).rows
    assert rows[EXPOSURE].to_pylist() == ["neither"]
    assert rows[LISTED_RISK].to_pylist() == [None]


def told_apart(judged: Judged, seed: int = 3) -> Judged:
    group = np.random.default_rng(seed).choice(["neither", "listed", "reviewed"], len(judged), p=[0.6, 0.2, 0.2])
    rows = judged.matrix.rows.append_column(EXPOSURE, pa.array(group))
    return replace(judged, matrix=Matrix(rows, judged.matrix.X, judged.matrix.names))


def test_figures_are_those_of_the_groups_rows_alone():
    judged = told_apart(rows_to_judge(200, 6))
    group = np.array(judged.matrix.rows[EXPOSURE].to_pylist())
    found = {(row.group, row.measure): row for row in exposed_rows(judged, ALL)}
    p = judged.chances["model"]
    for name in ("neither", "listed", "reviewed"):
        part = judged.take(group == name)
        y, chance, once = part.y, part.chances["model"], np.ones((1, len(part)))
        assert found[name, "prevalence"].value == pytest.approx(y.mean())
        assert found[name, "auroc"].value == pytest.approx(metrics.auroc(y, part.scores["model"], once)[0])
        assert found[name, "observed_expected"].value == pytest.approx(y.sum() / chance.sum())
        assert found[name, "calibration_slope"].value == pytest.approx(metrics.calibration_slope(y, chance, once)[0])
        assert found[name, "prevalence"].rows == len(part)
        for measure in ("prevalence", "auroc", "observed_expected", "calibration_slope"):
            assert found[name, measure].low <= found[name, measure].value <= found[name, measure].high
    at = group == "reviewed"
    others = judged.y[~at].sum() / p[~at].sum()
    assert found["reviewed", RATIO].value == pytest.approx(judged.y[at].sum() / p[at].sum() / others)
    assert sum(row.rows for row in found.values() if row.measure == "auroc") == len(judged)


def test_the_weights_of_a_fit_do_not_hide_who_it_left_out():
    judged = told_apart(rows_to_judge(200, 6))
    reviewed = np.array(judged.matrix.rows[EXPOSURE].to_pylist()) == "reviewed"
    assert exposed_rows(replace(judged, weight=np.where(reviewed, 0.0, 1.2)), ALL) == exposed_rows(judged, ALL)


def test_rows_that_do_not_tell_have_no_figures():
    assert exposed_rows(rows_to_judge(20, 3), ALL) == ()


def with_effect(ratio: float, residents: int = 1500, seed: int = 8) -> Judged:
    """Residents with true chances, a fifth of whom was reviewed with `ratio` of the risk."""
    rng = np.random.default_rng(seed)
    p = sigmoid(rng.normal(-1.2, 0.8, residents))
    reviewed = rng.random(residents) < 0.2
    y = (rng.random(residents) < np.where(reviewed, ratio * p, p)).astype(float)
    who = np.arange(residents)
    judged = judged_of(who, np.zeros(residents, int), who % 30, y, {"model": p}, p)
    rows = judged.matrix.rows.append_column(EXPOSURE, pa.array(np.where(reviewed, "reviewed", "neither")))
    return replace(judged, matrix=Matrix(rows, judged.matrix.X, judged.matrix.names))


def test_a_planted_effect_is_found_and_said_with_both_readings():
    (said,) = warnings(exposed_rows(with_effect(0.5)))
    assert "Reviews that work look like this" in said
    assert "Regression to the mean looks the same" in said
    assert "no difference" not in said
    (row,) = [row for row in exposed_rows(with_effect(0.5)) if row.measure == RATIO]
    assert row.low < 0.5 < row.high < 0.9


def test_no_effect_is_seldom_taken_for_one():
    """A ratio's interval, from percentiles, lies below no difference in about one of 20 counties; more than 4 of 30
    would be a fault."""
    said = [warnings(exposed_rows(with_effect(1.0, seed=seed))) for seed in range(30)]
    assert sum(bool(one) and "The interval includes no difference." not in one[0] for one in said) <= 4


def test_more_outcomes_among_the_reviewed_are_no_warning():
    assert warnings(exposed_rows(with_effect(1.6))) == ()


def test_small_numbers_are_hidden_with_what_protects_them():
    judged = with_effect(0.5)
    found = exposed_rows(judged, SmallNumbers(400, 5))
    assert {row.group for row in found if row.hidden} == {"reviewed", "neither"}
    assert all(row.rows is None and np.isnan(row.value) for row in found)
    assert warnings(found) == ()
