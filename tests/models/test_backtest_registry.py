"""A backtest in a real MLflow store: runs below a run, files, no model and nobody's row."""

import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, made, until

from models import registry
from models.backtest import backtest_of
from models.fit import Recipe, panel
from models.folds import run_fold
from models.plots.backtest import write_backtest
from models.splits import rolling_splits

PARAMS = {"until": "2025-02-24", "horizon_days": "28", "new": "nobody"}
TAGS = {"backtest": "0123456789", "history_digest": "ab" * 32, "code_version": "c0ffee99"}


@pytest.fixture(scope="module")
def found():
    data = panel(made(weeks=40)[0])
    splits = rolling_splits(
        data.as_of, horizon_days=HORIZON, delay_days=DELAY, until=until(40), folds=2, test_weeks=4, calibrate_weeks=4
    )
    recipe = Recipe(GROUPS, MONOTONE, "mark", "iau_2019", HORIZON, DELAY, QUICK, 1)
    return backtest_of([run_fold(data, split, data.labels, recipe) for split in splits], capacity=CAPACITY)


def test_a_run_of_each_fold_stands_below_that_of_the_whole(found, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_backtest(found, tmp_path / "out")
    root = tmp_path / "mlruns"
    run_id = registry.log_backtest(root, found, tmp_path / "out", params=PARAMS, tags=TAGS)
    client = mlflow.MlflowClient(registry.tracking_uri(root))
    run = client.get_run(run_id)
    assert run.data.metrics["model.all.auroc"] == found.pooled.get("auroc").value
    assert run.data.params == PARAMS
    assert TAGS.items() <= run.data.tags.items()
    assert run.data.tags["leak_suspected"] == "false"
    files = {item.path for item in client.list_artifacts(run_id)}
    assert files == {path.name for path in (tmp_path / "out").iterdir()}

    children = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert {child.info.status for child in children} == {"FINISHED"}
    metrics = {child.data.params["test_from"]: child.data.metrics["model.all.auroc"] for child in children}
    wanted = zip(found.folds, found.by_fold, strict=True)
    assert metrics == {row.test_from.isoformat(): judged.get("auroc").value for row, judged in wanted}
    assert client.search_registered_models() == []

    assert registry.log_backtest(root, found, tmp_path / "out", params=PARAMS, tags=TAGS) == run_id
    other = registry.log_backtest(root, found, tmp_path / "out", params=PARAMS, tags=TAGS | {"backtest": "9876543210"})
    assert other != run_id
    assert len(client.search_runs([run.info.experiment_id])) == 6
    for path in root.rglob("*"):
        assert not path.is_file() or b"resident-0" not in path.read_bytes(), path
