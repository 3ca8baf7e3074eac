"""SHAP plots of many residents at once: swarms by group and by feature, and what values do to contributions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.plots.draw import BLUE, write_plot
from models.shap_bins import DependenceBin, Explained, SwarmCell, dependence, feature_swarm, group_swarm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GREY = "#768692"
_ACROSS = 3


def write_shap_plots(found: Explained, folder: Path | str) -> tuple[Path, ...]:
    """Write shap_groups, shap_features and shap_dependence (SVG + CSV); the paths, sorted."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_value = dependence(found)
    panels = len({row.feature for row in by_value})
    tall = 2.3 * -(-panels // _ACROSS)
    return tuple(
        sorted(
            [
                *write_plot(folder / "shap_groups", SwarmCell, group_swarm(found), _groups, size=(7.4, 5.6)),
                *write_plot(folder / "shap_features", SwarmCell, feature_swarm(found), _features, size=(8.6, 5.6)),
                *write_plot(folder / "shap_dependence", DependenceBin, by_value, _panels, size=(9.6, tall)),
            ]
        )
    )


def _groups(axes: "Axes", rows: Sequence[SwarmCell]) -> None:
    _swarm(axes, rows, [row.group for row in rows], [BLUE] * len(rows))
    axes.set(title="What each group of facts adds to residents' estimates")


def _features(axes: "Axes", rows: Sequence[SwarmCell]) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable

    shades = colormaps["viridis"]
    colours = [_GREY if row.level != row.level else shades(row.level) for row in rows]
    _swarm(axes, rows, [words(row.feature) for row in rows], colours)
    axes.set(title="What the most telling facts add to residents' estimates")
    bar = axes.figure.colorbar(ScalarMappable(cmap=shades), ax=axes, pad=0.02, aspect=30)
    bar.set_ticks([0.05, 0.95], labels=["low", "high"])
    bar.set_label("mean rank of the value (grey: no value)")


def _swarm(axes: "Axes", rows: Sequence[SwarmCell], labels: Sequence[str], colours: Sequence[Any]) -> None:
    """A row for each label: a block a cell, as high as residents are dense there, beside its neighbours."""
    from matplotlib.collections import PolyCollection
    from matplotlib.ticker import FuncFormatter

    places = {label: -i for i, label in enumerate(dict.fromkeys(labels))}
    dense = [row.residents / (row.high - row.low) for row in rows]
    fullest = {label: max(d for d, named in zip(dense, labels, strict=True) if named == label) for label in places}
    blocks = []
    for row, label, density in zip(rows, labels, dense, strict=True):
        # The square root keeps the few far from the middle in sight.
        half, middle = 0.43 * (density / fullest[label]) ** 0.5, places[label]
        blocks.append([(x, middle + y) for x, y in
                       ((row.low, -half), (row.high, -half), (row.high, half), (row.low, half))])  # fmt: skip
    axes.add_collection(PolyCollection(blocks, facecolors=colours, linewidths=0))
    axes.autoscale_view()
    axes.set_yticks(list(places.values()), labels=list(places))
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+.2g}" if abs(x) > 1e-9 else "0"))
    axes.set(xlabel="contribution, log-odds (+0.7 doubles the odds, -0.7 halves them)")


def _panels(axes: "Axes", rows: Sequence[DependenceBin]) -> None:
    figure = axes.figure
    axes.remove()  # one frame was made; this plot has one for each feature
    named = list(dict.fromkeys(row.feature for row in rows))
    frames = figure.subplots(-(-len(named) // _ACROSS), _ACROSS, squeeze=False, sharey=True).ravel()
    for frame, feature in zip(frames, named, strict=False):
        _panel(frame, [row for row in rows if row.feature == feature])
    for frame in frames[len(named) :]:
        frame.axis("off")
    figure.supylabel("mean contribution, log-odds", fontsize="medium")
    figure.suptitle("Contribution by value: the leading feature of each group (line: 95 % interval by home)",
                    fontsize="medium")  # fmt: skip


def _panel(axes: "Axes", rows: Sequence[DependenceBin]) -> None:
    known = [row for row in rows if row.value == row.value]
    for row in known:
        axes.plot([row.value] * 2, [row.low, row.high], color=BLUE, linewidth=1)
    axes.plot([row.value for row in known], [row.mean for row in known], "o-", color=BLUE, markersize=3, linewidth=0.8)
    for row in rows:
        if row.value != row.value:
            axes.axhline(row.mean, color=_GREY, linestyle=":", linewidth=1.2, label="no value")
            axes.legend(frameon=False, fontsize="x-small")
    axes.axhline(0, color="0.3", linewidth=0.6)
    axes.set_title(rows[0].group, fontsize="small", loc="left")
    axes.set_xlabel(words(rows[0].feature), fontsize="small")
    axes.tick_params(labelsize="x-small")


def words(feature: str) -> str:
    """A column's name as people read it."""
    return feature.replace("_", " ")
