"""The backtest as plain functions over paths: plan, matrix and labels, folds, judgement. See evaluate.py."""

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.build import Prepared, labelled, outcomes_known
from features.catalogue import catalogue
from features.cohort import RANKED, Panel
from features.matrix import Matrix
from features.problems import HeldBack, UsageError
from features.write import written_aside
from models import registry
from models.backtest import Backtest, backtest_of
from models.fit import LABELS, Recipe, panel
from models.folds import Fold, New, from_matrix, run_fold, to_matrix
from models.model import fingerprint
from models.plots.backtest import write_backtest
from models.splits import TimeSplit, rolling_splits

from . import plain
from .progress import say
from .settings import Settings, load
from .shield import Job, job_key, seal_folder, write_json
from .steps_exposure import exposed
from .steps_train import BASELINES, MATRIX_KEY, plan_training, training_panel, truth_of

BUILD_KEY = (*MATRIX_KEY, "folds", "test_weeks", "step_weeks")
FOLD_KEY = (*BUILD_KEY, "new", "test_from")
RESULT_KEY = (*BUILD_KEY, "new")
_PARAMS = ("until", "outcome", "horizon_days", "folds", "test_weeks", "step_weeks", "new")
_WRITTEN = ("evaluation.json", "folds.csv", "fold_metrics.csv", "metrics.csv", "ages.csv", "ageing.csv", "plots")


def plan_evaluation(job: Job) -> Job:
    """Everything that decides a backtest, as text. The data cut-off `until` is chosen as for training."""
    settings = load(job["settings"])
    given = settings.backtest
    if job["new"] not in get_args(New):
        raise UsageError(f"--new {job['new']}: residents or homes")
    out = Path(job["out"] or settings.paths.evaluation)
    if out.exists() and not (out.is_dir() and all(path.name in _WRITTEN for path in out.iterdir())):
        raise UsageError(f"{out} holds something else than the results of an evaluation: name another folder")
    return plan_training(job) | {
        "folds": job["folds"] or str(given.folds),
        "test_weeks": str(given.test_weeks),
        "step_weeks": str(given.step_weeks),
        "out": str(out),
    }


def build_folder(job: Mapping[str, str]) -> Path:
    return Path(job["work"]) / "evaluate" / job["until"] / job_key(job, BUILD_KEY) / "matrix"


def fold_folder(job: Mapping[str, str]) -> Path:
    return build_folder(job).parent / job_key(job, FOLD_KEY)


