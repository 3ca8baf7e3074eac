"""The default county has the published rates, and an oracle whose skill is believable."""

import pytest

from features.synthetic import synthesise
from features.synthetic.rates import TARGETS, realised


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    out = tmp_path_factory.mktemp("county") / "county"
    return synthesise(out, truth_weeks=4, paths=60)


@pytest.fixture(scope="module")
def figures(county):
    return {row.target.name: row for row in realised(county.folder)}


@pytest.mark.parametrize("name", [target.name for target in TARGETS])
def test_rate_is_inside_its_tolerance(figures, name):
    row = figures[name]
    assert row.inside, f"{row.value:.3f}, want {row.target.value} +- {row.target.tolerance}"


def test_the_oracles_skill_is_that_of_a_hard_problem(county):
    """Above 0.85 would be unrealistic for residents of homes; under 0.70 would leave nothing to learn."""
    assert 0.70 < county.oracle_auroc < 0.85


def test_about_1700_residents_at_any_time(county):
    assert 1_600 * 4 < county.rows["truth"] < 1_800 * 4
