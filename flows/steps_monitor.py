"""Monitoring as plain functions over paths: plan, watch, write the report. See monitor.py for the flow."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from features.asof import instant, mondays
from features.build import Prepared, labelled, matrix_of, panel_of, prepare, rows_of
from features.code_counts import code_counts
from features.codelists.outcomes import definition
from features.feeds import sources_of
from features.history import History, digest
from features.outcomes import outcomes
from features.problems import HeldBack
from features.truncate import recorded_before
from features.visibility import micros
from models import registry
from models.fit import panel as labelled_panel
from models.judged import Judged
from models.model import AVOIDABLE, Model
from models.monitoring import Report, Rules, watch, watched
from models.monitoring.codes import RECENT, CodeChange, code_changes
from models.monitoring.watched import reference_of
from models.plots.monitoring import write_monitoring_plots
from serving.past_lists import known_outcomes, list_weeks, published_weeks
from serving.render.monitoring_page import monitoring_page

from . import lawful, plain
from .code import code_digest
from .progress import say
from .settings import Settings, load
from .shield import Job, write_json
from .steps_common import a_monday, existing, last_covered_monday, opened
from .training_rows import hospital_since

NAME = "report.json"


def plan_monitoring(job: Job) -> Job:
    """Everything that decides the report, as text. The Monday is by default the latest that the history covers."""
    settings = load(job["settings"])
    history = existing(job["history"] or settings.paths.history)
    as_of = a_monday(job["as_of"]) if job["as_of"] else last_covered_monday(history, settings)
    model, info = registry.load(settings.paths.runs, name=settings.model.name)
    return job | {
        "history": str(history),
        "published": str(Path(job["published"] or settings.paths.published).absolute()),
        "out": job["out"] or str(report_folder(settings, as_of)),
        "as_of": as_of.isoformat(),
        "history_digest": digest(history),
        "settings_digest": settings.digest(),
        "code": code_digest(),
        "model_version": str(info.version),
        "model_digest": model.digest,
    }


def report_folder(settings: Settings, as_of: date) -> Path:
    """Where the weekly lists look for what monitoring said of a Monday."""
    return Path(settings.paths.work) / "monitoring" / as_of.isoformat()


def watch_history(job: Job, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Watch one Monday and write report.json, index.html and the plots; a summary with counts only."""
    settings, as_of = load(job["settings"]), date.fromisoformat(job["as_of"])
    say("reading the history")
    whole = opened(job, settings)
    objections = lawful.require(settings.lawful_use, sources_of(whole), "model_development", as_of)
    history = recorded_before(whole, instant(as_of) + settings.model.grace)
    model, _ = registry.load(settings.paths.runs, job["model_version"], name=settings.model.name)
    rules, grace = plain.monitoring_rules(settings), settings.model.grace
    since = hospital_since(micros(history["spells"]["admitted_at"]))
    last = min(model.trained_until, as_of)
    past = reference_of(
        mondays(max(since, last - timedelta(weeks=rules.reference_weeks + 1)), last), model.trained_until, as_of, rules
    )
    say("building features and chances")
    prepared = prepare(history, model.outcome)
    people = panel_of(prepared, (*past, as_of), grace=grace, objections=objections)
    seen = watched(matrix_of(prepared, people), model, as_of, rules)
    say("comparing")
    report = watch(
        seen,
        rules=rules,
        version=job["model_version"],
        within=dict(settings.lists.stale_days.items()),
        codes=_codes(history, past, as_of, grace),
        lists=_lists(job, settings, prepared, model, as_of, objections),
        judged=_judged(prepared, model, as_of, rules, settings, objections),
    )
    folder = Path(job["out"]).absolute()
    _write(folder, report, job)
    return _summary(report, folder)


