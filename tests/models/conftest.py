import os

# One OpenMP thread: idle ones spin, which starves the other test worker.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, made, until

from models.baselines import Baselines
from models.boosting import Params
from models.train import Trained, train

QUICK = Params(rounds=30, learning_rate=0.15, feature_fraction=0.7, min_child_samples=40, num_threads=1)
BASELINES = Baselines(
    "prior_admissions", "cfs", ("prior_admissions", "cfs", "falls_28", "news2_last"), ("prior_admissions",)
)


@pytest.fixture(scope="session")
def labelled():
    """A labelled matrix and the truth behind it."""
    return made()


@pytest.fixture(scope="session")
def trained(labelled) -> Trained:
    """The whole of training on the small matrix, every comparison included."""
    matrix, truth = labelled
    return train(
        matrix,
        groups=GROUPS,
        monotone=MONOTONE,
        horizon_days=HORIZON,
        delay_days=DELAY,
        until=until(),
        capacity=CAPACITY,
        truth=truth,
        params=QUICK,
        baselines=BASELINES,
    )
