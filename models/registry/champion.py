"""Which version is in use: reading it, and putting another in its place."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ModelChanged, RegistryError
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

if TYPE_CHECKING:
    from mlflow import MlflowClient


def load(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> tuple[Model, LoadedInfo]:
    """The model of an alias ('champion') or version number, and which one it is.

    Raises NoChampion when no version carries the alias, RegistryError for an unknown version, ModelChanged for a model
    whose files are not those that were registered.
    """
    require_store(root, ref, name)
    with connected(tracking_uri(root)) as client:
        from mlflow.artifacts import download_artifacts

        found = version_of(client, name, ref)
        with tempfile.TemporaryDirectory() as folder:
            path = download_artifacts(artifact_uri=f"models:/{name}/{found.version}", dst_path=folder)
            model = Model.read(Path(path) / "artifacts" / "model")
    if found.tags.get("model_digest") not in (None, model.digest):
        raise ModelChanged(f"version {found.version} of {name} is not the model that was registered: files changed")
    return model, info_of(found)


def find(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> LoadedInfo:
    """Which version an alias or number means, without reading the model. Raises as `load` does."""
    require_store(root, ref, name)
    with connected(tracking_uri(root)) as client:
        return info_of(version_of(client, name, ref))


def promote(
    root: Path | str,
    version: int | str,
    *,
    by: str,
    reason: str,
    instead_of: int | None,
    override: str = "",
    name: str = NAME,
) -> LoadedInfo:
    """Make a version the champion; the champion so far becomes `previous`. Says who and why on the version.

    instead_of is the champion that the version was judged against: raises RegistryError when another has taken its
    place meanwhile. override is why it is used although it failed.
    """
    _said(by, reason)
    require_store(root, version, name)
    with connected(tracking_uri(root)) as client, lock(root):
        number = str(version_of(client, name, version).version)
        champion = alias_of(client, name, CHAMPION)
        if champion not in (str(instead_of or ""), number):
            raise RegistryError(f"version {champion or 'none'} of {name} has come into use meanwhile: promote again")
        _tag(client, name, number, "promoted", by, reason)
        if override:
            client.set_model_version_tag(name, number, "override", override)
        elif "override" in client.get_model_version(name, number).tags:
            client.delete_model_version_tag(name, number, "override")
        if champion not in ("", number):
            client.set_registered_model_alias(name, PREVIOUS, champion)
        client.set_registered_model_alias(name, CHAMPION, number)
        for alias in (CANDIDATE, PREVIOUS):
            if alias_of(client, name, alias) == number:
                client.delete_registered_model_alias(name, alias)
        return info_of(client.get_model_version(name, number))


def roll_back(root: Path | str, *, by: str, reason: str, name: str = NAME) -> tuple[LoadedInfo, int]:
    """Make the previous champion the champion again: it, and the number of the version that was taken back.

    That one keeps a tag that says so and no alias, and there is no `previous` any more: raises NoChampion when asked
    again.
    """
    _said(by, reason)
    require_store(root, CHAMPION, name)
    with connected(tracking_uri(root)) as client, lock(root):
        champion, previous = (str(version_of(client, name, alias).version) for alias in (CHAMPION, PREVIOUS))
        _tag(client, name, champion, "rolled_back", by, reason)
        client.set_registered_model_alias(name, CHAMPION, previous)
        client.delete_registered_model_alias(name, PREVIOUS)
        return info_of(client.get_model_version(name, previous)), int(champion)


def _said(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise RegistryError("a promotion needs who promotes (by) and why (reason)")


def _tag(client: "MlflowClient", name: str, number: str, what: str, by: str, reason: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for key, value in {"by": by, "reason": reason, "at": now}.items():
        client.set_model_version_tag(name, number, f"{what}_{key}", value)
