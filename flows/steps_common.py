"""Steps that the weekly lists and training share."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from features.asof import instant, local_date, monday_of
from features.check import check
from features.contract import TABLES
from features.history import History, Lags, digest, open_history
from features.problems import HeldBack, HistoryError, UsageError
from features.store.layout import read_layout
from features.store.opening import open_block, open_shared
from features.truncate import last_recorded

from . import plain
from .progress import say
from .settings import Settings, load
from .shield import Job, job_key, write_json
from .spread import all_of

CHECK_KEY = ("history_digest", "settings_digest", "code")


def existing(history: Path | str) -> Path:
    """The history's folder. Raises UsageError when it is not there."""
    folder = Path(history).absolute()
    if not folder.is_dir():
        raise UsageError(f"there is no history at {folder}: make an invented one with `homeround synth {folder}`")
    return folder


def last_covered_monday(folder: Path, settings: Settings) -> date:
    """The latest Monday that a history covers. Raises HistoryError with every problem when it cannot be read."""
    try:
        return _monday_after(existing(folder), plain.lags(settings))
    except HistoryError:
        check(folder, plain.lags(settings)).raise_on_error()
        raise


def _monday_after(folder: Path, lags: Lags) -> date:
    layout = read_layout(folder)
    if layout is None:
        return latest_monday(open_history(folder, lags))
    shared = open_shared(folder, lags)
    blocks = (open_block(layout, k, shared, lags, without=_NOT_OF_TIME) for k in range(layout.blocks))
    return _after(max(map(last_recorded, blocks)), folder)


_NOT_OF_TIME = frozenset(TABLES["events"].schema.names) - {"time", "recorded_at", "source"}


def latest_monday(history: History) -> date:
    """The latest Monday whose week before is covered: by the last recording, to the day."""
    return _after(last_recorded(history), history.root)


def _after(last: int, folder: Path) -> date:
    if not last:
        raise UsageError(f"the history at {folder} holds no record to tell its last week from")
    return monday_of(local_date(last) + timedelta(days=1))


def a_monday(text: str) -> date:
    """The as-of date. Raises UsageError that names the nearest Mondays when it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date: write 2026-11-16") from None
    if day.weekday():
        before = monday_of(day)
        raise UsageError(
            f"{day} is a {day:%A}; lists are made as of a Monday: {before} or {before + timedelta(days=7)}"
        )
    return day


def check_history(job: Job) -> dict[str, int | str]:
    """Check a history; the report is written for the steps after. Raises HistoryError with every error."""
    say("checking the history")
    settings = load(job["settings"])
    path = Path(job["work"]) / "checks" / f"{job_key(job, CHECK_KEY)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    over = partial(all_of, plain.processes(settings))
    report = check(Path(job["history"]), plain.lags(settings), over=over, folder=path.parent)
    write_json(path, report.as_dict())
    report.raise_on_error()
    return {"report": str(path), "warnings": len(report.warnings), "rows": sum(report.rows.values())}


def sources_checked(checked: Mapping[str, Any]) -> frozenset[str]:
    """The feeds that a history holds records of, by the report of its check."""
    return frozenset(json.loads(Path(checked["report"]).read_text(encoding="utf-8"))["sources"])


def opened(job: Job, settings: Settings) -> History:
    """The history as the job knows it. Raises HeldBack when it changed since the run began."""
    history = open_history(job["history"], plain.lags(settings))
    require_unchanged(job)
    return history


def require_unchanged(job: Job) -> None:
    """Raises HeldBack when the history is no longer what the run began with."""
    if digest(job["history"]) != job["history_digest"]:
        raise HeldBack([f"{job['history']} changed while it was read: run again once the feeds have arrived"])


def before_day(day: date) -> int:
    """UTC microseconds at the end of `day` in London."""
    return instant(day + timedelta(days=1))
