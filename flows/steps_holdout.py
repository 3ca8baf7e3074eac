"""The hold-out of listings within the weekly run: whether a study may run, and its records and audit line."""

import csv
import getpass
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from serving import audit
from serving.holdout import KEY_VARIABLE, HoldOut, hold_out, over, record_file, write_table
from serving.keys import make_key

from . import plain
from .progress import say
from .settings import Settings, load
from .shield import Job

WITHHELD = "withheld.parquet"


def study(settings: Settings, as_of: date, job: Mapping[str, str]) -> HoldOut | None:
    """The study that withholds residents from the lists of `as_of`; None when there is none, when it is over, and for
    lists made in hindsight, which are not for care.

    Raises UsageError that lists everything a study lacks.
    """
    if not settings.holdout.enabled or job["backdated"]:
        return None
    paths, plan = settings.paths, plain.holdout_plan(settings)
    if over(plan, as_of, paths.holdout):
        say(f"the study {plan.study} ended on {plan.ends}: nobody is withheld")
    key = make_key(paths.holdout_key, KEY_VARIABLE)
    return hold_out(plan, as_of, hazards(paths.hazards), paths.holdout, key)


def hazards(path: Path) -> frozenset[str]:
    """The ids of a hazard log; none where there is no such file."""
    if not path.is_file():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as stream:
        return frozenset(row["id"] for row in csv.DictReader(stream))


def keep_withheld(job: Job, withheld: Path, made: str) -> None:
    """Record who is withheld, and their count in the audit trail, before the lists appear; once for the same inputs."""
    settings = load(job["settings"])
    plan, as_of = settings.holdout, date.fromisoformat(job["as_of"])
    target = record_file(settings.paths.holdout, plan.study, as_of, made)
    if target.exists():
        return
    rows = pq.read_table(withheld)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": getpass.getuser(),
        "study": plan.study,
        "ethics_reference": plan.ethics_reference,
        "safety_officer": plan.safety_officer,
        "hazard": plan.hazard,
        "as_of": job["as_of"],
        "lists": made,
        "withheld": len(set(rows["resident_id"].to_pylist())),
    }
    # The trail first: nobody may be withheld of whom it does not know.
    audit.append(Path(job["published"]).parent / "audit" / "holdout.jsonl", line)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_table(target, rows)
