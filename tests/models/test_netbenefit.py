import numpy as np
import pandas as pd
import pytest
from judging import rows_to_judge

from models.capacity import listed
from models.netbenefit import EVERYONE, NO_ONE, THRESHOLDS, net_benefits


@pytest.fixture(scope="module")
def judged():
    return rows_to_judge(residents=80)


def test_net_benefit_is_that_of_dcurves(judged):
    from dcurves import dca

    frame = pd.DataFrame({"y": judged.y, "model": judged.chances["model"]})
    curves = dca(data=frame, outcome="y", modelnames=["model"], thresholds=np.array(THRESHOLDS))
    names = {"model": "model", "all": EVERYONE, "none": NO_ONE}
    theirs = {(names[row.model], row.threshold): row.net_benefit for row in curves.itertuples()}
    ours = {(row.score, row.threshold): row.net_benefit for row in net_benefits(judged, []) if row.view == "all"}
    assert set(ours) == set(theirs)
    for key, worth in ours.items():
        assert worth == pytest.approx(theirs[key], abs=1e-9), key


def test_the_threshold_is_the_harm_of_a_review_slot(judged):
    [lists] = listed(judged, {"pcn": 4})
    member = lists.member.sum()
    for row in net_benefits(judged, [lists]):
        if row.view == "pcn" and row.score == "model":
            chosen = lists.chosen["model"]
            found, reviews = (chosen * judged.y).sum(), chosen.sum()
            assert row.reviewed == pytest.approx(reviews / member)
            assert (1 - row.threshold) * row.net_benefit == pytest.approx((found - row.threshold * reviews) / member)
            assert row.low <= row.net_benefit <= row.high
