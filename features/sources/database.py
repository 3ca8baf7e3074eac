"""Tables of a database's schema, a batch at a time and as text, like those of a folder.

Rows are fetched by a cursor of the server in one read-only transaction, so that memory does not grow with a table and
ids fit across tables. No message names the database's address, its user or its password.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, column, create_engine, inspect, literal_column, select, table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ..problems import HistoryError, Problem, UsageError
from .tables import text
from .tally import Batch, Tally

_ROWS = 50_000
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@dataclass(frozen=True)
class Database:
    """A schema's tables and views, by name in lower case; `close` ends the connection."""

    connection: Connection
    schema: str | None
    names: dict[str, str]

    def __contains__(self, table: str) -> bool:
        return table in self.names

    def columns(self, table: str) -> set[str]:
        """Names of a table's columns, in lower case."""
        return set(self._columns(table))

    def _columns(self, name: str) -> dict[str, str]:
        try:
            found = inspect(self.connection).get_columns(self.names[name], self.schema)
        except SQLAlchemyError as fault:
            raise _unreadable(name, fault) from None
        return {one["name"].lower(): one["name"] for one in found}

    def batches(self, table: str, columns: Sequence[str], tally: Tally) -> Iterator[Batch]:
        """The table's rows with these columns as text, null where it has no such column; none without a table.

        Raises HistoryError for a table that cannot be read to its end.
        """
        if table not in self.names:
            return
        there, first = self._columns(table), 1
        wanted = [name for name in columns if name in there]
        for rows in self._fetched(table, [there[name] for name in wanted]):
            read = dict(zip(wanted, (_text(cells) for cells in zip(*rows, strict=True)), strict=False))
            nothing = pa.nulls(len(rows), pa.string())
            tally.read[table] += len(rows)
            yield Batch(table, first, pa.table({name: read.get(name, nothing) for name in columns}))
            first += len(rows)

    def _fetched(self, name: str, columns: list[str]) -> Iterator[Sequence[Any]]:
        chosen: list[Any] = [column(one) for one in columns] or [literal_column("1")]
        query = select(*chosen).select_from(table(self.names[name], schema=self.schema))
        try:
            with self.connection.execution_options(stream_results=True).execute(query) as result:
                yield from result.yield_per(_ROWS).partitions()
        except SQLAlchemyError as fault:
            raise _unreadable(name, fault) from None

    def close(self) -> None:
        self.connection.close()


def open_database(url: str, schema: str = "") -> Database:
    """The tables of a schema, or of the database's own if none is named.

    Raises UsageError for an address that no driver knows, HistoryError if the database or the schema cannot be reached.
    """
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as fault:
        raise UsageError(
            f"the database's address cannot be used ({type(fault).__name__}): write DIALECT://USER:PASSWORD@HOST/NAME, "
            "and install the driver of the dialect"
        ) from None
    try:
        return _of_schema(engine.connect(), schema)
    except SQLAlchemyError as fault:
        hint = f"{_kind(fault)}: look at the address, the password and the network"
        raise HistoryError([Problem("database", "", "cannot be reached", "error", 0, "", hint)]) from None


def _of_schema(connection: Connection, schema: str) -> Database:
    try:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(**_SNAPSHOT)
        name, found = _named(connection, schema)
    except BaseException:
        connection.close()
        raise
    return Database(connection, name, {one.lower(): one for one in found})


def _named(connection: Connection, schema: str) -> tuple[str | None, list[str]]:
    """The schema as the database writes it, and its tables and views."""
    there = inspect(connection)
    own = {name.lower(): name for name in there.get_schema_names()}
    if schema and schema.lower() not in own:
        near = get_close_matches(schema.lower(), own, 1, 0.6)
        hint = f"Did you mean {own[near[0]]!r}?" if near else "Name one that this user may read"
        raise HistoryError([Problem("database", "", "has no such schema", "error", 0, schema, hint)])
    name = own[schema.lower()] if schema else None
    found = [*there.get_table_names(name), *there.get_view_names(name)]
    if connection.dialect.name == "postgresql":
        found += there.get_materialized_view_names(name)
    return name, found


def _text(cells: Sequence[Any]) -> pa.ChunkedArray:
    """A column of a driver's values. Of one plain kind Arrow converts them, exactly; else each is written by itself."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if len(kinds) < 2 and kinds <= {str, int, float, bool, date, datetime}:
        try:
            return text(pa.chunked_array([pa.array(cells)]))
        except (pa.ArrowException, OverflowError):
            pass
    return text(pa.chunked_array([pa.array([None if cell is None else _written(cell) for cell in cells], pa.string())]))


def _written(cell: Any) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.0f}" if cell == cell.to_integral_value() else f"{cell:f}"
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _kind(fault: SQLAlchemyError) -> str:
    """What went wrong in the driver's own name for it; its sentence may hold the address."""
    cause = getattr(fault, "orig", None) or fault
    state = getattr(cause, "sqlstate", None)
    return type(cause).__name__ + (f" {state}" if state else "")


def _unreadable(name: str, fault: SQLAlchemyError) -> HistoryError:
    return HistoryError([Problem(name, "", "cannot be read", "error", 0, "", _kind(fault))])
