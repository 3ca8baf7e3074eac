"""The rows that a model learns from: which Mondays, and what is told of each resident on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.asof import local_date, monday_of, mondays
from features.build import Prepared, labelled
from features.cohort import Panel
from features.matrix import Matrix
from features.problems import HistoryError, Problem
from features.subgroups import subgroups, with_subgroups

from .settings import Settings


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Labelled rows, those of the latest Monday, and counts of outcomes and uncoded admissions."""

    labelled: Matrix
    latest: Matrix
    counts: Mapping[str, int]


def labelled_rows(
    job: Mapping[str, str], settings: Settings, prepared: Prepared, panel: Panel
) -> tuple[Matrix, dict[str, int]]:
    """A panel's rows with their outcomes and groups, and counts."""
    matrix, found = labelled(
        prepared,
        panel,
        job["outcome"],
        horizon_days=int(job["horizon_days"]),
        delay_days=settings.model.coding_delay_days,
        known_before=date.fromisoformat(job["until"]) + timedelta(days=1),
    )
    return with_subgroups(matrix, subgroups(prepared, panel)), {"uncoded": found.uncoded, **found.counts()}


def training_mondays(job: Mapping[str, str], settings: Settings, admitted: np.ndarray, weeks: int) -> tuple[date, ...]:
    """The latest `weeks` Mondays whose outcome is known by `until`, since admissions began to be known."""
    mature = timedelta(days=int(job["horizon_days"]) + settings.model.coding_delay_days)
    last = monday_of(date.fromisoformat(job["until"]) - mature)
    return tuple(mondays(max(hospital_since(admitted), last - timedelta(weeks=weeks - 1)), last))


def latest_monday(job: Mapping[str, str]) -> date:
    """The last Monday that all recordings up to and including `until` allow a list for."""
    return monday_of(date.fromisoformat(job["until"]) + timedelta(days=1))


def hospital_since(admitted: np.ndarray) -> date:
    """When admissions (instants) began to be known: before, every week would pass for one without an admission.

    The hundredth part of all admissions is passed over, so that a few stray early rows are not taken for a feed.
    """
    if not len(admitted):
        raise HistoryError([Problem("spells", "", "no admission to learn from", "error", 0)])
    return local_date(int(np.sort(admitted)[len(admitted) // 100]))
