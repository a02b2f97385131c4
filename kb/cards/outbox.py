"""The index outbox: whatever changes a card writes a row in the same transaction, so no change is ever missed."""

from typing import Any

from sqlalchemy import event, func, insert, select, text
from sqlalchemy.orm import Session, UOWTransaction

from kb.cards.models import Card, CardTag, IndexOutbox
from kb.db import SAVED, Database
from kb.lines.models import CardAlias
from kb.trust.models import Flag

_ORDER_LOCK = 7_310_001


def install() -> None:
    """Start listening. Called once, when the models are loaded."""
    if not event.contains(Session, "after_flush", _write_rows):
        event.listen(Session, "after_flush", _write_rows)


def enqueue(session: Session, card_ids: list[int]) -> None:
    """Ask for these cards to be indexed again."""
    if not card_ids:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # Sequence numbers must become visible in order, or a reader of "seq > last" would skip a late commit.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ORDER_LOCK})
    connection.execute(insert(IndexOutbox), [{"card_id": card_id} for card_id in card_ids])


def newest_change(session: Session) -> int:
    """The number of the newest row in this state of the database; 0 where there has never been one."""
    return session.scalar(select(func.max(IndexOutbox.seq))) or 0


class NewestChange:
    """The number of the newest row, so cheaply that it can be asked for many times a second."""

    def __init__(self, database: Database) -> None:
        self._connection = database.kept_connection()

    def __call__(self) -> int:
        """0 where there has never been a row. Raises Unavailable."""
        return self._connection.number(_NEWEST)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


_NEWEST = f"SELECT max(seq) FROM {IndexOutbox.__tablename__}"  # noqa: S608  (a constant)


def _write_rows(session: Session, _context: UOWTransaction) -> None:
    touched = {_card_id(thing) for thing in _touched(session)}
    session.info.setdefault(SAVED, set()).update(touched)
    enqueue(session, sorted(touched))


def _touched(session: Session) -> list[Any]:
    changed = [thing for thing in session.dirty if session.is_modified(thing)]
    indexed = (Card, CardTag, CardAlias, Flag)
    return [thing for thing in (*session.new, *changed, *session.deleted) if isinstance(thing, indexed)]


def _card_id(thing: Card | CardTag | Flag | CardAlias) -> int:
    return thing.id if isinstance(thing, Card) else thing.card_id


install()
