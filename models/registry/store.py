"""The MLflow store: where it is, how it is made, and how one version of the model is found in it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import NoChampion, RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

NAME = "avoidable-admission"
CHAMPION, CANDIDATE, PREVIOUS = "champion", "candidate", "previous"
EXPERIMENT = "homeround"
_URI = "MLFLOW_TRACKING_URI"


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
    import mlflow.artifacts
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


def tracking_uri(root: Path | str) -> str:
    """MLFLOW_TRACKING_URI where it is set, else the SQLite file under `root`."""
    return os.environ.get(_URI) or f"sqlite:///{database(root)}"


def create(root: Path | str) -> None:
    """Make the local store under `root` if it is not there; safe with many processes at once.

    The database is made aside and renamed, under a file lock, because MLflow's own first start corrupts it when
    two processes race.
    """
    if os.environ.get(_URI) or database(root).exists():
        return
    with lock(root):
        if not database(root).exists():
            aside = database(root).with_name(f".mlflow.db.{os.getpid()}")
            aside.unlink(missing_ok=True)
            with connected(f"sqlite:///{aside}") as client:
                client.create_experiment(EXPERIMENT, (Path(root).absolute() / "artifacts").as_uri())
            os.replace(aside, database(root))


def versions(root: Path | str, *, name: str = NAME) -> tuple[LoadedInfo, ...]:
    """Every registered version, oldest first; empty when there is none."""
    if not (os.environ.get(_URI) or database(root).exists()):
        return ()
    with connected(tracking_uri(root)) as client:
        numbers = sorted(int(found.version) for found in client.search_model_versions(f"name = '{name}'"))
        return tuple(info_of(client.get_model_version(name, str(number))) for number in numbers)


def database(root: Path | str) -> Path:
    return Path(root).absolute() / "mlflow.db"


@contextmanager
def lock(root: Path | str) -> Iterator[None]:
    Path(root).mkdir(parents=True, exist_ok=True)
    with (Path(root) / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def connected(uri: str) -> Iterator["MlflowClient"]:
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


def experiment(client: "MlflowClient") -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return found.experiment_id if found else client.create_experiment(EXPERIMENT)


def require_store(root: Path | str, ref: str | int, name: str) -> None:
    if not (os.environ.get(_URI) or database(root).exists()):
        raise NoChampion(_nothing(name, ref))


def version_of(client: "MlflowClient", name: str, ref: str | int) -> "ModelVersion":
    from mlflow.exceptions import MlflowException

    by_number = str(ref).isdigit()
    try:
        number = str(ref) if by_number else client.get_model_version_by_alias(name, str(ref)).version
        return client.get_model_version(name, str(number))
    except MlflowException as error:
        if by_number:
            raise RegistryError(f"{name} has no version {ref}") from error
        raise NoChampion(_nothing(name, ref)) from error


def alias_of(client: "MlflowClient", name: str, alias: str) -> str:
    return str(client.get_registered_model(name).aliases.get(alias, ""))


def _nothing(name: str, ref: str | int) -> str:
    if ref == PREVIOUS:
        return (
            f"no model {name} was in use before this one: a roll-back undoes the last promotion, once; put another "
            "version to use with `homeround promote VERSION`"
        )
    return (
        f"no model {name}@{ref}: train one with `homeround train HISTORY` (the first is put to use if it passes its "
        "criteria), or put a registered version to use with `homeround promote VERSION`"
    )


def info_of(found: "ModelVersion") -> LoadedInfo:
    return LoadedInfo(
        name=found.name,
        version=int(found.version),
        aliases=tuple(sorted(found.aliases)),
        run_id=found.run_id or "",
        trained_until=date.fromisoformat(found.tags["trained_until"]),
        tags=dict(found.tags),
    )
