"""Which version of each record counts at an instant: stated row by row over plain dicts."""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from ..contract import INSTANT, LATER, TABLES

Row = dict
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
    groups = LATER.get(name, {})
    late = {column for columns in groups.values() for column in columns}
    own = [c.name for c in TABLES[name].columns if c.name not in _RECORDING | late | {"record_id", "retracted"}]

    def says(row: Row) -> tuple:
        return (bool(row["retracted"]), *(_order(name, column, row[column]) for column in own))

    versions = sorted(versions, key=lambda row: (row["recorded_at"], says(row)))
    last = versions[-1]
    row = last | {"first": _first_said(versions, says), "told": {}}
    for told, columns in groups.items():
        row |= dict.fromkeys(columns)
        row["told"][told] = None

        def says_all(row: Row, told: str = told, columns: tuple[str, ...] = columns) -> tuple:
            return (*says(row), _time(row[told]), *(_order(name, column, row[column]) for column in columns))

        known = [
            v
            for v in versions
            if (v["recorded_at"], says(v)) < (last["recorded_at"], says(last)) or _time(v[told]) < before
        ]
        known.sort(key=lambda row: (row["recorded_at"], says_all(row)))
        # Only what the latest version says counts, and what versions recorded with it, saying the same, add to it.
        if known and says(known[-1]) == says(last) and known[-1]["recorded_at"] == last["recorded_at"]:
            row |= {column: known[-1][column] for column in columns}
            if known[-1][told] is not None:
                row["told"][told] = max(known[-1][told], _first_said(known, says_all))
    return row


def _first_said(versions: list[Row], says) -> int:
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
