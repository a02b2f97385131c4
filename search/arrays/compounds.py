"""Words that are joined in German and Finnish: Kündigungsfrist is found for Frist and for Kündigung, and finds cards
that write of the Frist of a Kündigung."""

import numpy as np

from search import analysis
from search.arrays.batch import COMPOUND, COMPOUND_LENGTH, COMPOUNDING, HEAD, TAIL, TEXT
from search.arrays.snapshot import Docs, Mask, Snapshot

SHORTEST_PART = 4
_LINKS = ("", "s", "n", "en", "es")


def holding(snapshot: Snapshot, word: str) -> Docs:
    """Documents with a longer word that begins or ends with this one."""
    if len(word) < SHORTEST_PART or not word.isalpha():
        return np.empty(0, np.uint32)
    found = [
        snapshot.beginning(COMPOUND, beginning, longer_by=SHORTEST_PART - 1)
        for stem in _stems(word)
        if len(stem) >= SHORTEST_PART
        for beginning in (HEAD + stem, TAIL + stem[::-1])
    ]
    docs = [part for part in found if len(part)]
    return np.unique(np.concatenate(docs)) if docs else np.empty(0, np.uint32)


def parts_of(snapshot: Snapshot, word: str, visible: Mask) -> tuple[str, str] | None:
    """The two terms that make up this word, both held by visible cards of such a language; the most even split."""
    if len(word) < COMPOUND_LENGTH or not word.isalpha():
        return None
    readable = visible & snapshot.compounding()
    if not readable.any():
        return None
    middle = len(word) / 2
    cuts = sorted(range(SHORTEST_PART, len(word) - SHORTEST_PART + 1), key=lambda place: abs(place - middle))
    parts = (part for cut in cuts for part in (word[cut:], *_unlinked(word[:cut])))
    snapshot.expect((TEXT, stem) for part in parts for stem in _stems(part))
    for cut in cuts:
        last = _held(snapshot, word[cut:], readable)
        first = next(filter(None, (_held(snapshot, part, readable) for part in _unlinked(word[:cut]))), None)
        if first and last:
            return first, last
    return None


def _unlinked(part: str) -> list[str]:
    return [
        part.removesuffix(link) for link in _LINKS if part.endswith(link) and len(part) - len(link) >= SHORTEST_PART
    ]


def _held(snapshot: Snapshot, part: str, readable: Mask) -> str | None:
    for stem in _stems(part):
        if any(readable[found.docs + np.uint32(found.offset)].any() for found in snapshot.parts(TEXT, stem)):
            return stem
    return None


def _stems(word: str) -> list[str]:
    return list(dict.fromkeys(analysis.stem(word, language) for language in sorted(COMPOUNDING)))
