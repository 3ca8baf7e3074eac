"""The model under every outcome and horizon, as an option of training."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from features.catalogue import Catalogue
from features.codelists.outcomes import definitions
from features.matrix import Matrix
from features.outcomes import Outcomes
from features.problems import UsageError
from features.relabel import outcomes_of
from features.truncate import recorded_before
from models.fit import Recipe
from models.model import AVOIDABLE, fingerprint
from models.other_outcomes import Asked, OutcomeFigure
from models.outcome_study import HORIZONS, OutcomeStudy, outcome_study
from models.plots.draw import write_rows
from models.train import Trained

from . import plain
from .progress import say
from .settings import Settings
from .shield import Job
from .steps_common import before_day, opened

WAYS = ("", "judged", "refitted")


def wanted_way(text: str) -> str:
    """Whether other outcomes are to be judged, and models refitted for them. Raises UsageError for another word."""
    if text not in WAYS:
        raise UsageError(f"--outcomes {text}: write judged or refitted")
    return text


def study(job: Job, settings: Settings, matrix: Matrix, done: Trained, wanted: Catalogue) -> OutcomeStudy:
    """Judge the model's settings under every definition and horizon, on labels from the same records as its own."""
    until = date.fromisoformat(job["until"])
    history = recorded_before(opened(job, settings), before_day(until))
    delay, horizon = settings.model.coding_delay_days, int(job["horizon_days"])
    mark = fingerprint(wanted.names, wanted.groups, wanted.monotone)
    params = plain.params(settings)

    def labels(rows: pa.Table, outcome: str, days: int) -> Outcomes:
        before = until + timedelta(days=1)
        return outcomes_of(history, rows, outcome, horizon_days=days, delay_days=delay, known_before=before)

    return outcome_study(
        matrix,
        labels,
        Recipe(wanted.groups, wanted.monotone, mark, job["outcome"], horizon, delay, params, settings.model.seed),
        asked=[Asked(name, days) for name in definitions() for days in sorted({*HORIZONS, horizon})],
        until=until,
        capacity=plain.capacity(settings),
        rounds=done.judged.heads[AVOIDABLE].rounds,
        refit=job["outcomes"] == "refitted",
        test_weeks=settings.model.test_weeks,
        calibrate_weeks=settings.model.calibrate_weeks,
        progress=say,
    )


def write_study(found: OutcomeStudy, folder: Path) -> None:
    """outcomes.csv, one line a figure."""
    write_rows(folder / "outcomes.csv", OutcomeFigure, found.figures)
