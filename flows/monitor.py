"""The monitoring flow: check the history, watch one Monday, say how many things differ. It runs before the lists."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact

from . import steps_monitor
from .lock import only_one
from .settings import load
from .shield import Job
from .tasks import as_task, check

plan = as_task(steps_monitor.plan_monitoring, "plan")
look = as_task(steps_monitor.watch_history, "watch")


@flow(name="monitor", flow_run_name="monitor {as_of}")
def monitor(
    as_of: str = "", history: str = "", published: str = "", out: str = "", settings: str = ""
) -> dict[str, Any]:
    """Watch a Monday, by default the latest that the history covers; a summary with counts. Empty paths are those of
    the settings."""
    chosen = load(settings or None)
    work = chosen.paths.work
    job: Job = {"as_of": as_of, "history": history, "published": published, "out": out}
    job |= {"settings": str(chosen.source), "work": str(work)}
    with only_one(Path(work) / ".monitor.lock", "monitoring"):
        job = plan(job)
        done = look(job, check(job))
    _tell(done)
    return done


def _tell(done: dict[str, Any]) -> None:
    """Counts by part, for Prefect's pages and log."""
    rows = [
        {"part": part, "looked at": things}
        | {action: done["signals"][f"{part} {action}"] for action in ("note", "retrain", "hold back")}
        for part, things in done["looked"].items()
    ]
    said = f"{done['as_of']}, model {done['model_version']}: {done['status']}"
    create_table_artifact(table=rows, key="monitoring", description=said)
    get_run_logger().info("%s, %d signals", said, sum(done["signals"].values()))
