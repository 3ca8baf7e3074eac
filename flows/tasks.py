"""What the tasks of all flows share: retries for what may pass by itself, results kept as JSON, and the check."""

from pathlib import Path
from typing import Any

from prefect import task

from . import steps_common
from .shield import Job, again, job_key, shielded

IO: dict[str, Any] = {"retries": 2, "retry_delay_seconds": [2, 10], "retry_condition_fn": again}


def cached(name: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Options of a task whose result is kept under the digest of the job's values `names`: of contents, not of paths."""

    def key(_: Any, given: dict[str, Any]) -> str:
        return f"{name}-{job_key(given['job'], names)}"

    return {"persist_result": True, "result_serializer": "json", "cache_key_fn": key}


_check = task(shielded(steps_common.check_history), name="check", **cached("check", steps_common.CHECK_KEY), **IO)


def check(job: Job) -> dict[str, Any]:
    """Check the history, unless this very content has been checked and the report is still there."""
    report = Path(job["work"]) / "checks" / f"{job_key(job, steps_common.CHECK_KEY)}.json"
    return _check.with_options(refresh_cache=not report.is_file())(job)
