"""Residents whom a list has shown or a team has reviewed, judged apart from the others.

A list changes what happens: who is reviewed is admitted less often where reviews work, so later data understate the
risk of those who were listed, and a model refitted on them learns from its own effect (Liley et al. 2021, AISTATS,
arXiv:2010.11530).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.matrix import Matrix, as_of_days
from models import metrics as measure
from models.bootstrap import interval
from models.fit import text_column
from models.judged import Judged
from models.reviewed import EXPOSURE, LISTED_RISK
from models.small_numbers import SmallNumbers, hidden_groups

DAYS = 28
"""How long a listing or a review is taken to matter, and within how many days of a listing a review follows from it."""
GROUPS = ("neither", "listed", "reviewed")
RATIO = "observed_expected_ratio"


@dataclass(frozen=True)
class ExposedRow:
    """One figure of one group of judged rows, with the 95 % interval of the bootstrap by home.

    group      reviewed after a listing in the last 28 days; listed in them, not reviewed; or neither
    rows       resident-weeks; events: those with the outcome
    measure    prevalence, auroc, observed_expected, calibration_slope; of the reviewed also their observed / expected
               over that of all others, in the same draws
    hidden     a small number, or one that protects another: no figure is given
    """

    group: str
    residents: int | None
    rows: int | None
    events: int | None
    measure: str
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    hidden: bool = False


def with_exposure(matrix: Matrix, log: pa.Table) -> Matrix:
    """The matrix with two more columns in its rows: the group, and the chance on the latest list before the row's own.

    log has a row for each listing: resident_id, as_of, risk and reviewed_on, the day of the first review that followed
    (null: none). The list of the row's own Monday counts as a listing. A review counts only before that Monday: later
    ones belong to those who were not admitted first, and choosing rows by them would choose by the outcome.
    """
    ids = pc.unique(log["resident_id"].combine_chunks())
    who = pc.fill_null(pc.index_in(matrix.rows["resident_id"], ids), -1).to_numpy().astype(np.int64)
    t = as_of_days(matrix.rows).astype(np.int64)
    listed = _Dated.of(log, ids, "as_of")
    reviewed = _Dated.of(log.filter(pc.is_valid(log["reviewed_on"])), ids, "reviewed_on")
    group = np.where(listed.last(who, t) > t - DAYS, "listed", "neither").astype(object)
    group[reviewed.last(who, t - 1) >= t - DAYS] = "reviewed"
    earlier = listed.last(who, t - 1) >= t - 2 * DAYS
    risk = np.where(earlier, listed.risk_at(who, t - 1), np.nan)
    rows = matrix.rows.append_column(EXPOSURE, pa.array(group, pa.string()))
    rows = rows.append_column(LISTED_RISK, pa.array(risk, pa.float64(), from_pandas=True))
    return Matrix(rows, matrix.X, matrix.names)


@dataclass(frozen=True, eq=False)
class _Dated:
    """Days (k,) of dated rows of a log by resident, sorted by `key` = resident and day."""

    key: np.ndarray
    day: np.ndarray
    risk: np.ndarray

    @classmethod
    def of(cls, log: pa.Table, ids: pa.Array, column: str) -> "_Dated":
        who = pc.index_in(log["resident_id"], ids).to_numpy().astype(np.int64)
        day = log[column].cast(pa.int32()).to_numpy().astype(np.int64)
        risk = log["risk"].cast(pa.float64()).to_numpy()
        order = np.argsort(_key(who, day), kind="stable")
        return cls(_key(who, day)[order], day[order], risk[order])

    def last(self, who: np.ndarray, until: np.ndarray) -> np.ndarray:
        """The resident's latest day (n,) up to and including `until`; far in the past where there is none."""
        at, found = self._at(who, until)
        return np.where(found, self.day[at] if len(self.day) else 0, np.iinfo(np.int32).min)

    def risk_at(self, who: np.ndarray, until: np.ndarray) -> np.ndarray:
        """The chance (n,) stated on that day; NaN where there is none."""
        at, found = self._at(who, until)
        return np.where(found, self.risk[at] if len(self.risk) else np.nan, np.nan)

    def _at(self, who: np.ndarray, until: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.searchsorted(self.key, _key(who, until), side="right") - 1
        found = (at >= 0) & (who >= 0)
        found[found] = self.key[at[found]] >= _key(who[found], np.zeros(1, np.int64))
        return np.maximum(at, 0), found


def _key(who: np.ndarray, day: np.ndarray) -> np.ndarray:
    return (who << 32) + day


def exposed_rows(judged: Judged, rules: SmallNumbers | None = None) -> tuple[ExposedRow, ...]:
    """Every figure of each group that occurs, small numbers hidden. Empty where rows do not tell their exposure, or
    nobody was listed.

    All rows count once, whatever weights the model was fitted with: those left out of a fit are looked at here too.
    """
    if EXPOSURE not in judged.matrix.rows.column_names:
        return ()
    plain = Judged(judged.matrix, judged.as_of, judged.home, judged.y, judged.scores, judged.chances, judged.seed)
    group = text_column(plain.matrix, EXPOSURE)
    names = [name for name in GROUPS if (group == name).any()]
    if names == ["neither"]:
        return ()
    resident = np.unique(text_column(plain.matrix, "resident_id"), return_inverse=True)[1]
    hide = hidden_groups(np.array([names.index(name) for name in group]), resident, plain.y, rules or SmallNumbers())
    found: list[ExposedRow] = []
    for name, hidden in zip(names, hide, strict=True):
        rows = group == name
        size = (len(np.unique(resident[rows])), int(rows.sum()), int(plain.y[rows].sum()))
        found += [
            ExposedRow(name, None, None, None, told, hidden=True) if hidden
            else ExposedRow(name, *size, told, *_estimate(values()))
            for told, values in _values(plain, rows, name)
        ]  # fmt: skip
    return tuple(found)


def _values(judged: Judged, rows: np.ndarray, group: str) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Name and values (1 + B,) under the draws of each figure of the rows under a mask (n,)."""
    y, score, p, draws = judged.y, judged.scores["model"], judged.chances["model"], judged.bootstrap
    one = judged.take(rows)
    own = draws.at(rows)
    yield "prevalence", partial(own.ratio, one.y, np.ones(len(one)))
    yield "auroc", partial(own.values, partial(measure.auroc, one.y, score[rows]))
    yield "observed_expected", partial(own.ratio, one.y, p[rows])
    yield "calibration_slope", partial(own.values, partial(measure.calibration_slope, one.y, p[rows]))
    if group == "reviewed" and not rows.all():
        others = draws.at(~rows)
        yield RATIO, lambda: own.ratio(one.y, p[rows]) / others.ratio(y[~rows], p[~rows])


def _estimate(values: np.ndarray) -> tuple[float, float, float]:
    found = interval(np.where(np.isfinite(values), values, np.nan))
    return found.value, found.low, found.high


def warnings(rows: Sequence[ExposedRow]) -> tuple[str, ...]:
    """What to know before retraining, where fewer of the reviewed had the outcome than their chances foretold."""
    told = {(row.group, row.measure): row for row in rows if not row.hidden}
    ratio, own = told.get(("reviewed", RATIO)), told.get(("reviewed", "observed_expected"))
    if ratio is None or own is None or not ratio.value < 1:
        return ()
    sure = "" if ratio.high < 1 else " The interval includes no difference."
    return (
        f"Of 100 outcomes that their chances foretold, {100 * own.value:.0f} came true for residents reviewed in the "
        f"last {DAYS} days: {ratio.value:.2f} times the share of the others (95 % interval {ratio.low:.2f} to "
        f"{ratio.high:.2f}).{sure} Reviews that work look like this. Regression to the mean looks the same: residents "
        "are listed when their estimate is at its highest, and part of that is chance. These figures cannot tell one "
        "from the other.",
    )
