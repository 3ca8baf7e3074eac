"""The study of other outcomes as a section of a report: one line for each outcome and horizon."""

from models.document import Block, Points, Section, Table
from models.other_outcomes import GAIN, MODEL, REFITTED, Asked, OutcomeFigure
from models.outcome_study import OutcomeStudy

_VIEWS = {"pcn": "MDT", "home_id": "round"}


LEAST = 5
"""Resident-weeks with the outcome below which nothing is said of it."""


def section(study: OutcomeStudy) -> Section:
    """A line for each outcome and horizon; gaps in words below."""
    test = study.split.test
    refitted = any(f.contender == REFITTED for f in study.figures)
    views = [view for view, _ in study.capacity if any(f.view == view for f in study.figures)]
    heads = ["outcome", "days", "rows", "events", "share", "AUROC"]
    for view in views:
        heads += [f"{_VIEWS.get(view, view)} PPV", "lift", "caught by these lists"]
    heads += ["AUROC a model of its own adds", *(f"{_VIEWS.get(v, v)} adds" for v in views)] if refitted else []
    told = (
        f"One ranking, made for {study.outcome} over {study.horizon_days} days and fitted up to {study.split.fit[-1]}, "
        f"judged on {test[0]} to {test[-1]} against each outcome. Lists of "
        + " and ".join(f"{places} ({_VIEWS.get(view, view)})" for view, places in study.capacity)
        + ". Caught is the share of the outcome's events on the lists as they are."
    )
    lines = tuple(_row(study, asked, views, refitted) for asked in study.asked)
    gaps = tuple(f"{gap.outcome}, {gap.horizon_days} days, {gap.contender}: {gap.why}." for gap in study.gaps)
    blocks: list[Block] = [told, Table("Other outcomes and horizons", tuple(heads), lines)]
    return Section("Under other outcomes and horizons", (*blocks, Points(gaps)) if gaps else tuple(blocks))


def _row(study: OutcomeStudy, asked: Asked, views: list[str], refitted: bool) -> tuple[str, ...]:
    share = study.get(asked, "prevalence")
    cells = [asked.outcome, str(asked.horizon_days)]
    if share is None or share.events < LEAST:
        why = "not judged" if share is None else f"fewer than {LEAST}"
        rest = 1 + 3 * len(views) + (1 + len(views) if refitted else 0)
        return (*cells, f"{share.n:,}" if share else "", why, *[""] * (1 + rest))
    cells += [f"{share.n:,}", f"{share.events:,}", f"{share.value:.2%}", _decimal(study.get(asked, "auroc"))]
    for view in views:
        ppv, lift, caught = (study.get(asked, name, MODEL, view) for name in ("ppv", "lift", "sensitivity"))
        few = caught is not None and 0 < round(caught.value * share.events, 6) < LEAST
        cells += ["too few"] * 3 if few else [_percent(ppv), _plain(lift), _percent(caught)]
    if refitted:
        cells.append(_decimal(study.get(asked, "auroc", GAIN), sign="+"))
        cells += [_percent(study.get(asked, "sensitivity", GAIN, view), sign="+") for view in views]
    return tuple(cells)


def _plain(figure: OutcomeFigure | None) -> str:
    return f"{figure.value:.1f}" if figure else ""


def _decimal(figure: OutcomeFigure | None, sign: str = "") -> str:
    return _written(figure, 1.0, f"{sign}.3f", "")


def _percent(figure: OutcomeFigure | None, sign: str = "") -> str:
    return _written(figure, 100.0, f"{sign}.1f", " %")


def _written(figure: OutcomeFigure | None, scale: float, form: str, unit: str) -> str:
    if figure is None:
        return ""
    value, low, high = (format(scale * number, form) for number in (figure.value, figure.low, figure.high))
    return f"{value}{unit} ({low} to {high})"
