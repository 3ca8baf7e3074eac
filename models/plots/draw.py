"""How a plot is written: SVG beside a CSV of the very numbers it shows. No wall-clock time inside."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

BLUE = "#005eb8"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "homeround",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def write_plot(
    stem: Path,
    kind: type,
    rows: Sequence[Any],
    draw: Callable[[Any, Sequence[Any]], None],
    *,
    size: tuple[float, float] = (6.4, 4.4),
    panels: int = 1,
) -> list[Path]:
    """Draw typed rows into `stem`.svg (size in inches) and write them to `stem`.csv; both paths.

    `draw` is given the axes, or of several panels side by side, which share their y axis, an array of them.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    svg = stem.with_suffix(".svg")
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(1, panels, sharey=panels > 1), rows)
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
    return [svg, write_rows(stem.with_suffix(".csv"), kind, rows)]


def write_rows(path: Path, kind: type, rows: Sequence[Any]) -> Path:
    """Write dataclass rows as CSV; floats keep every digit."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    return path
