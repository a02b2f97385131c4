"""Finds the words within one or two edits of a mistyped one, in bounded time.

Each term of a vocabulary has a signature: which bytes occur in it, and how many it has. An edit of one letter changes
two bits and the length by one at most, so most of a vocabulary is ruled out without looking at its letters.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.edits import edit_distance

CANDIDATES_LIMIT = 1_000
WRITTEN = "\x01"
"""Between the folded form of a word and the form in which it is written, where they differ."""


def signatures(terms: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """One per term, from its folded form: a bit for each byte that occurs in the low 56, the length in the high 8."""
    if not len(terms):
        return np.empty(0, np.uint64)
    letters = np.ascontiguousarray(terms).view(np.uint8).reshape(len(terms), -1)
    bits = np.zeros(len(terms), np.uint64)
    lengths = np.zeros(len(terms), np.uint64)
    inside = np.ones(len(terms), np.bool_)
    for column in letters.T:
        inside &= column > ord(WRITTEN)
        bits |= np.where(inside, _BIT[column], np.uint64(0))
        lengths += inside
    return bits | (np.minimum(lengths, 255) << np.uint64(56))


def near(
    terms: NDArray[np.bytes_], signed: NDArray[np.uint64], word: str, edits: int
) -> Iterator[tuple[int, int, str]]:
    """(edits, place, word as written) for terms at most so many edits away, the likeliest candidates only."""
    own = signatures(np.array([word.encode()], np.bytes_))[0]
    bytes_per_letter = 1 if word.isascii() else 2
    lengths = (signed >> np.uint64(56)).astype(np.int16)
    possible = np.flatnonzero(np.abs(lengths - int(own >> np.uint64(56))) <= edits * bytes_per_letter)
    differing = np.bitwise_count((signed[possible] ^ own) & _LETTERS)
    fitting = differing <= 2 * edits * bytes_per_letter
    likely = possible[fitting][np.argsort(differing[fitting], kind="stable")][:CANDIDATES_LIMIT]
    for place, term in zip(likely.tolist(), terms[likely].tolist(), strict=True):
        folded, _, written = term.decode().partition(WRITTEN)
        distance = edit_distance(word, folded, edits)
        if distance <= edits:
            yield distance, place, written or folded


def _bits() -> Any:
    numbers = np.arange(256, dtype=np.uint64)
    spread = np.where((numbers >= ord("a")) & (numbers <= ord("z")), numbers - ord("a"), 26 + numbers % 30)
    return np.left_shift(np.uint64(1), spread)


_BIT: NDArray[np.uint64] = _bits()
_LETTERS = np.uint64((1 << 56) - 1)
