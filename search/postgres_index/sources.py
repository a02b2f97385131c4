"""The servers an index is read from: the primary, which is also written, and its replicas."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import TypeVar, cast

import psycopg
from psycopg import errors
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from kb.db import Database
from kb.errors import Unavailable
from search.backend import IndexBusy, IndexUnusable
from search.postgres_index.snapshot import StoredSnapshot, read_snapshot
from search.postgres_index.tables import CHANGE, WRITER, Cursor, read_state, take_lock

Found = TypeVar("Found")
ATTEMPTS = 3
AVOIDED_SECONDS = 10.0
_AWAY = "The search index's database is busy or not reachable. Try again."


class NoIndex(IndexUnusable):
    """The tables aren't there: there has never been an index, or a rebuild has just replaced these."""


class Source:
    """One server, with the last state that was read from it."""

    def __init__(self, url: str | URL) -> None:
        self.database = Database(url)
        self.avoided_until = 0.0
        self._snapshot: StoredSnapshot | None = None
        self._reading = Lock()

    def look(self, at: Callable[[StoredSnapshot], Found]) -> Found:
        """What the function finds in the newest state, all in one transaction."""
        for attempt in range(ATTEMPTS):
            try:
                with self.reading() as cursor, self._current(cursor).over(cursor) as snapshot:
                    return at(snapshot)
            except NoIndex:
                # A rebuild drops the old tables: whoever was about to read them reads the new ones.
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """A cursor whose transaction sees one state."""
        with _told(), self.database.read() as session:
            yield _cursor(session)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Keep the writers of all processes away."""
        with self.database.transaction() as session:
            with _told():
                take_lock(_cursor(session), WRITER, timeout)
            yield

    @contextmanager
    def changing(self, timeout: float) -> Iterator[Cursor]:
        """A cursor whose transaction is committed when the block ends. For who holds the lock."""
        with _told(), self.database.transaction() as session:
            cursor = _cursor(session)
            take_lock(cursor, CHANGE, timeout)
            yield cursor

    def close(self) -> None:
        """Give the connections back."""
        self._snapshot = None
        self.database.close()

    def _current(self, cursor: Cursor) -> StoredSnapshot:
        state = read_state(cursor)
        known = self._snapshot
        if known is not None and known.generation == state.generation:
            return known
        with self._reading:
            known = self._snapshot
            if known is None or known.generation != state.generation:
                fresh = read_snapshot(cursor, state, known)
                # Threads may come in another order than their transactions began.
                if known is None or known.state.token != state.token or known.state.version < state.version:
                    self._snapshot = fresh
                return fresh
            return known


class Sources:
    """The primary and, for searches, its replicas in turn; one that fails is left alone for some seconds."""

    def __init__(self, primary: str, replicas: Sequence[str]) -> None:
        self.primary = Source(primary)
        self._replicas = [Source(_soon(url)) for url in replicas]
        self._turns = count()

    def look(self, at: Callable[[StoredSnapshot], Found]) -> Found:
        """What the function finds on a replica, or on the primary where none answers."""
        now, turn = time.monotonic(), next(self._turns)
        ready = [replica for replica in self._replicas if replica.avoided_until <= now]
        for place in range(len(ready)):
            replica = ready[(turn + place) % len(ready)]
            try:
                return replica.look(at)
            except (Unavailable, IndexUnusable):
                replica.avoided_until = time.monotonic() + AVOIDED_SECONDS
        return self.primary.look(at)

    def close(self) -> None:
        """Give all connections back."""
        for source in (self.primary, *self._replicas):
            source.close()


def _soon(url: str) -> URL:
    """A replica that doesn't answer must not keep a reader waiting: there are others."""
    address = make_url(url)
    return address if "connect_timeout" in address.query else address.update_query_dict({"connect_timeout": "2"})


def _cursor(session: Session) -> Cursor:
    connection = session.connection().connection.driver_connection
    return cast("psycopg.Connection[tuple[object, ...]]", connection).cursor(binary=True)


@contextmanager
def _told() -> Iterator[None]:
    """The driver's errors as what the service expects."""
    try:
        yield
    except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise NoIndex(f"the tables of the search index are missing: {error}") from error
    except errors.LockNotAvailable as error:
        raise IndexBusy("another process holds the search index") from error
    except psycopg.OperationalError as error:
        raise Unavailable(_AWAY) from error
    except (psycopg.ProgrammingError, psycopg.DataError, ProgrammingError) as error:
        raise IndexUnusable(f"the search index can't be used: {error}") from error
