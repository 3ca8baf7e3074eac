"""The model registry: MLflow, and the only file that imports it (when a function is called, not before).

Everything lives under one root: `mlflow.db` (SQLite) and `artifacts/`. MLFLOW_TRACKING_URI, where set, names
another store. Artifact addresses in the database are absolute: a root that is moved loses its models.
"""

import fcntl
import importlib.metadata
import json
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import NoChampion, RegistryError
from models.evaluation import Evaluation
from models.explain import group_names
from models.model import Model

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature

NAME = "avoidable-admission"
CHAMPION, CANDIDATE, PREVIOUS = "champion", "candidate", "previous"
EXPERIMENT = "homeround"
_URI = "MLFLOW_TRACKING_URI"
_NEEDED = ("mlflow", "lightgbm", "numpy", "pandas")


@dataclass(frozen=True)
class TrainingData:
    """What may be said of the training data: its digest, its size and column types; never a row."""

    history_digest: str
    rows: int
    events: int
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadedInfo:
    """Which registered version was read."""

    name: str
    version: int
    aliases: tuple[str, ...]
    run_id: str
    trained_until: date
    tags: Mapping[str, str]


def preload() -> None:
    """Import what reading a model needs: seconds that cost nothing while another process is waited for."""
    import lightgbm  # noqa: F401
    import mlflow.artifacts
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


def tracking_uri(root: Path | str) -> str:
    """MLFLOW_TRACKING_URI where it is set, else the SQLite file under `root`."""
    return os.environ.get(_URI) or f"sqlite:///{_database(root)}"


def create(root: Path | str) -> None:
    """Make the local store under `root` if it is not there; safe with many processes at once.

    The database is made aside and renamed, under a file lock, because MLflow's own first start corrupts it when
    two processes race.
    """
    if os.environ.get(_URI) or _database(root).exists():
        return
    with _lock(root):
        if not _database(root).exists():
            aside = _database(root).with_name(f".mlflow.db.{os.getpid()}")
            aside.unlink(missing_ok=True)
            with _connected(f"sqlite:///{aside}") as client:
                client.create_experiment(EXPERIMENT, (Path(root).absolute() / "artifacts").as_uri())
            os.replace(aside, _database(root))


def log_training(
    root: Path | str,
    model: Model,
    evaluation: Evaluation,
    data: TrainingData,
    *,
    plots: Path,
    card: str,
    code_version: str,
    tags: Mapping[str, str] | None = None,
    name: str = NAME,
) -> LoadedInfo:
    """Log one training and register its model; the first version becomes champion, later ones candidate.

    plots is a folder from `plots.evaluation.write_plots`. No row of the training data and no resident gets there.
    """
    create(root)
    marks = _tags(model, data, code_version) | dict(tags or {})
    with _connected(tracking_uri(root)) as client:
        import mlflow

        run_name = f"train-{model.trained_until}-{model.horizon_days}d-{code_version[:8]}"
        with mlflow.start_run(experiment_id=_experiment(client), run_name=run_name, tags=marks) as run:
            mlflow.log_params({**model.params, **{f"rounds_{h}": v.rounds for h, v in model.heads.items()}})
            mlflow.log_metrics(evaluation.flat())
            _log_dataset(client, run.info.run_id, data)
            mlflow.log_artifacts(str(plots), "plots")
            mlflow.log_text(card, "model_card.md")
            mlflow.log_dict(evaluation.as_dict(), "evaluation.json")
            logged = _log_model(model, name)
        number = str(logged.registered_model_version)
        for key, value in {**marks, "model_id": logged.model_id, "model_digest": model.digest}.items():
            client.set_model_version_tag(name, number, key, value)
        with _lock(root):
            alias = CANDIDATE if _alias(client, name, CHAMPION) else CHAMPION
            client.set_registered_model_alias(name, alias, number)
        return _info(client.get_model_version(name, number))


