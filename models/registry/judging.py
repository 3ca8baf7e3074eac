"""What later comparisons of a registered model need, and what they found: its judged twin, evidence, verdicts."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.model import Model
from models.registry.store import NAME, connected, tracking_uri, version_of
from models.splits import TimeSplit

if TYPE_CHECKING:
    from mlflow import MlflowClient

_TWIN, _SPLIT, _EVIDENCE = "judged", "judged/judged.json", "promotion/evidence.json"


@dataclass(frozen=True, eq=False)
class Twin:
    """A registered model's twin, fitted by the same recipe on earlier weeks, so that later ones can judge it.

    The model for use is refitted up to the last usable week: no week would be left to judge that one on. `present` is
    the share of rows with a value, by feature, in the weeks the model for use has learnt from.
    """

    model: Model
    split: TimeSplit
    leak_suspected: bool
    present: Mapping[str, float]


def log_twin(
    client: "MlflowClient", run: str, judged: Model, split: TimeSplit, leak: bool, present: Mapping[str, float]
) -> None:
    """Keep the twin and the weeks it has learnt from beside the model."""
    weeks = {name: [day.isoformat() for day in getattr(split, name)] for name in ("fit", "calibrate", "test")}
    record = weeks | {"embargo_days": split.embargo_days, "until": split.until.isoformat()}
    with tempfile.TemporaryDirectory() as folder:
        judged.write(folder)
        client.log_artifacts(run, folder, _TWIN)
    client.log_dict(run, {"split": record, "leak_suspected": leak, "present": dict(present)}, _SPLIT)


def twin(root: Path | str, ref: str | int, *, name: str = NAME) -> Twin | None:
    """The twin of a registered version; None for one registered without."""
    with connected(tracking_uri(root)) as client, tempfile.TemporaryDirectory() as folder:
        run = version_of(client, name, ref).run_id or ""
        if not client.list_artifacts(run, _TWIN):
            return None
        path = Path(client.download_artifacts(run, _TWIN, folder))
        record = json.loads((path / Path(_SPLIT).name).read_text(encoding="utf-8"))
        return Twin(Model.read(path), _split(record["split"]), record["leak_suspected"], record["present"])


def _split(record: Mapping[str, Any]) -> TimeSplit:
    fit, calibrate, test = (tuple(map(date.fromisoformat, record[part])) for part in ("fit", "calibrate", "test"))
    return TimeSplit(fit, calibrate, test, record["embargo_days"], date.fromisoformat(record["until"]))


def keep_evidence(root: Path | str, ref: str | int, record: Mapping[str, Any], *, name: str = NAME) -> None:
    """Keep what a version was last judged by beside it."""
    with connected(tracking_uri(root)) as client:
        client.log_dict(version_of(client, name, ref).run_id or "", dict(record), _EVIDENCE)


def evidence(root: Path | str, ref: str | int, *, name: str = NAME) -> dict[str, Any] | None:
    """What a version was last judged by; None where it never was."""
    with connected(tracking_uri(root)) as client, tempfile.TemporaryDirectory() as folder:
        run = version_of(client, name, ref).run_id or ""
        if _EVIDENCE not in {item.path for item in client.list_artifacts(run, "promotion")}:
            return None
        path = client.download_artifacts(run, _EVIDENCE, folder)
        record: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return record


def keep_verdict(root: Path | str, ref: str | int, record: Mapping[str, Any], *, name: str = NAME) -> None:
    """Keep a verdict in the version's run, beside all earlier ones, and its outcome as the version's tag."""
    now = datetime.now(UTC)
    with connected(tracking_uri(root)) as client:
        found = version_of(client, name, ref)
        file = f"promotion/verdict-{now:%Y%m%dT%H%M%S%f}Z.json"
        client.log_dict(found.run_id or "", {**record, "at": now.isoformat(timespec="seconds")}, file)
        client.set_model_version_tag(name, str(found.version), "verdict", record["verdict"])
