"""LightGBM with deterministic flags: choosing the number of rounds, and fitting a bag of boosters."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import FitError
from models.reviewed import Reviewed

if TYPE_CHECKING:
    import lightgbm as lgb

Folds = list[tuple[np.ndarray, np.ndarray]]
"""Positions of the rows to fit on and of those to judge, fold by fold."""

MIN_EVENTS = 20
_LEAST_ROWS = 20_000
_THREADED_ROWS = 200_000
_PASSED = ("learning_rate", "num_leaves", "min_child_samples", "feature_fraction", "bagging_fraction", "lambda_l2",
           "extra_trees", "max_bin")  # fmt: skip


@dataclass(frozen=True)
class Params:
    """How to fit. The defaults suit weekly rows of a few thousand residents with a few thousand events.

    Weekly rows of a resident repeat one another, so trees are small, their thresholds drawn at random, and non-events
    thinned and weighted back up: nothing is lost that could be told from chance.

    rounds      trees per booster; None lets cross-validation by home choose, up to max_rounds
    bags        boosters with different seeds whose margins are averaged
    folds       folds of homes, or of residents where homes are few, in the choice of rounds
    companion   rows with the outcome up to which its bag counts for half of the margin, and that of any emergency for
                the other half: what raises the one mostly raises the other, and there are more than twice the events
                to learn from. Beyond, the outcome's own bag counts for more, for it needs less help; 0: no companion
    others      non-events kept per event, so that time grows with what can be learnt; max_rows bounds it besides
    censoring_weights  whether rows are weighted for residents who left every home inside the horizon (censoring.py)
    reviewed    what becomes of rows of residents who had been reviewed after a listing (reviewed.py)
    monotone    whether the monotone directions of the catalogue bind
    num_threads 0 = one below 200,000 rows, where threads wait for one another more than they work, else all cores;
                the trees are the same for any number
    """

    rounds: int | None = None
    max_rounds: int = 400
    bags: int = 2
    folds: int = 3
    companion: float = 6_000.0
    learning_rate: float = 0.06
    num_leaves: int = 8
    min_child_samples: int = 100
    feature_fraction: float = 0.3
    bagging_fraction: float = 0.5
    lambda_l2: float = 20.0
    extra_trees: bool = True
    max_bin: int = 63
    others: float = 6.0
    max_rows: int = 400_000
    censoring_weights: bool = False
    reviewed: Reviewed = "keep"
    monotone: bool = True
    num_threads: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class FitRows:
    """Rows to learn from: X float32 (n, p), y (n,) of 0 and 1, weight (n,), group (n,) that folds keep together, and
    index (n,), where each stood among all rows."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    group: np.ndarray
    index: np.ndarray


def fit_rows(
    X: np.ndarray,
    y: np.ndarray,
    group: np.ndarray,
    mask: np.ndarray,
    params: Params,
    seed: int,
    weight: np.ndarray | None = None,
) -> FitRows:
    """The rows under `mask`, non-events thinned to `params.others` per event and weighted back up.

    weight (n,) multiplies that. Small sets keep up to 20,000 rows whatever their events. Raises FitError below 20 rows
    of either outcome.
    """
    index = np.flatnonzero(mask)
    positive = y[index] > 0
    events, others = int(positive.sum()), int((~positive).sum())
    if events < MIN_EVENTS or others < MIN_EVENTS:
        raise FitError(
            f"{events} events among {len(index)} rows to fit: at least {MIN_EVENTS} of each outcome are needed"
        )
    wanted = min(max(params.others * events, _LEAST_ROWS - events), max(params.max_rows - events, events))
    chosen = positive | (np.random.default_rng(seed).random(len(index)) < wanted / others)
    index, positive = index[chosen], positive[chosen]
    back = np.where(positive, 1.0, others / max(1, int((~positive).sum())))
    weights = back if weight is None else back * weight[index]
    return FitRows(X[index], y[index], weights, group[index], index)


