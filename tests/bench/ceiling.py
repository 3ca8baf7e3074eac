"""The reachable ceiling: the best a model of the records could do, learnt from many times the data, with its curve.

The learner sees the columns of `features/synthetic/observed.py` and is taught the true risk, not the drawn outcome, so
that a row tells it far more than a resident-week tells a site. The curve shows how much more data would still add; what
other columns would add it cannot show, so this is the highest that was reached and no proof that none can go higher.
Residents and Mondays learnt from are others than those it is tested on: other seeds, and the year before.
"""

import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import lightgbm as lgb
import numpy as np

from features.synthetic import Size, Truth
from features.synthetic.reachable import Known, known

RESIDENTS = 20_000  # of one seed; 718 homes in the county's proportions
HOMES = 718
TIMES = (1, 2, 5, 10, 20)  # how many times the residents of one seed the learner sees
_FIRST_SEED, _STOPPING_SEED = 1_001, 1_000
_WEEKS, _PATHS = 104, 8
_ROUNDS = 1_500
_PARAMS = {
    "objective": "cross_entropy", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 200, "lambda_l2": 5.0,
    "feature_fraction": 0.4, "bagging_fraction": 0.6, "bagging_freq": 1, "max_bin": 127, "verbose": -1,
    "deterministic": True, "force_col_wise": True, "seed": 1, "num_threads": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Learner:
    """What was learnt from `times` the residents of one seed: `rows` resident-Mondays, trees in `booster`."""

    times: int
    rows: int
    booster: lgb.Booster

    def risk(self, X: np.ndarray) -> np.ndarray:
        """The learnt risk (n,) of observed columns (n, OBSERVED)."""
        return np.asarray(self.booster.predict(X))


def learn(before: date) -> tuple[Learner, ...]:
    """A learner for each of TIMES, each seeing all that the one before it saw and more, all of the year before a day."""
    regions = [(seed, before) for seed in (_STOPPING_SEED, *range(_FIRST_SEED, _FIRST_SEED + max(TIMES)))]
    # Forked threads of compiled code do not survive: fresh processes.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        stopping, *found = pool.map(_region, regions)
    X = np.concatenate([one.X for one in found])
    risk = np.concatenate([one.risk for one in found])
    ends = np.cumsum([len(one.risk) for one in found])
    del found
    return tuple(_fitted(times, X[: ends[times - 1]], risk[: ends[times - 1]], stopping) for times in TIMES)


def _region(what: tuple[int, date]) -> Known:
    """Four Mondays, a quarter apart, that differ between seeds: together they cover the year."""
    seed, before = what
    mondays = tuple(before - timedelta(weeks=5 + 13 * k + seed % 13) for k in range(4))
    return together(known(Size(HOMES, _WEEKS, RESIDENTS, seed, before), Truth(mondays=mondays, paths=_PATHS)))


def together(parts: Iterable[Known]) -> Known:
    """All blocks of a region as one."""
    blocks = list(parts)
    return Known(*(np.concatenate([getattr(one, name) for one in blocks]) for name in vars(blocks[0])))


def _fitted(times: int, X: np.ndarray, risk: np.ndarray, stopping: Known) -> Learner:
    data = lgb.Dataset(X, risk, free_raw_data=True, params=_PARAMS)
    held = lgb.Dataset(stopping.X, stopping.risk, reference=data, params=_PARAMS)
    stop = lgb.early_stopping(40, verbose=False)
    return Learner(times, len(X), lgb.train(_PARAMS, data, _ROUNDS, valid_sets=[held], callbacks=[stop]))
