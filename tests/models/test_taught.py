"""The learner that is taught true drivers: it names what was planted, and only what may be named."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.reasons_truth import NONE, right
from tests.bench.taught import People, best_of, learn

G = 3


def county(seed: int) -> People:
    """Each group's driver is the column of its place; the others tell nothing."""
    X = np.random.default_rng(seed).normal(size=(200, G + 2)).astype(np.float32)
    return People(X, X[:, :G].astype(float))


def test_it_names_the_leading_drivers_of_another_county():
    learner, other = learn([county(1), county(2)]), county(3)
    assert (learner.counties, learner.rows) == (2, 400)
    chances = learner.chances(other.X)
    assert chances.shape == (200, G)
    raised = (other.drivers > 0).any(axis=1)
    assert right(chances.argmax(axis=1), other.drivers, 2)[raised].mean() > 0.9


@given(st.lists(st.tuples(*[st.tuples(st.floats(-2, 2), st.booleans())] * G), min_size=1, max_size=5))
def test_the_best_of_the_groups_allowed(rows):
    values, allowed = (np.array([[cell[i] for cell in row] for row in rows]) for i in (0, 1))
    for best, own, may in zip(best_of(values, allowed), values, allowed.astype(bool), strict=True):
        if best == NONE:
            assert not may.any()
        else:
            assert may[best]
            assert own[best] == own[may].max()
