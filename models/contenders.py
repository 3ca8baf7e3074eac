"""The orders that stand beside the model's, on the same rows: rules of thumb, small models, last week's list, chance.

model             the model itself
prior_admissions  emergency admissions in the last 12 months
frailty           a frailty score
logistic          logistic regression on a compact set of features
age_and_use       a boosted model that knows age and prior use of urgent care only
last_week         the model's own order of the week before, for the residents then scored; new residents last
random            no order at all: every resident of a list is as likely to be on it
oracle, ceiling   on invented residents: the true risk, and the best that records can tell of it
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models import boosting
from models.baselines import Baselines, fit_logistic, oracle, single_feature
from models.boosting import Params
from models.calibrate import platt
from models.fit import Panel, text_column
from models.model import AVOIDABLE, Head, Model
from models.splits import TimeSplit

_WEEK = np.timedelta64(7, "D")
_AGE_AND_USE = Params(rounds=120, bags=1, companion=0.0, feature_fraction=1.0, monotone=False)

Orders = dict[str, np.ndarray]


def contenders(
    data: Panel, mask: np.ndarray, split: TimeSplit, model: Model, baselines: Baselines, seed: int
) -> tuple[Orders, Orders]:
    """Orders and calibrated chances (n,) by contender of the rows under `mask`, models fitted on the fit weeks."""
    baselines.check(data.matrix.names)
    matrix = data.matrix.take(mask)
    scores, last_week = _model_orders(data, mask, model)
    orders, chances = {"model": scores}, {"model": model.risk(matrix.X)}
    for name in ("prior_admissions", "frailty"):
        if getattr(baselines, name):
            orders[name] = single_feature(matrix, getattr(baselines, name))
    for name, features, fitted in (
        ("logistic", baselines.logistic, _logistic),
        ("age_and_use", baselines.age_and_use, _age_and_use),
    ):
        if features:
            X = data.matrix.X[:, [data.matrix.names.index(feature) for feature in features]]
            chances[name] = orders[name] = fitted(data, X, mask, split, seed)
    return orders | {"last_week": last_week, "random": np.zeros(len(matrix))}, chances


def known_risks(matrix: Matrix, truth: pa.Table | None, ceiling: pa.Table | None) -> Orders:
    """The orders oracle and ceiling, where their table is given and knows any of the rows; NaN where it does not."""
    tables = {"oracle": truth, "ceiling": ceiling}
    found = {name: oracle(matrix, table) for name, table in tables.items() if table is not None}
    return {name: risk for name, risk in found.items() if not np.isnan(risk).all()}


def _model_orders(data: Panel, mask: np.ndarray, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The model's log-odds of the rows under `mask`, and those of the same residents' rows a week before.

    On the line that everyone shares: it orders rows as the margin does, which the lines of strata would not, and can be
    compared between the models of several folds.
    """
    weeks = np.unique(data.as_of[mask])
    needed = np.flatnonzero(mask | (data.eligible & np.isin(data.as_of, weeks - _WEEK)))
    head = model.heads[AVOIDABLE]
    log_odds = head.a * head.margin(data.matrix.X[needed]) + head.b
    residents = np.unique(text_column(data.matrix, "resident_id")[needed], return_inverse=True)[1]
    before = week_before(residents, data.as_of[needed])
    carried = np.where(before >= 0, log_odds[before], log_odds.min() - 1.0)
    judged = mask[needed]
    return log_odds[judged], carried[judged]


def week_before(key: np.ndarray, as_of: np.ndarray) -> np.ndarray:
    """The row (n,) of the same key, such as a resident's number, a week before; -1 where there is none.

    No key may have two rows of one as-of.
    """
    days = as_of.astype("datetime64[D]").astype(np.int64)
    first, span = days.min(), days.max() - days.min() + 8
    codes = key.astype(np.int64) * span + (days - first) + 7
    order = np.argsort(codes)
    at = np.minimum(np.searchsorted(codes[order], codes - 7), len(codes) - 1)
    return np.where(codes[order][at] == codes - 7, order[at], -1)


def _logistic(data: Panel, X: np.ndarray, mask: np.ndarray, split: TimeSplit, seed: int) -> np.ndarray:
    fit = data.mask(split.fit)
    fitted = fit_logistic(X[fit], data.labels[AVOIDABLE][fit], seed)
    return fitted.predict_proba(X[mask].astype(np.float64))[:, 1]


def _age_and_use(data: Panel, X: np.ndarray, mask: np.ndarray, split: TimeSplit, seed: int) -> np.ndarray:
    """Boosted on the fit weeks and calibrated on the calibrate weeks, as the model is."""
    labels, home = data.labels[AVOIDABLE], data.home
    rows = boosting.fit_rows(X, labels, home, data.mask(split.fit), _AGE_AND_USE, seed)
    params = boosting.with_threads(_AGE_AND_USE, rows)
    texts = boosting.fit_boosters(boosting.dataset(rows, params), params, (), seed)
    raw = Head(texts, 1.0, 0.0, params.rounds or 0, 0.0)
    calibrate = data.mask(split.calibrate)
    a, b, _ = platt(raw.margin(X[calibrate]), labels[calibrate])
    return replace(raw, a=a, b=b).risk(X[mask])
