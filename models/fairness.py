"""Does the model serve every group alike? Calibration, ranking and who is listed, by group, with intervals.

A model may be well calibrated in every group and still list some groups' admissions far less often (SPARRA: Thoma et
al. 2024, PLOS Digital Health 3(12):e0000675). So both are looked at. How often a group has the outcome, is listed, and
has the outcome when it is listed are shown and not compared: they differ where the risk does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from features.subgroups import GROUPS, completeness
from models.fairness_measures import DIFFERENCE, RATIO, Measure, measures
from models.fit import text_column
from models.judged import Judged
from models.small_numbers import SmallNumbers, hidden_groups

EVERYONE = "everyone"
LEAST_HOMES = 5  # fewer give hardly any distinct draws


@dataclass(frozen=True)
class FairnessRow:
    """One figure of one group, beside everyone's.

    dimension, group        such as funding and self-funded; both 'everyone' for all judged rows
    rows, events            resident-weeks, and those with the outcome
    measure, view           such as sensitivity on 'pcn' lists; view 'all' where no list matters
    value, low, high        the group's own, with its 95 % interval
    everyone                the value of all judged rows
    comparison, contrast    the group's value over everyone's ('ratio') or less everyone's ('difference'), with the
                            95 % interval of the same draws of homes; comparison is '' where none is made
    compared                there is enough to compare; flagged: the interval of the contrast leaves out no difference
    hidden                  a small number, or one that protects another: no figure is given
    """

    dimension: str
    group: str
    measure: str
    view: str
    residents: int | None
    rows: int | None
    events: int | None
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    everyone: float = np.nan
    comparison: str = ""
    contrast: float = np.nan
    contrast_low: float = np.nan
    contrast_high: float = np.nan
    compared: bool = False
    flagged: bool = False
    hidden: bool = False


def fairness_of(
    judged: Judged,
    subgroups: pa.Table,
    capacity: Mapping[str, int],
    *,
    rules: SmallNumbers | None = None,
    contender: str = "model",
) -> tuple[FairnessRow, ...]:
    """Every figure by group for one contender: all judged rows first, then dimension by dimension.

    subgroups has a text column per dimension, aligned with the rows judged (features/subgroups.py); the fifths of
    completeness are added. capacity is as for `evaluate`. Small numbers are hidden before anything leaves here.
    """
    look = _Look(judged, measures(judged, capacity, contender), rules or SmallNumbers())
    dimensions = {name: np.asarray(subgroups[name].to_pylist(), object) for name in subgroups.column_names}
    dimensions["completeness"] = completeness(judged.matrix.X)
    return (*look.everyone(), *(row for name, groups in dimensions.items() for row in look.by_group(name, groups)))


@dataclass(frozen=True, eq=False)
class _Part:
    """Some of the judged rows: their numbers, and what is asked of them more than once."""

    rows: np.ndarray
    homes: int
    residents: int
    events: int
    people: int  # residents with the outcome: one admission is the outcome of several weeks

    def row(self, dimension: str, group: str, m: Measure) -> FairnessRow:
        return FairnessRow(
            dimension, group, m.name, m.view, self.residents, len(self.rows), self.events, comparison=m.comparison
        )

    def enough(self, m: Measure, everyone: float) -> bool:
        return self.homes >= LEAST_HOMES and m.enough(self.rows, everyone, self.events, self.people)


class _Look:
    """All judged rows and each measure of them, with its draws, kept for every group's comparison."""

    def __init__(self, judged: Judged, found: tuple[Measure, ...], rules: SmallNumbers) -> None:
        self.judged, self.measures, self.rules = judged, found, rules
        self.resident = np.unique(text_column(judged.matrix, "resident_id"), return_inverse=True)[1]
        self.all = self._part(np.ones(len(judged), bool))
        self.drawn = [m.drawn(self.all.rows, judged.bootstrap) for m in found]
        self.value = [m.point(self.all.rows) for m in found]

    def everyone(self) -> Iterator[FairnessRow]:
        hidden = hidden_groups(np.zeros(len(self.judged), int), self.resident, self.judged.y, self.rules)[0]
        for m, drawn, value in zip(self.measures, self.drawn, self.value, strict=True):
            row = self.all.row(EVERYONE, EVERYONE, m)
            low, high = interval(drawn, self.all.homes)
            yield _hide(row) if hidden else replace(row, value=value, low=low, high=high, everyone=value)

    def by_group(self, dimension: str, groups: np.ndarray) -> Iterator[FairnessRow]:
        names = [name for name in GROUPS.get(dimension, sorted(set(groups))) if (groups == name).any()]
        code = np.array([names.index(group) for group in groups])
        points = self._points(code)
        hidden = hidden_groups(code, self.resident, self.judged.y, self.rules)
        for g, name in enumerate(names):
            part, rest = self._part(code == g), self._part(code != g)
            for i, m in enumerate(self.measures):
                row = part.row(dimension, name, m)
                told = replace(row, value=points[g][i], everyone=self.value[i])
                yield _hide(row) if hidden[g] else self._told(told, i, part, rest)

    def _points(self, code: np.ndarray) -> dict[int, list[float]]:
        """The value of every measure in every group, by its code; NaN where it is not defined."""
        from fairlearn.metrics import MetricFrame

        # Rows are handed over by their number: a measure takes what it is of from columns of its own.
        frame = MetricFrame(
            metrics=lambda rows, _: [m.point(rows) for m in self.measures],
            y_true=self.all.rows,
            y_pred=self.all.rows,
            sensitive_features={"group": code},
        )
        return frame.by_group.to_dict()

    def _told(self, row: FairnessRow, i: int, part: _Part, rest: _Part) -> FairnessRow:
        """The row with its interval and, where the measure compares, its contrast with everyone.

        A group is compared if there is enough of it and of all others together: beside a group of nearly all
        residents, everyone differs from it only by those few others.
        """
        m, everyone = self.measures[i], self.value[i]
        if np.isnan(row.value):
            return row
        drawn = m.drawn(part.rows, self.judged.bootstrap)
        low, high = interval(drawn, part.homes)
        row = replace(row, low=low, high=high)
        if not m.comparison or not part.enough(m, everyone) or not rest.enough(m, everyone):
            return row
        contrast = _contrast(m.comparison, row.value, everyone)
        low, high = interval(_contrast(m.comparison, drawn, self.drawn[i]), min(part.homes, rest.homes))
        none = 1.0 if m.comparison == RATIO else 0.0
        flagged = bool(low > none or high < none)
        compared = bool(np.isfinite([contrast, low, high]).all())
        return replace(row, contrast=contrast, contrast_low=low, contrast_high=high, compared=compared, flagged=flagged)

    def _part(self, mask: np.ndarray) -> _Part:
        rows = np.flatnonzero(mask)
        homes, residents = (len(np.unique(codes[rows])) for codes in (self.judged.bootstrap.home, self.resident))
        with_outcome = rows[self.judged.y[rows] > 0]
        return _Part(rows, homes, residents, len(with_outcome), len(np.unique(self.resident[with_outcome])))


