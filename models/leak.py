"""Signs that a feature tells of the future: figures that no honest record could give.

Three signs. On invented data, the model outranks the oracle (`models/skill.py`). On any data, the model or one feature
alone ranks better than forecasts in such people have been shown to. And a long-term condition, most often recorded
because of care already given, tells the weeks to come better than the weeks gone by: so do the flags of a yearly
summary that are taken as known before its year is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.bootstrap import Estimate, HomeBootstrap, home_bootstrap
from models.errors import LeakSuspected
from models.evaluation import Evaluation, Metric
from models.fit import Panel
from models.metrics import auroc
from models.model import ANY, AVOIDABLE

PLAUSIBLE_AUROC = 0.85
"""Highest published forecast of emergency admission found: 0.848 (Rahimian et al., PLoS Med 2018, 24 months, adults of
all ages); in people over 80, 0.735 (SPARRA v4)."""
_ERROR = 0.01  # chance of accusing any of the lasting facts wrongly, over all of them
_LEAST = 0.025  # of AUROC: an honest fact reached 0.010 in 20,000 invented residents, a summary within its year 0.044
_EVENTS = 50  # below, a feature out of hundreds ranks them well by chance


@dataclass(frozen=True)
class LeakSign:
    """One sign: what is suspected ('model' or a feature), the figure, what it should not exceed, and why in words."""

    suspect: str
    figure: float
    bound: float
    words: str


def leak_signs(
    data: Panel,
    judged: np.ndarray,
    evaluation: Evaluation,
    *,
    lasting: Sequence[str] = (),
    past: str = "",
    limit: float = PLAUSIBLE_AUROC,
) -> tuple[LeakSign, ...]:
    """Every sign of a leak in the rows of `data`; none is found in most honest data and none proves honesty.

    judged    mask (n,) of the rows of the weeks the model was judged on
    lasting   features that say whether a long-term condition was ever recorded
    past      feature that counts emergency admissions over a span before t about as long as the horizon
    """
    found = [*_beyond_the_oracle(evaluation), *_implausible_model(evaluation, limit)]
    return (*found, *_implausible_features(data, limit), *_knowing_ahead(data, judged, lasting, past))


def refuse(signs: Sequence[LeakSign]) -> None:
    """Raises LeakSuspected that lists every sign; does nothing where there is none."""
    if signs:
        raise LeakSuspected("\n".join(["the figures are too good to be true:", *(f"  {s.words}" for s in signs), _DO]))


_DO = (
    "Nothing was registered. Look at when these facts are recorded (recorded_at): were they known when the list would "
    "have been made? Where the figures are honest, say so with a higher [model] plausible_auroc in the settings."
)


def _beyond_the_oracle(evaluation: Evaluation) -> list[LeakSign]:
    if not evaluation.leak_suspected:
        return []
    found = evaluation.get("auroc_minus_oracle")
    return [LeakSign("model", found.value, 0.0, f"the model outranks the true risk by {found.value:.3f} of AUROC")]


def _implausible_model(evaluation: Evaluation, limit: float) -> list[LeakSign]:
    found = evaluation.get("auroc")
    if not found.low > limit or found.events < _EVENTS:
        return []
    return [LeakSign("model", found.value, limit, f"the model has {_figure(found, limit)}")]


def _figure(found: Metric | Estimate, limit: float) -> str:
    return f"an AUROC of {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), above {limit:g}"


def _implausible_features(data: Panel, limit: float) -> list[LeakSign]:
    rows = _apart(data, AVOIDABLE)
    y, X = data.labels[AVOIDABLE][rows], data.matrix.X[rows]
    if y.sum() < _EVENTS:
        return []
    boot = home_bootstrap(data.home[rows])
    signs = []
    for name, values in zip(data.matrix.names, X.T, strict=True):
        score = _either_way(y, values)
        if auroc(y, score, np.ones((1, len(y))))[0] <= limit:
            continue
        found = boot.estimate(partial(auroc, y, score))
        if found.low > limit:
            words = (
                f"{name} alone has an AUROC of {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), above {limit:g}"
            )
            signs.append(LeakSign(name, found.value, limit, words))
    return signs


def _either_way(y: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The feature as an order that ranks events first, whichever way round it does; missing values at one end."""
    score = np.nan_to_num(values, nan=np.nanmin(values, initial=0.0) - 1.0).astype(np.float64)
    return score if auroc(y, score, np.ones((1, len(y))))[0] >= 0.5 else -score


def _knowing_ahead(data: Panel, judged: np.ndarray, lasting: Sequence[str], past: str) -> list[LeakSign]:
    """Lasting facts whose AUROC for any emergency to come exceeds that for the emergencies gone by.

    Looked for in all weeks, and in the judged weeks alone: a summary used within its year tells the most at its
    beginning, and nothing when the year is nearly over. The interval is a bootstrap by home, one-sided, with the error
    shared out over the facts and both looks (Bonferroni).
    """
    names = [name for name in lasting if name in data.matrix.names]
    if not names or past not in data.matrix.names:
        return []
    rows = _apart(data, ANY)
    error = _ERROR / (2 * len(names))
    found: dict[str, float] = {}
    for look in (rows, rows[judged[rows]]):
        found |= _stronger_ahead(data, look, names, past, error) if len(look) else {}
    return [LeakSign(name, more, 0.0, _ahead(name, more)) for name, more in found.items()]


def _stronger_ahead(data: Panel, rows: np.ndarray, names: list[str], past: str, error: float) -> dict[str, float]:
    """By fact, by how much of AUROC it tells what comes better than what was, where that is beyond chance."""
    from scipy.stats import norm

    columns = np.array([data.matrix.names.index(name) for name in names])
    facts = np.nan_to_num(data.matrix.X[np.ix_(rows, columns)])
    ahead, behind = data.labels[ANY][rows], (np.nan_to_num(data.matrix.column(past)[rows]) > 0).astype(float)
    boot = home_bootstrap(data.home[rows])
    more = _strength(facts, ahead, boot) - _strength(facts, behind, boot)
    low = more[0] - norm.ppf(1 - error) * np.nanstd(more[1:], axis=0)
    return {name: float(more[0, i]) for i, name in enumerate(names) if low[i] > 0 and more[0, i] > _LEAST}


def _ahead(name: str, difference: float) -> str:
    return f"{name} tells the coming weeks better than the weeks gone by, by {difference:.3f} of AUROC"


def _apart(data: Panel, head: str) -> np.ndarray:
    """Rows with a known outcome on Mondays four weeks apart at least: weekly rows would say the same again."""
    usable = data.eligible & ~np.isnan(data.labels[head])
    days = np.unique(data.as_of[usable])
    chosen: list[np.datetime64] = []
    for day in days[::-1]:
        if not chosen or chosen[-1] - day >= np.timedelta64(28, "D"):
            chosen.append(day)
    return np.flatnonzero(usable & np.isin(data.as_of, np.array(chosen, "datetime64[D]")))


def _strength(facts: np.ndarray, y: np.ndarray, boot: HomeBootstrap) -> np.ndarray:
    """|AUROC - 0.5| of yes-or-no facts (n, k) for y under draws of homes, (1 + B, k): half the difference in shares."""
    homes = boot.counts.shape[1]

    def share(weight: np.ndarray) -> np.ndarray:
        sums = np.zeros((homes, facts.shape[1]))
        np.add.at(sums, boot.home, facts * weight[:, None])
        with np.errstate(invalid="ignore", divide="ignore"):
            return (boot.counts @ sums) / boot.sums(weight)[:, None]

    return np.abs(share(y) - share(1 - y)) / 2
