"""The room's database: one SQLite file by default, or PostgreSQL. Every change is committed whole or not at all.

Writers take turns on both: SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory lock held to the transaction's end. So
what a transaction has read is still so when it commits, and ids rise in the order of commits. Keep writing transactions
short. No message names the database's address, its user or its password.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from features.problems import UsageError

from . import versions

_WAIT_SECONDS = 10
_LOCK = 7_401_962_385  # homeround's own number among PostgreSQL's advisory locks
_WRITES = "homeround_writes"
_MAY_WRITE = "homeround_may_write"  # as the connection was last told
_NO_LOCK = "55P03"  # PostgreSQL: lock_not_available


class Busy(UsageError):
    """Others were writing for longer than anybody is made to wait; nothing was saved."""

    def __init__(self) -> None:
        super().__init__("the store is busy, and nothing was saved: try again in a minute")


@dataclass(frozen=True)
class Store:
    """An open store; `close` lets its connections go."""

    engine: Engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is committed whole at the end, or not at all when anything is raised."""
        with Session(self.engine.execution_options(**{_WRITES: True})) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the store, waits for no writer and cannot write."""
        with Session(self.engine) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store at `sqlite:///PATH` or `postgresql://...`.

    Raises UsageError for an address that cannot be used or reached, and for a store that is not of this version.
    """
    address = _address(url)
    if path := _file(address):
        if not path.is_file():
            raise UsageError(f"there is no store at {path}: migrate it first, which makes it")
        _check_rights(path)
    store = Store(_engine(address))
    try:
        with _reached(), store.engine.connect() as connection:
            versions.check(connection)
    except BaseException:
        store.close()
        raise
    return store


def migrate(url: str) -> None:
    """Make the store, or bring its tables to this version; nothing to do where they are. Two at once take turns.

    Raises UsageError for an address that cannot be used, or a store that a newer homeround has made.
    """
    address = _address(url)
    path = _file(address)
    if path:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path) if path else nullcontext():
        if path:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            _check_rights(path)
        engine = _engine(address)
        try:
            with _reached(), engine.execution_options(**{_WRITES: True}).begin() as connection:
                versions.upgrade(connection)
        finally:
            engine.dispose()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise UsageError("the store's address cannot be read: write sqlite:///PATH or postgresql://...") from None
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(drivername="sqlite+pysqlite")
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    raise UsageError("the store is a file (sqlite:///PATH) or PostgreSQL (postgresql://...)")


def _file(address: URL) -> Path | None:
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def _check_rights(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise UsageError(f"others can read the store {path}: set its rights to 0600 (chmod 600)")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; a file of its own, since closing the store's would drop SQLite's locks on it."""
    with os.fdopen(os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600), "r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def _reached() -> Iterator[None]:
    """What the driver says may hold the address: only its own name for the fault is passed on."""
    try:
        yield
    except SQLAlchemyError as fault:
        kind = type(getattr(fault, "orig", None) or fault).__name__
        raise UsageError(
            f"the store cannot be reached ({kind}): look at its address, its password, its rights and the network"
        ) from None


def _engine(address: URL) -> Engine:
    kind = address.get_backend_name()
    wait = "timeout" if kind == "sqlite" else "connect_timeout"
    own: dict[str, Any] = {"connect_args": {wait: _WAIT_SECONDS}, "pool_pre_ping": kind != "sqlite"}
    try:
        engine = create_engine(address, hide_parameters=True, pool_size=8, max_overflow=32, **own)
    except (ImportError, NoSuchModuleError):
        raise UsageError("a store in PostgreSQL needs its driver: pip install 'homeround[postgres]'") from None
    event.listen(engine, "handle_error", _waited_too_long)
    if kind == "sqlite":
        event.listen(engine, "connect", _connect_sqlite)
        _take_turns(engine)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _waited_too_long(context: ExceptionContext) -> None:
    fault = context.original_exception
    if getattr(fault, "sqlite_errorname", "").startswith("SQLITE_BUSY") or getattr(fault, "sqlstate", "") == _NO_LOCK:
        raise Busy from None


def _connect_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    """Its own BEGIN is switched off, since it comes too late to hold what was read (SQLAlchemy, pysqlite dialect)."""
    connection.isolation_level = None
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _take_turns(engine: Engine) -> None:
    """Writers of one process wait for one another here: SQLite itself only looks again every tenth of a second, by
    when somebody else may have come first. The turn ends when the connection is given back."""
    turn = Lock()

    def begin(connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get(_WRITES))
        if writes:
            if not turn.acquire(timeout=_WAIT_SECONDS):
                raise Busy
            connection.info[_WRITES] = True
        if connection.info.get(_MAY_WRITE) != writes:
            connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
            connection.info[_MAY_WRITE] = writes
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def given_back(_: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(_WRITES, False):
            turn.release()

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", given_back)


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