def load(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> tuple[Model, LoadedInfo]:
    """The model of an alias ('champion') or version number, and which one it is.

    Raises NoChampion when no version carries the alias, RegistryError for an unknown version or a model whose
    files are not those that were registered.
    """
    _require_store(root, ref, name)
    with _connected(tracking_uri(root)) as client:
        from mlflow.artifacts import download_artifacts

        found = _version(client, name, ref)
        with tempfile.TemporaryDirectory() as folder:
            path = download_artifacts(artifact_uri=f"models:/{name}/{found.version}", dst_path=folder)
            model = Model.read(Path(path) / "artifacts" / "model")
    if found.tags.get("model_digest") not in (None, model.digest):
        raise RegistryError(f"version {found.version} of {name} is not the model that was registered: files changed")
    return model, _info(found)


def promote(root: Path | str, version: int | str, *, by: str, reason: str, name: str = NAME) -> LoadedInfo:
    """Make a version the champion; the champion so far becomes `previous`. Says who and why on the version."""
    if not by.strip() or not reason.strip():
        raise RegistryError("a promotion needs who promotes (by) and why (reason)")
    _require_store(root, version, name)
    with _connected(tracking_uri(root)) as client, _lock(root):
        number = str(_version(client, name, version).version)
        champion = _alias(client, name, CHAMPION)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for key, value in {"promoted_by": by, "promoted_reason": reason, "promoted_at": now}.items():
            client.set_model_version_tag(name, number, key, value)
        if champion not in ("", number):
            client.set_registered_model_alias(name, PREVIOUS, champion)
        client.set_registered_model_alias(name, CHAMPION, number)
        for alias in (CANDIDATE, PREVIOUS):
            if _alias(client, name, alias) == number:
                client.delete_registered_model_alias(name, alias)
        return _info(client.get_model_version(name, number))


def versions(root: Path | str, *, name: str = NAME) -> tuple[LoadedInfo, ...]:
    """Every registered version, oldest first; empty when there is none."""
    if not (os.environ.get(_URI) or _database(root).exists()):
        return ()
    with _connected(tracking_uri(root)) as client:
        numbers = sorted(int(found.version) for found in client.search_model_versions(f"name = '{name}'"))
        return tuple(_info(client.get_model_version(name, str(number))) for number in numbers)


def _database(root: Path | str) -> Path:
    return Path(root).absolute() / "mlflow.db"


@contextmanager
def _lock(root: Path | str) -> Iterator[None]:
    Path(root).mkdir(parents=True, exist_ok=True)
    with (Path(root) / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _connected(uri: str) -> Iterator["MlflowClient"]:
    """A client of `uri`, which is MLflow's global store only inside the block.

    MLflow writes the store it is told into the environment; left there it would pass for the user's own choice.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow
    from mlflow.utils.logging_utils import disable_logging, enable_logging

    before = os.environ.get(_URI)
    mlflow.set_tracking_uri(uri)
    disable_logging()  # it narrates every step; what fails is raised
    try:
        yield mlflow.MlflowClient(tracking_uri=uri)
    finally:
        enable_logging()
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]  # None unsets


def _experiment(client: "MlflowClient") -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return found.experiment_id if found else client.create_experiment(EXPERIMENT)


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
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
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


def _require_store(root: Path | str, ref: str | int, name: str) -> None:
    if not (os.environ.get(_URI) or _database(root).exists()):
        raise NoChampion(_nothing(name, ref))


def _version(client: "MlflowClient", name: str, ref: str | int) -> "ModelVersion":
    from mlflow.exceptions import MlflowException

    by_number = str(ref).isdigit()
    try:
        number = str(ref) if by_number else client.get_model_version_by_alias(name, str(ref)).version
        return client.get_model_version(name, str(number))
    except MlflowException as error:
        if by_number:
            raise RegistryError(f"{name} has no version {ref}") from error
        raise NoChampion(_nothing(name, ref)) from error


def _alias(client: "MlflowClient", name: str, alias: str) -> str:
    return str(client.get_registered_model(name).aliases.get(alias, ""))


def _nothing(name: str, ref: str | int) -> str:
    return (
        f"no model {name}@{ref}: train one with `homeround train HISTORY` (the first becomes champion), or make a "
        "registered version champion with `homeround promote VERSION`"
    )


def _info(found: "ModelVersion") -> LoadedInfo:
    return LoadedInfo(
        name=found.name,
        version=int(found.version),
        aliases=tuple(sorted(found.aliases)),
        run_id=found.run_id or "",
        trained_until=date.fromisoformat(found.tags["trained_until"]),
        tags=dict(found.tags),
    )
