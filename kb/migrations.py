"""Bring a database to the schema of this code, all or nothing, one process at a time.

On SQLite foreign keys are switched off *before* the transaction begins (inside one the pragma does nothing): a batch
migration drops and re-creates a parent table, which would otherwise silently delete its children. They are checked
before the commit and switched on again after it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from kb.db import BEGIN_OPTION, Database
from kb.paths import resource_root

_LOCK = 7_310_002


def upgrade(database: Database, revision: str = "head") -> None:
    """Upgrade to `revision`. A failure leaves the schema as it was."""
    if revision == "head" and current_revision(database) == head_revision():
        return  # so it is nearly always: no lock to wait for, and nothing to load
    with _migrating(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Step back to `revision`."""
    with _migrating(database) as connection:
        command.downgrade(_config(connection), revision)


def current_revision(database: Database) -> str | None:
    """The schema revision the database has, or None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The schema revision this code needs."""
    return all_revisions()[-1]


@cache
def all_revisions() -> tuple[str, ...]:
    """Every committed revision, oldest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions())[::-1]


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    with database.engine.connect().execution_options(**{BEGIN_OPTION: "IMMEDIATE"}) as connection:
        if database.is_sqlite:
            _set_foreign_keys(connection, on=False)
        try:
            with connection.begin():
                if not database.is_sqlite:
                    _wait_for_turn(connection)
                yield connection
                _check_foreign_keys(connection)
        finally:
            if database.is_sqlite:
                _set_foreign_keys(connection, on=True)


def _wait_for_turn(connection: Connection) -> None:
    """However long another process migrates, and however long the migration itself takes."""
    for limit in ("lock_timeout", "statement_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    connection.connection.cursor().execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"The migration would leave {len(broken)} dangling references; nothing was changed.")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_root() / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
