"""A backtest in MLflow: one run with what all folds found together, and below it a run of each fold. No model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from models.backtest import Backtest
from models.registry.store import connected, create, experiment, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MARK = "backtest"


def log_backtest(
    root: Path | str, backtest: Backtest, folder: Path, *, params: Mapping[str, str], tags: Mapping[str, str]
) -> str:
    """Log a backtest and what `folder` holds of it; the id of its run.

    The tag `backtest` says what decided it: where a finished run carries the same, that run is the answer and
    nothing is logged twice. Runs of folds name the run above them by `mlflow.parentRunId`.
    """
    create(root)
    with connected(tracking_uri(root)) as client:
        import mlflow

        place = experiment(client)
        if known := _finished(client, place, tags[_MARK]):
            return known
        marks = {**tags, "kind": "backtest", "leak_suspected": str(backtest.leak_suspected).lower()}
        name = f"evaluate-{params['until']}-{params['horizon_days']}d"
        with mlflow.start_run(experiment_id=place, run_name=name, tags=marks) as run:
            mlflow.log_params(dict(params))
            mlflow.log_metrics(backtest.pooled.flat())
            for row, found in zip(backtest.folds, backtest.by_fold, strict=True):
                own = {"kind": "fold", "leak_suspected": str(found.leak_suspected).lower()}
                with mlflow.start_run(experiment_id=place, run_name=f"fold-{row.test_from}", nested=True, tags=own):
                    mlflow.log_params(row.as_params())
                    mlflow.log_metrics(found.flat())
            mlflow.log_artifacts(str(folder))
        return str(run.info.run_id)


def _finished(client: "MlflowClient", place: str, mark: str) -> str:
    known = client.search_runs([place], f"tags.{_MARK} = '{mark}' and attributes.status = 'FINISHED'", max_results=1)
    return str(known[0].info.run_id) if known else ""
