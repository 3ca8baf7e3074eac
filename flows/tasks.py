"""How our steps become tasks: shielded, tried again where that may help, results kept as JSON under content digests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from prefect import Task

from . import steps_common
from .shield import Job, again, job_key, shielded

P = ParamSpec("P")
R = TypeVar("R")
_WAITS = [2.0, 10.0]  # seconds


def as_task(
    step: Callable[Concatenate[Job, P], R], name: str, *, key: tuple[str, ...] = (), tries: int = 3
) -> Task[Concatenate[Job, P], R]:
    """A task of a step. With `key`, its result is kept under a digest of those values of the job, which are contents
    and not paths."""

    def cache_key(_: Any, given: dict[str, Any]) -> str:
        return f"{name}-{job_key(given['job'], key)}".replace(" ", "-")

    return Task(
        shielded(step),
        name=name,
        retries=tries - 1,
        retry_delay_seconds=_WAITS[: tries - 1],
        retry_condition_fn=again,
        persist_result=bool(key),
        result_serializer="json",
        cache_key_fn=cache_key if key else None,
    )


_check = as_task(steps_common.check_history, "check", key=steps_common.CHECK_KEY)


def check(job: Job) -> dict[str, Any]:
    """Check the history, unless this very content has been checked and the report is still there."""
    report = Path(job["work"]) / "checks" / f"{job_key(job, steps_common.CHECK_KEY)}.json"
    return _check.with_options(refresh_cache=not report.is_file())(job)
