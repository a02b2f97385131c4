"""A statement that is read thousands of times a minute: built and compiled once, run by the driver.

SQLAlchemy's own execution costs more than SQLite takes to answer. The statement stays an ordinary `select`, so its
clauses are those of every other query; only lists may vary from run to run.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Dialect, Select
from sqlalchemy.orm import Session

_TEXTS_KEPT = 200


class Prepared:
    """Runs one select whose only changing parameters are lists: `bindparam(name, expanding=True)`."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._texts: dict[tuple[str | int, ...], _Text] = {}
        self._readers: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}

    def rows(self, session: Session, **lists: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """All rows, their values as the columns' types give them."""
        connection = session.connection()
        dialect = connection.dialect
        key: tuple[str | int, ...] = (dialect.name, *map(len, lists.values()))
        text = self._texts.get(key) or self._compile(key, dialect, lists)
        found = _run(connection, text.statement, text.values(*lists.values()))
        readers = self._readers[dialect.name]
        if not readers:
            return found
        rows = list(map(list, found))
        for place, read in readers:
            for row in rows:
                value = row[place]
                if value is not None:
                    row[place] = read(value)
        return rows

    def _compile(self, key: tuple[str | int, ...], dialect: Dialect, lists: dict[str, Sequence[Any]]) -> "_Text":
        compiled = self._statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state({name: list(values) for name, values in lists.items()})
        given = [f"{name}_{number}" for name, values in lists.items() for number in range(1, len(values) + 1)]
        fixed = {
            name: getattr(value, "value", value) for name, value in state.parameters.items() if name not in set(given)
        }
        if len(self._texts) >= _TEXTS_KEPT:
            self._texts.clear()
        self._readers[dialect.name] = list(_readers(self._statement, dialect))
        names = (*fixed, *given)
        order = None if state.positiontup is None else tuple(map(names.index, state.positiontup))
        text = self._texts[key] = _Text(state.statement, names, tuple(fixed.values()), order)
        return text


def _run(connection: Connection, statement: str, values: Any) -> Sequence[Sequence[Any]]:
    if connection.dialect.name == "sqlite":
        # The driver itself answers in half the time. What it refuses is asked again in the ordinary way, for the error.
        with suppress(sqlite3.Error):
            found: list[Sequence[Any]] = connection.connection.cursor().execute(statement, values).fetchall()
            return found
    return connection.exec_driver_sql(statement, values).all()


class _Text(NamedTuple):
    """SQL for lists of certain lengths: the names of its parameters, the values of those that never change, which come
    first, and the places of the values in the order of the text if that has one."""

    statement: str
    names: Sequence[str]
    fixed: tuple[Any, ...]
    order: Sequence[int] | None

    def values(self, *lists: Sequence[Any]) -> Any:
        """The values of all parameters, as the driver wants them."""
        values = tuple(chain(self.fixed, *lists))
        if self.order is None:
            return dict(zip(self.names, values, strict=True))
        return tuple(map(values.__getitem__, self.order))


def _readers(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> Iterator[tuple[int, Callable[[Any], Any]]]:
    """How to read the columns whose values the driver gives in another form than their types promise."""
    for place, column in enumerate(statement.selected_columns):
        read = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if read is not None:
            yield place, partial(_list, read) if isinstance(column.type, JSON) else read


def _list(read: Callable[[Any], Any], text: Any) -> Any:
    """Most lists are empty."""
    return [] if text == "[]" else read(text)
