"""Bands of chances against a plain count."""

import numpy as np
import pytest

from models.bands import chance_bands
from models.bootstrap import home_bootstrap
from models.calibration import calibration
from models.logistic import sigmoid


@pytest.fixture(scope="module")
def told():
    rng = np.random.default_rng(5)
    x = rng.normal(-2.5, 1.0, 900)
    y = (rng.random(900) < sigmoid(x)).astype(float)
    return y, sigmoid(x), home_bootstrap(rng.integers(0, 20, 900), replicates=60)


def test_bands_count_what_lies_between_their_edges_and_leave_nobody_out(told):
    y, p, boot = told
    bands = chance_bands(calibration(y, p, boot), least=15)
    assert len(bands) > 3
    assert [b.lowest for b in bands[1:]] == [b.highest for b in bands[:-1]]
    assert (bands[0].lowest, bands[-1].highest) == (0.0, 1.0)
    for band in bands:
        inside = (p >= band.lowest) & (p < band.highest)
        assert (band.n, band.events) == (inside.sum(), y[inside].sum())
        assert band.observed == pytest.approx(y[inside].mean())
        assert band.predicted == pytest.approx(p[inside].mean(), rel=0.01)  # slices share a mean of logits
        assert band.low < band.observed < band.high
    assert all(band.events >= 15 for band in bands)
    assert all(band.events < 30 for band in bands[1:])  # no wider than they need be; the rest is in the lowest


def test_intervals_are_those_of_draws_of_whole_homes(told):
    y, p, boot = told
    top = chance_bands(calibration(y, p, boot), least=15)[-1]
    inside = p >= top.lowest
    shares = [np.average(y[inside], weights=boot.counts[k][boot.home][inside]) for k in range(1, len(boot.counts))]
    assert (top.low, top.high) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])))


def test_too_few_outcomes_for_two_bands_make_none(told):
    y, p, boot = told
    assert chance_bands(calibration(y, p, boot), least=y.sum() / 2 + 1) == ()
