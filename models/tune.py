"""Search for better parameters by Optuna, on folds inside the fit weeks: judged later in time and in other homes.

No calibration or test week takes part, so what the search learns there cannot flatter the figures on the test weeks.
Log loss is searched on because it is a proper score (Gneiting & Raftery, JASA 2007); AUROC would not see chances that
are too bold. The budget is a number of trials and of rows, never of seconds: the same seed finds the same parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models import boosting
from models.boosting import FitRows, Folds, Params
from models.bootstrap import Estimate, home_bootstrap
from models.errors import FitError
from models.fit import Panel, Recipe, folded_by
from models.logistic import sigmoid
from models.model import AVOIDABLE
from models.splits import TimeSplit

if TYPE_CHECKING:
    import lightgbm as lgb
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial as OptunaTrial


@dataclass(frozen=True)
class Search:
    """How far to look.

    trials   parameter sets tried, the first of which are those given
    sampler  'tpe' (Bergstra et al., NeurIPS 2011) or 'random'
    max_rows rows of the fit weeks that a trial learns from and is judged on, non-events thinned beyond it
    later    share of the fit weeks, the last ones, that trials are judged on
    """

    trials: int
    sampler: str = "tpe"
    max_rows: int = 100_000
    later: float = 1 / 3


@dataclass(frozen=True)
class Trial:
    """One parameter set: what was varied, its log loss on the later weeks of other homes, and its rounds."""

    number: int
    varied: Mapping[str, float | int | bool]
    log_loss: float
    rounds: int


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    params  the parameters to fit with: the best when they earn their place, else those given
    best    the parameters with the least log loss
    gain    log loss of those given less that of the best, with an interval from the bootstrap by home. The best of
            many is in part the luckiest, which the interval leaves out
    trials  all of them, in order; number 0 are the parameters given
    """

    params: Params
    best: Params
    gain: Estimate
    trials: tuple[Trial, ...]

    @property
    def kept(self) -> bool:
        """Whether the best earned its place: its gain is beyond the interval."""
        return self.gain.low > 0

    @property
    def best_trial(self) -> Trial:
        """The first of the trials with the least log loss."""
        return min(self.trials, key=lambda trial: trial.log_loss)


def tune(data: Panel, split: TimeSplit, recipe: Recipe, search: Search) -> Tuned:
    """Search on the fit weeks of `split` alone. Raises FitError when they are too few or hold too few events."""
    import optuna

    ground = _ground(data, split, recipe, search)
    losses: dict[int, np.ndarray] = {}
    trials: list[Trial] = []

    def objective(trial: "OptunaTrial") -> float:
        varied = _suggested(trial)
        rounds, losses[trial.number] = ground.loss(_with(recipe.params, varied), recipe.seed)
        value = ground.mean(losses[trial.number])
        trials.append(Trial(trial.number, varied, value, rounds))
        return value

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize", sampler=_sampler(search, recipe.seed))
    study.enqueue_trial({name: getattr(recipe.params, name) for name in VARIED})
    study.optimize(objective, n_trials=search.trials)
    best = min(trials, key=lambda trial: trial.log_loss)
    gain = ground.gain(losses[0], losses[best.number])
    chosen = _with(recipe.params, best.varied)
    return Tuned(chosen if gain.low > 0 else recipe.params, chosen, gain, tuple(trials))


def table(found: Tuned) -> str:
    """All trials as a Markdown table, the best first, and what became of it."""
    names = list(VARIED)
    head = ["trial", "log loss", "rounds", *names]
    ranked = sorted(found.trials, key=lambda trial: (trial.log_loss, trial.number))
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line([t.number, f"{t.log_loss:.6f}", t.rounds, *(_short(t.varied[n]) for n in names)]) for t in ranked]
    gain = f"{found.gain.value:.6f} ({found.gain.low:.6f} to {found.gain.high:.6f})"
    verdict = "used" if found.kept else "not used: the gain is within what other homes would vary"
    return "\n".join(
        [*lines, "", f"Trial 0 is the default. The best gains {gain} in log loss over it and is {verdict}."]
    )


VARIED: Mapping[str, tuple[Any, ...]] = {
    "learning_rate": (0.02, 0.15),
    "num_leaves": (2, 32),
    "min_child_samples": (20, 500),
    "feature_fraction": (0.05, 0.8),
    "bagging_fraction": (0.3, 1.0),
    "lambda_l2": (1.0, 200.0),
    "extra_trees": (True, False),
}
"""What a search varies: bounds, inclusive, by the logarithm, or the choices of a switch."""


