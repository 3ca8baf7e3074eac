"""The store on SQLite and on PostgreSQL: every test that asks for `store` runs on both."""

import shutil

import pytest
from argon2 import PasswordHasher
from made_room import furnish
from sqlalchemy import create_engine, delete, insert, select, text

from serving.store import clinical, passwords, shared
from serving.store.database import migrate, open_store

# The same function with as little memory as it takes: what it costs is not what is tested.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
METADATA = clinical.Base.metadata
assert shared.Base.metadata is METADATA


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_store(postgres_server):
    """A migrated database of the server, emptied for each test."""
    engine = create_engine(postgres_server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("create database room"))
    engine.dispose()
    url = postgres_server.replace("/postgres", "/room")
    migrate(url)
    return url


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def url(request, tmp_path_factory):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_store")
    path = shutil.copy2(request.getfixturevalue("sqlite_template"), tmp_path_factory.mktemp("store") / "room.db")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def opened(url):
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def store(opened):
    """An empty store."""
    with opened.transaction() as session:
        for table in reversed(METADATA.sorted_tables):
            session.execute(delete(table))
    return opened


@pytest.fixture(scope="session")
def furnished(sqlite_template, tmp_path_factory):
    """The people, and every row of a store that they were made in: to be put in others as they are."""
    path = shutil.copy2(sqlite_template, tmp_path_factory.mktemp("furnished") / "room.db")
    store = open_store(f"sqlite:///{path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", CHEAP)
        made = furnish(store)
    with store.reading() as session:
        rows = {t: [dict(row) for row in session.execute(select(t)).mappings()] for t in METADATA.sorted_tables}
    store.close()
    return made, {table: found for table, found in rows.items() if found}


@pytest.fixture
def people(store, furnished):
    made, rows = furnished
    with store.transaction() as session:
        for table, found in rows.items():
            session.execute(insert(table), found)
        if store.engine.dialect.name == "postgresql":
            session.execute(text("select setval(pg_get_serial_sequence('accounts', 'id'), 100)"))
    return made


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)
