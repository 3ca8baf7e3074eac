"""Commands that look at a history without publishing: check, features, score."""

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.problems import HistoryError, UsageError
from serving.render.words import count

from . import plain
from .settings import Purpose, Settings, load
from .steps_common import a_monday, existing, latest_monday
from .terminal import as_json, out, progress, show_problems

if TYPE_CHECKING:
    from models.model import Model


def check(history: Path | None, *, machine: bool) -> int:
    """Every problem and what each feed covers; 3 when there is an error."""
    from features.assurance_cases import confirm
    from features.check import check as look

    from .spread import all_of

    chosen = load()
    with progress("Checking"):
        over = partial(all_of, plain.processes(chosen))
        report = look(existing(history or chosen.paths.history), plain.lags(chosen), over=over)
        confirmed = (
            0 if report.errors else confirm(chosen.assurance.cases, plain.lags(chosen), grace=chosen.model.grace)
        )
    code = HistoryError.exit_code if report.errors else 0
    if machine:
        as_json(
            {"status": "refused" if code else "acceptable", "exit_code": code, "assured": confirmed, **report.as_dict()}
        )
        return code
    if report.problems:
        show_problems(report.problems)
    verdict = "[red]not acceptable[/red]" if code else "[green]acceptable[/green]"
    out.print(f"{verdict}: {count(len(report.errors), 'error')}, {count(len(report.warnings), 'warning')}")
    for feed in report.feeds:
        out.print(
            f"  {feed.name}: {feed.rows:,} rows"
            + (f", {feed.first:%Y-%m-%d} to {feed.last:%Y-%m-%d}" if feed.first and feed.last else "")
        )
    if confirmed:
        out.print(f"  {confirmed} assured values confirmed")
    return code


def features(history: Path, target: Path, first: str, last: str, *, machine: bool) -> None:
    """Write the matrix of the Mondays from `first` to `last`."""
    from features.asof import mondays
    from features.build import matrix_of, panel_of, prepare
    from features.cohort import attrition_rows

    days = _date(first), _date(last)
    weeks = mondays(*days)
    if not weeks:
        raise UsageError(f"there is no Monday from {days[0]} to {days[1]}")
    chosen = load()
    with progress("Building features"):
        opened, objections = _lawful(history, chosen, "model_development", days[1])
        prepared = prepare(opened, chosen.model.outcome)
        panel = panel_of(prepared, weeks, grace=chosen.model.grace, objections=objections)
        matrix = matrix_of(prepared, panel)
        matrix.write(target)
    record = {"file": str(target), "rows": len(matrix), "features": len(matrix.names), "weeks": len(weeks)}
    as_json(record | {"attrition": attrition_rows(panel.as_ofs, panel.attrition)}) if machine else out.print(
        f"[bold]{target}[/bold]: {len(matrix):,} rows, {len(matrix.names)} features, {len(weeks)} weeks"
    )


def score(history: Path, target: Path, as_of: str, *, backdated: bool, machine: bool) -> None:
    """Write resident_id, as_of, home_id, status, risk, risk_any, rank, backdated for everyone in a home."""
    from .in_use import champion

    chosen = load()
    given = a_monday(as_of) if as_of else None
    with progress("Scoring"):
        day, scored = (_on_spark if chosen.engine.name == "spark" else _here)(existing(history), chosen, given)
        model, info = champion(chosen)
        hindsight = day <= info.trained_until
        if hindsight and not backdated:
            raise UsageError(
                f"model {info.version} has learnt from records up to {info.trained_until}: choose a later Monday than "
                f"{day}, or say --backdated to score it in hindsight, marked so"
            )
        table = scored(model)
        marked = table.append_column("backdated", pa.array([hindsight] * table.num_rows, pa.bool_()))
        _write_table(marked, target)
    record = {"file": str(target), "as_of": day.isoformat(), "residents": table.num_rows, "model_version": info.version}
    record |= {"backdated": hindsight, "estimated": table.num_rows - table["risk"].null_count}
    mark = ", [yellow]in hindsight[/yellow]" if hindsight else ""
    as_json(record) if machine else out.print(
        f"[bold]{target}[/bold]: {record['residents']:,} residents as of {day}, {record['estimated']:,} "
        f"with an estimate by model {info.version}{mark}"
    )


def _here(folder: Path, chosen: Settings, given: date | None) -> tuple[date, Callable[["Model"], pa.Table]]:
    """The day (the last covered one unless given) and what scores it."""
    from features.build import prepare
    from serving.scoring import score_rows, score_table, scores

    opened, objections = _lawful(folder, chosen, "direct_care", given)
    day = given or latest_monday(opened)

    def scored(model: "Model") -> pa.Table:
        prepared = prepare(opened, model.outcome)
        found = score_rows(prepared, (day,), model, grace=chosen.model.grace, objections=objections)
        return score_table(scores(prepared, found))

    return day, scored


def _on_spark(folder: Path, chosen: Settings, given: date | None) -> tuple[date, Callable[["Model"], pa.Table]]:
    """As `_here`, of a history in blocks and of a given day: to find the last one, all would have to be read."""
    from .score_spark import scores_on_spark

    if given is None:
        raise UsageError("on Spark, say which Monday to score: --as-of 2026-11-16")
    return given, partial(scores_on_spark, folder, chosen, given)


def _write_table(table: pa.Table, target: Path) -> None:
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        pq.write_table(table, aside, compression="zstd")
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def _lawful(folder: Path, chosen: Settings, purpose: Purpose, on: date | None) -> tuple[Any, frozenset[str]]:
    """The opened history and the objections to honour for a purpose on a day (the last covered one if None)."""
    from features.feeds import sources_of
    from features.history import open_history

    from . import lawful

    history = open_history(existing(folder), plain.lags(chosen))
    day = on or latest_monday(history)
    return history, lawful.require(chosen.lawful_use, sources_of(history), purpose, day)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date: write 2026-11-16") from None
