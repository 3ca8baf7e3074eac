"""A history as it stood at a cut-off: what was recorded later is not there, rows and single fields alike."""

from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from .contract import INSTANT, LATER
from .history import History

_DEATH = {"died_recorded_at": ("died_on",)}


def recorded_before(history: History, cut_off: int) -> History:
    """The history without anything recorded at or after `cut_off` (UTC microseconds); static columns stay."""
    limit = pa.scalar(cut_off, pa.int64()).cast(INSTANT)
    tables = {name: _before(name, table, limit) for name, table in history.tables.items()}
    return History(history.root, MappingProxyType(tables), history.assumed, history.warnings)


def _before(name: str, table: pa.Table, limit: pa.Scalar) -> pa.Table:
    if "recorded_at" in table.column_names:
        table = table.filter(pc.less(table["recorded_at"], limit))
    for recorded, fields in (_DEATH if name == "residents" else LATER.get(name, {})).items():
        unknown = pc.fill_null(pc.greater_equal(table[recorded], limit), False)
        for field in (*fields, recorded):
            column = table[field]
            at = table.schema.get_field_index(field)
            table = table.set_column(at, field, pc.if_else(unknown, pa.scalar(None, column.type), column))
    return table


def last_recorded(history: History) -> int:
    """The latest recording time of any row (UTC microseconds), or 0 for an empty history."""
    latest = [
        pc.max(table["recorded_at"]).cast(pa.int64()).as_py()
        for table in history.tables.values()
        if "recorded_at" in table.column_names and table.num_rows
    ]
    return max((value for value in latest if value is not None), default=0)
