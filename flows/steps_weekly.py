"""The weekly run as plain functions over paths: plan, build the lists, publish them. See weekly.py for the flow."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from features.assurance_cases import cases_digest, confirm
from features.build import prepare
from features.cohort import Panel
from features.history import digest
from features.problems import HeldBack, UsageError
from models import registry
from serving import manifest
from serving.bands import bands_of
from serving.canonical import text
from serving.holdout import write_withheld
from serving.holds import gone_by, list_holds, run_holds
from serving.manifest import Made, Report
from serving.publish import Held, Published, issue_of, latest_folder, publish_written, read_lists
from serving.rows import Watchlist
from serving.scoring import score_rows
from serving.typed import decoded
from serving.watchlist import Built, ModelInfo, build_watchlists
from serving.written import Issue, Written, write_lists

from . import lawful, plain
from .code import code_digest
from .decision_store import recorded_before
from .in_use import champion
from .progress import say
from .settings import load
from .shield import Job, job_key, seal_folder, write_json, write_text
from .spread import Over
from .steps_common import a_monday, existing, opened, require_unchanged
from .steps_holdout import WITHHELD, keep_withheld, study
from .steps_monitor import monitoring_holds

BUILD_KEY = (
    *("history_digest", "settings_digest", "code", "assurance", "model_version", "model_digest", "as_of"),
    *("backdated", "previous", "holdout", "soft_signs", "prompts", "decisions", "revision"),
)
_LISTS, _MADE, _FACTS = "lists", "made.json", "facts.json"


@dataclass(frozen=True)
class _Made:
    """The lists that a run rendered, and those it holds back."""

    written: tuple[Written, ...]
    held: tuple[Held, ...]


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
    """Make every team's list and find those to hold back. Raises HeldBack when nothing may be published."""
    settings, as_of = load(job["settings"]), date.fromisoformat(job["as_of"])
    say("reading the history")
    history = opened(job, settings)
    objections = lawful.require(settings.lawful_use, lawful.sources_of(history), "direct_care", as_of)
    confirm(settings.assurance.cases, plain.lags(settings), grace=settings.model.grace)
    rules = plain.list_rules(settings)
    if rules.soft_signs.digest != job["soft_signs"]:
        raise HeldBack(["the table of soft signs changed while the lists were made: run again"])
    if rules.prompts.digest != job["prompts"]:
        raise HeldBack(["the table of prompts changed while the lists were made: run again"])
    recorded = recorded_before(settings, as_of)
    if recorded.digest() != job["decisions"]:
        raise HeldBack(["what was decided before this Monday changed while the lists were made: run again"])
    model, _ = registry.load(settings.paths.runs, job["model_version"], name=settings.model.name)
    evaluation = registry.kept_evaluation(settings.paths.runs, job["model_version"], name=settings.model.name)
    say("building features and chances")
    prepared = prepare(history, model.outcome)
    grace, week_before = settings.model.grace, as_of - timedelta(days=7)
    scored = score_rows(prepared, (week_before, as_of), model, grace=grace, objections=objections)
    previous = _previous(Path(job["published"]), week_before)
    say("finding reasons")
    built = build_watchlists(
        prepared,
        as_of,
        model,
        ModelInfo(job["model_version"], "champion", date.fromisoformat(job["trained_until"]), bands_of(evaluation)),
        teams=plain.teams(settings, history),
        rules=rules,
        grace=grace,
        objections=objections,
        previous=previous,
        scored=scored,
        holdout=study(settings, as_of, job),
        recorded=recorded,
    )
    watchlists = built.lists
    hold_rules = plain.hold_rules(settings)
    if reasons := run_holds(prepared, scored.panel, as_of, model, watchlists, hold_rules):
        raise HeldBack(reasons)
    gone = gone_by(history, as_of)
    held = {one.team.id: list_holds(one, previous.get(one.team.id), gone, hold_rules) for one in watchlists}
    return _written(job, built, held, scored.panel, checked)


def _previous(published: Path, week: date) -> Mapping[str, Watchlist]:
    folder = latest_folder(published, week)
    return read_lists(folder, only_listed=True) if folder else {}


def _written(
    job: Job,
    built: Built,
    held: Mapping[str, tuple[str, ...]],
    panel: Panel,
    checked: Mapping[str, Any],
) -> dict[str, Any]:
    """Render every list that may be published, and keep what else is to be told of the week."""
    folder = build_folder(job)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / _LISTS).mkdir()
    ready = [one for one in built.lists if not held[one.team.id]]
    written = write_lists(folder / _LISTS, _issue(job), ready, _over(job))
    back = tuple(Held(one.team, held[one.team.id], one.covered) for one in built.lists if held[one.team.id])
    write_text(folder / _MADE, text(_Made(written, back)))
    problems = json.loads(Path(checked["report"]).read_text(encoding="utf-8"))["problems"]
    facts = {
        "attrition": panel.attrition_rows()[-1:],
        "warnings": [problem for problem in problems if problem["severity"] == "warning"],
    }
    write_json(folder / _FACTS, facts)
    shown = [one for one in built.withheld if not held.get(one.team_id)]
    write_withheld(folder / WITHHELD, shown)
    seal_folder(folder)
    counts = {"lists": len(built.lists), "held": len(back), "withheld": len(shown)}
    return {"folder": str(folder), **counts}


def _issue(job: Job) -> Issue:
    return Issue(date.fromisoformat(job["as_of"]), int(job["revision"]))


def _over(job: Job) -> Over:
    return Over(plain.processes(load(job["settings"])))


def publish_lists(job: Job, built: Mapping[str, Any]) -> dict[str, Any]:
    """Publish what was built; a summary with counts only."""
    say("publishing")
    require_unchanged(job)
    folder = Path(built["folder"])
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    kept = decoded(json.loads((folder / _MADE).read_text(encoding="utf-8")), _Made, _MADE)
    made = _made_from(job)
    report = Report(tuple(facts["warnings"]), tuple(facts["attrition"]), tuple(_held(one) for one in kept.held))
    if job["holdout"]:
        keep_withheld(job, folder / WITHHELD, made.digest())
    published, lists = Path(job["published"]), folder / _LISTS
    done = publish_written(published, _issue(job), lists, kept.written, kept.held, made, report, _over(job))
    return _summary(job, done, kept, len(facts["warnings"])) | {"withheld": built["withheld"]}


def _made_from(job: Job) -> Made:
    return Made(
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


def _summary(job: Job, done: Published, kept: _Made, warnings: int) -> dict[str, Any]:
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
