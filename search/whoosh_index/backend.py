"""The search backend on Whoosh: one directory, one writer at a time, any number of reading threads and processes."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Lock

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, EmptyIndexError

from search.arrays.batch import batch_of
from search.arrays.evaluate import find, find_titles
from search.arrays.matching import spelt_otherwise
from search.arrays.snapshot import Snapshot
from search.backend import ANYTHING, CardDoc, Change, Health, Hits, IndexBusy, IndexUnusable, Narrowing, Query, Scope
from search.boosts import Boosts
from search.query import parse
from search.turns import Turns
from search.whoosh_index.directory import IndexDirectory
from search.whoosh_index.overlay import OverlaidSnapshot
from search.whoosh_index.segment_snapshot import SegmentSnapshot
from search.whoosh_index.segments import Segment
from search.whoosh_index.writing import create_index, prepare, write_all, write_changes

WORDS_LIMIT = 12
OPEN_ATTEMPTS = 50
OPEN_PAUSE = 0.01


class WhooshBackend:
    """Opens its directory on first use; where there is none, it makes an empty index."""

    def __init__(self, directory: Path, write_timeout: float = 10.0) -> None:
        self._directory = IndexDirectory(directory)
        self._write_timeout = write_timeout
        self._snapshot: SegmentSnapshot | None = None
        self._opening = Lock()
        self._turns = Turns(lambda: self._directory.writing(self._write_timeout), write_timeout)

    def writing(self) -> AbstractContextManager[None]:
        return self._turns.taken()

    def apply(self, batch: Sequence[Change], seq: int) -> None:
        # Whoosh keeps both of two documents of one card in a commit, so only a card's last change goes in.
        changes = {change.card_id: change for change in batch}
        prepared = prepare(changes.values())
        with self.writing():
            self._make_if_missing()
            if seq < self.applied_seq():
                return  # another writer was faster: it has applied these changes and newer ones
            name = self._directory.in_use()
            self._directory.check_stamp(name)
            self._directory.sweep()
            write_changes(self._directory.path / name, list(changes), prepared, seq)

    def applied_seq(self) -> int:
        return self._current().applied_seq()

    def search(
        self, query: Query, scope: Scope, limit: int, offset: int = 0, *,
        only: Narrowing = ANYTHING, boosts: Boosts | None = None,
    ) -> Hits:  # fmt: skip
        if query.is_empty or not scope.collection_ids:
            return Hits()
        snapshot = self._current()
        return find(snapshot, query, snapshot.mask(scope), max(0, limit), max(0, offset), only, boosts)

    def suggest(self, prefix: str, scope: Scope, limit: int, *, boosts: Boosts | None = None) -> Hits:
        query = parse(prefix)
        if not query.words or not scope.collection_ids:
            return Hits()
        snapshot = self._current()
        return find_titles(snapshot, query, snapshot.mask(scope), max(0, limit), boosts)

    def correct(self, words: Sequence[str], scope: Scope) -> list[str | None]:
        if not scope.collection_ids:
            return [None] * len(words)
        snapshot = self._current()
        mask = snapshot.mask(scope)
        repaired = [spelt_otherwise(snapshot, word, mask) for word in words[:WORDS_LIMIT]]
        return [*repaired, *[None] * (len(words) - len(repaired))]

    def rebuild(self, cards: Iterable[CardDoc], seq: int) -> None:
        with self.writing():
            with suppress(IndexUnusable):  # what can't be read is about to be replaced
                self._directory.sweep()
            with self._directory.next_one() as path:
                create_index(path)
                write_all(path, _first_of_each(cards), seq)

    def overlaid(self, kept: Mapping[int, CardDoc], changed: Sequence[CardDoc], seq: int) -> Snapshot | None:
        live = self._current()
        if live.applied_seq() != seq or not set(live.card_ids[live.alive].tolist()) >= kept.keys():
            return None
        return OverlaidSnapshot(live, kept, batch_of(changed))

    def generation(self) -> str:
        return self._current().generation

    def health(self) -> Health:
        snapshot = self._current()
        return Health(snapshot.generation, int(snapshot.alive.sum()), snapshot.applied_seq(), self._directory.size())

    def card_ids(self) -> Mapping[int, str]:
        self._current()  # makes the index where there is none
        return self._open(None).fingerprints()

    def close(self) -> None:
        with self._opening:
            self._snapshot = None

    def _make_if_missing(self) -> None:
        if self._directory.current() is not None:
            return
        with self.writing():
            if self._directory.current() is None:
                with self._directory.next_one() as path:
                    create_index(path)

    def _current(self) -> SegmentSnapshot:
        """The newest committed state. Never `Searcher.refresh()`: it brings deleted cards back."""
        snapshot = self._snapshot
        if snapshot is None:
            try:
                self._make_if_missing()
            except (IndexBusy, OSError) as error:
                raise IndexUnusable(f"there is no index yet: {error}") from error
        if snapshot is not None and snapshot.generation == self._directory.generation():
            return snapshot
        with self._opening:
            snapshot = self._snapshot
            if snapshot is None or snapshot.generation != self._directory.generation():
                snapshot = self._snapshot = self._open(snapshot)
            return snapshot

    def _open(self, previous: SegmentSnapshot | None) -> SegmentSnapshot:
        for _ in range(OPEN_ATTEMPTS):
            generation = self._directory.generation()
            try:
                return self._read(previous)
            except IndexUnusable:
                raise
            except (FileNotFoundError, EmptyIndexError):
                # A commit or a swap removed the files between the table of contents and here: read it again.
                time.sleep(OPEN_PAUSE)
            except Exception as error:
                # Whoosh reads some missing files as None; what fails is then any error, but only while others commit.
                if self._directory.generation() == generation:
                    raise IndexUnusable(f"can't open the index: {error!r}") from error
        raise IndexUnusable("files of the index are missing")

    def _read(self, previous: SegmentSnapshot | None) -> SegmentSnapshot:
        name = self._directory.in_use()
        self._directory.check_stamp(name)
        storage = FileStorage(str(self._directory.path / name))
        contents = TOC.read(storage, "MAIN")
        opened = previous.segments if previous else {}
        segments: dict[str, Segment] = {}
        deleted: dict[str, list[int]] = {}
        for segment in contents.segments:
            key = segment.segment_id()
            segments[key] = opened.get(key) or Segment(self._directory.path / name, segment)
            deleted[key] = list(segment.deleted_docs())
        return SegmentSnapshot(f"{name}.{contents.generation}", segments, deleted)


def _first_of_each(cards: Iterable[CardDoc]) -> Iterator[CardDoc]:
    seen: set[int] = set()
    for doc in cards:
        if doc.card_id not in seen:
            seen.add(doc.card_id)
            yield doc
