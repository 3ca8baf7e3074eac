"""The model page's sentences and tables, from records as training and promotion kept them: numbers to words only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.card.counts import HIDDEN, tallied
from models.fairness_words import DIMENSIONS
from models.registry import Kept, LoadedInfo

LISTS = {"pcn": "MDT lists", "home_id": "home-round lists"}
_ORDERS = {
    "model": "This model",
    "prior_admissions": "Admissions last year",
    "frailty": "Frailty",
    "random": "By chance",
}
_PLACES = (5, 10, 15, 20)
_EXPERT = {
    "calibration_slope": "Calibration slope (ideal 1)",
    "calibration_intercept": "Calibration intercept (ideal 0)",
    "observed_expected": "Admitted for each one expected (ideal 1)",
    "brier": "Brier score",
    "auroc": "AUROC, all residents",
    "auroc_within_home": "AUROC, within a home and week",
}
_TOO_FEW = "Too few to show"


@dataclass(frozen=True)
class Rows:
    """A table's rows as text, the first cell the row's name."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Decision:
    """A version that was put to use, taken back, or refused."""

    version: int
    what: str
    by: str
    at: datetime | None
    why: str
    override: str = ""


def in_short(kept: Kept) -> tuple[str, ...]:
    """Of those listed how many were admitted, and of those admitted how many were listed: in natural frequencies."""
    found = kept.evaluation or {}
    said = []
    for view, places in found.get("capacity", ()):
        listed, caught = _metric(found, "ppv", view), _metric(found, "sensitivity", view)
        if listed and caught:
            n = round(100 * listed["value"])
            said.append(
                f"On {LISTS.get(view, view)} of {places} residents a week: of 100 residents listed, about {n} were "
                f"admitted within {kept.info.tags['horizon_days']} days and {100 - n} were not. Of every 100 "
                f"admissions, {round(100 * caught['value'])} had been listed that week."
            )
    return tuple(said)


def right_or_not(kept: Kept) -> str:
    """What came true of the highest chances, in one sentence."""
    bins = (kept.evaluation or {}).get("calibration", ())
    if not bins:
        return ""
    top = bins[-1]
    low, high = (_whole(top[name]) for name in ("low", "high"))
    return (
        f"For the tenth of residents with the highest chances it said {_whole(top['predicted'])} in 100 on average; "
        f"{_whole(top['observed'])} in 100 ({low} to {high}) were admitted."
    )


def calibration(kept: Kept) -> Rows:
    """By tenths of the chances; tenths with few admissions are hidden, and another with one that is alone."""
    bins = (kept.evaluation or {}).get("calibration", ())
    counts = dict(tallied([(str(row["bin"]), row["events"]) for row in bins]))
    rows = (
        (
            _ordinal(row["bin"]),
            f"{row['n']:,}",
            _share(row["predicted"]),
            _TOO_FEW
            if counts[str(row["bin"])] == HIDDEN
            else f"{_share(row['observed'])} ({_share(row['low'])} to {_share(row['high'])})",
        )
        for row in bins
    )
    return Rows(
        ("Tenth, lowest first", "Resident-weeks", "Said, in 100", "Admitted, in 100 (95% interval)"), tuple(rows)
    )


def expert(kept: Kept) -> Rows:
    """Figures for who knows them."""
    found = kept.evaluation or {}
    rows = tuple((label, _interval(one, 3)) for name, label in _EXPERT.items() if (one := _metric(found, name, "all")))
    return Rows(("Figure", "Value (95% interval)"), rows)


def capacity(kept: Kept, view: str) -> Rows:
    """Of 100 admissions how many are listed if so many residents are reviewed a week, by this and simpler orders."""
    curve = {
        (point["score"], point["capacity"]): point["sensitivity"]
        for point in (kept.evaluation or {}).get("curve", ())
        if point["view"] == view
    }
    orders = [name for name in _ORDERS if any(score == name for score, _ in curve)]
    places = [n for n in _PLACES if ("model", n) in curve]
    rows = tuple((f"{n} a week", *(_maybe(curve.get((name, n))) for name in orders)) for n in places)
    return Rows(("Reviewed in each team", *(_ORDERS[name] for name in orders)), rows)


