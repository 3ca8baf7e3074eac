"""Ideas that might make the model better: each gives the margin of the later rows of a county, for tried.py to judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from models import boosting, tune
from models.boosting import Params
from models.fit import Recipe, fit_model, text_column
from models.model import ANY, AVOIDABLE, Head, Model

from .counties import DELAY, HORIZON, OTHER_HORIZONS, County


@dataclass(frozen=True, eq=False)
class Base:
    """The model as it is, and its margin on the later rows."""

    model: Model
    margin: np.ndarray

    @property
    def rounds(self) -> int:
        return self.model.heads[AVOIDABLE].rounds


TRIALS = 8

Idea = Callable[[County, Recipe, Base], np.ndarray]


def as_it_is(county: County, recipe: Recipe, rounds: int | None = None) -> Base:
    """The model of today's parameters; `rounds` spares their choice where an idea leaves it as it was."""
    model = fit_model(county.data, county.split, recipe, rounds)
    return Base(model, model.margin(later(county)))


def later(county: County) -> np.ndarray:
    """Features of the rows to calibrate and to judge on."""
    return county.data.matrix.X[county.late]


def with_params(**changes: Any) -> Idea:
    """Other parameters of the fit."""

    def idea(county: County, recipe: Recipe, base: Base) -> np.ndarray:
        return as_it_is(county, replace(recipe, params=replace(recipe.params, **changes))).margin

    return idea


