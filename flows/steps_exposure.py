"""Whom lists have shown: the log as a file, and as columns of the matrix that a model learns from."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from features.feeds import sources_of
from features.history import History, open_history
from features.matrix import Matrix
from features.truncate import recorded_before
from models.exposed import with_exposure
from serving.exposure import exposure_log, listings, objectors, without, write_log
from serving.manifest import NAME, file_digest

from . import lawful, plain
from .decision_store import recorded_before as decided_before
from .progress import say
from .settings import Settings, load
from .steps_common import before_day, existing, last_covered_monday


def lists_digest(settings: Settings, until: date) -> str:
    """A digest of all lists published up to `until`, of whom studies withheld from them and of what was decided on
    them; empty when there are no lists."""
    manifests = [
        path for path in sorted(settings.paths.published.glob(f"????-??-??/r*/{NAME}"))
        if path.parent.parent.name <= until.isoformat()
    ]  # fmt: skip
    kept = sorted(settings.paths.holdout.glob("*/*.parquet"))
    total = hashlib.sha256()
    for path in (*manifests, *kept):
        total.update(f"{path.parent.parent.name}/{path.parent.name}/{file_digest(path)}\n".encode())
    if manifests:
        total.update(decided_before(settings, until + timedelta(days=1)).digest().encode())
    return total.hexdigest() if manifests else ""


def exposed(
    job: Mapping[str, str], settings: Settings, history_of: Callable[[pa.Array], History], matrix: Matrix
) -> Matrix:
    """The matrix with what lists and reviews came before each row, where there are lists, or where the model needs to
    know; `history_of` as of `exposure_log`."""
    if not job["lists_digest"] and settings.model.reviewed == "keep":
        return matrix
    say("looking up whom lists have shown")
    until = date.fromisoformat(job["until"])
    reviews = decided_before(settings, until + timedelta(days=1)).reviews
    log = exposure_log(settings.paths.published, history_of, until, withheld=settings.paths.holdout, reviews=reviews)
    return with_exposure(matrix, listings(log))


def log_exposures(history: Path | None, out: Path | None, until: str) -> dict[str, Any]:
    """Write the exposure log, without residents who object to measuring the lists; counts and where it is.

    Raises HeldBack for a source that may not be used to measure the lists.
    """
    settings = load()
    folder = existing(history or settings.paths.history)
    last = date.fromisoformat(until) if until else last_covered_monday(folder, settings) - timedelta(days=1)
    whole = open_history(folder, plain.lags(settings))
    kinds = lawful.require(settings.lawful_use, sources_of(whole), "impact", last)
    known = recorded_before(whole, before_day(last))
    reviews = decided_before(settings, last + timedelta(days=1)).reviews
    log = exposure_log(
        settings.paths.published, lambda _: known, last, withheld=settings.paths.holdout, reviews=reviews
    )
    log = without(log, objectors(known, kinds, last))
    target = out or settings.paths.work / "exposure" / "exposures.parquet"
    write_log(target, log)
    listed = listings(log)
    reviewed = listed.filter(listed["reviewed_on"].is_valid())
    return {
        "file": str(target),
        "until": last.isoformat(),
        "weeks": len(log["as_of"].unique()),
        "rows": log.num_rows,
        "residents": len(log["resident_id"].unique()),
        "listed": _places(listed),
        "reviewed": _places(reviewed),
        "withheld": _places(log.filter(log["withheld"])),
    }


def _places(log: Any) -> int:
    """Places on lists, a place on several revisions counted once."""
    return log.group_by(["resident_id", "team_id", "as_of"]).aggregate([]).num_rows