def build_folds(job: Job, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the matrix once, labelled by what is known at the cut-off, and for each fold the labels known on its
    first test Monday. The answer names the folds by that Monday."""
    settings = load(job["settings"])
    model = settings.model
    weeks = model.training_weeks + int(job["folds"]) * max(int(job["step_weeks"]), int(job["test_weeks"]))
    weeks += -(-(int(job["horizon_days"]) + model.coding_delay_days) // 7)
    prepared, rows, _ = training_panel(job, settings, weeks)
    as_ofs = [rows.as_ofs[week] for week in np.unique(rows.week[np.isin(rows.status, RANKED)])]
    splits = _splits(job, settings, as_ofs)
    folder = build_folder(job)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, split in enumerate(splits, 1):
        say(f"outcomes as known on {split.test[0]}, fold {number} of {len(splits)}")
        pq.write_table(_known(job, settings, prepared, rows, split), _labels(folder, split))
    say("building the matrix")
    known_before = date.fromisoformat(job["until"]) + timedelta(days=1)
    matrix, found = labelled(prepared, rows, job["outcome"], **_span(job, settings), known_before=known_before)
    matrix = exposed(job, settings, lambda _: prepared.history, matrix)
    matrix.write(folder / "matrix.parquet")
    seal_folder(folder)
    return {
        "folder": str(folder),
        "rows": len(matrix),
        "uncoded": found.uncoded,
        "warnings": checked["warnings"],
        "as_ofs": [day.isoformat() for day in as_ofs],
        "tests": [split.test[0].isoformat() for split in splits],
    }


def _span(job: Mapping[str, str], settings: Settings) -> dict[str, int]:
    return {"horizon_days": int(job["horizon_days"]), "delay_days": settings.model.coding_delay_days}


def _splits(job: Mapping[str, str], settings: Settings, as_ofs: Sequence[date]) -> tuple[TimeSplit, ...]:
    return rolling_splits(
        as_ofs,
        **_span(job, settings),
        until=date.fromisoformat(job["until"]),
        folds=int(job["folds"]),
        test_weeks=int(job["test_weeks"]),
        step_weeks=int(job["step_weeks"]),
        calibrate_weeks=settings.model.calibrate_weeks,
        training_weeks=settings.model.training_weeks,
    )


def _known(job: Mapping[str, str], settings: Settings, prepared: Prepared, rows: Panel, split: TimeSplit) -> pa.Table:
    """The labels of every row, by what was recorded before the fold's first test Monday; null = not yet known."""
    found = outcomes_known(prepared, rows, job["outcome"], **_span(job, settings), known_before=split.test[0])
    return pa.table({head: pa.array(one.label, pa.float64()) for head, one in zip(LABELS, found, strict=True)})


def _labels(folder: Path, split: TimeSplit) -> Path:
    return folder / f"known-{split.test[0]}.parquet"


def evaluate_fold(job: Job, built: Mapping[str, Any]) -> dict[str, Any]:
    """Fit and calibrate the fold of `test_from`, and keep what its model said of every row of the test weeks."""
    settings = load(job["settings"])
    split = _split_of(job, settings, built)
    folder = Path(built["folder"])
    data = panel(Matrix.read(folder / "matrix.parquet"))
    then = {head: column.to_numpy() for head, column in _columns(pq.read_table(_labels(folder, split))).items()}
    wanted = catalogue()
    mark = fingerprint(wanted.names, wanted.groups, wanted.monotone)
    recipe = Recipe(
        wanted.groups,
        wanted.monotone,
        mark,
        job["outcome"],
        int(job["horizon_days"]),
        settings.model.coding_delay_days,
        plain.params(settings),
        settings.model.seed,
    )
    say(f"fitting on {len(split.fit)} weeks, to judge {split.test[0]} to {split.test[-1]}")
    fold = run_fold(data, split, then, recipe, baselines=BASELINES, new=cast(New, job["new"]))
    target = fold_folder(job)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    to_matrix(fold.judged).write(target / "judged.parquet")
    seal_folder(target)
    facts = {"rows": fold.rows, "events": fold.events, "late": fold.late, "trees": fold.trees}
    return {"folder": str(target), "test_from": job["test_from"], **facts}


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _split_of(job: Mapping[str, str], settings: Settings, built: Mapping[str, Any]) -> TimeSplit:
    found = _splits(job, settings, [date.fromisoformat(day) for day in built["as_ofs"]])
    return next(split for split in found if split.test[0].isoformat() == job["test_from"])


def judge_folds(job: Job, built: Mapping[str, Any], done: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Judge the folds, write the results where they were asked for, and note them in MLflow once."""
    settings = load(job["settings"])
    folds = [_read(job | {"test_from": one["test_from"]}, settings, built, one) for one in done]
    found = backtest_of(
        folds,
        capacity=plain.capacity(settings),
        truth=truth_of(job),
        new=cast(New, job["new"]),
        seed=settings.model.seed,
        progress=say,
    )
    say("writing the results")
    with written_aside(Path(job["out"]), _WRITTEN) as aside:
        write_json(aside / "evaluation.json", found.as_dict())
        write_backtest(found, aside)
        run = _logged(job, settings, found, aside)
    return _figures(job, found) | {"uncoded": built["uncoded"], "run": run}


def _read(job: Job, settings: Settings, built: Mapping[str, Any], one: Mapping[str, Any]) -> Fold:
    judged = from_matrix(Matrix.read(Path(one["folder"]) / "judged.parquet"), settings.model.seed)
    return Fold(_split_of(job, settings, built), judged, one["rows"], one["events"], one["late"], one["trees"])


def _logged(job: Job, settings: Settings, found: Backtest, folder: Path) -> str:
    with redirect_stderr(io.StringIO()):  # MLflow announces every run on standard error; we say it ourselves
        return registry.log_backtest(
            settings.paths.runs,
            found,
            folder,
            params={name: job[name] or "nobody" for name in _PARAMS},
            tags={
                "backtest": job_key(job, RESULT_KEY),
                "history_digest": job["history_digest"],
                "code_version": job["code"][:12],
            },
        )


def _figures(job: Job, found: Backtest) -> dict[str, Any]:
    """What the terminal shows and machines read; the rest is in the folder."""
    whole = found.as_dict()
    keys = ("auroc", "observed_expected", "ppv", "sensitivity")
    folds = [
        row | {"metrics": [one for one in judged["metrics"] if one["score"] == "model" and one["name"] in keys]}
        for row, judged in zip(whole["folds"], whole["by_fold"], strict=True)
    ]
    test = found.pooled.split.test
    return {
        "status": "leak suspected" if found.leak_suspected else "done",
        "exit_code": HeldBack.exit_code if found.leak_suspected else 0,
        "folder": job["out"],
        "until": job["until"],
        "new": job["new"],
        "judged_on": f"{test[0]} to {test[-1]}",
        "rows": sum(row.judged_rows for row in found.folds),
        "events": sum(row.judged_events for row in found.folds),
        "late": sum(row.late for row in found.folds),
        "leak_suspected": found.leak_suspected,
        "metrics": whole["pooled"]["metrics"],
        "folds": folds,
        "ageing": whole["ageing"],
    }
