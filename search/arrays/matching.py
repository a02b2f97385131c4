"""One word of a query against the index: the documents that hold it, or what it may have meant, and what it is worth.

Statistics and corrections look at documents inside the mask only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.arrays import compounds
from search.arrays.batch import IMPACT_SCALE, TEXT, WORD
from search.arrays.snapshot import Docs, Mask, Part, Snapshot
from search.arrays.words import EDGE_OF_FOUND, Alternative, Group, edge_of, groups_of
from search.edits import edits_allowed

Weights = NDArray[np.float32]
Numbers = NDArray[np.intp]
BODY_PREFIX_LENGTH = 3
FEW = 10
"""Where fewer visible titles and tags begin so, words of the text do too; where fewer cards hold a long word, its
parts count too."""
BODY_PREFIX, COMPOUND, PARTS_OF_COMPOUND, CORRECTED = 0.6, 0.6, 0.7, 0.8


class Listed(NamedTuple):
    """Documents, ascending and different, with what the word is worth to each that the reader may see: `factor`, times
    `impacts` if there are any. `part` has their positions, if they have some.

    Their numbers are of the size that numpy counts in: any other it would convert at each look-up, for thrice the time.
    """

    docs: Numbers
    seen: Mask
    factor: float
    impacts: NDArray[Any] | None = None
    part: Part | None = None

    def worth(self, weight: float = 1.0) -> Weights:
        """What the word is worth to each document; nothing to those that are not seen."""
        factor = np.float32(self.factor * weight)
        return self.seen * factor if self.impacts is None else self.impacts * factor * self.seen


@dataclass(slots=True)
class Word:
    """What was found of one word: its lists, and how many visible documents are in any of them."""

    lists: list[Listed] = field(default_factory=list)
    holding: int = 0
    counted: int = 0
    corrected: tuple[str, str] | None = None


def word_of(
    snapshot: Snapshot, group: Group, visible: Mask, *, is_helped: bool = True, may_correct: bool = True
) -> Word:
    """What a word matches, and, where that is nothing the reader may see, what it may have meant."""
    found = Word()
    for alternative in group.alternatives:
        _add(snapshot, found, alternative, visible)
    _count(snapshot, found)
    if group.typed:
        _add_beginnings(snapshot, found, group.typed, visible)
    if not is_helped or group.function:
        return found
    if not found.holding and group.looser:
        for alternative in group.looser:
            _add(snapshot, found, alternative, visible)
    elif found.holding < FEW:
        _add_compounds(snapshot, found, group.word, visible)
    _count(snapshot, found)
    if found.holding or not may_correct:
        return found
    return _corrected(snapshot, group, visible) or found


def _corrected(snapshot: Snapshot, group: Group, visible: Mask) -> Word | None:
    meant = nearest(snapshot, group.word, visible)
    if meant is None:
        return None
    found = Word(corrected=(group.word, meant))
    for other in groups_of(meant, CORRECTED):
        for alternative in other.alternatives:
            _add(snapshot, found, alternative, visible)
    _count(snapshot, found)
    return found if found.holding else None


def nearest(snapshot: Snapshot, word: str, visible: Mask) -> str | None:
    """The nearest word of a visible card to a word that none of them holds; of equally near ones that of most cards."""
    typed = analysis.fold(analysis.normalise(word[: analysis.TERM_LIMIT]))
    edits = edits_allowed(typed)
    if not edits or not typed.isalpha():
        return None
    cards: dict[tuple[int, str], int] = {}
    for distance, written, docs in snapshot.near(typed, edits):
        seen = int(np.count_nonzero(visible[docs]))
        if seen:
            cards[distance, written] = cards.get((distance, written), 0) + seen
    best = min(cards, key=lambda found: (found[0], -cards[found], found[1]), default=None)
    return best[1] if best else None


def spelt_otherwise(snapshot: Snapshot, word: str, visible: Mask) -> str | None:
    """A likelier spelling of a word that no visible card holds; None where one does or none is near."""
    if any(word_of(snapshot, group, visible, is_helped=False).holding for group in groups_of(word)):
        return None
    return nearest(snapshot, word, visible)


def _add(snapshot: Snapshot, word: Word, alternative: Alternative, visible: Mask) -> None:
    """An alternative's lists; several terms must occur in the same document."""
    lists = _lists(snapshot, alternative, alternative.terms[0], visible)
    if len(alternative.terms) == 1:
        word.lists += lists
        return
    docs, worth = _joined(lists)
    for term in alternative.terms[1:]:
        more = _joined(_lists(snapshot, alternative, term, visible))
        docs, left, right = np.intersect1d(docs, more[0], assume_unique=True, return_indices=True)
        worth = np.minimum(worth[left], more[1][right])
    if len(docs):
        word.lists.append(Listed(docs, visible[docs], 1.0, worth))


def _add_beginnings(snapshot: Snapshot, word: Word, typed: str, visible: Mask) -> None:
    """As the word may go on: in titles and tags, and where few of those do, in texts."""
    edge = edge_of(typed)
    weight = EDGE_OF_FOUND if word.holding else 1.0
    _add(snapshot, word, Alternative(edge.field, edge.terms, weight), visible)
    _count(snapshot, word)
    if word.holding < FEW and len(typed) >= BODY_PREFIX_LENGTH:
        _add_flat(word, snapshot.beginning(WORD, typed), BODY_PREFIX * weight, visible)


def _add_compounds(snapshot: Snapshot, word: Word, text: str, visible: Mask) -> None:
    """A long word that this one begins or ends, or the two words that this one is made of."""
    _add_flat(word, compounds.holding(snapshot, text), COMPOUND, visible)
    parts = compounds.parts_of(snapshot, text, visible)
    if parts is not None:
        _add(snapshot, word, Alternative(TEXT, parts, PARTS_OF_COMPOUND), visible)


def _add_flat(word: Word, docs: Docs, worth: float, visible: Mask) -> None:
    if len(docs):
        numbers = docs.astype(np.intp)
        word.lists.append(Listed(numbers, visible[numbers], worth))


def _lists(snapshot: Snapshot, alternative: Alternative, term: str, visible: Mask) -> list[Listed]:
    return [_listed(part, alternative.weight, visible) for part in snapshot.parts(alternative.field, term)]


def _listed(part: Part, weight: float, visible: Mask) -> Listed:
    docs = part.numbers()
    if part.impacts is None:
        return Listed(docs, visible[docs], weight)
    has_positions = part.field.has_positions
    return Listed(docs, visible[docs], weight / IMPACT_SCALE, part.impacts, part if has_positions else None)


def _joined(lists: Sequence[Listed]) -> tuple[Numbers, Weights]:
    if not lists:
        return np.empty(0, np.intp), np.empty(0, np.float32)
    return np.concatenate([part.docs for part in lists]), np.concatenate([part.worth() for part in lists])


def _count(snapshot: Snapshot, word: Word) -> None:
    """How many visible documents are in any of the lists."""
    if word.counted == len(word.lists):
        return
    word.counted = len(word.lists)
    if word.counted == 1:
        word.holding = int(np.count_nonzero(word.lists[0].seen))
    else:
        held = np.zeros(snapshot.size, np.bool_)
        for listed in word.lists:
            held[listed.docs] = listed.seen
        word.holding = int(np.count_nonzero(held))


def members(size: int, lists: Iterable[Listed]) -> Mask:
    members = np.zeros(size, np.bool_)
    for listed in lists:
        members[listed.docs] = True
    return members
