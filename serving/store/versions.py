"""Which version the store's tables are of, and how they get to this one: Alembic, set up without a file."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from features.problems import UsageError

_FOLDER = Path(__file__).with_name("migrations")


def check(connection: Connection) -> None:
    """Raises UsageError for a store that is not of this version."""
    current = _current(connection)
    if current is None:
        raise UsageError("the store has no tables yet: migrate it first, which makes them")
    if current != _scripts().get_current_head():
        raise UsageError(f"the store's tables are of version {current}, an older one: migrate it first")


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version within the connection's transaction."""
    _current(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in _scripts().walk_revisions()}:
        raise UsageError(f"a newer homeround made the store (version {current}): use that one, or a copy from before")
    return current


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
