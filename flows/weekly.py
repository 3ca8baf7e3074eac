"""The weekly flow: check the history, make every team's list, publish. Tasks pass paths and counts, never records."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, runtime
from prefect.artifacts import create_table_artifact

from features.asof import LONDON, monday_of
from models import registry

from . import steps_weekly
from .lock import only_one
from .settings import load
from .shield import Job, whole
from .tasks import as_task, check

registry.preload()  # here, where a server of our own is still starting, and not in the step that needs it

plan = as_task(steps_weekly.plan_weekly, "plan")
build = as_task(steps_weekly.build_lists, "build lists", key=steps_weekly.BUILD_KEY)
publish = as_task(steps_weekly.publish_lists, "publish")


def this_monday() -> date:
    """The Monday of this week in London: what a scheduled run is for, however old the feeds are."""
    return monday_of(datetime.now(LONDON).date())


def _name() -> str:
    return f"weekly {runtime.flow_run.parameters.get('as_of') or this_monday()}"


@flow(name="weekly", flow_run_name=_name)
def weekly(
    as_of: str = "", history: str = "", published: str = "", settings: str = "", backdated: str = ""
) -> dict[str, Any]:
    """Publish the lists of a Monday, by default this week's; a summary with counts. Empty paths are those of the
    settings."""
    chosen = load(settings or None)
    job: Job = {
        "as_of": as_of or this_monday().isoformat(),
        "history": history,
        "published": published,
        "backdated": backdated,
    }
    job |= {"settings": str(chosen.source), "work": str(chosen.paths.work)}
    with only_one(_lock(published or chosen.paths.published), "weekly"):
        job = plan(job)
        built = build.with_options(refresh_cache=not whole(steps_weekly.build_folder(job)))(job, check(job))
        done = publish(job, built)
    _tell(done)
    return done


def _lock(published: Path | str) -> Path:
    return Path(published).absolute() / ".weekly.lock"


def _tell(done: dict[str, Any]) -> None:
    """Counts by list, for Prefect's pages and log."""
    rows = [{"list": one["label"], "listed": one["listed"], "assessed": one["assessed"]} for one in done["lists"]]
    rows += [{"list": one["label"], "held back": "; ".join(one["reasons"])} for one in done["held"]]
    said = f"{done['status']}: {done['as_of']}, revision {done['revision']}"
    create_table_artifact(table=rows, key="weekly-lists", description=said)
    get_run_logger().info("%s, %d lists, %d held back", said, len(done["lists"]), len(done["held"]))
