"""One immutable segment of the index, opened once per process and decoded at most once per term.

Its files have one position each, so every look-up holds the segment's lock; what it returns is never changed.
"""

import weakref
from collections import OrderedDict
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.reading import SegmentReader, TermNotFound

from search.whoosh_index.schema import META_KEY, WORD
from search.whoosh_index.spelling import Vocabulary

Docs = NDArray[np.int64]
Weights = NDArray[np.float32]
POSTINGS_KEPT = 2_000_000
TEXTS_KEPT = 4_000


class Postings(NamedTuple):
    docs: Docs
    weights: Weights


NOTHING = Postings(np.empty(0, np.int64), np.empty(0, np.float32))


class Segment:
    def __init__(self, storage: Any, schema: Any, segment: Any) -> None:
        self.size: int = segment.doc_count_all()
        self._lock = Lock()
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._kept = 0
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._vocabulary: Vocabulary | None = None
        # The reader leaves out what was deleted when it was opened; later deletions are the snapshot's to mask.
        reader = self._reader = SegmentReader(storage, schema, segment)
        # A search may still be using the segment when its snapshot is replaced; the last one out closes the files.
        weakref.finalize(self, reader.close)
        self.card_ids = self._column("card_id", np.int64)
        self.collection_ids = self._column("collection_id", np.int64)
        self.lengths = self._column("length", np.float32)
        if self.size:
            # Whoosh opens this file on first use, when a merge may have removed it already.
            reader.stored_fields(0)

    def postings(self, field: str, term: str) -> Postings:
        key = (field, term)
        with self._lock:
            known = self._postings.get(key)
            if known is not None:
                self._postings.move_to_end(key)
                return known
            found = self._decode(field, term)
            self._keep(key, found)
            return found

    def texts(self, docs: list[int]) -> list[str]:
        """The normalised texts in which phrases are looked up."""
        with self._lock:
            return [self._text(doc) for doc in docs]

    def fingerprint(self, doc: int) -> str:
        with self._lock:
            return str(self._reader.stored_fields(doc)["fingerprint"])

    def seqs(self) -> dict[int, int]:
        """The meta documents of this segment: document number and the change they stand for."""
        docs = self.postings("key", META_KEY).docs.tolist()
        with self._lock:
            return {doc: int(self._reader.stored_fields(doc)["seq"]) for doc in docs}

    def vocabulary(self) -> Vocabulary:
        with self._lock:
            if self._vocabulary is None:
                words = self._reader.lexicon(WORD) if WORD in self._reader.indexed_field_names() else ()
                self._vocabulary = Vocabulary([word.decode() for word in words])
            return self._vocabulary

    def _decode(self, field: str, term: str) -> Postings:
        docs: list[int] = []
        weights: list[float] = []
        try:
            matcher = self._reader.postings(field, term)
        except TermNotFound:
            return NOTHING
        while matcher.is_active():
            docs.append(matcher.id())
            weights.append(matcher.weight())
            matcher.next()
        return Postings(np.array(docs, np.int64), np.array(weights, np.float32))

    def _keep(self, key: tuple[str, str], found: Postings) -> None:
        self._postings[key] = found
        self._kept += len(found.docs) + 50
        while self._kept > POSTINGS_KEPT:
            _, dropped = self._postings.popitem(last=False)
            self._kept -= len(dropped.docs) + 50

    def _text(self, doc: int) -> str:
        text = self._texts.get(doc)
        if text is None:
            text = self._texts[doc] = str(self._reader.stored_fields(doc).get("plain", ""))
            if len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        return text

    def _column(self, name: str, kind: Any) -> NDArray[Any]:
        return np.array(list(self._reader.column_reader(name)), kind)