def tuned(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """The best of a search on inner folds, whether or not it earns its place there."""
    found = tune.tune(county.data, county.split, recipe, tune.Search(TRIALS))
    return as_it_is(county, replace(recipe, params=found.best)).margin


def one_bag(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """One booster per outcome instead of two."""
    return _margin(base.model.heads[AVOIDABLE].boosters[::2], county)


def other_bag(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """The second booster of each outcome: beside the first, what chance alone does."""
    return _margin(base.model.heads[AVOIDABLE].boosters[1::2], county)


def four_bags(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Four boosters per outcome."""
    other = replace(recipe, seed=recipe.seed + 100)
    more = [m for head in (AVOIDABLE, ANY) for m in _bag(county, other, county.data.labels[head], base.rounds)]
    return (base.margin + _margin(tuple(more), county)) / 2


def no_companion(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """The outcome's own boosters alone."""
    return _margin(base.model.heads[AVOIDABLE].boosters[: recipe.params.bags], county)


def more_horizons(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Boosters of the same outcomes within 7 and within 91 days averaged with those of 28."""
    margins = [base.margin]
    for days in OTHER_HORIZONS:
        texts = [
            m for head in (AVOIDABLE, ANY) for m in _bag(county, recipe, _horizon(county, head, days), base.rounds)
        ]
        margins.append(_margin(tuple(texts), county))
    return np.mean(margins, axis=0)


def two_years(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Counts over two years beside those of the catalogue, which end at one."""
    counts = {name: values for name, values in county.further.items() if name.endswith("_728")}
    return as_it_is(county.wider(counts), recipe, base.rounds).margin


def past_rates(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Share of past weeks with the outcome, of the resident and of the home, drawn to the share of all.

    Only labels that were known by the as-of count. A beta prior worth a year of weeks for a resident and of twenty
    residents for a home draws them in, as an empirical-Bayes intercept would.
    """
    data, columns = county.data, {}
    day = data.as_of.astype(np.int64)
    for head, y in data.labels.items():
        usable = np.where(data.eligible, y, np.nan)
        for who, names, weeks in (
            ("resident", text_column(data.matrix, "resident_id"), 52.0),
            ("home", data.home, 52.0 * 20),
        ):
            events, rows = _past(names, day, usable, HORIZON + DELAY)
            all_events, all_rows = _past(np.zeros(len(y), int), day, usable, HORIZON + DELAY)
            share = np.divide(all_events, all_rows, out=np.zeros(len(y)), where=all_rows > 0)
            columns[f"past_{head}_{who}"] = (events + weeks * share) / (rows + weeks) - share
    return as_it_is(county.wider(columns), recipe, base.rounds).margin


def alike_residents(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Rows weighted so that the weeks of a resident count as their square root, for they repeat one another."""
    _, codes, counts = np.unique(
        text_column(county.data.matrix, "resident_id"), return_inverse=True, return_counts=True
    )
    weight = 1 / np.sqrt(counts[codes])
    texts = [
        m for head in (AVOIDABLE, ANY) for m in _bag(county, recipe, county.data.labels[head], base.rounds, weight)
    ]
    return _margin(tuple(texts), county)


def with_logistic(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """A quarter of a ridge logistic model of all features, on the margin."""
    added = np.mean([_logistic(county, recipe, head) for head in (AVOIDABLE, ANY)], axis=0)
    return 0.75 * base.margin / base.margin.std() + 0.25 * added / added.std()


def linear_leaves(county: County, recipe: Recipe, base: Base) -> np.ndarray:
    """Linear models in the leaves, without monotone directions, which LightGBM does not hold there."""
    import lightgbm as lgb

    free = replace(recipe, params=replace(recipe.params, monotone=False, num_threads=1))
    shape = {"linear_tree": True, "linear_lambda": 10.0, "extra_trees": False}
    margins = []
    for head in (AVOIDABLE, ANY):
        rows = _rows(county, free, county.data.labels[head])
        given = boosting.lightgbm_params(free.params, (), recipe.seed) | shape
        data = lgb.Dataset(rows.X, rows.y, weight=rows.weight, params=given)
        margins.append(lgb.train(given, data, base.rounds).predict(later(county), raw_score=True))
    return np.mean(margins, axis=0)


IDEAS: Mapping[str, tuple[str, Idea]] = {
    "companion": ("without the companion head", no_companion),
    "bags-1": ("one bag", one_bag),
    "bags-other": ("the other bag: the same but for its draws", other_bag),
    "bags-4": ("four bags", four_bags),
    "logistic": ("a quarter of a ridge logistic model of all features", with_logistic),
    "horizons": ("heads for 7 and 91 days beside 28", more_horizons),
    "rates": ("past rates of the resident and of the home, shrunken", past_rates),
    "monotone": ("without monotone directions", with_params(monotone=False)),
    "best-threshold": ("best thresholds instead of random ones (`extra_trees` off)", with_params(extra_trees=False)),
    "stumps": ("two leaves: no interactions", with_params(num_leaves=2, max_rounds=800)),
    "two-years": ("counts over two years", two_years),
    "weights": ("residents' weeks weighted by their square root", alike_residents),
    "others": ("twenty non-events per event instead of six", with_params(others=20.0)),
    "linear": ("linear leaves", linear_leaves),
    "tuned": (f"the best of {TRIALS} trials of `--tune`", tuned),
}

ADDED = ("bags-4", "logistic", "horizons")
"""Ideas whose time comes on top of that of the model as it is."""

PARTS = ("companion", "bags-1", "bags-other")
"""Ideas that are a part of the model as it is, so that their own time was not measured."""


def _rows(county: County, recipe: Recipe, y: np.ndarray, weight: np.ndarray | None = None) -> boosting.FitRows:
    data = county.data
    mask = np.isin(data.as_of, np.array(county.split.fit, "datetime64[D]")) & data.eligible & ~np.isnan(y)
    rows = boosting.fit_rows(data.matrix.X, y, data.home, mask, recipe.params, recipe.seed)
    return rows if weight is None else replace(rows, weight=rows.weight * weight[rows.index])


def _bag(
    county: County, recipe: Recipe, y: np.ndarray, rounds: int, weight: np.ndarray | None = None
) -> tuple[str, ...]:
    rows = _rows(county, recipe, y, weight)
    params: Params = replace(boosting.with_threads(recipe.params, rows), rounds=rounds)
    bound = boosting.monotone_vector(county.data.matrix.names, recipe.monotone, params)
    return boosting.fit_boosters(boosting.dataset(rows, params), params, bound, recipe.seed)


def _margin(texts: tuple[str, ...], county: County) -> np.ndarray:
    return Head(texts, 1.0, 0.0, 0, 0.0).margin(later(county))


def _horizon(county: County, head: str, days: int) -> np.ndarray:
    """Labels within `days` that were known before the calibrate weeks began; NaN for the rest."""
    y = county.further[f"{head}_{days}"]
    known_by = np.datetime64(county.split.calibrate[0] - timedelta(days=days + DELAY), "D")
    return np.where(county.data.as_of <= known_by, y, np.nan)


def _past(names: np.ndarray, day: np.ndarray, y: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Events and rows (n,) of the same name whose label was known `lag` days later, by each row's day."""
    _, codes = np.unique(names, return_inverse=True)
    key = codes * 1_000_000 + day
    order = np.argsort(key, kind="stable")
    known = ~np.isnan(y[order])
    sums = [np.r_[0.0, np.cumsum(np.where(known, part, 0.0))] for part in (y[order], np.ones(len(y)))]
    first = np.searchsorted(key[order], codes * 1_000_000)
    last = np.searchsorted(key[order], key - lag, side="right")
    last = np.maximum(first, last)
    return sums[0][last] - sums[0][first], sums[1][last] - sums[1][first]


def _logistic(county: County, recipe: Recipe, head: str) -> np.ndarray:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    rows = _rows(county, recipe, county.data.labels[head])
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    prepared = make_pipeline(impute, FunctionTransformer(_signed_log), StandardScaler())
    fitted = LogisticRegression(C=3e-4, max_iter=200).fit(prepared.fit_transform(rows.X), rows.y, rows.weight)
    return fitted.decision_function(prepared.transform(later(county)))


def _signed_log(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.log1p(np.abs(x))
