"""What must not pass does not pass: shuffled outcomes, a planted feature, a worse candidate; and the way back."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.catalogue import catalogue
from features.matrix import Matrix
from flows import steps_train
from flows.settings import load
from models import registry
from models.errors import LeakSuspected
from models.evaluation import Metric
from models.splits import TimeSplit
from models.train import train

from .site import HOMEROUND, ROOT, folders, homeround

_BY = ("--by", "make evidence", "--reason", "to show what the gate says")


def safeguards(site: Path, history: Path) -> Iterator[str]:
    """The section of the page; `site` holds one trained model, the champion, and its matrix."""
    os.environ |= folders(site)
    plain = dict.fromkeys(("until", "outcome", "horizon_days", "holdout_share"), "")
    job = steps_train.plan_training(
        plain | {"history": str(history), "settings": str(ROOT / "homeround.toml"), "work": str(site / "work")}
    )
    folder = steps_train.matrix_folder(job)
    matrix = Matrix.read(folder / "matrix.parquet")
    yield "\n## What must not pass\n\nOn the same county (`tests/bench/safeguards.py`).\n"
    yield "| tried | what came of it |\n|---|---|"
    found = shuffled(matrix, job)
    yield (
        "| outcomes dealt out anew over all rows, trained and judged | "
        f"AUROC {found.value:.3f} ({found.low:.3f} to {found.high:.3f}) |"
    )
    yield f"| a planted feature: ambulance calls that count nine in ten of the admissions to come | {planted(job, folder, matrix)} |"
    yield f"| a candidate that learnt from shuffled outcomes, `homeround promote` | {worse(job, folder, matrix)} |"
    yield f"| a candidate fitted with another seed, `promote`, then `promote --rollback` | {there_and_back(site, history)} |"


def shuffled(matrix: Matrix, job: dict[str, str]) -> Metric:
    """The AUROC of a model where there is nothing to learn."""
    settings, wanted = load(job["settings"]), catalogue()
    done = train(
        _dealt(matrix, np.ones(len(matrix), bool)),
        groups=wanted.groups,
        monotone=wanted.monotone,
        horizon_days=int(job["horizon_days"]),
        delay_days=settings.model.coding_delay_days,
        until=date.fromisoformat(job["until"]),
        capacity={},
    )
    return done.evaluation.get("auroc")


def planted(job: dict[str, str], folder: Path, matrix: Matrix) -> str:
    """What training says of a feature that knows most of what is to come."""
    X = matrix.X.copy()
    come = np.nan_to_num(matrix.rows["label"].to_numpy()) * (np.random.default_rng(1).random(len(matrix)) < 0.9)
    X[:, matrix.names.index("ambulance_callout_count_28")] += 3 * come
    try:
        steps_train.fit_model(job, {"folder": str(_beside(folder, replace(matrix, X=X))), "uncoded": 0})
    except LeakSuspected as refused:
        return "refused, nothing registered: " + "; ".join(line.strip() for line in str(refused).split("\n")[1:-1])
    return "**NOT refused**"


def worse(job: dict[str, str], folder: Path, matrix: Matrix) -> str:
    """What the gate says of a model that learnt nothing, beside the champion."""
    first_judged = np.datetime64(_last_split(job).test[0])
    early = matrix.rows["as_of"].to_numpy() < first_judged
    done = steps_train.fit_model(job, {"folder": str(_beside(folder, _dealt(matrix, early))), "uncoded": 0})
    told = subprocess.run([HOMEROUND, "promote", *_BY], capture_output=True, text=True)
    reasons = "; ".join(done["verdict"]["reasons"])
    return f"exit {told.returncode}, held back: {reasons}"


def there_and_back(site: Path, history: Path) -> str:
    """Which version is in use after a promotion and after going back."""
    os.environ["HOMEROUND_MODEL__SEED"] = "2"
    version = homeround(site, "train", str(history))["version"]
    del os.environ["HOMEROUND_MODEL__SEED"]
    told = subprocess.run([HOMEROUND, "promote", str(version), *_BY], capture_output=True, text=True)
    after = registry.load(site / "mlruns")[1].version
    back = subprocess.run([HOMEROUND, "promote", "--rollback", *_BY], capture_output=True, text=True)
    last = registry.load(site / "mlruns")[1].version
    return f"exit {told.returncode}, model {after} in use; then exit {back.returncode}, model {last} in use"


def _dealt(matrix: Matrix, mask: np.ndarray) -> Matrix:
    """The outcomes of the rows under `mask` dealt out anew among them."""
    rows = matrix.rows
    known = np.flatnonzero(mask & ~np.isnan(rows["label"].to_numpy()))
    order = np.random.default_rng(3).permutation(known)
    for name in ("label", "any_label"):
        values = rows[name].to_numpy().copy()
        values[known] = values[order]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, from_pandas=True))
    return replace(matrix, rows=rows)


def _beside(folder: Path, matrix: Matrix) -> Path:
    """Another matrix beside the same latest week, as a training would find them."""
    other = folder.with_name(f"{folder.name}-tried")
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    shutil.copy(folder / "latest.parquet", other)
    matrix.write(other / "matrix.parquet")
    return other


def _last_split(job: dict[str, str]) -> TimeSplit:
    settings = load(job["settings"])
    return registry.twin(settings.paths.runs, 1, name=settings.model.name).split
