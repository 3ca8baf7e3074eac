"""The clinical ideas an event may name, with their units and plausible values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from .rows import number, read, unique


@dataclass(frozen=True)
class Concept:
    """One idea: what it counts or measures, the values it may take and the feed that usually carries it."""

    code: str
    label: str
    kind: str
    unit: str
    low: float | None
    high: float | None
    feed: str
    note: str


@cache
def concepts() -> Mapping[str, Concept]:
    """Every concept by its code, in the order of concepts.csv."""
    rows = read("concepts.csv")
    unique((row["code"] for row in rows), "concept")
    return MappingProxyType({row["code"]: _concept(row) for row in rows})


def _concept(row: dict[str, str]) -> Concept:
    return Concept(**{**row, "low": number(row["low"]), "high": number(row["high"])})  # type: ignore[arg-type]