def interval(drawn: np.ndarray, homes: int) -> tuple[float, float]:
    """95 % bounds from draws of homes, of which `homes` hold any of the rows; NaN where one alone does, or where
    all draws are alike, as where nobody was listed: that is no certainty.

    Percentiles of a bootstrap of few homes lie too close together. They are taken further out, as Student's t on
    homes - 1 degrees of freedom lies further out than the normal ("expanded percentiles", Hesterberg 2015, The
    American Statistician 69:371).
    """
    drawn = drawn[~np.isnan(drawn)]
    if homes < 2 or not len(drawn) or drawn.min() == drawn.max():
        return np.nan, np.nan
    low, high = np.quantile(drawn, [_tail(homes), 1 - _tail(homes)])
    return float(low), float(high)


@cache
def _tail(homes: int) -> float:
    from scipy.stats import norm, t

    return float(norm.cdf(t.ppf(0.025, homes - 1) * np.sqrt(homes / (homes - 1))))


def _contrast(comparison: str, group: Any, everyone: Any) -> Any:
    if comparison == DIFFERENCE:
        return group - everyone
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(everyone > 0, group / everyone, np.nan)[()]


def _hide(row: FairnessRow) -> FairnessRow:
    """The row without its figures; everyone's stays only where it is not the one that is hidden."""
    everyone = np.nan if row.dimension == EVERYONE else row.everyone
    return replace(
        row, residents=None, rows=None, events=None, value=np.nan, low=np.nan, high=np.nan, everyone=everyone,
        hidden=True,
    )  # fmt: skip
