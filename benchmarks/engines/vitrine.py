"""Vitrine itself: an installation on SQLite, its indexer, its search service, a reader with the question's collections.

The one place that knows how the search package is put together; it follows `vitrine/runtime.py`.
"""

import html
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from benchmarks.corpus import COLLECTIONS, NOW, Card
from benchmarks.engines import BEST, Answer, Engine, bytes_in
from benchmarks.queries import Query
from kb import clock
from kb.cards import models, outbox
from kb.db import Database
from kb.installation import open_installation
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.people.sign_in import start_session
from kb.people.tokens import issue_api_token
from kb.prepared import Prepared
from kb.process import settle
from kb.settings import Settings, Storage
from kb.text.markdown import RENDERER_VERSION
from kb.trust.models import Flag, FlagKind
from kb.trust.policy import Policy
from search.answers import Answers, Filters, SearchService, as_corrected
from search.backend import Narrowing, Scope, SearchBackend
from search.condition import Condition
from search.indexer import Indexer
from search.indexer_thread import IndexerThread
from search.query import parse
from search.snippets import Marker, html_of
from search.whoosh_index.backend import WhooshBackend

__all__ = ["Vitrine", "insert_cards", "make", "outbox"]  # whatever changes a card must find the outbox listening
_CHUNK = 1_000
_TEXTS = Prepared(
    select(models.Card.id, models.Card.title, models.Card.text, models.Card.language).where(
        models.Card.id.in_(bindparam("ids", expanding=True))
    )
)
_INTERVAL = timedelta(days=90)
_VERIFIED_DAYS_AGO = {"verified": 20, "due_soon": 80, "overdue": 200, "flagged": 20}


class Vitrine:
    """One installation. Answers come through the service that pages and API use."""

    can_mend_typos = True

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(storage=Storage(data_dir=folder))
        self._index_folder = folder / "index"

    def load(self, cards: Iterable[Card]) -> None:
        """The cards, as an import would have left them."""
        installation = open_installation(self._settings, NOW)
        insert_cards(installation.database, cards)
        installation.close()
        self.open()

    def build(self) -> None:
        """What `vitrine index rebuild` does."""
        self._indexer.rebuild()

    def open(self) -> None:
        """What a process that answers needs: database, index, service."""
        self._database = Database(self._settings.database_url)
        self._backend = self._opened_index()
        self._indexer = Indexer(self._database, self._backend)
        self._service = SearchService(self._backend, Policy.of(self._settings))
        self._session: Session | None = None
        self._open = ExitStack()
        settle()

    def answer(self, query: Query) -> list[Answer]:
        """A misspelled question that finds nothing is asked again as the service proposes: a second search."""
        self._reading().info.clear()  # what is read once a transaction, such as rules, is read once a question
        found = self._search(query, _typed(query))
        if not found.results and found.did_you_mean:
            found = self._search(query, found.did_you_mean + " ")
        return [Answer(result.card.id, html_of(result.title), html_of(result.snippet)) for result in found.results]

    def hits(self, query: Query) -> list[Answer]:
        """Index, texts and snippets alone: nobody's permissions, no trust, use, replaced cards and near-duplicates."""
        asked, only = parse(_typed(query)), Narrowing((query.tag,) if query.tag else ())
        scope = Scope(frozenset(query.shelves))
        found = self._backend.search(asked, scope, BEST, only=only)
        asked = as_corrected(asked, found)
        if found.corrected:  # as above: what was proposed is searched for
            found = self._backend.search(asked, scope, BEST, only=only)
        ids, marker = [hit.card_id for hit in found.hits], Marker(asked)
        texts = {row[0]: row for row in _TEXTS.rows(self._reading(), ids=ids)} if ids else {}
        shown = [texts[card_id] for card_id in ids]
        titles = marker.highlights([(title, language) for _, title, _, language in shown])
        snippets = [marker.snippet(text, language) for _, _, text, language in shown]
        return [Answer(*each) for each in zip(ids, map(html_of, titles), map(html_of, snippets), strict=True)]

    def update(self, card: Card) -> None:
        """Commit the edit, then index what the outbox holds."""
        self.save(card)
        self._indexer.apply_pending()

    def save(self, card: Card) -> None:
        """Commit the edit; whoever indexes will see it in the outbox."""
        self._end_reading()
        with self._database.transaction() as session:
            row = session.get_one(models.Card, card.id)
            row.title, row.text, row.body, row.html = card.title, card.text, card.text, html.escape(card.text)

    def reader_token(self) -> str:
        """A token of somebody who may read every collection."""
        installation = open_installation(self._settings, NOW)
        with installation.database.transaction() as session:
            person = _reading_person(session)
            issued = issue_api_token(session, installation.secret_key, person, "benchmark", ["read"], NOW)
        installation.close()
        return issued.secret

    def reader_session(self) -> str:
        """What a browser's cookie holds while the same person is signed in."""
        installation = open_installation(self._settings, NOW)
        with installation.database.transaction() as session:
            limits = installation.settings.security
            signed_in = start_session(session, _reading_person(session), limits, "benchmark", clock.now())
        installation.close()
        return signed_in.secret

    @contextmanager
    def indexing(self) -> Iterator[None]:
        """This process indexes meanwhile, as the embedded server does."""
        indexer = IndexerThread(self._indexer, Condition(self._index_folder / "CONDITION"), clock.now)
        self._database.after_commit.append(indexer.wake)
        indexer.start()
        try:
            yield
        finally:
            indexer.stop()
            self._database.after_commit.remove(indexer.wake)

    def size(self) -> int:
        """The index alone: the texts lie in the database."""
        return bytes_in(self._index_folder)

    def close(self) -> None:
        """Give index and connections back."""
        self._end_reading()
        self._backend.close()
        self._database.close()

    def _opened_index(self) -> SearchBackend:
        return WhooshBackend(self._index_folder)

    def _search(self, query: Query, text: str) -> Answers:
        filters = Filters(
            collections=(f"shelf-{query.collection}",) if query.collection else (),
            tags=(query.tag,) if query.tag else (),
        )
        return self._service.search(self._reading(), _reader(query), text, NOW, filters=filters, limit=BEST)

    def _end_reading(self) -> None:
        """What is saved is seen by the next transaction."""
        self._open.close()
        self._session = None

    def _reading(self) -> Session:
        """A transaction that is open already: in a request it begins when the reader is loaded, before the search."""
        if self._session is None:
            self._session = self._open.enter_context(self._database.read())
        return self._session


