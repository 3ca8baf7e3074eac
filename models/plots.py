"""Plots of an evaluation as SVG, each beside a CSV of the very numbers it shows. No wall-clock time inside."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.evaluation import CalibrationBin, CapacityPoint, Evaluation, GroupImportance, Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "homeround",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
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
        *_plot(folder / "calibration", CalibrationBin, evaluation.calibration, _calibration),
        *_plot(folder / "importance", GroupImportance, evaluation.importance, _importance),
    ]
    for view, places in evaluation.capacity:
        points = [point for point in evaluation.curve if point.view == view]
        if points:
            written += _plot(folder / f"capacity_{view}", CapacityPoint, points, _capacity(view, places))
    return tuple(sorted([*written, write_rows(folder / "metrics.csv", Metric, evaluation.metrics)]))


def write_rows(path: Path, kind: type, rows: Sequence[Any]) -> Path:
    """Write dataclass rows as CSV; floats keep every digit."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    return path


def _plot(stem: Path, kind: type, rows: Sequence[Any], draw: Callable[["Axes", Sequence[Any]], None]) -> list[Path]:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    svg = stem.with_suffix(".svg")
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        draw(figure.subplots(), rows)
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
    return [svg, write_rows(stem.with_suffix(".csv"), kind, rows)]


def _calibration(axes: "Axes", rows: Sequence[CalibrationBin]) -> None:
    predicted, observed = [100 * row.predicted for row in rows], [100 * row.observed for row in rows]
    below = [100 * max(0.0, row.observed - row.low) for row in rows]
    above = [100 * max(0.0, row.high - row.observed) for row in rows]
    top = max(*predicted, *(100 * row.high for row in rows))
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", linewidth=1, label="perfect calibration")
    axes.errorbar(
        predicted, observed, yerr=[below, above], fmt="o", capsize=3, color="#005eb8", label="tenths of residents"
    )
    axes.set(xlabel="predicted chance, %", ylabel="observed share, %", title="Calibration on the test weeks")
    axes.legend(frameon=False)


def _importance(axes: "Axes", rows: Sequence[GroupImportance]) -> None:
    ordered = list(reversed(rows))
    axes.barh([row.group for row in ordered], [100 * row.share for row in ordered], color="#005eb8")
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
