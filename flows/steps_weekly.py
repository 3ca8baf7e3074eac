"""The weekly run as plain functions over paths: plan, build the lists, publish them. See weekly.py for the flow."""

import json
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from features.assurance_cases import cases_digest
from features.build import prepare
from features.cohort import attrition_rows
from features.feeds import sources_of
from features.history import digest
from features.problems import HeldBack, UsageError
from features.store.layout import read_layout
from serving import manifest
from serving.canonical import text
from serving.holdout import write_withheld
from serving.holds import run_holds
from serving.manifest import Made as MadeFrom
from serving.manifest import Report
from serving.publish import Held, Published, issue_of, latest_folder, publish_written
from serving.scoring import score_rows
from serving.typed import decoded
from serving.written import Written

from . import plain
from .code import code_digest
from .decision_store import recorded_before
from .in_use import champion
from .progress import say
from .settings import load
from .shield import Job, job_key, seal_folder, write_json, write_text
from .spread import Over
from .steps_common import a_monday, existing, opened, require_unchanged, sources_checked
from .steps_holdout import WITHHELD, keep_withheld, study
from .steps_monitor import monitoring_holds
from .week_apart import lists_apart
from .week_run import Made, issue, run_of

BUILD_KEY = (
    *("history_digest", "settings_digest", "code", "assurance", "model_version", "model_digest", "as_of"),
    *("backdated", "previous", "holdout", "soft_signs", "prompts", "decisions", "revision"),
)
_LISTS, _MADE, _FACTS = "lists", "made.json", "facts.json"


def plan_weekly(job: Job) -> Job:
    """Everything that decides the lists, as text: paths, digests, the model's version.

    Raises UsageError for a day that cannot be listed, NoChampion when no model is in use, HeldBack when monitoring
    says so.
    """
    settings = load(job["settings"])
    history = existing(job["history"] or settings.paths.history)
    published = Path(job["published"] or settings.paths.published).absolute()
    as_of = a_monday(job["as_of"])
    model, info = champion(settings)
    if as_of <= info.trained_until and not job["backdated"]:
        raise UsageError(_learnt_later(as_of, info.trained_until, info.version))
    previous = latest_folder(published, as_of - timedelta(days=7))
    history_digest = digest(history)
    if reasons := monitoring_holds(settings, as_of, history_digest):
        raise HeldBack(reasons)
    holdout = study(settings, as_of, job)
    planned = job | {
        "holdout": holdout.mark() if holdout else "",
        "history": str(history),
        "published": str(published),
        "as_of": as_of.isoformat(),
        "history_digest": history_digest,
        "settings_digest": settings.digest(),
        "code": code_digest(),
        "assurance": cases_digest(settings.assurance.cases),
        "soft_signs": plain.soft_signs(settings).digest,
        "prompts": plain.prompt_table(settings).digest,
        "model_version": str(info.version),
        "model_digest": model.digest,
        "trained_until": info.trained_until.isoformat(),
        "previous": _manifest_digest(previous) if previous else "",
        "decisions": recorded_before(settings, as_of).digest(),
    }
    return planned | {"revision": str(issue_of(published, as_of, _made_from(planned)).revision)}


def _learnt_later(as_of: date, trained_until: date, version: int) -> str:
    return (
        f"model {version} has learnt from records up to {trained_until}, so a list for {as_of} would be made in "
        "hindsight: choose a later Monday, or say --backdated to make a list that is marked so"
    )


def _manifest_digest(folder: Path) -> str:
    if changed := manifest.differing(folder):
        raise HeldBack([f"last week's lists in {folder} are no longer what was published: {', '.join(changed)}"])
    return manifest.file_digest(folder / manifest.NAME)


def build_folder(job: Mapping[str, str]) -> Path:
    """Where a run keeps its lists until they are published; its name tells every input."""
    return Path(job["work"]) / "weekly" / job["as_of"] / job_key(job, BUILD_KEY)


