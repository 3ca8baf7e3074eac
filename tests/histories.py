"""Small histories written out in tests: dicts per table in, a folder or an opened History out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import TABLES
from features.history import History, Lags, open_history

HOME = {"home_id": "h1", "name": "Elm House", "home_type": "residential", "beds": 30, "practice": "p1", "pcn": "n1"}
RESIDENT = {"resident_id": "r1", "date_of_birth": "1938-07-14", "sex": "F"}
STAY = {"resident_id": "r1", "home_id": "h1", "moved_in": "2025-01-06", "recorded_at": "2025-01-07"}

Rows = Sequence[Mapping[str, object]]


def write_history(root: Path, **tables: Rows) -> Path:
    """Write the given tables as Parquet text columns plus whatever the contract needs besides; returns `root`."""
    root.mkdir(parents=True, exist_ok=True)
    given: dict[str, Rows] = {"homes": [HOME], "residents": [RESIDENT], "stays": [STAY], "spells": [], "events": []}
    for name, rows in (given | tables).items():
        schema = pa.schema([(c.name, pa.string()) for c in TABLES[name].columns])
        filled = [{c.name: _text(row.get(c.name)) for c in TABLES[name].columns} for row in rows]
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), root / f"{name}.parquet")
    return root


def history_of(root: Path, *, lags: Lags | None = None, **tables: Rows) -> History:
    """An opened history of these rows."""
    return open_history(write_history(root, **tables), lags)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
