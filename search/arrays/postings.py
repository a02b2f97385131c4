"""Posting lists of one field as arrays: built from a batch of cards, merged from segments. Nothing of Whoosh.

The postings of a field stand one after the other in the order of its sorted terms, so that a term, and every term with
a common beginning, is one slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays.spelling import signatures

Terms = NDArray[np.bytes_]
Docs = NDArray[np.uint32]
Impacts = NDArray[np.uint16]
Numbers = NDArray[np.intp]
DROPPED = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """One field. Term `i` owns the postings `starts[i]` to `starts[i + 1]`, its documents ascending.

    terms: bytes, sorted and different; starts: uint32, one more than terms; docs and impacts: one per posting.
    firsts (one more than postings) says where each posting's positions begin. signatures: one per term, see
    `spelling`. What a field does not need is None.
    """

    terms: Terms
    starts: Docs
    docs: Docs
    impacts: Impacts | None = None
    firsts: Docs | None = None
    positions: Impacts | None = None
    signatures: NDArray[np.uint64] | None = None

    def extent(self, term: bytes) -> tuple[int, int]:
        """Where the term's postings begin and end; equal where there are none."""
        place = int(np.searchsorted(self.terms, term))
        if place == len(self.terms) or self.terms[place] != term:
            return 0, 0
        return int(self.starts[place]), int(self.starts[place + 1])

    def term_range(self, beginning: bytes) -> tuple[int, int]:
        """The places of the first term that begins so and of the first after them."""
        first = int(np.searchsorted(self.terms, beginning))
        return first, first + int(np.searchsorted(self.terms[first:], beginning + b"\xff"))

    @property
    def has_positions(self) -> bool:
        """Whether it is known where in the cards the terms stand."""
        return self.positions is not None

    def positions_of(self, postings: NDArray[Any]) -> tuple[NDArray[Any], Impacts]:
        """How many positions each of these postings has, and all of them one after the other."""
        if self.firsts is None or self.positions is None:
            return np.zeros(len(postings), np.intp), np.empty(0, np.uint16)
        firsts = self.firsts[postings].astype(np.intp)
        counts = self.firsts[postings + 1] - firsts
        return counts, self.positions[spread(firsts, counts)]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """What `by_place` found: the postings, and how often each posting's term occurs in each section."""

    postings: FieldPostings
    counts: NDArray[np.uint32]


def by_term(names: Sequence[str], terms: Numbers, docs: Docs, impacts: Impacts | None = None) -> FieldPostings:
    """Postings from occurrences in the order of their documents; of several in one document the best impact counts.

    `terms` holds, per occurrence, a place in `names`, which are different from each other.
    """
    sorted_terms, places = _sorted(names)
    order = np.argsort(places[terms], kind="stable")
    term, doc = places[terms][order], docs[order]
    begins = _changes(term, doc)
    best = impacts
    if impacts is not None and len(begins):
        best = np.maximum.reduceat(impacts[order], begins)
    return FieldPostings(sorted_terms, _starts(term[begins], len(sorted_terms)), doc[begins], best)


def by_place(
    names: Sequence[str],
    terms: Numbers,
    docs: Docs,
    sections: NDArray[np.uint8],
    positions: Impacts,
    section_count: int,
) -> Occurrences:
    """Postings with positions; `counts` has a row per section and a column per posting. Impacts are yet to come."""
    sorted_terms, places = _sorted(names)
    order = np.argsort(places[terms], kind="stable")
    term, doc, section = places[terms][order], docs[order], sections[order]
    begins = _changes(term, doc)
    counts = np.zeros((section_count, len(begins)), np.uint32)
    if len(begins):
        for number in range(section_count):
            counts[number] = np.add.reduceat(section == number, begins, dtype=np.uint32)
    firsts = np.append(begins, len(order)).astype(np.uint32)
    starts = _starts(term[begins], len(sorted_terms))
    return Occurrences(FieldPostings(sorted_terms, starts, doc[begins], None, firsts, positions[order]), counts)


