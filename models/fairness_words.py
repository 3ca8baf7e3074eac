"""What the rows of models/fairness.py say: a sentence for each flag, a table, a JSON record, a section of a report."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from models.document import Points, Section, Table
from models.fairness import EVERYONE, FairnessRow
from models.small_numbers import SmallNumbers

BY_CHANCE = 0.05  # of comparisons where there is no difference lie outside a 95 % interval

DIMENSIONS = {
    "sex": "Sex",
    "age": "Age",
    "ethnicity": "Ethnicity",
    "deprivation": "Deprivation of the home's area, fifth",
    "funding": "Funding of the stay",
    "home_type": "Home type",
    "home_size": "Home size",
    "dementia": "Dementia",
    "learning_disability": "Learning disability",
    "moved_in": "Moved in",
    "completeness": "Completeness of records, fifth",
}
LISTS = {"pcn": "MDT lists", "home_id": "home round lists"}


def sentence(row: FairnessRow) -> str:
    """One comparison in words, with its direction."""
    return f"{DIMENSIONS.get(row.dimension, row.dimension)}, {row.group}: {_SAID[row.measure](row)}"


def flags(rows: Sequence[FairnessRow]) -> tuple[str, ...]:
    """A sentence for every comparison whose interval leaves out no difference, calibration first."""
    order = list(_SAID)
    flagged = [row for row in rows if row.flagged]
    return tuple(sentence(row) for row in sorted(flagged, key=lambda row: order.index(row.measure)))


def looked_at(rows: Sequence[FairnessRow]) -> str:
    """How many comparisons were made, how many are flagged, and how many would be if no group differed."""
    compared, flagged = sum(row.compared for row in rows), sum(row.flagged for row in rows)
    hidden = len({(row.dimension, row.group) for row in rows if row.hidden})
    hides = f"{hidden} {'group is' if hidden == 1 else 'groups are'} hidden."
    if not compared:
        return f"No group is large enough to compare with everyone. {hides}"
    return (
        f"{compared} comparisons of a group with everyone were made and {flagged} {_are(flagged)} flagged. If no group "
        f"differed, about {round(BY_CHANCE * compared)} would be flagged by chance alone. "
        f"{hides}"
    )


def record(rows: Sequence[FairnessRow], rules: SmallNumbers) -> dict[str, Any]:
    """Everything for JSON; what is undefined or hidden is None."""
    return {
        "rules": asdict(rules),
        "compared": sum(row.compared for row in rows),
        "flagged": sum(row.flagged for row in rows),
        "flagged_by_chance": BY_CHANCE * sum(row.compared for row in rows),
        "summary": looked_at(rows),
        "flags": list(flags(rows)),
        "rows": [{name: _plain(value) for name, value in asdict(row).items()} for row in rows],
    }


def section(rows: Sequence[FairnessRow], rules: SmallNumbers) -> Section:
    """A section of a report: how much was looked at, what is flagged, and a line for every group."""
    views = tuple(dict.fromkeys(row.view for row in rows if row.measure == "sensitivity"))
    wanted = [("observed_expected", "all"), ("auroc", "all"), *(("sensitivity", view) for view in views)]
    heads = ["group", "residents", "resident-weeks with the outcome", "observed / expected", "AUROC"]
    heads += [f"sensitivity, {LISTS.get(view, view)}" for view in views]
    by_group: dict[tuple[str, str], dict[tuple[str, str], FairnessRow]] = {}
    for row in rows:
        by_group.setdefault((row.dimension, row.group), {})[row.measure, row.view] = row
    lines = tuple(
        _line(dimension, group, [found[key] for key in wanted], rules) for (dimension, group), found in by_group.items()
    )
    flagged = flags(rows)
    said = (looked_at(rows), Points(flagged)) if flagged else (looked_at(rows),)
    return Section("By group", (*said, Table("By group of residents", tuple(heads), lines)))


def _line(dimension: str, group: str, cells: Sequence[FairnessRow], rules: SmallNumbers) -> tuple[str, ...]:
    name = "**Everyone**" if dimension == EVERYONE else f"{DIMENSIONS.get(dimension, dimension)}: {group}"
    first = cells[0]
    if first.hidden:
        return (name, rules.said(), *[""] * (1 + len(cells)))
    return (name, f"{first.residents:,}", f"{first.events:,}", *(_cell(row) for row in cells))


def _cell(row: FairnessRow) -> str:
    """The value and its interval, in bold where it is flagged."""
    if math.isnan(row.value):
        return "too few" if row.comparison else "not defined"
    digits = 0 if row.measure == "sensitivity" else 2
    unit = " %" if row.measure == "sensitivity" else ""
    scale = 100 if row.measure == "sensitivity" else 1
    text = f"{scale * row.value:.{digits}f}{unit}{_between(row, scale, digits)}"
    return f"**{text}**" if row.flagged else text


def _between(row: FairnessRow, scale: float, digits: int) -> str:
    if math.isnan(row.low):
        return ""
    return f" ({scale * row.low:.{digits}f} to {scale * row.high:.{digits}f})"


def _expected(row: FairnessRow) -> str:
    verdict = {
        (True, True): "under-estimated",
        (False, False): "over-estimated",
        (True, False): "over-estimated less than everyone is",
        (False, True): "under-estimated less than everyone is",
    }[row.contrast > 1, row.value > 1]
    return (
        f"outcomes are {row.value:.2f} times those expected, {row.contrast:.2f} times ({row.contrast_low:.2f} to "
        f"{row.contrast_high:.2f}) everyone's {row.everyone:.2f}: {verdict}."
    )


def _slope(row: FairnessRow) -> str:
    verdict = "too close together" if row.contrast > 0 else "too far apart"
    return f"the calibration slope is {_beside(row, 1, 2)}: beside everyone's, chances lie {verdict}."


def _auroc(row: FairnessRow) -> str:
    verdict = "better" if row.contrast > 0 else "less well"
    return f"the AUROC is {_beside(row, 1, 2)}: these residents are ranked {verdict} among themselves."


def _sensitivity(row: FairnessRow) -> str:
    verdict = "more" if row.contrast > 0 else "less"
    lists = LISTS.get(row.view, row.view)
    return f"the share of outcomes that had been on {lists}, in %, is {_beside(row, 100, 0)}: listed {verdict} often."


def _beside(row: FairnessRow, scale: float, digits: int) -> str:
    """Value, everyone's, and by how much they differ with its interval."""
    value, everyone = f"{scale * row.value:.{digits}f}", f"{scale * row.everyone:.{digits}f}"
    bounds = sorted(abs(bound) for bound in (row.contrast_low, row.contrast_high))
    low, high = (f"{scale * bound:.{digits}f}" for bound in bounds)
    way = "higher" if row.contrast > 0 else "lower"
    return f"{value}, {everyone} for everyone, {scale * abs(row.contrast):.{digits}f} ({low} to {high}) {way}"


_SAID = {
    "observed_expected": _expected,
    "sensitivity": _sensitivity,
    "auroc": _auroc,
    "calibration_slope": _slope,
}


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
