"""Which other words a query may be answered by. Pure: query words and groups in, alternatives out.

Words are compared by their stems in every language, so "Rechnungen" is found in a group with "Rechnung". A side may
have several words. Nothing is followed further than one step, everything is bounded, and the order is always the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from search import analysis

SIDE_WORDS_LIMIT = 6
ALTERNATIVES_LIMIT = 24
# ((words of the query, joined by blanks, (alternatives as the curator typed them, …)), …)
Expansions = tuple[tuple[str, tuple[str, ...]], ...]
Forms = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Equivalent words and phrases. One-way: the first finds the others, they don't find it."""

    words: tuple[str, ...]
    is_one_way: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    side: Forms
    others: tuple[str, ...]


@dataclass(slots=True)
class Thesaurus:
    """All groups, laid out so that a query looks only at those that begin and end like a part of it."""

    _entries: dict[tuple[int, str, str], list[_Entry]] = field(default_factory=dict)

    @classmethod
    def of(cls, groups: Iterable[Group]) -> "Thesaurus":
        """A thesaurus of these groups, in their order."""
        made = cls()
        for group in groups:
            for side in group.words[:1] if group.is_one_way else group.words:
                made._add(side, tuple(other for other in group.words if other != side))
        return made

    def __bool__(self) -> bool:
        return bool(self._entries)

    def others(self, words: Sequence[str]) -> tuple[str, ...]:
        """What this very sequence of words may be answered by."""
        forms = tuple(forms_of(word) for word in words)
        keys = sorted({(len(words), first, last) for first in forms[0] for last in forms[-1]})
        entries = dict.fromkeys(entry for key in keys for entry in self._entries.get(key, ()))
        found: dict[str, str] = {}
        for entry in entries:
            if all(left & right for left, right in zip(entry.side, forms, strict=True)):
                for other in entry.others:
                    found.setdefault(analysis.fold(other), other)
        return tuple(found.values())[:ALTERNATIVES_LIMIT]

    def _add(self, side: str, others: tuple[str, ...]) -> None:
        forms = side_forms(side)
        if not forms or not others:
            return
        entry = _Entry(forms, others)
        for first in sorted(forms[0]):
            for last in sorted(forms[-1]):
                self._entries.setdefault((len(forms), first, last), []).append(entry)


def expansions(query_words: Sequence[str], thesaurus: Thesaurus) -> Expansions:
    """For each run of words that stands in a group, the others of that group. Longer runs of one beginning first."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(len(query_words) if thesaurus else 0):
        for end in range(min(start + SIDE_WORDS_LIMIT, len(query_words)), start, -1):
            span = query_words[start:end]
            others = thesaurus.others(span) if " ".join(span) not in found else ()
            if others:
                found[" ".join(span)] = others
    return tuple(found.items())


def side_forms(text: str) -> Forms:
    """The forms of each word of a side."""
    return tuple(forms_of(piece) for piece in analysis.cut(text))


@lru_cache(maxsize=20_000)
def forms_of(word: str) -> frozenset[str]:
    """All stems of a word; two words are the same here if they share one."""
    return frozenset(
        " ".join(terms) for chunk in analysis.chunks(word) for terms in analysis.alternatives(chunk) if all(terms)
    ) or frozenset({word})
