"""Writes one batch of changes as one Whoosh commit, and decides which segments are merged on the way."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex, LockError
from whoosh.writing import SegmentWriter

from search.arrays.batch import FIELDS, Batch, batch_of, marker
from search.arrays.postings import DROPPED, FieldPostings, merged
from search.backend import CardDoc, Change, IndexBusy, IndexUnusable, Upsert
from search.whoosh_index.codec import ArrayCodec
from search.whoosh_index.schema import FACTS_COLUMN, card_schema
from search.whoosh_index.segments import Segment

SEGMENTS_LIMIT = 6
DELETED_LIMIT = 0.3
REBUILD_BATCH = 20_000
TIMEOUT = 10.0


def create_index(path: Path) -> None:
    """An empty index in this folder."""
    FileIndex.create(FileStorage(str(path)), card_schema())


def prepare(changes: Iterable[Change]) -> Batch:
    """The documents of a batch. Done before the index is touched, so that no card can spoil a commit."""
    return batch_of(change.doc for change in changes if isinstance(change, Upsert))


def write_changes(path: Path, card_ids: Sequence[int], batch: Batch, seq: int) -> None:
    """Replace what the index holds of these cards by this batch."""
    try:
        with _writer(path) as writer:
            writer.forget(card_ids)
            writer.add_batch(batch, seq)
            writer.commit(mergetype=tidy)
    except (IndexBusy, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise
        raise IndexUnusable(f"can't write the index: {error!r}") from error


def write_all(path: Path, cards: Iterable[CardDoc], seq: int) -> None:
    """Fill an empty index: a segment for every so many cards, then all of them as one."""
    rest, done = iter(cards), False
    while not done:
        some = list(islice(rest, REBUILD_BATCH))
        done = len(some) < REBUILD_BATCH
        with _writer(path) as writer:
            writer.add_batch(batch_of(some), seq)
            writer.commit(mergetype=_melt_all if done else _keep_all)


def tidy(writer: "CardWriter", segments: list[Any]) -> list[Any]:
    """Rewrite segments full of deletions; above the limit, melt the small ones together."""
    kept: list[Any] = []
    melting: list[Any] = []
    for segment in sorted(segments, key=_live):
        if _live(segment) == 0:
            continue
        is_full_of_holes = segment.deleted_count() > DELETED_LIMIT * segment.doc_count_all()
        (melting if is_full_of_holes else kept).append(segment)
    melted = 0
    while kept and (len(kept) >= SEGMENTS_LIMIT or (melted and _live(kept[0]) <= melted)):
        melted += _live(kept[0])
        melting.append(kept.pop(0))
    writer.melt(melting)
    # The largest comes first: numbering starts there, and its arrays need no shift.
    return kept[::-1]


class CardWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer, given whole fields instead of single postings."""

    def __init__(self, index: Any) -> None:
        try:
            super().__init__(index, timeout=TIMEOUT, delay=0.02, codec=ArrayCodec(), compound=False)
        except BaseException:
            # Nobody has this writer yet who could cancel it, and its lock would be held until it is collected.
            if getattr(self, "writelock", None) is not None and self.writelock.fd is not None:
                self.writelock.release()
            raise
        self._parts: list[tuple[dict[str, FieldPostings], NDArray[np.uint32]]] = []

    def add_batch(self, batch: Batch, seq: int) -> None:
        """The cards of a batch, and the mark that the index is complete up to this change."""
        facts = np.concatenate((batch.facts, marker(seq)))
        self._add(dict(batch.fields), facts, np.ones(len(facts), np.bool_))

    def forget(self, card_ids: Sequence[int]) -> None:
        """Delete what the index holds of these cards, and the mark."""
        gone = np.array([*card_ids, marker(0)["card_id"][0]], np.int64)
        for segment in self.segments:
            facts = self._opened(segment).facts
            for doc in np.flatnonzero(np.isin(facts["card_id"], gone)).tolist():
                if not segment.is_deleted(doc):
                    segment.delete_document(doc)

    def melt(self, segments: Sequence[Any]) -> None:
        """Take over what is alive in these segments."""
        for segment in segments:
            opened = self._opened(segment)
            alive = np.ones(opened.size, np.bool_)
            alive[np.array(list(segment.deleted_docs()), np.intp)] = False
            self._add(opened.fields, opened.facts, alive)

    def _add(self, fields: dict[str, FieldPostings], facts: NDArray[Any], alive: NDArray[np.bool_]) -> None:
        numbers = np.where(alive, np.cumsum(alive) - 1 + self.docnum, DROPPED).astype(np.uint32)
        self._parts.append((fields, numbers))
        column = self.schema[FACTS_COLUMN].column_type
        for row in facts[alive]:
            self.perdocwriter.start_doc(self.docnum)
            self.perdocwriter.add_column_value(FACTS_COLUMN, column, row.tobytes())
            self.perdocwriter.finish_doc()
            self.docnum += 1
        self._added = True

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        fields = {name: merged([(part[name], numbers) for part, numbers in self._parts]) for name in FIELDS}
        self.fieldwriter.add_postings(self.schema, None, fields)

    def _opened(self, segment: Any) -> Segment:
        return Segment(Path(self.storage.folder), segment)


@contextmanager
def _writer(path: Path) -> Iterator[CardWriter]:
    index = FileIndex(FileStorage(str(path)))
    try:
        writer = CardWriter(index)
    except LockError as error:
        raise IndexBusy(f"another writer holds {path}") from error
    try:
        yield writer
    except BaseException:
        _cancel(writer)
        raise


def _cancel(writer: Any) -> None:
    # A writer that failed keeps its lock until it is cancelled, and cancelling can fail on the same full disk.
    if writer.is_closed:
        return
    try:
        writer.cancel()
    finally:
        if not writer.is_closed and writer.writelock is not None:
            writer.writelock.release()
            writer.is_closed = True


def _keep_all(_writer: CardWriter, segments: list[Any]) -> list[Any]:
    return segments


def _melt_all(writer: CardWriter, segments: list[Any]) -> list[Any]:
    writer.melt(segments)
    return []


def _live(segment: Any) -> int:
    return int(segment.doc_count_all() - segment.deleted_count())
