"""One training in MLflow: parameters, figures, plots, the card and the registered model."""

import importlib.metadata
import json
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.card.files import files
from models.card.record import Card
from models.evaluation import Evaluation
from models.explain import group_names
from models.model import Model
from models.registry.judging import log_twin
from models.registry.store import (
    CANDIDATE,
    NAME,
    LoadedInfo,
    connected,
    create,
    experiment,
    info_of,
    tracking_uri,
)
from models.tune import Tuned, table

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

_NEEDED = ("mlflow", "lightgbm", "numpy", "pandas")


@dataclass(frozen=True)
class TrainingData:
    """What may be said of the training data: its digest, its size and column types; never a row."""

    history_digest: str
    rows: int
    events: int
    columns: Mapping[str, str] = field(default_factory=dict)


def log_training(
    root: Path | str,
    model: Model,
    evaluation: Evaluation,
    data: TrainingData,
    *,
    judged: Model,
    present: Mapping[str, float],
    plots: Path,
    card: Card,
    code_version: str,
    tags: Mapping[str, str] | None = None,
    tuned: Tuned | None = None,
    name: str = NAME,
) -> LoadedInfo:
    """Log one training and register its model as the candidate.

    judged is the twin that the evaluation is of, and present the share of rows with a value, by feature: what later
    comparisons need. card is of this training; it is given the number of the version. plots is a folder from
    `plots.evaluation.write_plots`. No row of the training data and no resident gets there.
    """
    create(root)
    marks = _tags(model, data, code_version) | dict(tags or {})
    with connected(tracking_uri(root)) as client:
        import mlflow

        run_name = f"train-{model.trained_until}-{model.horizon_days}d-{code_version[:8]}"
        with mlflow.start_run(experiment_id=experiment(client), run_name=run_name, tags=marks) as run:
            mlflow.log_params({**model.params, **{f"rounds_{h}": v.rounds for h, v in model.heads.items()}})
            mlflow.log_metrics(evaluation.flat())
            _log_dataset(client, run.info.run_id, data)
            mlflow.log_artifacts(str(plots), "plots")
            mlflow.log_dict(evaluation.as_dict(), "evaluation.json")
            log_twin(client, run.info.run_id, judged, evaluation.split, evaluation.leak_suspected, present)
            if tuned:
                _log_tuned(tuned)
            logged = _log_model(model, name)
        number = str(logged.registered_model_version)
        for key, value in {**marks, "model_id": logged.model_id, "model_digest": model.digest}.items():
            client.set_model_version_tag(name, number, key, value)
        _log_card(client, run.info.run_id, replace(card, name=name, version=int(number)), plots)
        client.set_registered_model_alias(name, CANDIDATE, number)
        return info_of(client.get_model_version(name, number))


def _log_card(client: "MlflowClient", run_id: str, card: Card, plots: Path) -> None:
    """The card with the number the version was given, beside the plots it speaks of, and its head with the version."""
    made = files(card, plots)
    client.log_text(run_id, made.markdown, "model_card.md")
    client.log_text(run_id, made.html, "model_card.html")
    client.update_model_version(card.name, str(card.version), description=made.summary)


def _log_tuned(tuned: Tuned) -> None:
    import mlflow

    best = tuned.best_trial
    mlflow.log_params({"tuning_trials": len(tuned.trials), "tuning_used": tuned.kept, "tuning_best": best.number})
    mlflow.log_params({f"tuning_best_{name}": value for name, value in best.varied.items()})
    mlflow.log_metrics({"tuning.log_loss": best.log_loss, "tuning.gain": tuned.gain.value})
    mlflow.log_text(table(tuned), "tuning.md")


def _tags(model: Model, data: TrainingData, code_version: str) -> dict[str, str]:
    return {
        "code_version": code_version,
        "history_digest": data.history_digest,
        "outcome": model.outcome,
        "horizon_days": str(model.horizon_days),
        "delay_days": str(model.delay_days),
        "feature_fingerprint": model.fingerprint,
        "trained_until": model.trained_until.isoformat(),
    }


def _log_dataset(client: "MlflowClient", run_id: str, data: TrainingData) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    columns = [{"name": name, "type": kind, "required": False} for name, kind in data.columns.items()]
    dataset = Dataset(
        name="resident-weeks",
        digest=data.history_digest[:36],
        source_type="code",
        source=json.dumps({"tags": {"history_digest": data.history_digest}}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": data.rows, "num_events": data.events}),
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _log_model(model: Model, name: str) -> Any:
    import mlflow.pyfunc

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # MLflow asks for an input example, which would store rows of residents.
        warnings.simplefilter("ignore", UserWarning)
        model.write(Path(folder) / "model")
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).parents[1] / "pyfunc_model.py"),
            artifacts={"model": str(Path(folder) / "model")},
            signature=_signature(model),
            pip_requirements=[f"{package}=={importlib.metadata.version(package)}" for package in _NEEDED],
            registered_model_name=name,
        )


def _signature(model: Model) -> "ModelSignature":
    # Any type and optional: MLflow would refuse whole numbers where it was promised doubles, and would complain of
    # missing columns before the model can.
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import AnyType

    outputs = ["risk", "risk_any", *(f"contribution: {group}" for group in group_names(model.names, model.groups))]
    return ModelSignature(
        inputs=Schema([ColSpec(AnyType(), column, required=False) for column in model.names]),
        outputs=Schema([ColSpec("double", column) for column in outputs]),
    )
