"""The model judged under every outcome and horizon, and what a model refitted for each would add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from features.outcomes import Outcomes
from features.relabel import relabelled
from models.bootstrap import home_bootstrap
from models.errors import FitError, SplitError
from models.fit import Panel, Recipe, fit_model, panel
from models.other_outcomes import MODEL, REFITTED, Asked, OutcomeFigure, Ranked, judge
from models.splits import TimeSplit, rows_of, time_split

HORIZONS = (7, 28, 90)
Labels = Callable[[pa.Table, str, int], Outcomes]
"""What happened to the rows of a matrix under an outcome over a horizon, in days."""


@dataclass(frozen=True)
class Gap:
    """Why an outcome and horizon could not be judged, or no model be refitted for it."""

    outcome: str
    horizon_days: int
    contender: str
    why: str


@dataclass(frozen=True)
class OutcomeStudy:
    """What was found on the test weeks of `split`, for a model of `outcome` over `horizon_days`."""

    outcome: str
    horizon_days: int
    split: TimeSplit
    capacity: tuple[tuple[str, int], ...]
    asked: tuple[Asked, ...]
    figures: tuple[OutcomeFigure, ...]
    gaps: tuple[Gap, ...]

    def get(self, asked: Asked, name: str, contender: str = MODEL, view: str = "all") -> OutcomeFigure | None:
        """The one figure of that name; None where it could not be had."""
        wanted = (asked, contender, name, view)
        return next((f for f in self.figures if (f.asked, f.contender, f.name, f.view) == wanted), None)


def outcome_study(
    matrix: Matrix,
    labels: Labels,
    recipe: Recipe,
    *,
    asked: Sequence[Asked],
    until: date,
    capacity: Mapping[str, int],
    rounds: int,
    refit: bool = False,
    test_weeks: int = 8,
    calibrate_weeks: int = 12,
    progress: Callable[[str], None] = lambda _: None,
) -> OutcomeStudy:
    """Judge a model of `recipe` under each of `asked`, all on the same test weeks.

    The test weeks are the latest for which even the longest horizon asked for has passed, so the model judged is
    fitted as it would have been so much earlier. A refitted model has the same settings and number of trees, and the
    embargo of its own horizon. Raises SplitError when the history is too short for the longest horizon.
    """
    data = panel(matrix)
    as_ofs = np.unique(data.as_of[data.eligible])
    wait = max(0, *(a.horizon_days - recipe.horizon_days for a in asked))
    weeks = {"test_weeks": test_weeks, "calibrate_weeks": calibrate_weeks}
    span = {"horizon_days": recipe.horizon_days, "delay_days": recipe.delay_days}
    split = time_split(as_ofs, **span, until=until - timedelta(days=wait), **weeks)
    progress(f"the model again, on weeks before {split.test[0]}")
    model = fit_model(data, split, recipe, rounds)
    mask = rows_of(data.as_of, split.test) & data.eligible
    rows = matrix.take(mask)
    test = Ranked(rows, data.as_of[mask], capacity, home_bootstrap(data.home[mask], seed=recipe.seed))
    margin = model.margin(rows.X)
    figures: list[OutcomeFigure] = []
    gaps: list[Gap] = []
    for one in asked:
        progress(f"{one.outcome} over {one.horizon_days} days")
        label, scores = labels(rows.rows, one.outcome, one.horizon_days).label, {MODEL: margin}
        if not 0 < np.nansum(label) < (~np.isnan(label)).sum():
            gaps.append(Gap(one.outcome, one.horizon_days, MODEL, "no event in the test weeks"))
            continue
        if refit and one != Asked(recipe.outcome, recipe.horizon_days):
            try:
                scores[REFITTED] = _refitted(data, labels, one, split, recipe, rounds, calibrate_weeks)[mask]
            except (FitError, SplitError) as error:
                gaps.append(Gap(one.outcome, one.horizon_days, REFITTED, str(error)))
        figures += judge(one, test, label, scores)
    places = tuple(capacity.items())
    return OutcomeStudy(recipe.outcome, recipe.horizon_days, split, places, tuple(asked), tuple(figures), tuple(gaps))


def _refitted(
    data: Panel, labels: Labels, one: Asked, split: TimeSplit, recipe: Recipe, rounds: int, calibrate_weeks: int
) -> np.ndarray:
    """The order (n,) of a model fitted for `one`, tested on the test weeks of `split`."""
    rows, days = data.matrix.rows, one.horizon_days
    found = panel(relabelled(data.matrix, labels(rows, one.outcome, days), labels(rows, "all_emergency", days)))
    own = time_split(
        np.unique(data.as_of[data.eligible]),
        horizon_days=days,
        delay_days=recipe.delay_days,
        until=split.test[-1] + timedelta(days=days + recipe.delay_days),
        test_weeks=(split.test[-1] - split.test[0]).days // 7 + 1,
        calibrate_weeks=calibrate_weeks,
    )
    if own.test != split.test:
        raise SplitError(f"the history is too short for {len(split.test)} test weeks and an embargo of {days} days")
    return fit_model(found, own, replace(recipe, outcome=one.outcome, horizon_days=days), rounds).margin(data.matrix.X)