def _suggested(trial: "OptunaTrial") -> dict[str, Any]:
    varied: dict[str, Any] = {}
    for name, (low, high) in VARIED.items():
        if isinstance(low, bool):
            varied[name] = trial.suggest_categorical(name, (low, high))
        elif isinstance(low, int):
            varied[name] = trial.suggest_int(name, low, high, log=True)
        else:
            varied[name] = trial.suggest_float(name, low, high, log=True)
    return varied


def _with(params: Params, varied: Mapping[str, Any]) -> Params:
    return replace(params, **varied)


def _sampler(search: Search, seed: int) -> "BaseSampler":
    from optuna.samplers import RandomSampler, TPESampler

    return TPESampler(seed=seed) if search.sampler == "tpe" else RandomSampler(seed=seed)


@dataclass(frozen=True, eq=False)
class _Ground:
    """What trials are fitted and judged on: the rows, binned once, the folds, and the directions that bind."""

    rows: FitRows
    binned: "lgb.Dataset"
    folds: Folds
    monotone: tuple[int, ...]
    home: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """Positions of the rows judged, each once, fold by fold."""
        return np.concatenate([later for _, later in self.folds])

    def loss(self, params: Params, seed: int) -> tuple[int, np.ndarray]:
        """Rounds, and the log loss of each judged row by the booster that saw neither its home nor its weeks."""
        params = boosting.with_threads(params, self.rows)
        rounds, boosters = boosting.cross_validate(self.binned, self.folds, params, self.monotone, seed)
        margins = [
            booster.predict(self.rows.X[later], raw_score=True, num_iteration=rounds)
            for booster, (_, later) in zip(boosters, self.folds, strict=True)
        ]
        p = np.clip(sigmoid(np.concatenate(margins)), 1e-12, 1 - 1e-12)
        y = self.rows.y[self.judged]
        return rounds, -(y * np.log(p) + (1 - y) * np.log1p(-p))

    def mean(self, losses: np.ndarray) -> float:
        """Mean log loss of the judged rows, thinned non-events weighted back up."""
        return float(np.average(losses, weights=self.rows.weight[self.judged]))

    def gain(self, before: np.ndarray, after: np.ndarray) -> Estimate:
        """How much less the mean loss is, on the same rows and draws of homes."""
        weight = self.rows.weight[self.judged]
        boot = home_bootstrap(self.home[self.judged], replicates=500)
        return boot.estimate(lambda w: (w @ (weight * (before - after))) / (w @ weight))


def _ground(data: Panel, split: TimeSplit, recipe: Recipe, search: Search) -> _Ground:
    mask = data.mask(split.fit)
    params = replace(recipe.params, max_rows=search.max_rows)
    group = folded_by(data, mask, params)
    rows = boosting.fit_rows(data.matrix.X, data.labels[AVOIDABLE], group, mask, params, recipe.seed)
    params = boosting.with_threads(params, rows)
    bound = boosting.monotone_vector(data.matrix.names, recipe.monotone, params)
    folds = inner_folds(rows, data.as_of[rows.index], split, params, search, recipe.seed)
    return _Ground(rows, boosting.dataset(rows, params), folds, bound, data.home[rows.index])


def inner_folds(rows: FitRows, as_of: np.ndarray, split: TimeSplit, params: Params, search: Search, seed: int) -> Folds:
    """Folds of homes, judged on the last fit weeks and fitted on those an embargo before, in the other homes.

    Raises FitError where a fold would lack events on either side.
    """
    weeks = len(split.fit)
    first = np.datetime64(split.fit[weeks - max(1, round(search.later * weeks))], "D")
    later, earlier = as_of >= first, as_of + np.timedelta64(split.embargo_days, "D") <= first
    folds = [
        (np.intersect1d(fit, np.flatnonzero(earlier)), np.intersect1d(held, np.flatnonzero(later)))
        for fit, held in boosting.folds_by(rows.group, params.folds, seed)
    ]
    fewest = min(int(rows.y[part].sum()) for fold in folds for part in fold)
    if fewest < boosting.MIN_EVENTS:
        raise FitError(
            f"{weeks} fit weeks give {fewest} events to the smallest part of a search for parameters: at least "
            f"{boosting.MIN_EVENTS} are needed. Train without --tune, or on a longer history"
        )
    return folds


def _line(cells: list[Any]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _short(value: float | int | bool) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