def spelt(postings: FieldPostings) -> FieldPostings:
    """The same with a signature for each term."""
    return replace(postings, signatures=signatures(postings.terms))


def merged(parts: Sequence[tuple[FieldPostings, Docs]]) -> FieldPostings:
    """One field of several segments, each with the new number of each of its documents, ascending, or DROPPED."""
    first = parts[0][0]
    every_term = np.unique(np.concatenate([part.terms for part, _ in parts]))
    term_parts, doc_parts, kept_parts = [], [], []
    for part, new_docs in parts:
        places = np.repeat(np.searchsorted(every_term, part.terms), np.diff(part.starts))
        docs = new_docs[part.docs]
        kept = np.flatnonzero(docs != DROPPED)
        term_parts.append(places[kept])
        doc_parts.append(docs[kept])
        kept_parts.append(kept)
    term = np.concatenate(term_parts)
    order = np.argsort(term, kind="stable")
    used, term = np.unique(term[order], return_inverse=True)
    terms = every_term[used]
    docs = np.concatenate(doc_parts)[order]
    all_impacts = [part.impacts for part, _ in parts]
    # A part without postings has none, wherever it stands.
    has_impacts = any(impacts is not None for impacts in all_impacts)
    impacts = _gathered(all_impacts, kept_parts, order) if has_impacts else None
    firsts, positions = _merged_positions([part for part, _ in parts], kept_parts, order)
    found = FieldPostings(terms, _starts(term, len(used)), docs, impacts, firsts, positions)
    return spelt(found) if first.signatures is not None else found


def spread(starts: NDArray[Any], counts: NDArray[Any]) -> Numbers:
    """The numbers `starts[0] … starts[0] + counts[0] - 1, starts[1] …`, one after the other."""
    before = starts.astype(np.intp, copy=False) - counts.cumsum(dtype=np.intp) + counts
    numbers: Numbers = before.repeat(counts)
    numbers += np.arange(len(numbers))
    return numbers


def _gathered(arrays: Sequence[Impacts | None], kept_parts: Sequence[Numbers], order: Numbers) -> Impacts:
    given = [array[kept] for array, kept in zip(arrays, kept_parts, strict=True) if array is not None]
    gathered: Impacts = np.concatenate(given)[order]
    return gathered


def _merged_positions(
    parts: Sequence[FieldPostings], kept_parts: Sequence[Numbers], order: Numbers
) -> tuple[Docs | None, Impacts | None]:
    counts, begins, all_positions, offset = [], [], [], 0
    for part, kept in zip(parts, kept_parts, strict=True):
        if part.firsts is None or part.positions is None:
            return None, None
        counts.append(np.diff(part.firsts)[kept])
        begins.append(part.firsts[:-1][kept].astype(np.intp) + offset)
        all_positions.append(part.positions)
        offset += len(part.positions)
    count = np.concatenate(counts)[order]
    places = spread(np.concatenate(begins)[order], count)
    firsts = np.concatenate(([0], np.cumsum(count))).astype(np.uint32)
    return firsts, np.concatenate(all_positions)[places]


def _sorted(names: Sequence[str]) -> tuple[Terms, Numbers]:
    """The sorted names as bytes, and the place of each given name among them."""
    encoded = np.array([name.encode() for name in names], np.bytes_) if names else np.empty(0, "S1")
    order = np.argsort(encoded, kind="stable")
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order))
    return encoded[order], places


def _changes(term: Numbers, doc: Docs) -> Numbers:
    """Where a new (term, document) begins."""
    if not len(term):
        return np.empty(0, np.intp)
    return np.flatnonzero(np.concatenate(([True], (term[1:] != term[:-1]) | (doc[1:] != doc[:-1]))))


def _starts(term: NDArray[Any], count: int) -> Docs:
    return np.searchsorted(term, np.arange(count + 1)).astype(np.uint32)
