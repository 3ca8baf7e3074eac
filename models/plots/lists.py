"""Plots of what lists are worth: yield by capacity, net benefit, change from week to week, days of warning."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.evaluation import CapacityPoint, Evaluation, ListChange, NetBenefit, Warned
from models.netbenefit import EVERYONE, NO_ONE
from models.plots.draw import BLUE, write_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {
    "model": "model",
    "logistic": "logistic regression",
    "age_and_use": "boosted: age and prior use",
    "prior_admissions": "prior admissions",
    "frailty": "frailty",
    "last_week": "last week's list",
    "random": "at random",
    "oracle": "oracle (true risk)",
    "ceiling": "reachable ceiling",
    EVERYONE: "review everyone",
    NO_ONE: "review no one",
}
"""How a contender is called."""

VIEWS = {"all": "everyone at or above the threshold", "pcn": "each PCN team's list", "home_id": "each home's round"}
"""How the lists of a view are called."""

# Okabe and Ito's colours, which the colour-blind can tell apart; line styles tell them apart in print.
_LINES: dict[str, dict[str, Any]] = {
    "model": {"color": BLUE, "linewidth": 2.4, "zorder": 3},
    "logistic": {"color": "#009e73", "linestyle": "--"},
    "age_and_use": {"color": "#e69f00", "linestyle": "--"},
    "prior_admissions": {"color": "#d55e00", "linestyle": "-."},
    "frailty": {"color": "#cc79a7", "linestyle": "-."},
    "last_week": {"color": "#56b4e9", "linestyle": ":"},
    "random": {"color": "0.55", "linestyle": ":"},
    "oracle": {"color": "0.1", "linestyle": (0, (6, 2))},
    "ceiling": {"color": "0.35", "linestyle": (0, (2, 2))},
    EVERYONE: {"color": "0.35", "linestyle": "-"},
    NO_ONE: {"color": "0.1", "linestyle": "-"},
}
_SIZE = (7.6, 4.6)


def write_list_plots(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write the plots of every view (SVG + CSV); the paths."""
    written: list[Path] = []
    for view, places in evaluation.capacity:
        for stem, kind, rows, draw in (
            ("capacity", CapacityPoint, evaluation.curve, _capacity(view, places)),
            ("net_benefit", NetBenefit, evaluation.net_benefit, _net_benefit(view)),
            ("changes", ListChange, evaluation.changes, _changes(view, places)),
            ("warning", Warned, evaluation.warned, _warned(view)),
        ):
            of_view = [row for row in rows if row.view == view]
            if of_view:
                written += write_plot(folder / f"{stem}_{view}", kind, of_view, draw, size=_SIZE)
    everyone = [row for row in evaluation.net_benefit if row.view == "all"]
    return written + write_plot(folder / "net_benefit", NetBenefit, everyone, _net_benefit("all"), size=_SIZE)


def _by_score(rows: Sequence[Any]) -> dict[str, list[Any]]:
    return {score: [row for row in rows if row.score == score] for score in dict.fromkeys(row.score for row in rows)}


def _line(axes: "Axes", score: str, x: Sequence[Any], y: Sequence[float]) -> None:
    axes.plot(x, y, label=LABELS.get(score, score), **_LINES.get(score, {}))


def _legend(axes: "Axes") -> None:
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))


def _capacity(view: str, places: int) -> Callable[["Axes", Sequence[CapacityPoint]], None]:
    def draw(axes: "Axes", rows: Sequence[CapacityPoint]) -> None:
        for score, line in _by_score(rows).items():
            _line(axes, score, [row.capacity for row in line], [100 * row.sensitivity for row in line])
        axes.axvline(places, color="0.6", linewidth=1)
        axes.annotate("capacity today", (places, 1), (3, -2), xycoords=("data", "axes fraction"), rotation=90,
                      textcoords="offset points", va="top", fontsize="x-small", color="0.4")  # fmt: skip
        axes.set(xlabel="residents reviewed a week", ylabel="share of events listed, %", xlim=(0, None), ylim=(0, None))
        axes.set_title(f"Events on {VIEWS.get(view, view)}")
        _legend(axes)

    return draw


def _net_benefit(view: str) -> Callable[["Axes", Sequence[NetBenefit]], None]:
    def draw(axes: "Axes", rows: Sequence[NetBenefit]) -> None:
        shown = _by_score(rows)
        for score, line in shown.items():
            _line(axes, score, [100 * row.threshold for row in line], [1000 * row.net_benefit for row in line])
        model = shown["model"]
        x = [100 * row.threshold for row in model]
        low, high = [1000 * row.low for row in model], [1000 * row.high for row in model]
        axes.fill_between(x, low, high, color=BLUE, alpha=0.12, linewidth=0)
        top = max(1000 * row.net_benefit for row in rows if row.score != EVERYONE) or 1.0
        axes.set(ylim=(-0.35 * top, 1.15 * top), xlim=(0, 10), ylabel="net benefit, events per 1,000 resident-weeks")
        axes.set_xlabel("threshold, %: what one review slot must be worth, in events found")
        axes.set_title(f"Net benefit: {VIEWS.get(view, view)}")
        _legend(axes)

    return draw


def _changes(view: str, places: int) -> Callable[["Axes", Sequence[ListChange]], None]:
    def draw(axes: "Axes", rows: Sequence[ListChange]) -> None:
        for score, line in _by_score(rows).items():
            _line(axes, score, [row.as_of for row in line], [row.entrants for row in line])
        axes.set_ylabel("names not on last week's list, a list")
        axes.set(ylim=(0, places), title=f"New names on {VIEWS.get(view, view)} ({places} places)")
        axes.set_xticks(sorted({row.as_of for row in rows}))  # type: ignore[arg-type]
        axes.tick_params(axis="x", labelrotation=45, labelsize="small")
        _legend(axes)

    return draw


def _warned(view: str) -> Callable[["Axes", Sequence[Warned]], None]:
    def draw(axes: "Axes", rows: Sequence[Warned]) -> None:
        ordered = list(reversed(rows))
        for place, row in enumerate(ordered):
            color = BLUE if row.score == "model" else "0.45"
            axes.plot(
                [row.lower, row.upper], [place, place], color=color, linewidth=5, alpha=0.35, solid_capstyle="butt"
            )
            axes.plot(row.median, place, marker="o", color=color)
            axes.annotate(f"{100 * row.share:.0f} % of admissions", (1.0, place), (4, 0), fontsize="small", va="center",
                          xycoords=("axes fraction", "data"), textcoords="offset points")  # fmt: skip
        axes.set_yticks(range(len(ordered)), [LABELS.get(row.score, row.score) for row in ordered])
        axes.set(xlabel="days from first listing to admission: median and quartiles", xlim=(0, None))
        axes.set_title(f"Warning given by {VIEWS.get(view, view)}, and how often", loc="left")

    return draw
