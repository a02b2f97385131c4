"""Keeps the index equal to the database: reads the outbox, applies it, and can compare or rebuild the whole.

The index commits the last outbox `seq` it has seen together with its documents, so a crash anywhere re-applies and
never skips. One process writes at a time; the engine's own lock decides.
"""

import threading
from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, IndexOutbox, Status
from kb.db import Database
from search.backend import CardDoc, Delete, IndexBusy, IndexUnusable, SearchBackend, Upsert, fingerprint

log = structlog.get_logger("vitrine.indexer")
_BATCH = 500


class Indexer:
    """Brings one index up to date with one database."""

    def __init__(self, database: Database, backend: SearchBackend) -> None:
        self._database = database
        self._backend = backend

    def apply_pending(self) -> int:
        """Apply everything in the outbox. Returns how many cards were indexed again."""
        done = 0
        while True:
            with self._database.read() as session:
                rows = session.execute(
                    select(IndexOutbox.seq, IndexOutbox.card_id)
                    .where(IndexOutbox.seq > self._backend.applied_seq())
                    .order_by(IndexOutbox.seq)
                    .limit(_BATCH)
                ).all()
                if not rows:
                    break
                changes = _changes(session, sorted({card_id for _, card_id in rows}))
            self._backend.apply(changes, rows[-1].seq)
            done += len(changes)
        if done:
            self._prune()
        return done

    def rebuild(self, progress: Callable[[int], None] = lambda _done: None) -> int:
        """Build a new index from the database beside the live one and swap. Returns the number of cards in it."""
        with self._database.read() as session:
            self._backend.rebuild(_documents(session, progress), _newest(session))
        return self._backend.health().docs

    def differences(self) -> list[str]:
        """What differs between the database and the index, once the outbox is applied: a line per card."""
        self.apply_pending()
        with self._database.read() as session:
            wanted = {doc.card_id: fingerprint(doc) for doc in _documents(session)}
        have = dict(self._backend.card_ids())
        missing = [f"card {card_id} is missing in the index" for card_id in sorted(wanted.keys() - have.keys())]
        extra = [f"card {card_id} is in the index but must not be" for card_id in sorted(have.keys() - wanted.keys())]
        both = sorted(wanted.keys() & have.keys())
        return missing + extra + [f"card {i} is outdated in the index" for i in both if wanted[i] != have[i]]

    def make_ready(self, progress: Callable[[int], None] = lambda _done: None) -> str:
        """At start: open the index, or rebuild it when it can't be used or holds other cards than the database."""
        try:
            self.apply_pending()
            with self._database.read() as session:
                wanted = set(session.scalars(select(Card.id).where(*_SERVABLE)))
                is_ours = self._backend.applied_seq() <= _newest(session)
            if is_ours and wanted == set(self._backend.card_ids()):
                return "ready"
        except IndexUnusable as error:
            log.warning("index unusable, rebuilding", reason=str(error))
        return f"rebuilt with {self.rebuild(progress)} cards"

    def lag(self) -> int:
        """How many outbox rows wait."""
        with self._database.read() as session:
            waiting = select(func.count()).where(IndexOutbox.seq > self._backend.applied_seq())
            return session.scalar(waiting) or 0

    def _prune(self) -> None:
        with self._database.transaction() as session:
            session.execute(delete(IndexOutbox).where(IndexOutbox.seq < self._backend.applied_seq()))


class IndexerThread:
    """The embedded service's indexer: woken by each commit, and by itself twice a second."""

    def __init__(self, indexer: Indexer, *, seconds: float = 0.5) -> None:
        self._indexer = indexer
        self._seconds = seconds
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch at hand and end."""
        self._stopped = True
        self._wake.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait(self._seconds)
            self._wake.clear()
            if not self._stopped:
                self._step()

    def _step(self) -> None:
        try:
            self._indexer.apply_pending()
        except IndexBusy:
            self._wake.clear()  # another process indexes; it reads the same outbox
        except IndexUnusable:
            log.exception("index unusable, rebuilding")
            self._indexer.rebuild()
        except Exception:
            log.exception("indexing failed; it is tried again")


_SERVABLE = (Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))


def _changes(session: Session, card_ids: list[int]) -> list[Upsert | Delete]:
    cards = {card.id: card for card in session.scalars(select(Card).where(Card.id.in_(card_ids), *_SERVABLE))}
    return [Upsert(_document(cards[i])) if i in cards else Delete(i) for i in card_ids]


def _documents(session: Session, progress: Callable[[int], None] = lambda _done: None) -> Iterator[CardDoc]:
    query = select(Card).where(*_SERVABLE).order_by(Card.id).execution_options(yield_per=200)
    for done, card in enumerate(session.scalars(query), start=1):
        yield _document(card)
        progress(done)


def _document(card: Card) -> CardDoc:
    return CardDoc(
        card_id=card.id,
        collection_id=card.collection_id,
        language=card.language,
        title=card.title,
        headings=card.headings,
        body=card.text,
        tags=tuple(card.tags),
    )


def _newest(session: Session) -> int:
    """The last number in the outbox; its row is never pruned, so an index beyond it belongs to another database."""
    return session.scalar(select(func.max(IndexOutbox.seq))) or 0