def dataset(rows: FitRows, params: Params) -> "lgb.Dataset":
    """The binned rows. Bins are made once and shared by cross-validation and every booster of the bag."""
    import lightgbm as lgb

    binning = {"max_bin": params.max_bin, "feature_pre_filter": False, "verbosity": -1, **_threads(params)}
    data = lgb.Dataset(rows.X, rows.y, weight=rows.weight, params=binning, free_raw_data=True)
    return data.construct()


def choose_rounds(data: "lgb.Dataset", rows: FitRows, params: Params, monotone: tuple[int, ...], seed: int) -> int:
    """Rounds with the least log loss over folds of homes or residents, so that no resident is on both sides.

    Every fit row is judged once, which is steadier than one late slice with few events; no calibration or test
    week takes part.
    """
    return cross_validate(data, folds_by(rows.group, params.folds, seed), params, monotone, seed)[0]


def cross_validate(
    data: "lgb.Dataset", folds: Folds, params: Params, monotone: tuple[int, ...], seed: int
) -> tuple[int, "tuple[lgb.Booster, ...]"]:
    """The number of rounds with the least mean log loss over these folds, up to max_rounds, and each fold's booster."""
    import lightgbm as lgb

    history: dict[str, Any] = lgb.cv(
        lightgbm_params(params, monotone, seed),
        data,
        num_boost_round=params.max_rounds,
        folds=folds,
        callbacks=[lgb.early_stopping(40, verbose=False)],
        return_cvbooster=True,
    )
    rounds = int(np.argmin(np.asarray(history["valid binary_logloss-mean"]))) + 1
    return rounds, tuple(history["cvbooster"].boosters)


def fit_boosters(data: "lgb.Dataset", params: Params, monotone: tuple[int, ...], seed: int) -> tuple[str, ...]:
    """LightGBM text of `params.bags` boosters of `params.rounds` trees each."""
    import lightgbm as lgb

    if params.rounds is None:
        raise ValueError("the number of rounds must be chosen before boosters are fitted")
    texts = []
    for bag in range(params.bags):
        booster = lgb.train(lightgbm_params(params, monotone, seed + bag), data, num_boost_round=params.rounds)
        texts.append(_plain(booster.model_to_string()))
    return tuple(texts)


def with_threads(params: Params, rows: FitRows) -> Params:
    """The parameters with the number of threads settled for these rows, as LightGBM understands it (0 = all)."""
    few = len(rows.y) < _THREADED_ROWS
    return replace(params, num_threads=params.num_threads or int(few))


def monotone_vector(names: tuple[str, ...], monotone: Mapping[str, int], params: Params) -> tuple[int, ...]:
    """-1, 0 or 1 for each feature; empty when nothing binds."""
    vector = tuple(int(monotone.get(name, 0)) for name in names)
    return vector if params.monotone and any(vector) else ()


def lightgbm_params(params: Params, monotone: tuple[int, ...], seed: int) -> dict[str, Any]:
    """The parameters in LightGBM's own names, with the flags that make it deterministic."""
    fixed = {"objective": "binary", "deterministic": True, "force_col_wise": True, "seed": seed, "verbosity": -1}
    shape = {name: getattr(params, name) for name in _PASSED}
    more = {"bagging_freq": 1, "feature_pre_filter": False}
    bound = {"monotone_constraints": list(monotone)} if monotone else {}
    return {**fixed, **shape, **more, **bound, **_threads(params)}


def _plain(text: str) -> str:
    """Booster text without what no prediction needs: settings of the run, and each feature's smallest and largest
    training value, which belong to single residents."""
    text = re.sub(r"\nparameters:\n.*?\nend of parameters\n", "\n", text, flags=re.DOTALL)
    return re.sub(r"(?<=\nfeature_infos=)[^\n]*", lambda found: " ".join(["none"] * len(found[0].split())), text)


def _threads(params: Params) -> dict[str, int]:
    return {"num_threads": params.num_threads}


def folds_by(group: np.ndarray, folds: int, seed: int) -> Folds:
    """Rows to fit on and rows to judge, for folds that keep a group together."""
    names, codes = np.unique(group, return_inverse=True)
    if len(names) < folds:
        raise FitError(f"{len(names)} residents or homes cannot make {folds} folds: give the number of rounds instead")
    fold = np.random.default_rng(seed).permutation(len(names))[codes] % folds
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
