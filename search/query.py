"""Reads what a person typed: words, "phrases", -not, tag:x, tag:"two words", collection:x. Never fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from search.analysis import CHUNK, TERM_LIMIT, label, normalise
from search.backend import Query

TEXT_LIMIT = 300
TOKENS_LIMIT = 12


def parse(text: str) -> Query:
    cleaned = normalise(text[:TEXT_LIMIT])[:TEXT_LIMIT]
    draft = _Draft()
    for match in _TOKEN.finditer(cleaned):
        draft.take(match)
    prefix = draft.ends_in_word and not cleaned[-1:].isspace()
    return Query(
        words=tuple(draft.words),
        phrases=tuple(draft.phrases),
        excluded=tuple(draft.excluded),
        tags=tuple(draft.tags),
        collections=tuple(draft.collections),
        raw=" ".join(cleaned.split()),
        prefix=prefix,
    )


_TOKEN = re.compile(
    r"(?P<minus>(?<!\S)-(?=[^\s-]))?(?:(?P<key>(?i:tag|collection)):(?=\S))?"
    r'(?:"(?P<quoted>[^"]*)"?|(?P<bare>§+\s*[^\s"]+|[^\s"]+))'
)


@dataclass(slots=True)
class _Draft:
    words: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    count: int = 0
    ends_in_word: bool = False

    def take(self, match: "re.Match[str]") -> None:
        self.ends_in_word = False
        value = match["bare"] if match["quoted"] is None else match["quoted"]
        if match["minus"]:
            self._add(self.excluded, self._fitting(value))
        elif match["key"]:
            self._take_keyed(match["key"].lower(), value)
        elif match["quoted"] is not None:
            self._add(self.phrases, self._fitting(value))
        else:
            self._take_words(value)

    def _take_keyed(self, key: str, value: str) -> None:
        self._add(self.tags if key == "tag" else self.collections, label(value))

    def _take_words(self, value: str) -> None:
        for chunk in _chunks(value):
            self.ends_in_word = self._add(self.words, chunk)

    def _fitting(self, value: str) -> str:
        """A phrase counts as many tokens as it has words, so that no limit can be quoted away."""
        return " ".join(list(_chunks(value))[: TOKENS_LIMIT - self.count])

    def _add(self, target: list[str], value: str) -> bool:
        size = 1 if target is self.tags else value.count(" ") + 1
        if not value or self.count + size > TOKENS_LIMIT:
            return False
        self.count += size
        target.append(value)
        return True


def _chunks(value: str) -> Iterator[str]:
    for match in CHUNK.finditer(" ".join(value.split())):
        yield match.group()[:TERM_LIMIT]
