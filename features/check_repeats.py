"""The rule that no row is there twice."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from ._hashing import hash_rows
from .check_found import Finding
from .check_owners import OWNED, marked, twice
from .contract import TABLES
from .rules import Rule, Tables, found, rule


def repeats(name: str) -> Rule:
    """The rule for a table without a key."""

    @rule(f"{name} repeats no row", *(f"{name}.{column.name}" for column in TABLES[name].columns if column.required))
    def find(t: Tables) -> Iterable[Finding]:
        rows = _candidates(t, name)
        rows = rows[twice(_rough(t, name, rows))]
        some = t[name].take(pa.array(rows))
        content = hash_rows(some, some.column_names)
        again = np.ones(len(rows), bool)
        again[np.unique(content, return_index=True)[1]] = False
        return found(t, f"{name}.", "exact repeat of another row", "warning", rows[again], "It counts once")

    return find


def _candidates(t: Tables, name: str) -> np.ndarray:
    """Rows whose id another row has, and those without one."""
    known = marked(t, OWNED[name])
    without = np.ones(t[name].num_rows, bool)
    without[known.rows] = False
    without[known.rows[known.again]] = True
    return np.flatnonzero(without)


def _rough(t: Tables, name: str, rows: np.ndarray) -> np.ndarray:
    """A hash per row of what is cheap to hash, numbers and instants: text is only worth it where these agree."""
    some = t[name].select([column.name for column in TABLES[name].columns if column.kind != "text"])
    if len(rows) < some.num_rows:
        some = some.take(pa.array(rows))
    if "resident_id" in t[name].column_names:
        some = some.append_column("person", pa.array(t.person(name)[rows]))
    return hash_rows(some, some.column_names)
