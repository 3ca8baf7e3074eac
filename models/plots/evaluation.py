"""Plots and tables of an evaluation: calibration, importance by feature group, lists, and every figure as CSV."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.competing import Incidence
from models.evaluation import (
    CalibrationBin,
    ChanceBin,
    CurvePoint,
    Evaluation,
    GroupImportance,
    Metric,
    ReviewsNeeded,
    TopN,
)
from models.plots.draw import BLUE, write_plot, write_rows
from models.plots.lists import write_list_plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 0.995


def write_plots(evaluation: Evaluation, folder: Path | str) -> tuple[Path, ...]:
    """Write every plot (SVG + CSV) and every table (CSV) of an evaluation; the paths, sorted."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _calibration(evaluation)
    written = write_plot(folder / "calibration", CalibrationBin, evaluation.calibration, drawn, size=(6.4, 5.4))
    if evaluation.importance:
        written += write_plot(folder / "importance", GroupImportance, evaluation.importance, _importance)
    if evaluation.competing:
        written += write_plot(folder / "competing", Incidence, evaluation.competing, _competing)
    tables: tuple[tuple[str, type, Sequence[object]], ...] = (
        ("calibration_curve", CurvePoint, evaluation.calibration_curve),
        ("chances", ChanceBin, evaluation.chances),
        ("top_n", TopN, evaluation.top),
        ("reviews_needed", ReviewsNeeded, evaluation.reviews),
        ("metrics", Metric, evaluation.metrics),
    )
    written += [write_rows(folder / f"{name}.csv", kind, rows) for name, kind, rows in tables]
    return tuple(sorted([*written, *write_list_plots(evaluation, folder)]))


def _calibration(evaluation: Evaluation) -> Callable[["Axes", Sequence[CalibrationBin]], None]:
    """Tenths over the flexible curve, with the spread of the chances below; the highest 0.5 % are left out of view."""

    def draw(axes: "Axes", rows: Sequence[CalibrationBin]) -> None:
        right = max(_reached(evaluation.chances), 1.05 * max(row.predicted for row in rows))
        curve = evaluation.calibration_curve
        x = [100 * point.predicted for point in curve]
        low, high = [100 * point.low for point in curve], [100 * point.high for point in curve]
        top = 100 * max(right, *(row.high for row in rows))
        axes.plot([0, top], [0, top], color="0.5", linestyle="--", linewidth=1, label="perfect calibration")
        axes.fill_between(x, low, high, color=BLUE, alpha=0.12, linewidth=0)
        axes.plot(x, [100 * point.observed for point in curve], color=BLUE, label="flexible curve, 95 % interval")
        predicted, observed = [100 * row.predicted for row in rows], [100 * row.observed for row in rows]
        below = [100 * max(0.0, row.observed - row.low) for row in rows]
        above = [100 * max(0.0, row.high - row.observed) for row in rows]
        axes.errorbar(predicted, observed, [below, above], fmt="o", capsize=3, color="0.15", label="tenths of rows")
        axes.set(xlim=(0, 100 * right), ylim=(-0.18 * top, 1.02 * top), title="Calibration on the test weeks")
        axes.set(xlabel="predicted chance, %", ylabel="observed share, %")
        axes.legend(frameon=False, loc="upper left")
        _histogram(axes, evaluation.chances, 0.15 * top)

    return draw


def _histogram(axes: "Axes", bins: Sequence[ChanceBin], height: float) -> None:
    """How often each chance is given, as bars below the zero line."""
    most = max(row.n for row in bins)
    starts, widths = [100 * row.start for row in bins], [100 * (row.end - row.start) for row in bins]
    tall = [height * row.n / most for row in bins]
    axes.bar(starts, tall, widths, bottom=-1.15 * height, align="edge", color="0.75", edgecolor="white", linewidth=0.4)
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= axes.get_ylim()[1]])


def _reached(bins: Sequence[ChanceBin]) -> float:
    """The chance below which all but the highest 0.5 % of rows lie."""
    total, running = sum(row.n for row in bins), 0
    for row in bins:
        running += row.n
        if running >= _SHOWN * total:
            return row.end
    return bins[-1].end


def _competing(axes: "Axes", rows: Sequence[Incidence]) -> None:
    tenths = [row for row in rows if row.tenth]
    predicted, found = [100 * row.predicted for row in tenths], [100 * row.incidence for row in tenths]
    below = [100 * max(0.0, row.incidence - row.low) for row in tenths]
    above = [100 * max(0.0, row.high - row.incidence) for row in tenths]
    top = max(*predicted, *(100 * row.high for row in tenths))
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", linewidth=1, label="perfect calibration")
    axes.errorbar(predicted, found, yerr=[below, above], fmt="o", capsize=3, color=BLUE, label="death competing")
    naive = [100 * row.kaplan_meier for row in tenths]
    axes.plot(predicted, naive, "x", color="0.3", label="deaths censored")
    axes.set(xlabel="predicted chance, %", ylabel="share admitted, %", title="Death as a competing risk, by tenths")
    axes.legend(frameon=False)


def _importance(axes: "Axes", rows: Sequence[GroupImportance]) -> None:
    ordered = list(reversed(rows))
    axes.barh([row.group for row in ordered], [100 * row.share for row in ordered], color=BLUE)
    axes.set(xlabel="share of the mean absolute contribution, %", title="What moves the estimates")
