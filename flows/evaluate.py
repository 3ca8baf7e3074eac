"""The evaluate flow: check the history, build the matrix, fit and judge fold after fold, pool, write and log."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from . import steps_evaluate
from .lock import only_one
from .settings import load
from .shield import Job, whole
from .tasks import as_task, check

plan = as_task(steps_evaluate.plan_evaluation, "plan")
build = as_task(steps_evaluate.build_folds, "build folds", key=steps_evaluate.BUILD_KEY)
fold = as_task(steps_evaluate.evaluate_fold, "fold", key=steps_evaluate.FOLD_KEY, tries=1)
judge = as_task(steps_evaluate.judge_folds, "judge", tries=1)


@flow(name="evaluate", flow_run_name="evaluate {until}")
def evaluate(
    until: str = "",
    history: str = "",
    outcome: str = "",
    horizon_days: str = "",
    folds: str = "",
    new: str = "",
    out: str = "",
    settings: str = "",
) -> dict[str, Any]:
    """Judge models made at several times in the past on the weeks that followed each. Empty parameters come from the
    settings; `new` is 'residents' or 'homes' for rows of nobody like those a model was made with."""
    chosen = load(settings or None)
    work = chosen.paths.work
    job: Job = {"until": until, "history": history, "outcome": outcome, "horizon_days": horizon_days}
    job |= {"folds": folds, "new": new, "out": out, "settings": str(chosen.source), "work": str(work)}
    with only_one(Path(work) / ".evaluate.lock", "evaluation"):
        job = plan(job)
        built = build.with_options(refresh_cache=not whole(steps_evaluate.build_folder(job)))(job, check(job))
        done = [_fold(job | {"test_from": monday}, built) for monday in built["tests"]]
        found = judge(job, built, done)
    get_run_logger().info("%d folds, %d rows, %d events", len(done), found["rows"], found["events"])
    return found


def _fold(job: Job, built: dict[str, Any]) -> dict[str, Any]:
    """One fold, unless it was finished before with the same content and its file is still whole."""
    return fold.with_options(refresh_cache=not whole(steps_evaluate.fold_folder(job)))(job, built)
