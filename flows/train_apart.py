"""The rows that a model learns from, of a history in blocks: locality by locality, then all in one order."""

import shutil
from collections.abc import Collection
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.build import matrix_of
from features.catalogue import catalogue
from features.cohort import some
from features.contract import TABLES
from features.localities.apart import Apart, Asked
from features.matrix import Matrix
from features.truncate import recorded_before
from features.visibility import micros

from . import lawful
from .in_localities import Store, localities_of
from .progress import say
from .settings import load
from .shield import Job
from .steps_common import before_day, require_unchanged
from .steps_exposure import exposed
from .training_rows import TrainingRows, labelled_rows, latest_monday, training_mondays

_EVENTS = frozenset(TABLES["events"].schema.names)


def matrix_apart(job: Job, sources: Collection[str], folder: Path) -> TrainingRows:
    """The rows of a training, in the memory that they take and a locality in each process; passing files in `folder`.

    Raises HeldBack for a source that may not be used to develop a model; objections to that are honoured.
    """
    settings, until = load(job["settings"]), date.fromisoformat(job["until"])
    store = Store(Path(job["history"]), settings, partial(recorded_before, cut_off=before_day(until)))
    objections = lawful.require(settings.lawful_use, sources, "model_development", until)
    blocks = range(store.layout.blocks)
    admitted = store.over(
        lambda k: micros(store.block(k, _EVENTS)["spells"]["admitted_at"]), blocks, "blocks of spells"
    )
    weeks = training_mondays(job, settings, np.concatenate(admitted), settings.model.training_weeks)
    asked = Asked((*weeks, latest_monday(job)), settings.model.grace, objections, job["outcome"], outcomes=True)
    passing = folder / "passing"
    apart = store.apart(asked, localities_of(store.shared), passing)
    require_unchanged(job)
    work = partial(_locality, job, store, apart, passing)
    counts = store.over(work, range(len(apart.homes)), "localities labelled")
    say("bringing the rows together")
    labelled, latest = (
        Matrix.together([_kept(passing, name, k) for k in range(len(apart.homes))]) for name in (_LABELLED, _LATEST)
    )
    shutil.rmtree(passing)
    total = {name: sum(one[name] for one in counts) for name in counts[0]}
    return TrainingRows(exposed(job, settings, store.of, labelled), latest, total)


_LABELLED, _LATEST = "labelled", "latest"


def _admitted(store: Store, block: int) -> np.ndarray:
    return micros(store.block(block, _EVENTS)["spells"]["admitted_at"])


def _locality(job: Job, store: Store, apart: Apart, passing: Path, locality: int) -> dict[str, int]:
    """Keep a locality's rows; counts of their outcomes."""
    prepared = apart.prepared(locality, store.pieces(passing, locality))
    panel = apart.panel(prepared)
    is_latest = panel.week == len(panel.as_ofs) - 1
    labelled, counts = labelled_rows(job, store.settings, prepared, some(panel, ~is_latest))
    _keep(passing, _LABELLED, locality, labelled)
    _keep(passing, _LATEST, locality, matrix_of(prepared, some(panel, is_latest)))
    return counts


def _keep(folder: Path, name: str, locality: int, matrix: Matrix) -> None:
    """Numbers as they are in memory: they are read once, and soon."""
    pq.write_table(matrix.rows, folder / f"{name}-{locality:04d}.parquet")
    np.save(folder / f"{name}-{locality:04d}.npy", matrix.X)


def _kept(folder: Path, name: str, locality: int) -> Matrix:
    rows = pq.read_table(folder / f"{name}-{locality:04d}.parquet")
    X = np.load(folder / f"{name}-{locality:04d}.npy", mmap_mode="r")
    return Matrix(rows, X, catalogue().names)
