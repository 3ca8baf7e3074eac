"""What was kept beside a registered version for people to read: evaluation, groups, verdicts, plots, its card."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.registry.store import (
    CHAMPION,
    NAME,
    LoadedInfo,
    connected,
    info_of,
    require_store,
    tracking_uri,
    version_of,
)

_FOLDERS = ("plots", "promotion")
_EVALUATION = "evaluation.json"
_FILES = (_EVALUATION, "model_card.html")


@dataclass(frozen=True)
class Kept:
    """Empty or None is what the version was registered without; `verdicts` are in the order they were given."""

    info: LoadedInfo
    evaluation: Mapping[str, Any] | None
    fairness: Mapping[str, Any] | None
    verdicts: tuple[Mapping[str, Any], ...]
    plots: Mapping[str, str]
    card: str


def kept(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> Kept:
    """All of it for an alias or a number. Raises NoChampion when no version carries the alias."""
    require_store(root, ref, name)
    with connected(tracking_uri(root)) as client, tempfile.TemporaryDirectory() as folder:
        found = version_of(client, name, ref)
        run = found.run_id or ""
        there = {item.path for item in client.list_artifacts(run)}
        for path in (*_FOLDERS, *_FILES):
            if path in there:
                client.download_artifacts(run, path, folder)
        at = Path(folder)
        return Kept(
            info_of(found),
            _record(at / _EVALUATION),
            _record(at / "plots/fairness.json"),
            tuple(json.loads(path.read_text(encoding="utf-8")) for path in sorted(at.glob("promotion/verdict-*.json"))),
            {path.stem: path.read_text(encoding="utf-8") for path in sorted(at.glob("plots/*.svg"))},
            (at / "model_card.html").read_text(encoding="utf-8") if "model_card.html" in there else "",
        )


def kept_evaluation(root: Path | str, ref: str | int = CHAMPION, *, name: str = NAME) -> Mapping[str, Any] | None:
    """The evaluation alone; None where the version was registered without. Raises NoChampion as `kept` does."""
    require_store(root, ref, name)
    with connected(tracking_uri(root)) as client, tempfile.TemporaryDirectory() as folder:
        run = version_of(client, name, ref).run_id or ""
        if _EVALUATION not in {item.path for item in client.list_artifacts(run)}:
            return None
        client.download_artifacts(run, _EVALUATION, folder)
        return _record(Path(folder) / _EVALUATION)


def _record(path: Path) -> Mapping[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
