"""When a history ends: at its last recording, or its last time where recordings are not told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .contract import RECORDED

_TIMED = ("home_events", "spells", "events")  # a move, death or objection may lie ahead


@dataclass(frozen=True)
class Instants:
    """A column of instants: its rows, how many are missing, and the latest (UTC microseconds)."""

    rows: int
    missing: int
    latest: int | None


Ends = Mapping[tuple[str, str], Instants]


def columns(table: str) -> tuple[str, ...]:
    """The columns of a table that tell the end."""
    pairs = RECORDED.get(table, ())
    return (*(pairs[0][:1] if table in _TIMED else ()), *(recorded for _, recorded in pairs))


def instants(values: pa.ChunkedArray) -> Instants:
    """What a column in memory tells."""
    return Instants(len(values), values.null_count, pc.max(values.cast(pa.int64())).as_py())


def ends(tables: Mapping[str, pa.Table]) -> Ends:
    """What some tables tell."""
    return {(name, column): instants(table[column]) for name, table in tables.items() for column in columns(name)}


def last(parts: Iterable[Ends]) -> int | None:
    """The end of a history of these parts, in UTC microseconds; None without an instant."""
    whole: dict[tuple[str, str], Instants] = {}
    for part in parts:
        for where, one in part.items():
            whole[where] = _joined(whole[where], one) if where in whole else one
    told = [one for (name, column), one in whole.items() if column not in _times(name)]
    untold = [one for (name, column), one in whole.items() if column in _times(name) and _mostly_missing(whole, name)]
    return max((one.latest for one in (*told, *untold) if one.latest is not None), default=None)


def _times(table: str) -> tuple[str, ...]:
    return RECORDED[table][0][:1]


def _mostly_missing(whole: Ends, table: str) -> bool:
    recorded = whole[table, RECORDED[table][0][1]]
    return recorded.missing * 2 > recorded.rows


def _joined(one: Instants, other: Instants) -> Instants:
    latest = max((at for at in (one.latest, other.latest) if at is not None), default=None)
    return Instants(one.rows + other.rows, one.missing + other.missing, latest)
