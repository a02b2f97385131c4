"""Words that stand side by side: looked up in the positions of their terms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.arrays.batch import TEXT
from search.arrays.snapshot import Mask, Part, Snapshot

_SHIFT = 17
"""One bit more than a position has, so that none that is moved along runs over into the next document."""
_FEW = 1 << (32 - _SHIFT)
"""So many documents and a position fit 32 bits."""
_FEW_OF_MANY = 16
Keys = NDArray[Any]
Numbers = NDArray[np.intp]


def members(snapshot: Snapshot, phrase: str, base: Mask) -> Mask:
    """Which documents of `base` have the phrase, in any language's stems."""
    found = np.zeros(snapshot.size, np.bool_)
    for sequence in analysis.sequences(phrase):
        found[_docs(snapshot, sequence, base)] = True
    return found


def _docs(snapshot: Snapshot, sequence: tuple[tuple[str, int], ...], base: Mask) -> Numbers:
    """Documents in which the terms stand at the same distances as in the sequence."""
    lists = [(snapshot.parts(TEXT, term), place) for term, place in sequence]
    if not all(parts for parts, _ in lists):
        return np.empty(0, np.intp)
    lists.sort(key=lambda entry: sum(len(part.docs) for part in entry[0]))
    docs = _with_all(snapshot.size, [parts for parts, _ in lists], base)
    snapshot.expect_positions((part for parts, _ in lists for part in parts), docs)
    last = max(place for _, place in sequence)
    ends: Keys | None = None
    for parts, place in lists:
        keys = _keys(parts, docs, last - place)
        if ends is None:
            ends = keys
            continue
        # Both are ascending and without doubles: what is in both stands twice in a row.
        both = np.sort(np.concatenate((ends, keys)), kind="stable")
        ends = both[1:][both[1:] == both[:-1]]
        docs, ends = _narrowed(docs, ends)
    return docs


def _narrowed(docs: Numbers, keys: Keys) -> tuple[Numbers, Keys]:
    """Only the documents that still have any, numbered anew: the commonest words are looked up in fewer."""
    numbers = (keys >> _SHIFT).astype(np.intp)
    is_left = np.zeros(len(docs), np.bool_)
    is_left[numbers] = True
    moved = (numbers - (is_left.cumsum() - 1)[numbers]).astype(keys.dtype)
    return docs[is_left], keys - (moved << _SHIFT)


def _with_all(size: int, lists: list[list[Part]], base: Mask) -> Numbers:
    """Documents of `base` that are in every list; the shortest list comes first."""
    docs: Numbers = np.concatenate([part.numbers() for part in lists[0]])
    docs = docs[base[docs]]
    for parts in lists[1:]:
        is_held = np.zeros(size, np.bool_)
        for part in parts:
            is_held[part.numbers()] = True
        docs = docs[is_held[docs]]
    return docs


def _keys(parts: list[Part], docs: Numbers, ahead: int) -> Keys:
    """Every position of a term, moved along by so many, in these documents, which all have it; after the number of the
    document among them; ascending."""
    kind = np.uint32 if len(docs) <= _FEW else np.uint64
    keys = []
    for part in parts:
        first, places = _places(part, docs)
        counts, positions = part.field.positions_of(places + part.start)
        numbers: Keys = np.arange(first, first + len(places), dtype=kind)
        keys.append(((numbers << _SHIFT) + kind(ahead)).repeat(counts) + positions)
    return np.concatenate(keys)


def _places(part: Part, docs: Numbers) -> tuple[int, Numbers]:
    """The first of these documents that may be in a part of a list, and where it and those after it are there."""
    size = int(part.docs[-1]) + 1
    first, last = docs.searchsorted((part.offset, part.offset + size)).tolist()
    local = docs[first:last] - part.offset
    if len(local) * _FEW_OF_MANY < len(part.docs):
        return first, part.docs.searchsorted(local.astype(np.uint32))
    is_wanted = np.zeros(size, np.bool_)
    is_wanted[local] = True
    return first, is_wanted[part.docs.astype(np.intp)].nonzero()[0]
