"""What stands between our steps and Prefect: it stores what tasks are given, return and raise, and sees no record.

An error may quote a record. It is written to a file in the work folder; what Prefect sees is that a step stopped, how
many problems there are, and where that file is.
"""

import hashlib
import json
import os
import traceback
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from features.problems import HeldBack, HistoryError, HomeroundError, Problem
from serving.manifest import digests

Job = dict[str, str]
P = ParamSpec("P")
R = TypeVar("R")


class Stopped(HomeroundError):
    """A step ended early; `report` is the file that says why, `temporary` whether it is worth another try."""

    def __init__(self, message: str, report: str, exit_code: int, temporary: bool = False) -> None:
        super().__init__(message, report, exit_code, temporary)
        self.message, self.report, self.temporary = message, report, temporary
        self.exit_code = exit_code

    def __str__(self) -> str:
        return self.message


def shielded(step: Callable[Concatenate[Job, P], R]) -> Callable[Concatenate[Job, P], R]:
    """The same step, whose errors reach the caller as Stopped, without their words."""

    @wraps(step)
    def run(job: Job, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(job, *args, **kwargs)
        except Exception as error:
            stopped = _stopped(Path(job["work"]), step.__name__, error)
        # Raised outside the handler: an error raised inside would carry the first one along as its context.
        raise stopped

    return run


def _stopped(work: Path, step: str, error: Exception) -> Stopped:
    report: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    report["exit_code"] = getattr(error, "exit_code", 1)
    if isinstance(error, HistoryError):
        report["problems"] = [problem.as_dict() for problem in error.problems]
    if isinstance(error, HeldBack):
        report["reasons"] = list(error.reasons)
    if not isinstance(error, HomeroundError):
        report["traceback"] = "".join(traceback.format_exception(error))
    path = work / "stopped" / f"{step}-{os.getpid()}.json"
    write_json(path, report)
    found = getattr(error, "problems", None) or getattr(error, "reasons", None) or (error,)
    message = f"{step} stopped: {type(error).__name__}, {len(found)} in {path}"
    return Stopped(message, str(path), getattr(error, "exit_code", 1), isinstance(error, OSError))


def original(stopped: Stopped) -> HomeroundError:
    """The error behind Stopped, for whoever may read it: the person at the terminal."""
    report = json.loads(Path(stopped.report).read_text(encoding="utf-8"))
    if "problems" in report:
        return HistoryError(Problem(**problem) for problem in report["problems"])
    if "reasons" in report:
        return HeldBack(report["reasons"])
    if "traceback" in report:
        return HomeroundError(f"{report['kind']}: {report['message']} (details in {stopped.report})")
    error = HomeroundError(report["message"])
    error.exit_code = report["exit_code"]
    return error


def again(_task: Any, _run: Any, state: Any) -> bool:
    """Whether Prefect should retry: only what may pass by itself, such as a share that is away for a moment."""
    error = state.data if isinstance(state.data, Exception) else getattr(state.data, "result", None)
    return isinstance(error, Stopped) and error.temporary


def job_key(job: Mapping[str, str], names: tuple[str, ...]) -> str:
    """A digest of those values of a job that decide a step's result."""
    return hashlib.sha256(json.dumps([job[name] for name in names]).encode()).hexdigest()[:24]


def write_json(path: Path, record: Any) -> None:
    """Write a JSON file that only its owner can read, whole or not at all."""
    write_text(path, json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False))


def write_text(path: Path, text: str) -> None:
    """The same for any text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(aside, path)


def seal_folder(folder: Path) -> None:
    """State the digest of every file in a finished folder, so that `whole` can tell it from a half-written one."""
    (folder / _DONE).unlink(missing_ok=True)
    write_json(folder / _DONE, _digests(folder))


def whole(folder: Path) -> bool:
    """Whether a folder holds exactly what was sealed."""
    done = folder / _DONE
    return done.is_file() and json.loads(done.read_text(encoding="utf-8")) == _digests(folder)


_DONE = "done.json"


def _digests(folder: Path) -> dict[str, str]:
    return {path: digest for path, digest in digests(folder).items() if path != _DONE}
