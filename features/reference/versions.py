"""Which version of each record counts at an instant: stated row by row over plain dicts."""

from collections.abc import Callable, Iterable
from datetime import date

import pyarrow as pa

from ..contract import INSTANT, LATER, TABLES

Row = dict
Says = Callable[[Row], tuple]
_RECORDING = {"recorded_at", "discharge_recorded_at", "coded_at", "moved_out_recorded_at"}
BEFORE_ALL = float("-inf")


def plain(table: pa.Table) -> list[Row]:
    """Dicts with every instant as an integer of UTC microseconds."""
    whole = [
        values.cast(INSTANT).cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
        for values in table.columns
    ]
    return pa.table(whole, names=table.column_names).to_pylist()


def current(name: str, rows: Iterable[Row], before: int) -> list[Row]:
    """What is known of each record before an instant: its latest version, with the later fields known by then.

    Withdrawn records are left out. `first` is when what the version says was first recorded; `told` holds the same for
    each group of later fields, None where nothing is known of it.
    """
    records: dict[tuple, list[Row]] = {}
    for row in rows:
        if row["recorded_at"] is not None and row["recorded_at"] < before:
            records.setdefault(_key(name, row), []).append(row)
    found = [_latest(name, versions, before) for versions in records.values()]
    return [row for row in found if not row["retracted"]]


def _key(name: str, row: Row) -> tuple:
    if name == "spells":
        return row["resident_id"], row["spell_id"]
    owner = row["home_id"] if name == "home_events" else row["resident_id"]
    if row["record_id"] is not None:
        return owner, row.get("source"), "record", row["record_id"]
    if name == "stays":
        return owner, row["home_id"], row["moved_in"]
    return tuple(_same(row[c.name]) for c in TABLES[name].columns if c.name not in _RECORDING | {"retracted"})


def _same(value: object) -> object:
    return None if value != value else value  # a number that is not one is missing


def _latest(name: str, versions: list[Row], before: int) -> Row:
    own = [c.name for c in TABLES[name].columns if c.name not in _RECORDING | _late(name) | {"record_id", "retracted"}]

    def says(row: Row) -> tuple:
        return (bool(row["retracted"]), *(_order(name, column, row[column]) for column in own))

    versions = sorted(versions, key=lambda row: (row["recorded_at"], says(row)))
    row = versions[-1] | dict.fromkeys(_late(name)) | {"first": _first_said(versions, says), "told": {}}
    for told, columns in LATER.get(name, {}).items():
        row["told"][told] = None
        row |= _added(name, row, versions, says, told, columns, before)
    return row


def _added(
    name: str, row: Row, versions: list[Row], says: Says, told: str, columns: tuple[str, ...], before: int
) -> Row:
    """Later fields: of the latest version, or of those recorded with it that say the same, whatever was told last."""

    def says_all(row: Row) -> tuple:
        return (*says(row), _time(row[told]), *(_order(name, column, row[column]) for column in columns))

    def is_latest(version: Row) -> bool:
        return version["recorded_at"] == row["recorded_at"] and says(version) == says(row)

    known = [version for version in versions if not is_latest(version) or _time(version[told]) < before]
    known.sort(key=lambda version: (version["recorded_at"], says_all(version)))
    if not known or not is_latest(known[-1]):
        return {}
    last = known[-1]
    when = None if last[told] is None else max(last[told], _first_said(known, says_all))
    return {column: last[column] for column in columns} | {"told": row["told"] | {told: when}}


def _late(name: str) -> set[str]:
    return {column for columns in LATER.get(name, {}).values() for column in columns}


def _first_said(versions: list[Row], says: Says) -> int:
    """When the last of these versions was first recorded: repeats say nothing new."""
    first = versions[-1]["recorded_at"]
    for row in reversed(versions):
        if says(row) != says(versions[-1]):
            break
        first = row["recorded_at"]
    return first


def _time(instant: int | None) -> float:
    return BEFORE_ALL if instant is None else instant


def _order(name: str, column: str, value: object) -> object:
    if TABLES[name].column(column).kind == "text":
        return value or ""
    if value is None or value != value:
        return BEFORE_ALL
    return value.toordinal() if isinstance(value, date) else value