def fairness(kept: Kept) -> Rows:
    """A row for each group; a group that is too small is named and nothing is told of it."""
    record = kept.fairness or {}
    views = tuple(dict.fromkeys(row["view"] for row in record.get("rows", ()) if row["measure"] == "sensitivity"))
    groups: dict[tuple[str, str], dict[tuple[str, str], Mapping[str, Any]]] = {}
    for row in record.get("rows", ()):
        groups.setdefault((row["dimension"], row["group"]), {})[row["measure"], row["view"]] = row
    columns = [("observed_expected", "all"), *((m, v) for v in views for m in ("selection_rate", "ppv", "sensitivity"))]
    heads = ["Group", "Residents", "Admitted for each one expected"]
    for view in views:
        name = LISTS.get(view, view)
        heads += [f"Listed, of 100 ({name})", f"Admitted, of 100 listed ({name})", f"Listed, of 100 admitted ({name})"]
    rows = (
        (_group(dimension, group), *_cells([found.get(column) for column in columns]))
        for (dimension, group), found in groups.items()
    )
    return Rows(tuple(heads), tuple(rows))


def _cells(cells: Sequence[Mapping[str, Any] | None]) -> Iterator[str]:
    first = cells[0]
    if first is None or first["hidden"]:
        yield from ("Hidden: too few", *(["Hidden"] * len(cells)))
        return
    yield f"{first['residents']:,}"
    for cell in cells:
        yield _figure(cell)


def _figure(cell: Mapping[str, Any] | None) -> str:
    """The value with its interval; "differs" where the interval of the difference from everyone leaves out none."""
    if cell is None or cell["value"] is None:
        return _TOO_FEW
    digits, scale = (2, 1) if cell["measure"] == "observed_expected" else (0, 100)
    text = _interval(cell, digits, scale)
    return f"{text}, differs" if cell["flagged"] else text


def decisions(versions: Sequence[LoadedInfo], verdicts: Sequence[Mapping[str, Any]]) -> tuple[Decision, ...]:
    """Who put which version to use and why, the latest first; refusals of the version in use stand in its verdicts."""
    made = [
        Decision(
            info.version,
            what,
            info.tags[f"{tag}_by"],
            _moment(info.tags.get(f"{tag}_at", "")),
            info.tags.get(f"{tag}_reason", ""),
            info.tags.get("override", "") if tag == "promoted" else "",
        )
        for info in versions
        for tag, what in (("promoted", "Put to use"), ("rolled_back", "Taken back"))
        if f"{tag}_by" in info.tags
    ]
    made += [
        Decision(one["version"], "Refused", one["by"], _moment(one.get("at", "")), one["reason"])
        for one in verdicts
        if one["verdict"] == "failed"
    ]
    return tuple(sorted(made, key=lambda one: (one.at is not None, str(one.at or "")), reverse=True))


def failed(verdicts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the latest verdict found wanting."""
    return tuple(one["words"] for one in verdicts[-1]["criteria"] if not one["passed"]) if verdicts else ()


def held(verdicts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the latest verdict found to hold."""
    return tuple(one["words"] for one in verdicts[-1]["criteria"] if one["passed"]) if verdicts else ()


def _metric(found: Mapping[str, Any], name: str, view: str) -> Mapping[str, Any] | None:
    wanted = (name, "model", view)
    same = (
        m for m in found.get("metrics", ()) if (m["name"], m["score"], m["view"]) == wanted and m["value"] is not None
    )
    return next(same, None)


def _interval(one: Mapping[str, Any], digits: int, scale: float = 1) -> str:
    value = f"{scale * one['value']:.{digits}f}"
    if one["low"] is None or one["high"] is None:
        return value
    return f"{value} ({scale * one['low']:.{digits}f} to {scale * one['high']:.{digits}f})"


def _group(dimension: str, group: str) -> str:
    return "Everyone" if dimension == "everyone" else f"{DIMENSIONS.get(dimension, dimension)}: {group}"


def _share(value: float) -> str:
    return f"{100 * value:.1f}"


def _whole(value: float) -> str:
    return f"{100 * value:.0f}"


def _maybe(value: float | None) -> str:
    return _TOO_FEW if value is None else f"{100 * value:.0f} of 100"


def _ordinal(n: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{n}{ends.get(n, 'th')}"


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
