"""What the simple comparisons are made of: features, a logistic fit, and risks known from elsewhere."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.matrix import KEY, Matrix
from models.errors import FeatureMismatch, FitError


@dataclass(frozen=True)
class Baselines:
    """Which features carry each comparison; a comparison without features is left out.

    prior_admissions   emergency admissions in the last 12 months
    frailty            a frailty score, higher = frailer (Clinical Frailty Scale)
    logistic           a compact set for logistic regression
    age_and_use        age and prior use of urgent care, for a boosted model that knows nothing else
    """

    prior_admissions: str = ""
    frailty: str = ""
    logistic: tuple[str, ...] = ()
    age_and_use: tuple[str, ...] = ()

    def check(self, names: tuple[str, ...]) -> None:
        """Raises FeatureMismatch listing the features that `names` lacks."""
        wanted = [name for name in (self.prior_admissions, self.frailty, *self.logistic, *self.age_and_use) if name]
        missing = sorted(set(wanted) - set(names))
        if missing:
            raise FeatureMismatch(f"the baselines name features that are not in the matrix: {', '.join(missing)}")


def single_feature(matrix: Matrix, name: str) -> np.ndarray:
    """Order by one feature (n,), largest first; residents without a value come last."""
    values = matrix.column(name).astype(np.float64)
    known = values[~np.isnan(values)]
    lowest = known.min() - 1.0 if len(known) else 0.0
    return np.where(np.isnan(values), lowest, values)


def fit_logistic(X: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """Scikit-learn pipeline: median imputation with missing flags, scaling, ridge logistic regression."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not 0 < y.mean() < 1:
        raise FitError("the logistic baseline needs both outcomes in the fit weeks")
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=500, random_state=seed),
    ).fit(X.astype(np.float64), y)


def oracle(matrix: Matrix, truth: pa.Table) -> np.ndarray:
    """True risk (n,) of each row from `truth` (resident_id, as_of, risk), joined by key; NaN where unknown.

    Raises FeatureMismatch when the truth states a key twice.
    """
    known = truth.select([*KEY, "risk"])
    if known.group_by(list(KEY)).aggregate([]).num_rows != known.num_rows:
        raise FeatureMismatch("the truth states a (resident_id, as_of) more than once")
    keys = {name: matrix.rows[name] for name in KEY}
    left = pa.table({**keys, "position": pa.array(np.arange(len(matrix)))})
    right = pa.table({name: known[name].cast(left.schema.field(name).type) for name in KEY} | {"risk": known["risk"]})
    joined = left.join(right, list(KEY), join_type="left outer").sort_by("position")
    return np.asarray(joined["risk"].cast("float64").to_numpy(), dtype=np.float64)
