"""The promote command: judge a version, say what was found, put it to use or refuse; or go back to the one before."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from features.problems import HeldBack, UsageError
from models import registry
from models.evidence import Evidence
from models.gate import FAILED, why_not
from models.registry import LoadedInfo

from . import steps_train
from .in_use import features_mark
from .lock import only_one
from .settings import Settings, load
from .shield import Job, whole
from .steps_common import check_history, last_covered_monday
from .steps_promote import Decision, audit_line, gather, judge, rival_of, settle, summary
from .terminal import as_json, out, progress, show_verdict


def promote(ref: str, decision: Decision, *, history: Path | None, as_of: str, again: bool, machine: bool) -> int:
    """Put a version to use if it holds every criterion or somebody answers for it; 4 when it is refused."""
    chosen = load()
    _check_words(decision, chosen)
    info = registry.find(chosen.paths.runs, ref, name=chosen.model.name)
    on = _day(as_of, history or chosen.paths.history, chosen)
    with only_one(chosen.paths.runs / ".promotion.lock", "promotion"):
        with progress(f"Judging model {info.version}"):
            evidence = None if again else _kept(chosen, info.version, on)
            evidence = evidence or _gathered(chosen, info, history)
            verdict = judge(evidence, chosen, on)
        outcome = settle(chosen, evidence, verdict, decision, on)
    code = HeldBack.exit_code if outcome == FAILED else 0
    done = summary(evidence, verdict, outcome) | {"as_of": on.isoformat(), "exit_code": code}
    as_json(done) if machine else show_verdict(done)
    return code


def roll_back(decision: Decision, *, machine: bool) -> None:
    """Put the model that was in use before to use again."""
    chosen = load()
    runs, name = chosen.paths.runs, chosen.model.name
    _check_words(decision, chosen)
    with only_one(runs / ".promotion.lock", "promotion"):
        before = registry.find(runs, registry.PREVIOUS, name=name)
        if reasons := why_not(before.tags, features_mark()):
            raise HeldBack([f"model {before.version} cannot be used again: {reason}" for reason in reasons])
        audit_line(chosen, {"did": "rolled back to", "version": before.version, "by": decision.by,
                            "reason": decision.reason})  # fmt: skip
        info, gone = registry.roll_back(runs, by=decision.by, reason=decision.reason, name=name)
    done = {"version": info.version, "aliases": list(info.aliases), "instead_of": gone}
    as_json(done) if machine else out.print(
        f"[bold]Model {info.version}[/bold] is in use again; model {gone} was taken back"
    )


def _check_words(decision: Decision, chosen: Settings) -> None:
    if not decision.by.strip() or not decision.reason.strip():
        raise UsageError("a promotion needs who decides (--by) and why (--reason)")
    least = chosen.promotion.override_least
    if decision.override and len(decision.override.strip()) < least:
        raise UsageError(f"--override needs the reason in at least {least} letters: it stays with the model")


def _day(as_of: str, history: Path, chosen: Settings) -> date:
    """The day to judge on: that asked for, else the latest Monday the history covers, else today."""
    if as_of:
        return steps_train.a_day(as_of)
    return last_covered_monday(history, chosen) if history.is_dir() else datetime.now(UTC).date()


def _kept(chosen: Settings, version: int, on: date) -> Evidence | None:
    """The evidence that was kept with a version, while it is fresh and about the model now in use."""
    record = registry.evidence(chosen.paths.runs, version, name=chosen.model.name)
    if record is None:
        return None
    found, rival = Evidence.from_dict(record), rival_of(chosen, version)
    same = (found.comparison.in_use, found.comparison.version) == (
        rival.info.version if rival.info else None,
        rival.info.version if rival.info and rival.twin else None,
    )
    fresh = found.candidate.monday >= on - timedelta(days=chosen.promotion.fresh_days)
    return found if same and fresh else None


def _gathered(chosen: Settings, info: LoadedInfo, history: Path | None) -> Evidence:
    """Evidence made now, from the history."""
    asked = {"outcome": info.tags["outcome"], "horizon_days": info.tags["horizon_days"]}
    job: Job = {"until": "", "history": str(history.absolute()) if history else "", **asked}
    job |= {"settings": str(chosen.source), "work": str(chosen.paths.work)}
    job = steps_train.plan_training(job)
    folder = steps_train.matrix_folder(job)
    if not whole(folder):
        steps_train.build_matrix(job, check_history(job))
    return gather(folder, chosen, info.version)
