"""Words that stand side by side: looked up in the positions of their terms."""

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.whoosh_index.batch import TEXT
from search.whoosh_index.snapshot import Docs, Mask, Part, Snapshot

_FAR = np.int64(1 << 20)
Keys = NDArray[np.int64]


def members(snapshot: Snapshot, phrase: str, base: Mask) -> Mask:
    """Which documents of `base` have the phrase, in any language's stems."""
    found = np.zeros(snapshot.size, np.bool_)
    for sequence in analysis.sequences(phrase):
        found[_docs(snapshot, sequence, base)] = True
    return found


def _docs(snapshot: Snapshot, sequence: tuple[tuple[str, int], ...], base: Mask) -> NDArray[np.intp]:
    lists = [(snapshot.parts(TEXT, term), place) for term, place in sequence]
    if not all(parts for parts, _ in lists):
        return np.empty(0, np.intp)
    lists.sort(key=lambda entry: sum(len(part.docs) for part in entry[0]))
    docs = _inside(lists[0][0], base)
    for parts, _ in lists[1:]:
        docs = docs[_held(parts, docs)]
    snapshot.expect_positions((part for parts, _ in lists for part in parts), docs)
    keys: Keys | None = None
    for parts, place in lists:
        begins = _keys(parts, docs) - place
        keys = begins if keys is None else keys[_in_sorted(begins, keys)]
        if not len(keys):
            break
    return np.unique(keys // _FAR).astype(np.intp) if keys is not None else np.empty(0, np.intp)


def _inside(parts: list[Part], base: Mask) -> NDArray[np.int64]:
    docs: NDArray[np.int64] = np.concatenate([part.docs.astype(np.int64) + part.offset for part in parts])
    inside: NDArray[np.int64] = docs[base[docs]]
    return inside


def _held(parts: list[Part], docs: NDArray[np.int64]) -> Mask:
    held = np.zeros(len(docs), np.bool_)
    for part in parts:
        held |= _in_sorted(part.docs, docs - part.offset)
    return held


def _keys(parts: list[Part], docs: NDArray[np.int64]) -> Keys:
    """Every position of a term in these documents, with its document; ascending."""
    keys = []
    for part in parts:
        local = docs - part.offset
        local = local[(local >= 0) & (local <= int(part.docs[-1]))]
        places = part.docs.searchsorted(local.astype(np.uint32))
        is_there = part.docs[places] == local
        counts, positions = part.field.positions_of(places[is_there] + part.start)
        keys.append(np.repeat(local[is_there] + part.offset, counts) * _FAR + positions)
    return np.concatenate(keys)


def _in_sorted(haystack: Docs | Keys, needles: NDArray[np.int64]) -> Mask:
    places = haystack.searchsorted(needles.astype(haystack.dtype))
    places[places == len(haystack)] = 0
    return (haystack[places] == needles) if len(haystack) else np.zeros(len(needles), np.bool_)
