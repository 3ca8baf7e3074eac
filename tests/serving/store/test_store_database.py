"""The store is made, opened, and refused in words; changes are whole or not at all; steps and tables agree."""

import multiprocessing
import sqlite3
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import METADATA
from made_room import NOW
from sqlalchemy import CheckConstraint, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from features.problems import UsageError
from serving.access import COMMAND_LINE
from serving.store import trail, versions
from serving.store.database import migrate, open_store
from serving.store.tables import PlaceRow, ScopeRow, TrailRow


def test_a_transaction_is_kept_whole_or_not_at_all(store):
    def fail_half_way():
        with store.transaction() as session:
            session.add(PlaceRow(resident_id="R1", home_id="elm"))
            trail.append(session, COMMAND_LINE, "moved", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with store.transaction() as session:
        session.add(PlaceRow(resident_id="R2", home_id="elm"))
    with store.reading() as session:
        assert session.scalars(select(PlaceRow.resident_id)).all() == ["R2"]
        assert not session.scalar(select(func.count()).select_from(TrailRow))


def test_who_reads_cannot_write(store):
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"), store.reading() as session:
        session.execute(insert(PlaceRow).values(resident_id="R1", home_id="elm"))


def test_who_reads_sees_one_moment_and_waits_for_no_writer(store):
    with store.reading() as reader:
        assert not reader.scalar(select(func.count()).select_from(PlaceRow))
        with store.transaction() as session:
            session.add(PlaceRow(resident_id="R1", home_id="elm"))
        assert not reader.scalar(select(func.count()).select_from(PlaceRow))
    with store.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(PlaceRow)) == 1


def test_rows_that_point_nowhere_are_refused(store):
    with pytest.raises(IntegrityError), store.transaction() as session:
        session.add(ScopeRow(account_id=99, kind="homes", value="elm"))


def test_the_steps_make_the_tables_that_the_code_knows(store):
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        made = inspect(connection)
        for table in METADATA.tables.values():
            checks = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
            assert {c["name"] for c in made.get_check_constraints(table.name)} == checks, table.name


def test_sqlite_is_set_to_lose_nothing(sqlite_template):
    store = open_store(f"sqlite:///{sqlite_template}")
    with store.transaction() as session:
        found = [session.scalar(text(f"pragma {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert found == ["wal", 2, 1]
        assert session.scalar(text("pragma busy_timeout")) == 10_000
    store.close()


def test_a_new_store_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "var" / "store" / "room.db"
    migrate(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    with store.transaction() as session:
        trail.append(session, COMMAND_LINE, "opened", NOW)
        assert {p.stat().st_mode & 0o777 for p in path.parent.iterdir()} == {0o600}
        assert {p.name for p in path.parent.iterdir()} >= {"room.db", "room.db-wal", "room.db-shm"}
    store.close()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o640)
    for again in (open_store, migrate):
        with pytest.raises(UsageError, match="chmod 600"):
            again(f"sqlite:///{path}")


def test_a_store_of_another_version_is_refused_in_words(tmp_path):
    path = tmp_path / "room.db"
    url = f"sqlite:///{path}"
    with pytest.raises(UsageError, match=r"no store at .*room.db"):
        open_store(url)
    path.touch(0o600)
    with pytest.raises(UsageError, match="no tables yet"):
        open_store(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        config = versions._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001_accounts")
    with pytest.raises(UsageError, match="0001_accounts, an older one"):
        open_store(url)
    migrate(url)
    open_store(url).close()
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999_later'"))
    engine.dispose()
    for refused in (open_store, migrate):
        with pytest.raises(UsageError, match=r"newer homeround made the store \(version 9999_later\)"):
            refused(url)


@pytest.mark.parametrize(
    "address",
    ["no address", "sqlite://", "sqlite:///:memory:", "mysql://reader:hidden-word@127.0.0.1/room"],
)
def test_an_address_that_cannot_be_used_is_refused(address):
    with pytest.raises(UsageError) as caught:
        open_store(address)
    assert "hidden-word" not in str(caught.value)


def test_a_server_that_does_not_answer_is_told_without_its_address():
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match=r"cannot be reached \(OperationalError\)") as caught:
        open_store("postgresql://reader:hidden-word@127.0.0.1:1/room")
    assert "hidden-word" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_may_migrate_at_once(kind, request, tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'room.db'}"
    if kind == "postgresql":
        server = request.getfixturevalue("postgres_server")
        engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("create database fresh"))
        engine.dispose()
        url = server.replace("/postgres", "/fresh")
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=migrate, args=(url,)) for _ in range(3)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0, 0]
    open_store(url).close()


def test_no_other_program_needs_this_one_to_read_the_file(sqlite_template):
    with closing(sqlite3.connect(sqlite_template)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