def make(folder: Path) -> Engine:
    """The engine on that folder."""
    return Vitrine(folder)


def insert_cards(database: Database, cards: Iterable[Card]) -> None:
    """Twenty collections and these cards, past the commands: a hundred thousand would take them hours."""
    with database.transaction() as session:
        session.execute(insert(models.Collection), [_collection(number) for number in range(1, COLLECTIONS + 1)])
    for chunk in _chunks(cards):
        tags = [{"card_id": card.id, "tag": tag} for card in chunk for tag in card.tags]
        flags = [_flag(card.id) for card in chunk if card.trust == "flagged"]
        with database.transaction() as session:
            session.execute(insert(models.Card), [_row(card) for card in chunk])
            if tags:
                session.execute(insert(models.CardTag), tags)
            if flags:
                session.execute(insert(Flag), flags)


def _chunks(cards: Iterable[Card]) -> Iterator[list[Card]]:
    rest = iter(cards)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _collection(number: int) -> dict[str, Any]:
    return {
        "id": number, "slug": f"shelf-{number}", "name": f"Shelf {number}", "description": "", "is_open": True,
        "created_at": NOW - timedelta(days=900),
    }  # fmt: skip


def _row(card: Card) -> dict[str, Any]:
    made = NOW - timedelta(days=300 + card.id % 500)
    is_draft, is_archived = card.status == "draft", card.status == "archived"
    return {
        "id": card.id, "collection_id": card.collection,
        "status": card.status if is_draft or is_archived else models.Status.PUBLISHED,
        "title": card.title, "body": card.text, "html": html.escape(card.text), "text": card.text,
        "headings": "\n".join(card.headings), "renderer_version": RENDERER_VERSION, "language": card.language,
        "audience": [], "created_at": made, "updated_at": made, "published_at": None if is_draft else made,
        "archived_at": made if is_archived else None,
        # A lower id is always there already, and no circle can come of it.
        "replaced_by_id": card.id - 1 if card.status == "replaced" else None,
    } | _verification(card)  # fmt: skip


def _verification(card: Card) -> dict[str, datetime | int | None]:
    days = _VERIFIED_DAYS_AGO.get(card.trust)
    if days is None:
        return {"verified_at": None, "verified_version": None, "verify_by": None}
    at = NOW - timedelta(days=days)
    return {"verified_at": at, "verified_version": 1, "verify_by": at + _INTERVAL}


def _flag(card_id: int) -> dict[str, Any]:
    return {
        "card_id": card_id, "kind": FlagKind.REPORTED, "detail": "The price is an old one.", "version": 1,
        "raised_at": NOW - timedelta(days=3),
    }  # fmt: skip


def _reader(query: Query) -> Actor:
    readable = frozenset(query.readable)
    return Actor(1, "Reader", "reader@example.com", Role.REP, frozenset(), readable, frozenset(), frozenset())


def _typed(query: Query) -> str:
    """A space ends the last word; without one it is still being typed."""
    text = " ".join(query.words)
    if query.is_phrase:
        return f'"{text}"'
    return text if query.is_prefix else text + " "


def _reading_person(session: Session) -> Person:
    email = "reader@example.com"
    person = session.scalars(select(Person).where(Person.email == email)).one_or_none()
    if person is None:
        person = Person(email=email, name="Reader", role=Role.REP, created_at=NOW)
        session.add(person)
        session.flush()
    return person
