"""The backtest: what a team would have had, had it trained again and again, over all folds, by fold and by age."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from models import metrics as measure
from models.evaluate import evaluation_of
from models.evaluation import Evaluation, Metric, jsonable
from models.fit import text_column
from models.folds import Fold, New
from models.judged import Judged, pooled
from models.lists import list_codes, selection
from models.splits import TimeSplit, pooled_split


@dataclass(frozen=True)
class FoldRow:
    """One fold: its weeks, what its model learnt from and what it was judged on.

    events   among `rows`, by what was known on the first test Monday; late = learnt from as without the outcome,
             coded as one later; judged_events are those known at the data cut-off
    trees    of the outcome's head
    """

    fold: int
    fit_from: date
    fit_to: date
    calibrate_from: date
    calibrate_to: date
    test_from: date
    test_to: date
    rows: int
    events: int
    late: int
    trees: float
    judged_rows: int
    judged_events: int

    def as_params(self) -> dict[str, str]:
        """Every field as text."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class AgeRow:
    """One figure of the model in the weeks that many weeks after the first Monday it could have been used."""

    weeks: int
    name: str
    view: str
    value: float
    low: float
    high: float
    n: int
    events: int


@dataclass(frozen=True)
class FoldMetric:
    """One figure of one fold."""

    fold: int
    name: str
    score: str
    view: str
    value: float
    low: float
    high: float
    n: int
    events: int


