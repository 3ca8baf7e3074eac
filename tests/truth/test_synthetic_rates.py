"""A region has the published rates, and an oracle whose skill is believable."""

import pytest

from features.store.growing import PEOPLE
from features.store.opening import layout_of
from features.synthetic import Size, Truth, synthesise
from features.synthetic.rates import realised, targets


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """Large enough that chance alone takes no rate outside its tolerance."""
    out = tmp_path_factory.mktemp("region") / "region"
    return synthesise(out, Size(359, 104, 10_000), Truth(weeks=1, paths=20))


def test_every_rate_is_inside_its_tolerance_and_the_oracles_skill_is_that_of_a_hard_problem(region):
    """One test, since each worker would make the region anew. An oracle above 0.85 would be unrealistic for residents of
    homes; under 0.70 would leave nothing to learn."""
    found = realised(region.folder)
    outside = [
        f"{r.target.name}: {r.value:.3f}, want {r.target.value} +- {r.target.tolerance}" for r in found if not r.inside
    ]
    assert outside == []
    assert 0.70 < region.oracle_auroc < 0.85
    assert abs(region.rows["truth"] - 10_000) < 600
    assert abs(region.rows["residents"] / layout_of(region.folder).blocks - PEOPLE) < 0.1 * PEOPLE  # told beforehand


def test_every_target_says_what_it_rests_on():
    assert len(targets()) >= 55
    assert len({target.name for target in targets()}) == len(targets())
    for target in targets():
        assert target.status in {"read", "derived", "assumed"}
        assert target.tolerance > 0
        assert target.source or target.status == "assumed", target.name
