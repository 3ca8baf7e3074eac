from dataclasses import replace

import numpy as np
import pytest
from judging import judged_of, rows_to_judge

from models.capacity import listed
from models.warning import warned


def one_home(who, when, y, score, days):
    arrays = [np.array(part) for part in (who, when)]
    return judged_of(*arrays, np.zeros(len(who), int), np.array(y, float), {"model": np.array(score, float)},
                     np.full(len(who), 0.1), days=np.array(days))  # fmt: skip


def test_days_run_from_the_first_listing():
    # Resident 0 is listed in weeks 0 and 2 and admitted 3 days after the third Monday; resident 1 fills the list else.
    judged = one_home(
        [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [1, 1, 1, 0, 0, 0], [9, 1, 9, 5, 5, 5], [17, 10, 3, 0, 0, 0]
    )
    [row], metrics = warned(judged, listed(judged, {"home_id": 1}))
    assert (row.admissions, row.listed, row.share) == (1, 1, 1)
    assert (row.lower, row.median, row.upper) == (17, 17, 17)
    assert {m.name: m.value for m in metrics} == {"listed_before": 1, "warning_days": 17}


def test_a_listing_after_the_admission_is_no_warning():
    judged = one_home([0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 0], [1, 9, 5, 5], [2, 0, 0, 0])
    [row], _ = warned(judged, listed(judged, {"home_id": 1}))
    assert (row.admissions, row.listed) == (1, 0)
    assert np.isnan(row.median)


def test_a_tie_is_a_chance_to_be_listed():
    # Two tied residents for one place, two weeks: listed first in week 0 with 1/2, in week 1 with 1/4.
    judged = one_home([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0], [1, 1, 1, 1], [12, 5, 0, 0])
    [row], _ = warned(judged, listed(judged, {"home_id": 1}))
    assert row.listed == pytest.approx(0.75)
    assert (row.lower, row.median, row.upper) == (5, 12, 12)


def test_it_is_the_mean_over_drawn_lists():
    judged = rows_to_judge(residents=40, levels=3)
    [lists] = listed(judged, {"home_id": 2})
    [row] = [row for row in warned(judged, [lists])[0] if row.score == "model"]
    who = np.array(judged.matrix.rows["resident_id"].to_pylist())
    day = np.array(judged.matrix.rows["admitted_on"].to_pylist(), "datetime64[D]")
    admissions = {(who[i], day[i]) for i in np.flatnonzero(judged.y)}
    rng, shares, days = np.random.default_rng(0), [], []
    for _ in range(150):
        on = np.zeros(len(judged), bool)
        for code in np.unique(lists.code):
            own = np.flatnonzero(lists.code == code)
            on[sorted(own, key=lambda i: (-judged.scores["model"][i], rng.random()))[:2]] = True
        first = [judged.as_of[on & (who == name) & (judged.as_of <= when)] for name, when in admissions]
        waits = [
            (when - seen.min()).astype(int) for (_, when), seen in zip(admissions, first, strict=True) if len(seen)
        ]
        shares.append(len(waits) / len(admissions))
        days += waits
    assert row.admissions == len(admissions)
    assert row.share == pytest.approx(np.mean(shares), abs=0.02)
    assert row.median == np.quantile(days, 0.5, method="inverted_cdf")


def test_rows_without_days_of_admission_tell_no_warning():
    judged = rows_to_judge(residents=10, weeks=2)
    silent = replace(judged, matrix=replace(judged.matrix, rows=judged.matrix.rows.drop_columns(["admitted_on"])))
    assert warned(silent, listed(silent, {"home_id": 2})) == ([], [])
    assert warned(judged, listed(judged, {"home_id": 2}))[0]
