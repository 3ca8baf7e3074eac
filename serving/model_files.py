"""What training, promotion and monitoring wrote of the model, as the review room reads it. No row of a resident."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from models import registry
from models.errors import NoChampion
from models.registry import Kept, LoadedInfo

_LASTS = 300.0  # seconds: a model changes about once in months, and reading the registry takes some
_REPORT = "report.json"


@dataclass(frozen=True)
class Monitored:
    """The latest report of monitoring, and its charts (SVG) by name."""

    as_of: date
    report: Mapping[str, Any]
    charts: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """`kept` is of the model in use, None where there is none; `versions` are all, the oldest first."""

    kept: Kept | None
    versions: tuple[LoadedInfo, ...]
    monitored: Monitored | None

    def plots(self) -> Mapping[str, str]:
        """Every picture by the name in its address."""
        charts = self.monitored.charts if self.monitored else {}
        return {**(self.kept.plots if self.kept else {}), **{f"monitoring-{name}": svg for name, svg in charts.items()}}


@dataclass(frozen=True)
class ModelFiles:
    """The registry under `runs`, and the folder with a folder for each Monday that monitoring looked at."""

    runs: Path
    name: str
    monitoring: Path
    _kept: dict[str, tuple[float, Found]] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def read(self) -> Found:
        """Everything, read again after some minutes."""
        with self._lock:
            held = self._kept.get("found")
            if held is None or held[0] < monotonic() - _LASTS:
                held = self._kept["found"] = (monotonic(), self._read())
        return held[1]

    def _read(self) -> Found:
        try:
            kept = registry.kept(self.runs, name=self.name)
        except NoChampion:
            kept = None
        return Found(kept, registry.versions(self.runs, name=self.name), self._monitored())

    def _monitored(self) -> Monitored | None:
        folders = sorted(path.parent for path in self.monitoring.glob(f"????-??-??/{_REPORT}"))
        if not folders:
            return None
        report = json.loads((folders[-1] / _REPORT).read_text(encoding="utf-8"))
        charts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folders[-1].glob("*.svg"))}
        return Monitored(date.fromisoformat(folders[-1].name), report, charts)
