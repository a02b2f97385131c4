"""Keeps the index equal to the database: reads the outbox, applies it, and can compare or rebuild the whole.

The index commits the last outbox `seq` it has seen together with its documents, so a crash anywhere re-applies and
never skips. One process writes at a time; the engine's own lock decides.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import structlog
from sqlalchemy import BindParameter, bindparam, delete, func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card, CardTag, IndexOutbox, Status
from kb.db import Database
from kb.lines.models import CardAlias
from kb.trust.models import Flag
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


def _newest(session: Session) -> int:
    """The last number in the outbox; its row is never pruned, so an index beyond it belongs to another database."""
    return session.scalar(select(func.max(IndexOutbox.seq))) or 0
