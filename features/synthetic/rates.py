"""Published rates of English care homes as targets, and what a written history says about each.

targets.csv holds the targets: `read` in the source, `derived` from it, or `assumed`, which marks settings rather than
facts. Realised figures come from the tables alone, over the part of the history in which admissions are coded.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from .measures import Measures
from .measures_clinical import clinical


@dataclass(frozen=True)
class Target:
    """A rate to meet: `value` plus or minus `tolerance`, in `unit`."""

    name: str
    value: float
    tolerance: float
    unit: str
    status: str
    source: str


@dataclass(frozen=True)
class Realised:
    """A target and what the history says."""

    target: Target
    value: float

    @property
    def inside(self) -> bool:
        return bool(abs(self.value - self.target.value) <= self.target.tolerance)


def targets() -> tuple[Target, ...]:
    """Every target in the order of targets.csv."""
    with (Path(__file__).with_name("targets.csv")).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        Target(r["name"], float(r["value"]), float(r["tolerance"]), r["unit"], r["status"], r["source"]) for r in rows
    )


def realised(history: Path) -> tuple[Realised, ...]:
    """Every target with its figure in the Parquet folder `history`; residential and nursing homes unless it says so."""
    measures = Measures(Path(history))
    figures = measures.figures() | clinical(measures)
    return tuple(Realised(target, float(figures[target.name])) for target in targets())
