"""The backtest over a small invented site: labels as they were known, folds not done twice, a leak said loudly."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import SETTINGS, Site

from features.asof import instant
from features.contract import INSTANT
from features.matrix import Matrix
from features.problems import UsageError
from flows import steps_evaluate as steps
from flows.shield import whole
from models import registry
from models.errors import SplitError

FOLDS = SETTINGS + "[backtest]\nfolds = 2\ntest_weeks = 4\n"


def job(site: Site, **given: str) -> dict[str, str]:
    plain = {
        "until": "",
        "history": "",
        "outcome": "all_emergency",
        "horizon_days": "",
        "folds": "",
        "new": "",
        "out": "",
    }
    return plain | {"settings": str(site.settings), "work": str(site.folder / "work")} | given


def built(site: Site, **given: str) -> tuple[dict[str, str], dict[str, Any]]:
    planned = steps.plan_evaluation(job(site, **given))
    return planned, steps.build_folds(planned, {"warnings": 0})


@pytest.fixture(scope="module")
def here(site, tmp_path_factory) -> Site:
    made = site.twin(tmp_path_factory.mktemp("evaluated"))
    made.settings.write_text(FOLDS, encoding="utf-8")  # with a store of its own
    return made


@pytest.fixture(scope="module")
def evaluated(here) -> dict[str, Any]:
    done = here.run("evaluate", "--outcome", "all_emergency", "--json")
    assert done.code == 0, done.err
    return done.json


def test_the_command_leaves_figures_for_machines_and_people(here, evaluated):
    assert evaluated["status"] == "done"
    assert [row["fold"] for row in evaluated["folds"]] == [1, 2]
    out = here.folder / "var" / "evaluation"
    assert evaluated["folder"] == str(out)
    record = json.loads((out / "evaluation.json").read_text())
    pooled = {(m["name"], m["score"], m["view"]): m["value"] for m in record["pooled"]["metrics"]}
    shown = {(m["name"], m["score"], m["view"]): m["value"] for m in evaluated["metrics"]}
    assert shown == pooled
    assert sum(row["judged_rows"] for row in record["folds"]) == evaluated["rows"] > 0
    assert {path.name for path in out.iterdir()} == set(steps._WRITTEN)
    ids = pq.read_table(here.history / "residents.parquet")["resident_id"].to_pylist()
    for path in out.rglob("*.*"):
        assert not any(name in path.read_text() for name in ids), path


@pytest.mark.thorough
def test_again_the_finished_folds_stand_and_a_lost_one_is_made_anew(here, evaluated):
    """As after a kill: what was finished is neither fitted nor logged again, and the figures are the same."""
    [run] = (here.folder / "var" / "work" / "evaluate").glob("*/*")
    kept, lost = sorted(path.parent for path in run.glob("*/judged.parquet"))
    before = (kept / "judged.parquet").stat().st_mtime_ns
    shutil.rmtree(lost)
    done = here.run("evaluate", "--outcome", "all_emergency")
    assert done.code == 0, done.err
    assert done.err.count("fitting on") == 1
    assert (kept / "judged.parquet").stat().st_mtime_ns == before
    assert whole(lost)
    assert "the model" in done.out
    assert "prior admissions" in done.out
    assert "Fold by fold" in done.out
    record = json.loads((here.folder / "var" / "evaluation" / "evaluation.json").read_text())
    assert record["pooled"]["metrics"] == evaluated["metrics"]
    import mlflow

    client = mlflow.MlflowClient(registry.tracking_uri(here.folder / "mlruns"))
    names = [
        run.info.run_name for run in client.search_runs([client.get_experiment_by_name("homeround").experiment_id])
    ]
    assert sorted(names) == ["evaluate-2026-11-15-28d", *sorted(f"fold-{row['test_from']}" for row in record["folds"])]


def test_a_diagnosis_coded_late_teaches_no_fold_before_it_was_known(site, tmp_path):
    here = site.twin(tmp_path, FOLDS)
    _, before = built(here, outcome="iau_2019")
    spells = pq.read_table(here.history / "spells.parquet")
    who, row, first = _known_admission(before)
    taken = pc.and_(
        pc.equal(spells["resident_id"], who), pc.greater_equal(_time(spells, "admitted_at"), _moment(first))
    )
    coded = pc.if_else(taken, _moment("2026-10-30"), _time(spells, "coded_at"))
    at = spells.schema.get_field_index("coded_at")
    pq.write_table(spells.set_column(at, "coded_at", coded), here.history / "spells.parquet")
    planned, after = built(here, outcome="iau_2019")
    assert planned["history_digest"] != ""
    assert _labels(before, 0)[row] == 1
    assert _labels(after, 0)[row] == 0
    matrix = Matrix.read(Path(after["folder"]) / "matrix.parquet")
    assert (matrix.rows["resident_id"][row].as_py(), matrix.rows["label"][row].as_py()) == (who, 1)
    test = pc.greater_equal(matrix.rows["as_of"], date.fromisoformat(after["tests"][0])).to_numpy()
    assert np.isnan(_labels(after, 0)[test]).all()


def _known_admission(built: dict[str, Any]) -> tuple[str, int, str]:
    """A resident's first row that the first fold knew as admitted: who, which row, which Monday."""
    rows = Matrix.read(Path(built["folder"]) / "matrix.parquet").rows
    row = int(np.flatnonzero(_labels(built, 0) == 1)[0])
    return rows["resident_id"][row].as_py(), row, rows["as_of"][row].as_py().isoformat()


def _labels(built: dict[str, Any], fold: int) -> np.ndarray:
    return pq.read_table(Path(built["folder"]) / f"known-{built['tests'][fold]}.parquet")["avoidable"].to_numpy()


def _time(table: pa.Table, name: str) -> pa.ChunkedArray:
    return table[name].cast(INSTANT)


def _moment(day: str) -> pa.Scalar:
    return pa.scalar(instant(date.fromisoformat(day)), pa.int64()).cast(INSTANT)


def test_a_leak_is_said_loudly_and_exits_4(here, evaluated, capsys):
    planned, made = built(here, out=str(here.folder / "leak"))
    done = []
    for monday in made["tests"]:
        fold = planned | {"test_from": monday}
        path = steps.fold_folder(fold | {"work": str(here.folder / "var" / "work")}) / "judged.parquet"
        rows = Matrix.read(path)
        table = rows.rows
        leaking = table.set_column(table.schema.get_field_index("score: model"), "score: model", table["y"])
        target = here.folder / "leaking" / monday
        target.mkdir(parents=True)
        Matrix(leaking, rows.X, rows.names).write(target / "judged.parquet")
        done.append({"folder": str(target), "test_from": monday, "rows": 9, "events": 1, "late": 0, "trees": 5.0})
    found = steps.judge_folds(planned, made, done)
    assert (found["exit_code"], found["status"]) == (4, "leak suspected")
    from flows.terminal import show_evaluation

    show_evaluation(found)
    assert "suspect a leak" in capsys.readouterr().err


def test_what_cannot_be_done_is_refused_before_the_work(here, tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(UsageError, match="something else"):
        steps.plan_evaluation(job(here, out=str(tmp_path)))
    assert (tmp_path / "thesis.docx").exists()
    with pytest.raises(UsageError, match="residents or homes"):
        steps.plan_evaluation(job(here, new="wards"))
    with pytest.raises(SplitError, match=r"carries \d+ of the 9 folds"):
        built(here, folds="9")
