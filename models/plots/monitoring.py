"""Plots of monitoring: control charts of the lists, and what moved the mean chance."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.monitoring.charts import ChartPoint
from models.monitoring.report import Report
from models.monitoring.scores import GroupMove
from models.plots.draw import BLUE, write_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIGNAL = "#b45309"


def write_monitoring_plots(report: Report, folder: Path) -> dict[str, Path]:
    """SVG and CSV of each chart with more than one point and of the moves; the SVG by chart, 'moves' for the latter."""
    drawn = {}
    for chart in dict.fromkeys(point.chart for point in report.charts):
        points = [point for point in report.charts if point.chart == chart]
        if len(points) > 1:
            stem = folder / f"chart_{chart.replace(' ', '_')}"
            drawn[chart] = write_plot(stem, ChartPoint, points, _chart(), size=(7.2, 2.9))[0]
    if report.moves:
        drawn["moves"] = write_plot(folder / "moves", GroupMove, report.moves, _moves, size=(7.2, 3.6))[0]
    return drawn


def _days(rows: Sequence[ChartPoint]) -> np.ndarray:
    return np.array([row.as_of for row in rows], "datetime64[D]")


def _chart() -> Callable[["Axes", Sequence[ChartPoint]], None]:
    def draw(axes: "Axes", rows: Sequence[ChartPoint]) -> None:
        days = _days(rows)
        axes.plot(days, [100 * row.value for row in rows], marker="o", markersize=4, color=BLUE, label="each week")
        limited = [row for row in rows if row.high == row.high]
        if limited:
            when = _days(limited)
            axes.plot(when, [100 * row.centre for row in limited], color="0.35", linewidth=1, label="mean")
            for name, label in (("low", "limits"), ("high", None)):
                limit = [100 * getattr(row, name) for row in limited]
                axes.plot(when, limit, color="0.35", linestyle="--", linewidth=1, label=label)
        broken = [row for row in rows if row.rule]
        if broken:
            axes.plot(
                _days(broken),
                [100 * row.value for row in broken],
                "s",
                markersize=7,
                color=_SIGNAL,
                label="breaks a rule",
            )
        axes.set(ylabel="% of the listed", ylim=(0, None))
        axes.tick_params(axis="x", labelrotation=30)
        axes.legend(frameon=False, fontsize="small", ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return draw


def _moves(axes: "Axes", rows: Sequence[GroupMove]) -> None:
    ordered = list(reversed(rows))
    axes.barh([row.group for row in ordered], [row.moved for row in ordered], color=BLUE)
    axes.axvline(0, color="0.35", linewidth=1)
    axes.set(xlabel="mean contribution now less that of the reference, log-odds")