@dataclass(frozen=True)
class Backtest:
    """Everything a backtest found.

    pooled    all test weeks as one; by_fold each fold's own figures
    ages      figures by weeks since fitting; ageing = the later half of the test weeks minus the earlier
    new       whether every row was judged by a model that knew nobody like that: '', 'residents' or 'homes'
    """

    pooled: Evaluation
    folds: tuple[FoldRow, ...]
    by_fold: tuple[Evaluation, ...]
    ages: tuple[AgeRow, ...]
    ageing: tuple[Metric, ...]
    new: New

    @property
    def leak_suspected(self) -> bool:
        """Whether the model outranked the oracle over all weeks or in any fold."""
        return self.pooled.leak_suspected or any(fold.leak_suspected for fold in self.by_fold)

    @property
    def fold_metrics(self) -> tuple[FoldMetric, ...]:
        return tuple(
            FoldMetric(row.fold, **asdict(metric))
            for row, found in zip(self.folds, self.by_fold, strict=True)
            for metric in found.metrics
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON: no list and no resident, undefined values None."""
        plain = jsonable(
            {
                "folds": [asdict(row) for row in self.folds],
                "ages": [asdict(row) for row in self.ages],
                "ageing": [asdict(row) for row in self.ageing],
            }
        )
        judged = {"pooled": self.pooled.as_dict(), "by_fold": [found.as_dict() for found in self.by_fold]}
        return {"new": self.new, "leak_suspected": self.leak_suspected, **plain, **judged}


def backtest_of(
    folds: Sequence[Fold],
    *,
    capacity: Mapping[str, int],
    truth: pa.Table | None = None,
    new: New = "",
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Judge the folds one by one and together; intervals draw homes, each with its rows of every fold."""
    say = progress or (lambda _: None)
    by_fold = []
    for number, fold in enumerate(folds, 1):
        say(f"judging fold {number} of {len(folds)}")
        by_fold.append(_judge(fold.judged, fold.split, capacity, truth, seed))
    say("judging all folds together")
    splits = [fold.split for fold in folds]
    together = pooled([fold.judged for fold in folds])
    ages = weeks_since_fitting(together.as_of, splits)
    return Backtest(
        pooled=_judge(together, pooled_split(splits), capacity, truth, seed),
        folds=tuple(_row(number, fold) for number, fold in enumerate(folds, 1)),
        by_fold=tuple(by_fold),
        ages=tuple(_by_age(together, ages, capacity)),
        ageing=tuple(_ageing(together, ages, capacity)),
        new=new,
    )


def _judge(
    judged: Judged, split: TimeSplit, capacity: Mapping[str, int], truth: pa.Table | None, seed: int
) -> Evaluation:
    """Every figure, but none of lists by an order that is known in some of the weeks only, as the true risk may be:
    in the others its lists would be drawn by lot."""
    found = evaluation_of(judged, split, capacity=capacity, truth=truth, seed=seed)
    ranked = [metric for metric in found.metrics if metric.name == "auroc" and metric.score != "any"]
    partly = {metric.score for metric in ranked if metric.n < len(judged)}
    of_lists = {f"{figure}_minus_{score}" for figure in ("ppv", "sensitivity") for score in partly}
    return replace(
        found,
        metrics=tuple(
            metric
            for metric in found.metrics
            if metric.view == "all" or (metric.score not in partly and metric.name not in of_lists)
        ),
        curve=tuple(row for row in found.curve if row.score not in partly),
        net_benefit=tuple(row for row in found.net_benefit if row.score not in partly),
        changes=tuple(row for row in found.changes if row.score not in partly),
        top=tuple(row for row in found.top if row.score not in partly),
        reviews=tuple(row for row in found.reviews if row.score not in partly),
    )


def weeks_since_fitting(as_of: np.ndarray, splits: Sequence[TimeSplit]) -> np.ndarray:
    """Whole weeks (n,) from the first test Monday of the fold that each as-of (datetime64[D]) belongs to."""
    first = np.sort(np.array([split.test[0] for split in splits], dtype="datetime64[D]"))
    began = first[np.searchsorted(first, as_of, side="right") - 1]
    return np.asarray((as_of - began).astype(int) // 7)


def _row(number: int, fold: Fold) -> FoldRow:
    split, judged = fold.split, fold.judged
    weeks = (split.fit[0], split.fit[-1], split.calibrate[0], split.calibrate[-1], split.test[0], split.test[-1])
    return FoldRow(number, *weeks, fold.rows, fold.events, fold.late, fold.trees, len(judged), int(judged.y.sum()))


@dataclass(frozen=True, eq=False)
class _Listed:
    """Judged rows with each view's chance (n,) of being on its team's list, and who has a team at all."""

    judged: Judged
    listed: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def statistics(self, rows: np.ndarray) -> Iterator[tuple[str, str, Callable[[np.ndarray], np.ndarray]]]:
        """Name, view and statistic of each figure on the rows under a mask (n,) of 0 and 1."""
        y, score, p = self.judged.y, self.judged.scores["model"], self.judged.chances["model"]
        yield "prevalence", "all", lambda w: measure.prevalence(y, w * rows)
        yield "auroc", "all", lambda w: measure.auroc(y, score, w * rows)
        yield "observed_expected", "all", lambda w: measure.observed_expected(y, p, w * rows)
        for view, (chosen, member) in self.listed.items():
            yield "ppv", view, partial(_share, y, chosen * rows)
            yield "sensitivity", view, partial(_share, chosen, y * member * rows)


def _share(of: np.ndarray, among: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return measure.prevalence(of, weights * among)


def _listed(judged: Judged, capacity: Mapping[str, int]) -> _Listed:
    found = {}
    for view, places in capacity.items():
        team = text_column(judged.matrix, view)
        member = (team != "").astype(float)
        if member.any():
            codes = list_codes(team, judged.as_of)[0]
            found[view] = (selection(judged.scores["model"], codes, places) * member, member)
    return _Listed(judged, found)


def _by_age(judged: Judged, ages: np.ndarray, capacity: Mapping[str, int]) -> Iterator[AgeRow]:
    for weeks in np.unique(ages).tolist():
        part = judged.take(ages == weeks)
        for name, view, statistic in _listed(part, capacity).statistics(np.ones(len(part))):
            m = part.metric(name, "model", statistic, view)
            yield AgeRow(weeks, name, view, m.value, m.low, m.high, m.n, m.events)


def _ageing(judged: Judged, ages: np.ndarray, capacity: Mapping[str, int]) -> Iterator[Metric]:
    """Paired over the same draws of homes, so that a difference between homes is not taken for one of age."""
    late = (ages >= (ages.max() + 1) / 2).astype(float)
    if late.all() or not late.any():
        return
    found = _listed(judged, capacity)
    for after, before in zip(found.statistics(late), found.statistics(1 - late), strict=True):
        yield judged.metric(f"{after[0]}_late_minus_early", "model", partial(_minus, after[2], before[2]), after[1])


def _minus(
    one: Callable[[np.ndarray], np.ndarray], other: Callable[[np.ndarray], np.ndarray], weights: np.ndarray
) -> np.ndarray:
    return one(weights) - other(weights)
