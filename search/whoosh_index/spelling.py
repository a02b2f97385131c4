"""Finds the words within one or two edits of a mistyped one, in bounded time."""

from collections.abc import Sequence

import numpy as np

from search.analysis import fold

CANDIDATES_LIMIT = 1_000


def edits_allowed(word: str) -> int:
    if len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


class Vocabulary:
    """The words of a segment, laid out so that most of them are ruled out without looking at their letters."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._folded = [fold(word) for word in words]
        self._lengths = np.array([len(word) for word in self._folded], np.int16)
        self._letters = np.array([_letter_set(word) for word in self._folded], np.uint64)

    def near(self, word: str, edits: int) -> list[tuple[int, str]]:
        """(edits, word as written) for every word at most so many edits away."""
        possible = np.flatnonzero(np.abs(self._lengths - len(word)) <= edits)
        differing = np.bitwise_count(self._letters[possible] ^ np.uint64(_letter_set(word)))
        likely = possible[np.argsort(differing, kind="stable")][: int((differing <= 2 * edits).sum())]
        found = []
        for position in likely[:CANDIDATES_LIMIT].tolist():
            distance = edit_distance(word, self._folded[position], edits)
            if distance <= edits:
                found.append((distance, self._words[position]))
        return found


def edit_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours; `limit + 1` when it is more than `limit`."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            best = min(previous[column - 1] + (letter != other), previous[column] + 1, current[-1] + 1)
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                best = min(best, before[column - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def _letter_set(word: str) -> int:
    letters = 0
    for letter in word:
        letters |= 1 << ((ord(letter) * 2654435761 >> 7) & 63)
    return letters
