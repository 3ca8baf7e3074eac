import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from judging import rows_to_judge

from models.lists import selection
from models.top import expected_by_place, reviews_needed, top_n


def hits_of(judged, score, places):
    """Expected events in the first places of every week, by counting."""
    hits = 0.0
    for week in np.unique(judged.as_of):
        rows = np.flatnonzero(judged.as_of == week)
        for i in rows:
            above, tied = (score[rows] > score[i]).sum(), (score[rows] == score[i]).sum()
            hits += judged.y[i] * min(1.0, max(0.0, (places - above) / tied))
    return hits


def test_true_events_in_the_top_n():
    judged = rows_to_judge()
    rows = {(row.score, row.places): row for row in top_n(judged)}
    assert {places for _, places in rows} == {10, 20}
    for (name, places), row in rows.items():
        hits = hits_of(judged, judged.scores[name], places)
        assert row.events == pytest.approx(hits)
        assert (row.weeks, row.listed, row.per_week) == (5, 5 * places, pytest.approx(hits / 5))
        assert row.ppv == pytest.approx(hits / row.listed)
        assert row.low <= row.ppv <= row.high
        assert row.sensitivity == pytest.approx(hits / judged.y.sum())


def test_reviews_needed_is_the_fewest_places_that_reach_the_admissions():
    judged = rows_to_judge()
    rows = reviews_needed(judged)
    assert {row.admissions for row in rows} == {10, 20, 50} & set(range(int(judged.y.sum()) + 1))
    for row in rows:
        score = judged.scores[row.score]
        assert hits_of(judged, score, row.places) >= row.admissions - 1e-9
        assert hits_of(judged, score, row.places - 1) < row.admissions
        weeks = np.unique(judged.as_of, return_counts=True)[1]
        assert row.reviews == np.minimum(weeks, row.places).sum()
        assert row.per_admission == row.reviews / row.admissions


@given(
    hnp.arrays(float, 15, elements=st.integers(0, 1)),
    hnp.arrays(float, 15, elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])),
    hnp.arrays(int, 15, elements=st.integers(0, 2)),
)
def test_events_by_place_add_up_to_those_of_any_capacity(y, score, lists):
    running = np.cumsum(expected_by_place(y, score, lists))
    for capacity in range(1, len(running) + 1):
        assert running[capacity - 1] == pytest.approx(selection(score, lists, capacity) @ y)
