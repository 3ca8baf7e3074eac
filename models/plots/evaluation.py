"""Plots of an evaluation: calibration, importance by feature group, yield by capacity."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.evaluation import CalibrationBin, CapacityPoint, Evaluation, GroupImportance, Metric
from models.plots.draw import BLUE, write_plot, write_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = {
    "model": "model",
    "logistic": "logistic regression",
    "prior_admissions": "prior admissions",
    "frailty": "frailty",
    "pcn": "each PCN team's list",
    "home_id": "each home's round",
}


def write_plots(evaluation: Evaluation, folder: Path | str) -> tuple[Path, ...]:
    """Write calibration, importance and capacity plots (SVG + CSV) and metrics.csv; the paths, sorted."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        *write_plot(folder / "calibration", CalibrationBin, evaluation.calibration, _calibration),
        *write_plot(folder / "importance", GroupImportance, evaluation.importance, _importance),
    ]
    for view, places in evaluation.capacity:
        points = [point for point in evaluation.curve if point.view == view]
        if points:
            written += write_plot(folder / f"capacity_{view}", CapacityPoint, points, _capacity(view, places))
    return tuple(sorted([*written, write_rows(folder / "metrics.csv", Metric, evaluation.metrics)]))


def _calibration(axes: "Axes", rows: Sequence[CalibrationBin]) -> None:
    predicted, observed = [100 * row.predicted for row in rows], [100 * row.observed for row in rows]
    below = [100 * max(0.0, row.observed - row.low) for row in rows]
    above = [100 * max(0.0, row.high - row.observed) for row in rows]
    top = max(*predicted, *(100 * row.high for row in rows))
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", linewidth=1, label="perfect calibration")
    axes.errorbar(predicted, observed, yerr=[below, above], fmt="o", capsize=3, color=BLUE, label="tenths of residents")
    axes.set(xlabel="predicted chance, %", ylabel="observed share, %", title="Calibration on the test weeks")
    axes.legend(frameon=False)


def _importance(axes: "Axes", rows: Sequence[GroupImportance]) -> None:
    ordered = list(reversed(rows))
    axes.barh([row.group for row in ordered], [100 * row.share for row in ordered], color=BLUE)
    axes.set(xlabel="share of the mean absolute contribution, %", title="What moves the estimates")


def _capacity(view: str, places: int) -> Callable[["Axes", Sequence[CapacityPoint]], None]:
    def draw(axes: "Axes", rows: Sequence[CapacityPoint]) -> None:
        for score in dict.fromkeys(row.score for row in rows):
            line = [row for row in rows if row.score == score]
            x, y = [row.capacity for row in line], [100 * row.sensitivity for row in line]
            axes.plot(x, y, marker="o", markersize=3, label=_LABELS.get(score, score))
        axes.axvline(places, color="0.6", linestyle="--", linewidth=1, label="capacity today")
        title = f"Share of events on {_LABELS.get(view, view)}"
        axes.set(xlabel="residents reviewed a week", ylabel="sensitivity, %", title=title)
        axes.legend(frameon=False)

    return draw
