"""Which version is in use: reading it, and putting another in its place."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from models.errors import RegistryError
from models.model import Model
from models.registry.store import (
    CANDIDATE,
    CHAMPION,
    NAME,
    PREVIOUS,
    LoadedInfo,
    alias_of,
    connected,
    info_of,
    lock,
    require_store,
    tracking_uri,
    version_of,
)


def load(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> tuple[Model, LoadedInfo]:
    """The model of an alias ('champion') or version number, and which one it is.

    Raises NoChampion when no version carries the alias, RegistryError for an unknown version or a model whose
    files are not those that were registered.
    """
    require_store(root, ref, name)
    with connected(tracking_uri(root)) as client:
        from mlflow.artifacts import download_artifacts

        found = version_of(client, name, ref)
        with tempfile.TemporaryDirectory() as folder:
            path = download_artifacts(artifact_uri=f"models:/{name}/{found.version}", dst_path=folder)
            model = Model.read(Path(path) / "artifacts" / "model")
    if found.tags.get("model_digest") not in (None, model.digest):
        raise RegistryError(f"version {found.version} of {name} is not the model that was registered: files changed")
    return model, info_of(found)


def promote(root: Path | str, version: int | str, *, by: str, reason: str, name: str = NAME) -> LoadedInfo:
    """Make a version the champion; the champion so far becomes `previous`. Says who and why on the version."""
    if not by.strip() or not reason.strip():
        raise RegistryError("a promotion needs who promotes (by) and why (reason)")
    require_store(root, version, name)
    with connected(tracking_uri(root)) as client, lock(root):
        number = str(version_of(client, name, version).version)
        champion = alias_of(client, name, CHAMPION)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for key, value in {"promoted_by": by, "promoted_reason": reason, "promoted_at": now}.items():
            client.set_model_version_tag(name, number, key, value)
        if champion not in ("", number):
            client.set_registered_model_alias(name, PREVIOUS, champion)
        client.set_registered_model_alias(name, CHAMPION, number)
        for alias in (CANDIDATE, PREVIOUS):
            if alias_of(client, name, alias) == number:
                client.delete_registered_model_alias(name, alias)
        return info_of(client.get_model_version(name, number))
