"""Views of a backtest: tables as CSV, the usual plots of all folds together, figures by fold and by age."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.backtest import AgeRow, Backtest, FoldMetric, FoldRow
from models.evaluation import Metric
from models.plots.draw import BLUE, write_plot, write_rows
from models.plots.evaluation import write_plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_backtest(found: Backtest, folder: Path) -> None:
    """Write folds.csv, fold_metrics.csv, metrics.csv, ages.csv and ageing.csv, and the plots into `plots`."""
    plots = folder / "plots"
    write_plots(found.pooled, plots)
    (plots / "metrics.csv").rename(folder / "metrics.csv")
    write_rows(folder / "folds.csv", FoldRow, found.folds)
    write_rows(folder / "fold_metrics.csv", FoldMetric, found.fold_metrics)
    write_rows(folder / "ages.csv", AgeRow, found.ages)
    write_rows(folder / "ageing.csv", Metric, found.ageing)
    began = {row.fold: f"{row.test_from:%-d %b %Y}" for row in found.folds}
    for name, words in (("auroc", "AUROC"), ("observed_expected", "observed / expected")):
        rows = [row for row in found.fold_metrics if (row.name, row.view) == (name, "all") and row.score in _DRAWN]
        write_plot(plots / f"folds_{name}", FoldMetric, rows, _by_fold(words, began))
        ages = [row for row in found.ages if (row.name, row.view) == (name, "all")]
        write_plot(plots / f"ages_{name}", AgeRow, ages, _by_age(words))


_DRAWN = {
    "model": ("model", BLUE),
    "logistic": ("logistic regression", "#41b6e6"),
    "prior_admissions": ("prior admissions", "#768692"),
    "frailty": ("frailty", "#ae2573"),
}
_IDEAL = {"AUROC": 0.5, "observed / expected": 1.0}


def _by_fold(words: str, began: dict[int, str]) -> Callable[["Axes", Sequence[FoldMetric]], None]:
    def draw(axes: "Axes", rows: Sequence[FoldMetric]) -> None:
        scores = [score for score in _DRAWN if any(row.score == score for row in rows)]
        for i, score in enumerate(scores):
            label, colour = _DRAWN[score]
            own = [row for row in rows if row.score == score]
            x = [row.fold + 0.12 * (i - (len(scores) - 1) / 2) for row in own]
            _points(axes, x, own, colour, label)
        axes.axhline(_IDEAL[words], color="0.6", linestyle="--", linewidth=1)
        axes.set_xticks(list(began), list(began.values()))
        axes.set(xlabel="first of the test weeks", ylabel=words, title=f"{words} by fold (95 % intervals, by home)")
        axes.legend(frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=len(scores))

    return draw


def _by_age(words: str) -> Callable[["Axes", Sequence[AgeRow]], None]:
    def draw(axes: "Axes", rows: Sequence[AgeRow]) -> None:
        _points(axes, [row.weeks for row in rows], rows, BLUE, "model")
        axes.axhline(_IDEAL[words], color="0.6", linestyle="--", linewidth=1)
        title = f"{words} by the model's age, all folds together"
        axes.set(xlabel="weeks since the model could first be used", ylabel=words, title=title)

    return draw


def _points(
    axes: "Axes", x: Sequence[float], rows: Sequence[AgeRow] | Sequence[FoldMetric], colour: str, label: str
) -> None:
    below, above = [row.value - row.low for row in rows], [row.high - row.value for row in rows]
    y = [row.value for row in rows]
    axes.errorbar(x, y, yerr=[below, above], fmt="o", markersize=4, capsize=2, color=colour, label=label)
