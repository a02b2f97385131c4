"""Words that stand side by side: looked up in the positions of their terms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.arrays.batch import TEXT
from search.arrays.snapshot import Mask, Part, Snapshot

_SHIFT = 16
_FEW = 0xFFFF
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
    docs = _with_all([parts for parts, _ in lists], base)
    snapshot.expect_positions((part for parts, _ in lists for part in parts), docs)
    begins: Keys | None = None
    for parts, place in lists:
        keys = _keys(parts, docs)
        keys -= keys.dtype.type(place)
        # Both are ascending and without doubles: what is in both stands twice in a row.
        if begins is not None:
            both = np.sort(np.concatenate((begins, keys)), kind="stable")
            keys = both[1:][both[1:] == both[:-1]]
        begins = keys
        if not len(begins):
            return np.empty(0, np.intp)
    if begins is None:
        return docs
    held = np.zeros(len(docs), np.bool_)
    held[(begins >> _SHIFT).astype(np.intp)] = True
    return docs[held]


def _with_all(lists: list[list[Part]], base: Mask) -> Numbers:
    """Documents of `base` that are in every list; the shortest list comes first."""
    docs: Numbers = np.concatenate([part.numbers() for part in lists[0]])
    docs = docs[base[docs]]
    for parts in lists[1:]:
        docs = np.concatenate([docs[_held(part, docs)[0]] for part in parts]) if len(docs) else docs
    return docs


def _held(part: Part, docs: Numbers) -> tuple[Numbers, Numbers]:
    """Which of these documents a list has, and where in it; both ascending."""
    size = int(part.docs[-1]) + 1
    first, last = docs.searchsorted((part.offset, part.offset + size))
    local = docs[first:last] - part.offset
    if len(local) * _FEW_OF_MANY < len(part.docs):
        places = part.docs.searchsorted(local.astype(np.uint32))
        held = (part.docs[places] == local).nonzero()[0]
        return held + first, places[held]
    number = np.full(size, -1, np.int32)
    number[local] = np.arange(len(local), dtype=np.int32)
    numbers = number[part.docs.astype(np.intp)]
    places = (numbers >= 0).nonzero()[0]
    return numbers[places] + first, places


def _keys(parts: list[Part], docs: Numbers) -> Keys:
    """Every position of a term in these documents, after the number of the document among them; ascending."""
    kind = np.uint32 if len(docs) <= _FEW else np.uint64
    keys = []
    for part in parts:
        held, places = _held(part, docs)
        counts, positions = part.field.positions_of(places + part.start)
        numbers: Keys = held.astype(kind)
        keys.append((numbers << _SHIFT).repeat(counts) + positions)
    return np.concatenate(keys)
