"""What a search engine promises: documents in, ids and scores out, never a hit outside the scope.

Engines hold cards that are servable and nothing else; the indexer deletes the others. Texts shown to people
come from the database. `Query.collections` holds slugs: whoever knows the collections narrows the scope by
them before asking.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol


class IndexUnusable(Exception):
    """The index can't be opened, or was written by other rules: rebuild it."""


class IndexBusy(Exception):
    """Another writer holds the index: try again later."""


@dataclass(frozen=True, slots=True)
class CardDoc:
    card_id: int
    collection_id: int
    language: str
    title: str
    headings: str
    body: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upsert:
    doc: CardDoc

    @property
    def card_id(self) -> int:
        return self.doc.card_id


@dataclass(frozen=True, slots=True)
class Delete:
    card_id: int


Change = Upsert | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `prefix`: the last word is still being typed.

    `synonyms`: for runs of its words, joined by blanks, the words and phrases that mean the same.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    raw: str = ""
    prefix: bool = False
    synonyms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.phrases or self.tags or self.collections)


@dataclass(frozen=True, slots=True)
class Scope:
    """The collections whose cards may be found. Required everywhere; an empty scope finds nothing."""

    collection_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Hit:
    card_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of hits. `relaxed`: no card has all the words, these have most of them."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    generation: str
    docs: int
    applied_seq: int
    size_bytes: int


class SearchBackend(Protocol):
    def apply(self, batch: Sequence[Change], seq: int) -> None:
        """Apply all changes and remember `seq`, or neither. The last change of a card wins. Idempotent."""

    def applied_seq(self) -> int: ...

    def search(self, query: Query, scope: Scope, limit: int, offset: int = 0) -> Hits:
        """Best first. All words must occur; where few cards have them all, at least half of them."""

    def suggest(self, prefix: str, scope: Scope, limit: int) -> Hits:
        """Cards whose titles and tags hold these words, the last one as a prefix."""

    def correct(self, words: Sequence[str], scope: Scope) -> list[str | None]:
        """A likelier spelling per word, taken from cards inside the scope, or None."""

    def rebuild(self, cards: Iterable[CardDoc], seq: int) -> None:
        """Build a new index beside the old one, then swap. Works when the old one is unusable."""

    def generation(self) -> str:
        """Changes with every commit and rebuild: a key for caches."""

    def health(self) -> Health: ...

    def card_ids(self) -> Mapping[int, str]:
        """Fingerprint of every indexed card, to compare with `fingerprint(doc)` of the database's."""

    def close(self) -> None: ...


def fingerprint(doc: CardDoc) -> str:
    fields = (doc.card_id, doc.collection_id, doc.language, doc.title, doc.headings, doc.body, doc.tags)
    return blake2b(repr(fields).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
