"""The database: engine, column types, and the only place that begins and commits transactions.

SQLite gets its own BEGIN (IMMEDIATE for writes: the driver's default loses updates silently and DEFERRED
deadlocks on upgrade), WAL, full fsync and foreign keys. PostgreSQL goes through psycopg 3.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any, ClassVar, TypeVar

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, InvalidRequestError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import JSON, TypeDecorator

from kb.errors import NotFound, Unavailable
from kb.wording import N_, _

BEGIN_OPTION = "vitrine_begin"
_MAPPED = 1 << 28
"""Bytes of an SQLite file that are read where they lie instead of being copied: a search gets its cards faster."""
_SWITCHES, _BETWEEN_SWITCHES = 200, 0.05
"""How often, and after how many seconds, a process asks again for the write-ahead log while another one sets it up."""
SAVED = "saved_cards"  # a session notes here which cards it wrote
_PASSING = ("locked", "disk is full", "No space left", "connection", "timeout", "deadlock", "could not serialize")
_log = logging.getLogger(__name__)
_TRY_AGAIN = N_("The database is busy or not reachable. Nothing was changed; try again.")
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. SQLite forgets time zones, so naive values are refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC on the way in; a naive instant is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}; pass an aware instant")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """SQLite's texts are read in one step: a page of answers has a hundred of them."""
        return _instant if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class Base(DeclarativeBase):
    """Base of all tables; constraints have names so that batch migrations can drop them."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar = {datetime: UTCDateTime, list[str]: JSON, dict[str, Any]: JSON}


Row = TypeVar("Row", bound=Base)


class Database:
    """One database. `read()` gives a session that can't write; `transaction()` commits at its end or not at all.

    After a commit `after_commit` is called; and `after_save`, with the cards that were written, if any were.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(self.url)
        self._read = sessionmaker(self._one_snapshot(), expire_on_commit=False)
        self._write = sessionmaker(self.engine, expire_on_commit=False, execution_options={BEGIN_OPTION: "IMMEDIATE"})
        self.after_commit: list[Callable[[], None]] = []
        self.after_save: list[Callable[[frozenset[int]], None]] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading one consistent state; whatever it changed is rolled back."""
        with _spoken(), self._read() as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed as one when the block ends, and undone if it raises."""
        with _spoken(), self._write() as session:
            yield session
            session.commit()
        saved = frozenset(session.info.get(SAVED, ()))
        hooks: list[Callable[[], None]] = [*self.after_commit]
        if saved:
            hooks += [partial(hook, saved) for hook in self.after_save]
        for hook in hooks:
            try:
                hook()
            except Exception:  # the work is saved: the caller must not be told otherwise
                _log.exception("work after a commit failed; a job repairs it")

    def kept_connection(self) -> "KeptConnection":
        """For a small question that is asked many times a second."""
        return KeptConnection(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _one_snapshot(self) -> Engine:
        """SQLite's reads see one state by themselves; PostgreSQL's default shows each statement a newer one."""
        return self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")


class KeptConnection:
    """One connection of its own, outside of transactions, opened when it is first needed and again after an error."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None

    def number(self, question: str) -> int:
        """The only number in the answer; 0 for none. Raises Unavailable."""
        try:
            if self._connection is None:
                self._connection = self._opened()
            cursor = self._connection.cursor()
            row = cursor.execute(question).fetchone()
            cursor.close()
        except (DBAPIError, self._engine.dialect.loaded_dbapi.Error) as error:
            self.close()
            raise Unavailable(_(_TRY_AGAIN)) from error
        return int(row[0] or 0)

    def close(self) -> None:
        """Close it; the next question opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> Any:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        if self._engine.dialect.name == "postgresql":
            connection.autocommit = True  # type: ignore[union-attr]
        return connection


def hold(session: Session, row: Row, *, to_delete: bool = False) -> Row:
    """The row as it is at this moment, and nobody else's to change until this transaction ends.

    On SQLite the whole transaction holds the lock already; on PostgreSQL two writers would both decide on the same
    old facts. New rows that refer to this one need not wait, or two transactions that each hold a card and write of
    the other's would wait for each other; unless it is held `to_delete`. Raises NotFound when the row was deleted
    meanwhile.
    """
    session.flush()  # a refresh would forget what this transaction changed so far
    columns = [attribute.key for attribute in inspect(type(row)).column_attrs]
    try:
        session.refresh(row, columns, with_for_update={"key_share": not to_delete})
    except InvalidRequestError as error:
        raise NotFound(_("It was deleted meanwhile.")) from error
    return row


def take_turns(session: Session, key: int, *, shared: bool = False) -> None:
    """Wait until no other transaction holds this key (or, shared, holds it alone); keep it until this one ends."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(text(f"SELECT {function}(:key)"), {"key": key})


@contextmanager
def _spoken() -> Iterator[None]:
    try:
        yield
    except NoConnectionFree as error:
        raise Unavailable(_(_TRY_AGAIN)) from error
    except OperationalError as error:
        if any(words in str(error.orig) for words in _PASSING):
            raise Unavailable(_(_TRY_AGAIN)) from error
        raise


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        drivername = "postgresql+psycopg"
        options = "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC"
        return create_engine(
            url.set(drivername=drivername),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=8,
            connect_args={"application_name": "vitrine", "options": options},
        )
    engine = create_engine(url, connect_args={"timeout": 10})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi: sqlite3.Connection, _record: object) -> None:
    dbapi.isolation_level = None  # the driver must not invent transactions of its own
    _write_ahead(dbapi)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", f"mmap_size={_MAPPED}"):
        dbapi.execute(f"PRAGMA {pragma}")


def _write_ahead(dbapi: sqlite3.Connection) -> None:
    """Give a new file its write-ahead log. SQLite's own timeout does not cover this, so the waiting is ours."""
    for attempt in range(_SWITCHES + 1):
        try:
            dbapi.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == _SWITCHES:
                raise
            sleep(_BETWEEN_SWITCHES)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED"))
