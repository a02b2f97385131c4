"""One committed state of the index: its segments laid end to end, what is deleted, who may see what.

Documents are numbered across segments. A snapshot never changes once it is made, only its caches grow.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.backend import Scope
from search.whoosh_index.schema import NO_CARD
from search.whoosh_index.segments import NOTHING, Docs, Postings, Segment, Weights

Key = TypeVar("Key")
Value = TypeVar("Value")
Mask = NDArray[np.bool_]
MASKS_KEPT = 256
JOINED_KEPT = 2_000


class Snapshot:
    def __init__(self, generation: str, segments: dict[str, Segment], deleted: Mapping[str, Sequence[int]]) -> None:
        self.generation = generation
        self.segments = segments
        parts = list(segments.values())
        self._parts = parts
        self._offsets: list[int] = np.cumsum([0, *(part.size for part in parts)]).tolist()
        self.size = self._offsets[-1]
        self.card_ids: Docs = _joined([part.card_ids for part in parts], np.int64)
        self._collection_ids: Docs = _joined([part.collection_ids for part in parts], np.int64)
        self.lengths: Weights = _joined([part.lengths for part in parts], np.float32)
        self._committed = self._without(deleted)
        self.alive: Mask = self._committed & (self.card_ids != NO_CARD)
        self._lock = Lock()
        self._masks: OrderedDict[frozenset[int], Mask] = OrderedDict()
        self._postings: OrderedDict[tuple[str, str], Postings] = OrderedDict()

    def mask(self, scope: Scope) -> Mask:
        """Which documents are alive and inside the scope. Shared: copy it before changing it."""
        key = scope.collection_ids
        with self._lock:
            known = self._masks.get(key)
        if known is None:
            known = self.alive & np.isin(self._collection_ids, sorted(key))
            with self._lock:
                _remember(self._masks, key, known, MASKS_KEPT)
        return known

    def postings(self, field: str, term: str) -> Postings:
        """All documents with the term, deleted ones included, in ascending order."""
        key = (field, term)
        with self._lock:
            known = self._postings.get(key)
        if known is None:
            known = self._join_postings(field, term)
            with self._lock:
                _remember(self._postings, key, known, JOINED_KEPT)
        return known

    def texts(self, docs: Docs) -> list[str]:
        """The normalised texts of some documents, which must be in ascending order."""
        bounds = np.searchsorted(docs, self._offsets)
        texts: list[str] = []
        for part, offset, start, end in zip(self._parts, self._offsets, bounds, bounds[1:], strict=False):
            if start < end:
                texts += part.texts((docs[start:end] - offset).tolist())
        return texts

    def near_words(self, word: str, edits: int) -> list[tuple[int, str]]:
        return [found for part in self._parts for found in part.vocabulary().near(word, edits)]

    def fingerprints(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for part, offset in zip(self._parts, self._offsets, strict=False):
            for doc in np.flatnonzero(self.alive[offset : offset + part.size]).tolist():
                found[int(part.card_ids[doc])] = part.fingerprint(doc)
        return found

    def applied_seq(self) -> int:
        parts = zip(self._parts, self._offsets, strict=False)
        found = (seq for part, offset in parts for doc, seq in part.seqs().items() if self._committed[offset + doc])
        return max(found, default=0)

    def _without(self, deleted: Mapping[str, Sequence[int]]) -> Mask:
        committed = np.ones(self.size, np.bool_)
        for name, offset in zip(self.segments, self._offsets, strict=False):
            committed[np.array(deleted[name], np.int64) + offset] = False
        return committed

    def _join_postings(self, field: str, term: str) -> Postings:
        docs: list[Docs] = []
        weights: list[Weights] = []
        for part, offset in zip(self._parts, self._offsets, strict=False):
            found = part.postings(field, term)
            if len(found.docs):
                docs.append(found.docs + offset)
                weights.append(found.weights)
        return Postings(_joined(docs, np.int64), _joined(weights, np.float32)) if docs else NOTHING


def _joined(arrays: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)


def _remember(cache: OrderedDict[Key, Value], key: Key, value: Value, limit: int) -> None:
    cache[key] = value
    while len(cache) > limit:
        cache.popitem(last=False)
