"""What a search engine promises: documents in, ids and scores out, never a hit outside the scope.

Engines hold cards that are servable and nothing else; the indexer deletes the others. Texts shown to people
come from the database. `Query.collections` holds slugs: whoever knows the collections narrows the scope by
them before asking.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kb.trust.state import TrustState
from search.boosts import Boosts

if TYPE_CHECKING:
    from search.arrays.snapshot import Snapshot


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
    aliases: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    owner_id: int | None = None
    updated_at: datetime | None = None
    is_verified: bool = False
    is_flagged: bool = False
    verify_by: datetime | None = None


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


class Query(NamedTuple):
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
class Narrowing:
    """What a hit must be, beside what it says. Empty means anything. Trust needs the boosts' clock."""

    tags: tuple[str, ...] = ()
    trust: tuple[TrustState, ...] = ()
    owner_id: int | None = None
    language: str | None = None
    updated_since: datetime | None = None


ANYTHING = Narrowing()


class Hit(NamedTuple):
    """A card, its score and the parts that sum to it, as `search.ranking.PARTS` names them: the words first, then what
    each boost adds or takes."""

    card_id: int
    score: float
    parts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of hits. `relaxed`: none of the best has all the words. `corrected`: words that no card the reader
    may see holds, each with the one that was looked for instead. `generation`: the state of the index that was asked;
    empty where there was nothing to ask. `has_few`: the first hit has fewer than half of the words."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    relaxed: bool = False
    corrected: tuple[tuple[str, str], ...] = field(default=())
    generation: str = field(default="", compare=False)
    has_few: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    generation: str
    docs: int
    applied_seq: int
    size_bytes: int


class SearchBackend(Protocol):
    def writing(self) -> AbstractContextManager[None]:
        """Keep every other writer away; `apply` and `rebuild` inside it are part of it. Raises IndexBusy.

        What is read from the database inside can't be overtaken: no other writer applies newer changes first.
        """

    def apply(self, batch: Sequence[Change], seq: int) -> None:
        """Apply all changes and remember `seq`, or neither. The last change of a card wins. Idempotent."""

    def applied_seq(self) -> int: ...

    def search(
        self, query: Query, scope: Scope, limit: int, offset: int = 0, *,
        only: Narrowing = ANYTHING, boosts: Boosts | None = None,
    ) -> Hits:  # fmt: skip
        """Best first, by the formula of `search.ranking`; equal scores in the order of their ids.

        Phrases, tags and exclusions decide; of the words one is enough, each further one counts. A word that no
        card inside the scope holds is corrected, towards words of such cards only.
        """

    def suggest(self, prefix: str, scope: Scope, limit: int, *, boosts: Boosts | None = None) -> Hits:
        """Cards whose titles and tags hold these words, the last one as a prefix."""

    def correct(self, words: Sequence[str], scope: Scope) -> list[str | None]:
        """A likelier spelling per word, taken from cards inside the scope, or None."""

    def rebuild(self, cards: Iterable[CardDoc], seq: int) -> None:
        """Build a new index beside the old one, then swap. Works when the old one is unusable."""

    def overlaid(self, kept: Mapping[int, CardDoc], changed: Sequence[CardDoc], seq: int) -> "Snapshot | None":
        """A state of exactly these cards: `kept` with the words that the index has and the facts given, `changed` as
        they are given. None where the index is not at `seq`, or lies elsewhere."""

    def generation(self) -> str:
        """Changes with every commit and rebuild: a key for caches."""

    def health(self) -> Health: ...

    def card_ids(self) -> Mapping[int, str]:
        """Fingerprint of every indexed card as it lies there now, to compare with `fingerprint(doc)` of the database's.

        Opens the index anew: raises IndexUnusable when no other process could open it either.
        """

    def close(self) -> None: ...


def fingerprint(doc: CardDoc) -> str:
    return blake2b(repr(doc).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
