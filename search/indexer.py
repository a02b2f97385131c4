"""Keeps the index equal to the database: reads the outbox, applies it, and can compare or rebuild the whole.

The index commits the last outbox `seq` it has seen together with its documents, so a crash anywhere re-applies and
never skips. One process writes at a time: the engine's own lock decides, and is taken before the outbox is read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import BindParameter, bindparam, delete, func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, CardTag, IndexOutbox, Status
from kb.db import Database
from kb.errors import Unavailable
from kb.lines.models import CardAlias
from kb.trust.models import Flag
from search.backend import CardDoc, Delete, IndexBusy, IndexUnusable, SearchBackend, Upsert, fingerprint

log = structlog.get_logger("vitrine.indexer")
_BATCH = 500
_SAMPLE = 300


class Indexer:
    """Brings one index up to date with one database."""

    def __init__(self, database: Database, backend: SearchBackend) -> None:
        self.database = database
        self._backend = backend

    def apply_pending(self) -> int:
        """Apply everything in the outbox. Returns how many cards were indexed again."""
        with self._alone() as session:
            done = self._catch_up(session)
        if done:
            self._prune()
        return done

    def rebuild(self, progress: Callable[[int], None] = lambda _done: None) -> int:
        """Build a new index from the database beside the live one and swap. Returns the number of cards in it."""
        with self._alone() as session:
            self._backend.rebuild(_documents(session, progress), _newest(session))
        return self._backend.health().docs

    def differences(self) -> list[str]:
        """What differs between the database and the index, once the outbox is applied: a line per card."""
        self.apply_pending()
        with self.database.read() as session:
            suspects = self._differing(session, None)
        if not suspects:
            return []
        # What was saved during the comparison is no difference: those cards again, with both sides standing still.
        with self._alone() as session:
            self._catch_up(session)
            found = self._differing(session, sorted(suspects))
        return list(found.values())

    def make_ready(self, progress: Callable[[int], None] = lambda _done: None) -> str:
        """At start: open the index, or rebuild it when it can't be used or doesn't hold this database's cards."""
        try:
            with self._alone() as session:
                is_ours = self._backend.applied_seq() <= _newest(session)
                if is_ours:
                    self._catch_up(session)
                    is_ours = self._holds_the_cards_of(session)
            if is_ours:
                return "ready"
            log.warning("the index is another database's, rebuilding")
        except IndexUnusable as error:
            log.warning("index unusable, rebuilding", reason=str(error))
        except IndexBusy:
            return "another process is writing the index"
        return f"rebuilt with {self.rebuild(progress)} cards"

    def is_behind(self) -> bool:
        """Whether anything waits."""
        with self.database.read() as session:
            return _newest(session) > self._backend.applied_seq()

    def lag(self) -> int:
        """How many outbox rows wait."""
        with self.database.read() as session:
            waiting = select(func.count()).where(IndexOutbox.seq > self._backend.applied_seq())
            return session.scalar(waiting) or 0

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        """One state of the database, read while no other process writes the index.

        In this order: rows read before the lock was there could be applied after newer ones, or could be pruned by
        another indexer before a rebuild that has not seen them is swapped in.
        """
        with self._backend.writing(), self.database.read() as session:
            yield session

    def _catch_up(self, session: Session) -> int:
        done = 0
        while True:
            rows = session.execute(_PENDING, {"applied": self._backend.applied_seq()}).all()
            if not rows:
                return done
            changes = _changes(session, sorted({card_id for _, card_id in rows}))
            self._backend.apply(changes, rows[-1].seq)
            done += len(changes)

    def _differing(self, session: Session, only: list[int] | None) -> dict[int, str]:
        """A line about each of these cards (None: all) that differs."""
        docs = _documents(session) if only is None else _read(session, only)
        wanted = {doc.card_id: fingerprint(doc) for doc in docs}
        have = dict(self._backend.card_ids())
        if only is not None:
            have = {card_id: have[card_id] for card_id in only if card_id in have}
        both = wanted.keys() & have.keys()
        return (
            {i: f"card {i} is missing in the index" for i in sorted(wanted.keys() - have.keys())}
            | {i: f"card {i} is in the index but must not be" for i in sorted(have.keys() - wanted.keys())}
            | {i: f"card {i} is outdated in the index" for i in sorted(both) if wanted[i] != have[i]}
        )

    def _holds_the_cards_of(self, session: Session) -> bool:
        """Every card's number, and some of the cards word for word."""
        ids = session.scalars(select(Card.id).where(*_SERVABLE).order_by(Card.id)).all()
        have = self._backend.card_ids()
        some = ids[:: max(1, len(ids) // _SAMPLE)]
        return set(ids) == set(have) and all(have[doc.card_id] == fingerprint(doc) for doc in _read(session, some))

    def _prune(self) -> None:
        try:
            with self.database.transaction() as session:
                session.execute(delete(IndexOutbox).where(IndexOutbox.seq < self._backend.applied_seq()))
        except Unavailable:
            log.info("applied rows stay in the outbox for now")


_SERVABLE = (Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))


def _changes(session: Session, card_ids: list[int]) -> list[Upsert | Delete]:
    docs = {doc.card_id: doc for doc in _read(session, card_ids)}
    return [Upsert(docs[i]) if i in docs else Delete(i) for i in card_ids]


def _documents(session: Session, progress: Callable[[int], None] = lambda _done: None) -> Iterator[CardDoc]:
    """Every servable card, in the order of the ids; a few hundred are in memory at a time."""
    ids = session.scalars(select(Card.id).where(*_SERVABLE).order_by(Card.id)).all()
    for start in range(0, len(ids), _BATCH):
        yield from _read(session, ids[start : start + _BATCH])
        progress(min(start + _BATCH, len(ids)))


def _read(session: Session, card_ids: Sequence[int]) -> Iterator[CardDoc]:
    """These cards as documents, as far as they are servable."""
    connection = session.connection()
    given = {"ids": list(card_ids)}
    tags: dict[int, list[str]] = defaultdict(list)
    for card_id, tag in connection.execute(_TAGS, given):
        tags[card_id].append(tag)
    aliases: dict[int, list[str]] = defaultdict(list)
    for card_id, words in connection.execute(_ALIASES, given):
        aliases[card_id].append(words)
    flagged = {row[0] for row in connection.execute(_FLAGGED, given)}
    for row in connection.execute(_CARDS, given):
        yield CardDoc(
            card_id=row.id, collection_id=row.collection_id, language=row.language, title=row.title,
            headings=row.headings, body=row.text, tags=tuple(sorted(tags[row.id])),
            aliases=tuple(sorted(aliases[row.id])), audience=tuple(row.audience), owner_id=row.owner_id,
            updated_at=row.updated_at,
            is_verified=row.verified_at is not None and row.unverified_at is None,
            is_flagged=row.id in flagged, verify_by=row.verify_by,
        )  # fmt: skip


_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_CARDS = (
    select(
        Card.id, Card.collection_id, Card.language, Card.title, Card.headings, Card.text, Card.audience, Card.owner_id,
        Card.updated_at, Card.verified_at, Card.unverified_at, Card.verify_by,
    )
    .where(Card.id.in_(_IDS), *_SERVABLE)
    .order_by(Card.id)
)  # fmt: skip
_TAGS = select(CardTag.card_id, CardTag.tag).where(CardTag.card_id.in_(_IDS))
_ALIASES = select(CardAlias.card_id, CardAlias.words).where(CardAlias.card_id.in_(_IDS))
_FLAGGED = select(Flag.card_id).where(Flag.card_id.in_(_IDS), Flag.resolved_at.is_(None)).distinct()


_PENDING = (
    select(IndexOutbox.seq, IndexOutbox.card_id)
    .where(IndexOutbox.seq > bindparam("applied"))
    .order_by(IndexOutbox.seq)
    .limit(_BATCH)
)


def _newest(session: Session) -> int:
    """The last number in the outbox; its row is never pruned, so an index beyond it belongs to another database."""
    return session.scalar(select(func.max(IndexOutbox.seq))) or 0
