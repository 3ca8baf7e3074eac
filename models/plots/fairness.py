"""Dot and interval of every group: outcomes against those expected, and how many had been listed."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.fairness import EVERYONE, FairnessRow
from models.fairness_words import DIMENSIONS, LISTS, record
from models.plots.draw import BLUE, write_plot
from models.small_numbers import SmallNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RED = "#d5281b"
_GREY = "0.55"


@dataclass(frozen=True)
class _Panel:
    """One measure of one view, as it is drawn: values times `scale`, and the value of no error, if there is one."""

    measure: str
    view: str
    title: str
    scale: float
    ideal: float | None = None


def write_fairness(rows: Sequence[FairnessRow], rules: SmallNumbers, folder: Path | str) -> tuple[Path, ...]:
    """Write fairness.svg, fairness.csv and fairness.json; the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    panels = _panels(rows)
    lines = len(_places(rows))
    size = (2.6 + 2.4 * len(panels), 1.2 + 0.2 * lines)
    written = write_plot(
        folder / "fairness", FairnessRow, rows, lambda axes, given: _draw(axes, given, panels, rules), size=size,
        panels=len(panels),
    )  # fmt: skip
    path = folder / "fairness.json"
    path.write_text(json.dumps(record(rows, rules), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return (*written, path)


def _panels(rows: Sequence[FairnessRow]) -> tuple[_Panel, ...]:
    views = dict.fromkeys(row.view for row in rows if row.measure == "sensitivity")
    lists = (_Panel("sensitivity", view, f"% of outcomes on\n{LISTS.get(view, view)}", 100) for view in views)
    return (_Panel("observed_expected", "all", "outcomes /\nthose expected", 1, ideal=1.0), *lists)


def _places(rows: Sequence[FairnessRow]) -> dict[tuple[str, str], float]:
    """How far down each dimension's heading (group '') and each group stands."""
    places: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.dimension != EVERYONE:
            for key in ((row.dimension, ""), (row.dimension, row.group)):
                places.setdefault(key, float(len(places)))
    return places


def _draw(all_axes: Sequence["Axes"], rows: Sequence[FairnessRow], panels: Sequence[_Panel], rules: SmallNumbers):
    places = _places(rows)
    for axes, panel in zip(all_axes, panels, strict=True):
        _panel(axes, panel, [row for row in rows if (row.measure, row.view) == (panel.measure, panel.view)], places)
    first = all_axes[0]
    first.set_yticks(list(places.values()), [group or DIMENSIONS.get(name, name) for name, group in places])
    for label, (_, group) in zip(first.get_yticklabels(), places, strict=True):
        label.set(fontsize=8, fontweight="normal" if group else "bold")
    first.set_ylim(len(places) - 0.4, -0.6)
    key = "dashed: everyone; red: flagged; grey: too few to compare"
    hidden = f"\n{rules.said()}" if any(row.hidden for row in rows) else ""
    first.figure.supxlabel(key + hidden, fontsize=8)


def _panel(axes: "Axes", panel: _Panel, rows: Sequence[FairnessRow], places: dict[tuple[str, str], float]) -> None:
    for row in rows:
        if row.dimension == EVERYONE:
            axes.axvline(panel.scale * row.value, color=BLUE, linewidth=1, linestyle="--")
        elif math.isnan(row.value):
            _say(axes, places[row.dimension, row.group], "hidden" if row.hidden else "not defined")
    for colour in (_GREY, BLUE, _RED):
        drawn = [row for row in rows if row.dimension != EVERYONE and _colour(row) == colour]
        at = [places[row.dimension, row.group] for row in drawn]
        low, high, value = ([panel.scale * v for v in values] for values in _figures(drawn))
        axes.hlines(at, low, high, color=colour, linewidth=1.5)
        axes.plot(value, at, linestyle="", marker="o", markersize=4, color=colour)
    if panel.ideal is not None:
        axes.axvline(panel.ideal, color="0.7", linewidth=1)
    axes.set_title(panel.title, fontsize=9)
    axes.tick_params(axis="x", labelsize=8)


def _colour(row: FairnessRow) -> str:
    return _RED if row.flagged else BLUE if row.compared else _GREY


def _figures(rows: Sequence[FairnessRow]) -> tuple[list[float], list[float], list[float]]:
    return [row.low for row in rows], [row.high for row in rows], [row.value for row in rows]


def _say(axes: "Axes", place: float, text: str) -> None:
    across = axes.get_yaxis_transform()  # x as a share of the panel
    axes.text(0.02, place, text, transform=across, fontsize=7, style="italic", color=_GREY, va="center")
