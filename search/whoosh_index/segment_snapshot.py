"""One committed state of the embedded index: its segments laid end to end. Documents are numbered across segments."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays import spelling
from search.arrays.batch import WORD
from search.arrays.snapshot import Docs, Part, Snapshot
from search.whoosh_index.segments import Segment


class SegmentSnapshot(Snapshot):
    """Reads the arrays of its segments."""

    def __init__(self, generation: str, segments: dict[str, Segment], deleted: Mapping[str, Sequence[int]]) -> None:
        self.segments = segments
        self._parts = list(segments.values())
        self._offsets: list[int] = np.cumsum([0, *(part.size for part in self._parts)]).tolist()
        committed = np.ones(self._offsets[-1], np.bool_)
        for name, offset in zip(segments, self._offsets, strict=False):
            committed[np.array(deleted[name], np.int64) + offset] = False
        super().__init__(generation, committed)

    def column(self, name: str, kind: Any) -> NDArray[Any]:
        """One of the facts of all documents."""
        parts = [part.facts[name] for part in self._parts]
        return np.concatenate(parts).astype(kind, copy=False) if parts else np.empty(0, kind)

    def parts(self, field: str, term: str) -> list[Part]:
        """The postings of a term, deleted documents included, segment by segment."""
        found = []
        for segment, offset in zip(self._parts, self._offsets, strict=False):
            start, end = segment.extent(field, term)
            if start < end:
                postings = segment.fields[field]
                impacts = postings.impacts[start:end] if postings.impacts is not None else None
                found.append(Part(offset, postings.docs[start:end], impacts, postings, start))
        return found

    def beginning(self, field: str, beginning: str, *, longer_by: int = 0) -> Docs:
        """The documents with any term that begins so and is at least so many bytes longer, ascending."""
        length = len(beginning.encode()) + longer_by
        found: list[Docs] = []
        for segment, offset in zip(self._parts, self._offsets, strict=False):
            postings = segment.fields[field]
            first, last = segment.terms_from(field, beginning)
            if first == last:
                continue
            if longer_by:
                long = np.flatnonzero(np.char.str_len(postings.terms[first:last]) >= length) + first
                parts = [postings.docs[postings.starts[place] : postings.starts[place + 1]] for place in long]
                found += [part + np.uint32(offset) for part in parts]
            else:
                found.append(postings.docs[postings.starts[first] : postings.starts[last]] + np.uint32(offset))
        if not found:
            return np.empty(0, np.uint32)
        # A common beginning has more postings than there are documents: marking is quicker than sorting.
        is_found = np.zeros(self.size, np.bool_)
        for docs in found:
            is_found[docs] = True
        return np.flatnonzero(is_found).astype(np.uint32)

    def near(self, word: str, edits: int) -> Iterator[tuple[int, str, Docs]]:
        """Segment by segment, by the signatures of the words."""
        for segment, offset in zip(self._parts, self._offsets, strict=False):
            words = segment.fields[WORD]
            if words.signatures is None:
                continue
            for distance, place, written in spelling.near(words.terms, words.signatures, word, edits):
                yield distance, written, words.docs[words.starts[place] : words.starts[place + 1]] + np.uint32(offset)

    def applied_seq(self) -> int:
        """The newest change that is in the index."""
        return int(self.fact("seq")[self._committed].max(initial=0)) if self.size else 0
