"""What people searched for and what they then opened: noted in memory, written in batches.

A query's id stands for one person asking these words on one day, so asking again is one row. It is made with the
installation's key and tells nobody who asked. While somebody types, each query begins with the one before; only the
last of such a run is kept, unless an earlier one led to a card.
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.use.models import SearchClick, SearchQuery

WORDS_LIMIT = 200
TYPING = timedelta(seconds=30)
# What waits to be written is bounded: beyond it, searches go uncounted rather than memory full.
WAITING_LIMIT = 5_000
ClickKind = Literal["view", "copy"]
_ID_BYTES = 12
# Letters that make no words: an id stands in addresses and pages, where digits could be taken for content.
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
_ID = re.compile("[b-df-hj-np-t]{24}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A finished search: who asked which words when, and what came first."""

    query_id: str
    words: str
    person_id: int | None
    at: datetime
    last_at: datetime
    results: int
    first_card_id: int | None
    best_trust: str | None


@dataclass(frozen=True, slots=True)
class Click:
    """A card was opened or copied from the results of a query, by this person."""

    query_id: str
    card_id: int
    kind: ClickKind
    person_id: int | None


def query_id(key: bytes, person_id: int | None, words: str, at: datetime) -> str:
    """The id of this person asking these words on this day (UTC)."""
    asked = f"query\0{person_id}\0{at.date()}\0{words}"
    return (
        hmac.new(key, asked.encode("utf-8", "backslashreplace"), sha256).digest()[:_ID_BYTES].hex().translate(_LETTERS)
    )


def as_query_id(text: str | None) -> str | None:
    """What a client sent as a query's id, if it can be one."""
    return text if text and _ID.fullmatch(text) else None


@dataclass(slots=True)
class Waiting:
    """Searches and clicks that are not written yet."""

    asked: dict[str, Asked] = field(default_factory=dict)
    clicks: dict[Click, datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.asked or self.clicks)

    def ask(self, new: Asked) -> None:
        """Add a search; the same one again is counted once."""
        known = self.asked.get(new.query_id)
        if known is not None:
            self.asked[new.query_id] = _merged(known, new)
        elif len(self.asked) < WAITING_LIMIT:
            self.asked[new.query_id] = new

    def click(self, new: Click, at: datetime) -> None:
        """Add a click; the first instant counts."""
        if len(self.clicks) < WAITING_LIMIT:
            self.clicks.setdefault(new, at)

    def take_back(self, earlier: "Waiting") -> None:
        """What could not be written waits on, before what came meanwhile."""
        for asked in earlier.asked.values():
            later = self.asked.pop(asked.query_id, None)
            self.asked[asked.query_id] = _merged(asked, later) if later else asked
        self.clicks = earlier.clicks | self.clicks


def write(session: Session, waiting: Waiting) -> None:
    """Write what waits, and drop what somebody only passed through while typing."""
    recent = {row.query_id: row for row in _recent(session, waiting.asked.values())}
    clicked = {click.query_id for click in waiting.clicks} | _clicked(session, recent)
    passing = set(_passed_through(recent, waiting.asked)) - clicked
    kept = [asked for id_, asked in sorted(waiting.asked.items()) if id_ not in passing]
    if kept:
        _insert_queries(session, kept)
    if passing & recent.keys():
        session.execute(delete(SearchQuery).where(SearchQuery.id.in_(passing & recent.keys())))
    if waiting.clicks:
        _insert_clicks(session, waiting.clicks)


def _merged(known: Asked, new: Asked) -> Asked:
    """One row for both. The one that found more counts: the other was narrowed by a filter."""
    best = new if new.results >= known.results else known
    return replace(best, at=min(known.at, new.at), last_at=max(known.last_at, new.last_at))


def _recent(session: Session, asked: Iterable[Asked]) -> Iterator[Asked]:
    """What these people asked just before."""
    earliest = min((each.at for each in asked), default=None)
    if earliest is None:
        return
    people = {each.person_id for each in asked if each.person_id is not None}
    query = select(SearchQuery).where(SearchQuery.person_id.in_(people), SearchQuery.last_at >= earliest - TYPING)
    for row in session.scalars(query):
        yield Asked(
            row.id, row.words, row.person_id, row.at, row.last_at, row.results, row.first_card_id, row.best_trust
        )


def _clicked(session: Session, ids: Iterable[str]) -> set[str]:
    return set(session.scalars(select(SearchClick.query_id).where(SearchClick.query_id.in_(list(ids)))))


def _passed_through(recent: Mapping[str, Asked], new: Mapping[str, Asked]) -> Iterator[str]:
    """The ids of queries that the same person went on typing within half a minute."""
    known = {(each.person_id, each.words): each for each in (*recent.values(), *new.values())}
    for later in new.values():
        for end in range(1, len(later.words)):
            start = known.get((later.person_id, later.words[:end]))
            if start and later.last_at - TYPING <= start.at and start.last_at <= later.last_at:
                yield start.query_id


def _insert_queries(session: Session, asked: list[Asked]) -> None:
    alive = _alive(session, {each.first_card_id for each in asked if each.first_card_id is not None})
    rows = [
        {
            "id": each.query_id, "words": each.words, "person_id": each.person_id, "at": each.at,
            "last_at": each.last_at, "results": each.results, "best_trust": each.best_trust,
            "first_card_id": each.first_card_id if each.first_card_id in alive else None,
        }
        for each in asked
    ]  # fmt: skip
    statement = _insert(session, SearchQuery)
    new = statement.excluded
    finds_more = new.results >= SearchQuery.results
    better = {
        column: case((finds_more, new[column]), else_=getattr(SearchQuery, column))
        for column in ("results", "first_card_id", "best_trust")
    }
    is_later = new.last_at > SearchQuery.last_at
    last = case((is_later, new.last_at), else_=SearchQuery.last_at)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={**better, "last_at": last}), rows)


def _insert_clicks(session: Session, clicks: Mapping[Click, datetime]) -> None:
    """Only clicks on one's own queries count, whatever id a client sends."""
    wanted = select(SearchQuery.id, SearchQuery.person_id).where(SearchQuery.id.in_({c.query_id for c in clicks}))
    asker: dict[str, int | None] = dict(session.execute(wanted).all())
    alive = _alive(session, {click.card_id for click in clicks})
    rows = [
        {"query_id": click.query_id, "card_id": click.card_id, "kind": click.kind, "at": at}
        for click, at in sorted(clicks.items(), key=lambda item: (item[0].query_id, item[0].card_id, item[0].kind))
        if click.card_id in alive and click.query_id in asker and asker[click.query_id] == click.person_id
    ]
    if rows:
        session.execute(_insert(session, SearchClick).on_conflict_do_nothing(), rows)


def _alive(session: Session, ids: set[int]) -> set[int]:
    return set(session.scalars(select(Card.id).where(Card.id.in_(ids))))


def _insert(session: Session, table: type[SearchQuery] | type[SearchClick]) -> postgresql.Insert | sqlite.Insert:
    dialect = session.connection().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