def _codes(history: History, past: Sequence[date], as_of: date, grace: int) -> tuple[CodeChange, ...]:
    recent = tuple(as_of - timedelta(weeks=k) for k in reversed(range(RECENT)))
    before = tuple(day for day in past if day < recent[0])
    if len(before) < RECENT:
        return ()
    found = code_counts(history, (*before, *recent), grace=grace)
    reference = np.arange(len(before))
    return tuple(c for kind, (names, n) in found.counts.items() for c in code_changes(kind, names, n, reference))


def _lists(
    job: Job, settings: Settings, prepared: Prepared, model: Model, as_of: date, objections: frozenset[str]
) -> tuple:
    published = Path(job["published"])
    weeks = published_weeks(published, as_of, settings.monitoring.list_weeks)
    if not weeks:
        return ()
    people = panel_of(prepared, weeks, grace=settings.model.grace, objections=objections)
    found = outcomes(prepared.history, people, definition(model.outcome), horizon_days=model.horizon_days,
                     delay_days=model.delay_days, known_before=as_of)  # fmt: skip
    known = known_outcomes(rows_of(prepared.history, people), people, found.label)
    return list_weeks(published, weeks, prepared.history, known)


def _judged(
    prepared: Prepared, model: Model, as_of: date, rules: Rules, settings: Settings, objections: frozenset[str]
) -> Judged | None:
    """Rows since the model's training whose outcomes are known."""
    ripe = as_of - timedelta(days=model.horizon_days + model.delay_days)
    days = mondays(model.trained_until + timedelta(days=1), ripe)[-rules.outcome_weeks :]
    if not days:
        return None
    people = panel_of(prepared, days, grace=settings.model.grace, objections=objections)
    matrix, _ = labelled(prepared, people, model.outcome, horizon_days=model.horizon_days,
                         delay_days=model.delay_days, known_before=as_of)  # fmt: skip
    data = labelled_panel(matrix)
    mask = data.mask(days)
    rows = matrix.take(mask)
    X = rows.X[:, model.columns(rows.names)]
    y = data.labels[AVOIDABLE][mask]
    return Judged(rows, data.as_of[mask], data.home[mask], y, {"model": model.margin(X)}, {"model": model.risk(X)})


def _write(folder: Path, report: Report, job: Job) -> None:
    """Everything aside, then renamed into place, so that a reader never sees half of a report."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    plots = write_monitoring_plots(report, aside)
    svg = {name: path.read_text(encoding="utf-8") for name, path in plots.items()}
    (aside / "index.html").write_text(monitoring_page(report, svg), encoding="utf-8")
    made = {name: job[name] for name in ("history_digest", "settings_digest", "code", "model_digest")}
    write_json(aside / NAME, {"made_from": made, **report.as_dict()})
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(aside, folder)


def _summary(report: Report, folder: Path) -> dict[str, Any]:
    """Counts and the folder: what Prefect may keep. Why, and in which homes, stands in the report alone."""
    held = report.action == "hold back"
    return {
        "status": {"none": "nothing different", "note": "notes"}.get(report.action, report.action),
        "exit_code": HeldBack.exit_code if held else 0,
        "as_of": report.as_of.isoformat(),
        "model_version": report.model_version,
        "signals": report.counts(),
        "looked": {part.part: part.things for part in report.looked},
        "folder": str(folder),
    }


def monitoring_holds(settings: Settings, as_of: date, history_digest: str) -> tuple[str, ...]:
    """Why monitoring has this Monday's lists held back; empty when it does not, or has not looked and need not."""
    path = report_folder(settings, as_of) / NAME
    wanted = settings.monitoring.required
    if not path.is_file():
        return (f"monitoring has not looked at {as_of}: run `homeround monitor`",) if wanted else ()
    told = json.loads(path.read_text(encoding="utf-8"))
    if told["made_from"]["history_digest"] != history_digest:
        return ("monitoring looked at other records: run `homeround monitor` again",) if wanted else ()
    return tuple(f"monitoring: {one['sentence']}" for one in told["signals"] if one["action"] == "hold back")
