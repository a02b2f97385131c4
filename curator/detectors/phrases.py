"""Names in a text, thousands of them at once: each word of the text is looked up, no pattern is tried at each place."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

What = TypeVar("What")
_WORD = re.compile(r"\w+")
# "Zoom in", "Slack off": a name at the start of a sentence that is a verb there.
_AFTER_A_VERB = frozenset(
    ("in", "out", "into", "off", "back", "up", "your", "the", "a", "an", "this", "that", "it", "its", "from", "between",
     "die", "den", "das", "der", "ihre")
)  # fmt: skip
_LOOK_BACK = 8
_SENTENCE_ENDS = ".!?:•\n"


@dataclass(frozen=True, slots=True)
class Mention(Generic[What]):
    """A name where it stands in a text."""

    words: str
    start: int
    end: int
    what: What


class PhraseBook(Generic[What]):
    """Finds names as whole words. A name with capitals is only found with the same capitals, unless `any_case`."""

    def __init__(self, names: Iterable[tuple[str, What]], *, any_case: bool = False) -> None:
        self._any_case = any_case
        self._by_first: dict[str, list[tuple[str, What]]] = defaultdict(list)
        for name, what in names:
            plain = " ".join(name.split())
            first = _WORD.search(plain)
            if first is not None and first.start() == 0:
                self._by_first[first[0].casefold()].append((plain, what))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: len(row[0]), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str) -> list[Mention[What]]:
        """All mentions, in order; of names that overlap, the longest."""
        found: list[Mention[What]] = []
        end = 0
        for word in _WORD.finditer(text):
            if word.start() < end:
                continue
            for name, what in self._by_first.get(word[0].casefold(), ()):
                if self._stands_at(text, word.start(), name):
                    end = word.start() + len(name)
                    found.append(Mention(text[word.start() : end], word.start(), end, what))
                    break
        return found

    def _stands_at(self, text: str, start: int, name: str) -> bool:
        end = start + len(name)
        said = text[start:end]
        is_lenient = self._any_case or name == name.lower()
        if said != name and not (is_lenient and said.casefold() == name.casefold()):
            return False
        return _is_whole(text, start, end) and not (" " not in name and _is_verb(text, start, end))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Not a part of a longer word, an address or a path."""
    before, after, next_one = text[start - 1 : start], text[end : end + 1], text[end + 1 : end + 2]
    if before and (before.isalnum() or before in "@/_.\\#"):
        return False
    if after.isalnum() or after in ("_", "/", "@"):
        return False
    return not (after in (".", ":") and next_one.isalnum())


def _is_verb(text: str, start: int, end: int) -> bool:
    before = text[max(start - _LOOK_BACK, 0) : start].rstrip(" -*")
    if before and before[-1] not in _SENTENCE_ENDS:
        return False
    following = _WORD.match(text, end + 1)
    return following is not None and following[0].casefold() in _AFTER_A_VERB
