"""Writes one batch of changes as one Whoosh commit, and decides which segments are merged on the way."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex, LockError
from whoosh.reading import SegmentReader

from search.backend import CardDoc, Change, IndexBusy, IndexUnusable, Upsert
from search.whoosh_index.schema import KEY, META_KEY, card_fields, card_schema, meta_fields

SEGMENTS_LIMIT = 6
DELETED_LIMIT = 0.3
TIMEOUT = 10.0
MEMORY_MB = 128


def create_index(path: Path) -> None:
    FileIndex.create(FileStorage(str(path)), card_schema())


def prepare(changes: Iterable[Change]) -> list[dict[str, object]]:
    """The documents of a batch. Done before the index is touched, so that no card can spoil a commit."""
    return [card_fields(change.doc) for change in changes if isinstance(change, Upsert)]


def write_changes(path: Path, card_ids: Iterable[int], documents: Iterable[dict[str, object]], seq: int) -> None:
    """Replace what the index holds of these cards by these documents."""
    try:
        with _writer(path) as writer:
            _forget(writer, [META_KEY, *map(str, card_ids)])
            for document in (*documents, meta_fields(seq)):
                writer.add_document(**document)
            writer.commit(mergetype=tidy)
    except (IndexBusy, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise
        raise IndexUnusable(f"can't write the index: {error!r}") from error


def write_all(path: Path, cards: Iterable[CardDoc], seq: int) -> None:
    """Fill an empty index in one commit."""
    with _writer(path) as writer:
        for doc in cards:
            writer.add_document(**card_fields(doc))
        writer.add_document(**meta_fields(seq))
        writer.commit(merge=False)


def tidy(writer: Any, segments: list[Any]) -> list[Any]:
    """Rewrite segments full of deletions; above the limit, melt the small ones together."""
    kept = []
    for segment in sorted(segments, key=_live):
        if _live(segment) == 0:
            continue
        if segment.deleted_count() > DELETED_LIMIT * segment.doc_count_all():
            _melt(writer, segment)
        else:
            kept.append(segment)
    melted = 0
    while kept and (len(kept) >= SEGMENTS_LIMIT or (melted and _live(kept[0]) <= melted)):
        melted += _live(kept[0])
        _melt(writer, kept.pop(0))
    return kept


@contextmanager
def _writer(path: Path) -> Iterator[Any]:
    index = FileIndex(FileStorage(str(path)))
    codec = W3Codec(compression=0)
    # The lengths are a column of ours; Whoosh would look for its own once per posting.
    codec.length_stats = False
    try:
        writer = index.writer(timeout=TIMEOUT, delay=0.02, limitmb=MEMORY_MB, codec=codec, compound=False)
    except LockError as error:
        raise IndexBusy(f"another writer holds {path}") from error
    try:
        yield writer
    except BaseException:
        _cancel(writer)
        raise


def _forget(writer: Any, keys: list[str]) -> None:
    for segment in writer.segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        try:
            for key in keys:
                if (KEY, key) in reader:
                    for doc in list(reader.postings(KEY, key).all_ids()):
                        segment.delete_document(doc)
        finally:
            reader.close()


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


def _melt(writer: Any, segment: Any) -> None:
    reader = SegmentReader(writer.storage, writer.schema, segment)
    try:
        writer.add_reader(reader)
    finally:
        reader.close()


def _live(segment: Any) -> int:
    return int(segment.doc_count_all() - segment.deleted_count())
