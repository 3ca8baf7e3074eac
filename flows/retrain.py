"""The retrain flow: check the history, build the labelled matrix, fit, judge and register."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from . import steps_train
from .lock import only_one
from .settings import load
from .shield import Job, whole
from .tasks import as_task, check

plan = as_task(steps_train.plan_training, "plan")
build = as_task(steps_train.build_matrix, "build matrix", key=steps_train.MATRIX_KEY)
fit = as_task(steps_train.fit_model, "fit", key=steps_train.FIT_KEY, tries=1)


@flow(name="retrain", flow_run_name="retrain {until}")
def retrain(
    until: str = "",
    history: str = "",
    outcome: str = "",
    horizon_days: str = "",
    holdout_share: str = "",
    outcomes: str = "",
    tune: str = "",
    settings: str = "",
) -> dict[str, Any]:
    """Train on what was recorded up to `until` and register the model. Empty parameters come from the settings.

    outcomes: judged or refitted, to judge the model under every outcome and horizon too.
    """
    chosen = load(settings or None)
    work = chosen.paths.work
    job: Job = {"until": until, "history": history, "outcome": outcome, "horizon_days": horizon_days}
    job |= {"holdout_share": holdout_share, "outcomes": outcomes, "tune": tune}
    job |= {"settings": str(chosen.source), "work": str(work)}
    with only_one(Path(work) / ".retrain.lock", "training"):
        job = plan(job)
        built = build.with_options(refresh_cache=not whole(steps_train.matrix_folder(job)))(job, check(job))
        done = fit.with_options(refresh_cache=steps_train.registered_version(job) is None)(job, built)
    get_run_logger().info("version %s, %d rows, %d events", done["version"], done["rows"], done["events"])
    return done