def build_lists(job: Job, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Render every team's list and find those to hold back. Raises HeldBack when nothing may be published.

    Of a history in blocks no more is in memory than a locality in each process.
    """
    folder = build_folder(job)
    lists = folder / _LISTS
    if read_layout(Path(job["history"])):
        lists.mkdir(parents=True, exist_ok=True, mode=0o700)
        made, attrition = lists_apart(job, sources_checked(checked), lists)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        lists.mkdir(parents=True, mode=0o700)
        made, attrition = _lists_at_once(job, lists)
    write_text(folder / _MADE, text(made))
    problems = json.loads(Path(checked["report"]).read_text(encoding="utf-8"))["problems"]
    facts = {
        "attrition": attrition[-1:],
        "warnings": [problem for problem in problems if problem["severity"] == "warning"],
    }
    write_json(folder / _FACTS, facts)
    write_withheld(folder / WITHHELD, made.withheld)
    seal_folder(folder)
    counts = {"lists": len(made.written) + len(made.held), "held": len(made.held), "withheld": len(made.withheld)}
    return {"folder": str(folder), **counts}


def _lists_at_once(job: Job, lists: Path) -> tuple[Made, list[dict[str, int | str]]]:
    """As `lists_apart`, of a history that is in memory as a whole."""
    settings = load(job["settings"])
    say("reading the history")
    history = opened(job, settings)
    run = run_of(job, history, sources_of(history), lists)
    say("building features and chances")
    prepared = prepare(history, run.model.outcome)
    found = score_rows(prepared, run.weeks, run.model, grace=settings.model.grace, objections=run.objections)
    estimated = int(np.isfinite(found.risk[found.panel.week == 1]).sum())
    if reasons := run_holds(found.panel.newest, run.as_of, run.model, estimated, run.holds):
        raise HeldBack(reasons)
    say("finding reasons")
    made = run.lists_of(prepared, found, run.teams, None, Over(plain.processes(settings)))
    return made, attrition_rows(run.weeks, found.panel.attrition)


def publish_lists(job: Job, built: Mapping[str, Any]) -> dict[str, Any]:
    """Publish what was built; a summary with counts only."""
    say("publishing")
    require_unchanged(job)
    folder = Path(built["folder"])
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    kept = decoded(json.loads((folder / _MADE).read_text(encoding="utf-8")), Made, _MADE)
    made_from = _made_from(job)
    report = Report(tuple(facts["warnings"]), tuple(facts["attrition"]), tuple(_held(one) for one in kept.held))
    if job["holdout"]:
        keep_withheld(job, folder / WITHHELD, made_from.digest())
    published, lists, over = Path(job["published"]), folder / _LISTS, Over(plain.processes(load(job["settings"])))
    done = publish_written(published, issue(job), lists, kept.written, kept.held, made_from, report, over)
    return _summary(job, done, kept, len(facts["warnings"])) | {"withheld": built["withheld"]}


def _made_from(job: Job) -> MadeFrom:
    return MadeFrom(
        {name: job[name] for name in ("soft_signs", "prompts", "assurance")}
        | {"history": job["history_digest"]}
        | ({"holdout": job["holdout"]} if job["holdout"] else {}),
        job["settings_digest"],
        job["code"],
        {
            "version": job["model_version"],
            "digest": job["model_digest"],
            "trained_until": job["trained_until"],
            "backdated": job["backdated"],
        },
        job["previous"] or None,
        job["decisions"] or None,
    )


def _held(one: Held) -> dict[str, Any]:
    team = one.team
    homes = [home for home, _ in team.homes]
    return {"team": team.id, "label": team.label, "kind": team.kind, "homes": homes, "reasons": list(one.reasons)}


def _summary(job: Job, done: Published, kept: Made, warnings: int) -> dict[str, Any]:
    return {
        "status": done.status,
        "exit_code": HeldBack.exit_code if kept.held else 0,
        "as_of": job["as_of"],
        "revision": done.revision,
        "supersedes": done.supersedes,
        "folder": str(done.folder),
        "model_version": job["model_version"],
        "backdated": bool(job["backdated"]),
        "check_warnings": warnings,
        "lists": [_line(one, done.folder) for one in kept.written],
        "held": [_held(one) for one in kept.held],
    }


def _line(one: Written, folder: Path) -> dict[str, Any]:
    team, link = one.team, one.link
    counts = {"listed": link.listed, "assessed": link.assessed, "capacity": team.capacity}
    return {"team": team.id, "label": team.label, "kind": team.kind, "page": f"{folder}/{link.link}", **counts}
