"""One committed state of an index: which documents it holds, what is deleted, who may see what.

Documents are numbered from zero. A snapshot never changes once it is made, only its caches grow. Where postings and
facts lie is the engine's: segments of files (`segment_snapshot`), or tables of PostgreSQL.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from search import analysis
from search.arrays.batch import COMPOUNDING, FACTS, NO_CARD, TAG
from search.backend import Narrowing, Scope
from search.boosts import TRUST_ORDER, Boosts, UseCounts, microseconds, next_transition, trust_states

Key = TypeVar("Key")
Value = TypeVar("Value")
Mask = NDArray[np.bool_]
Docs = NDArray[np.integer[Any]]
MASKS_KEPT = 64
_JOINS_WORDS = "joins words"


class Positioned(Protocol):
    """Postings that may know where in each card's text their term stands."""

    @property
    def has_positions(self) -> bool: ...

    def positions_of(self, postings: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint16]]:
        """How many positions each of these postings has, and all of them one after the other."""


class Part(NamedTuple):
    """Postings of one term: documents ascending, numbered from `offset` on. The first is number `start` in `field`."""

    offset: int
    docs: Docs
    impacts: NDArray[np.uint16] | None
    field: Positioned
    start: int

    def numbers(self) -> NDArray[np.intp]:
        """The documents as they are numbered in the whole snapshot, ready to be looked up in its arrays."""
        docs = self.docs.astype(np.intp)
        return docs + self.offset if self.offset else docs


@dataclass(frozen=True, slots=True)
class _Trust:
    """The states of all documents, right until an instant."""

    states: NDArray[np.int8]
    due_soon: Any
    since: int
    until: int


class _Factors(NamedTuple):
    """The factors of all documents, with what they were made from: they hold as long as those are the current ones."""

    states: NDArray[np.int8]
    use: UseCounts
    factors: NDArray[np.float32]


class Snapshot(ABC):
    """All that a search reads. `committed` leaves out the documents that are deleted."""

    def __init__(self, generation: str, committed: Mask) -> None:
        self.generation = generation
        self.size = len(committed)
        self._committed = committed
        self.card_ids = self.column("card_id", np.int64)
        self._collection_ids = np.maximum(self.column("collection_id", np.int64), 0)
        self.alive: Mask = self._committed & (self.card_ids != NO_CARD)
        self._lock = Lock()
        self._masks: OrderedDict[frozenset[int], Mask] = OrderedDict()
        self._shelves: OrderedDict[int, Mask] = OrderedDict()
        self._columns: dict[str, NDArray[Any]] = {}
        self._trust: _Trust | None = None
        self._factors: OrderedDict[bytes, _Factors] = OrderedDict()

    @abstractmethod
    def column(self, name: str, kind: Any) -> NDArray[Any]:
        """One of the facts of all documents."""

    @abstractmethod
    def parts(self, field: str, term: str) -> list[Part]:
        """The postings of a term, deleted documents included."""

    @abstractmethod
    def beginning(self, field: str, beginning: str, *, longer_by: int = 0) -> Docs:
        """The documents with any term that begins so and is at least so many bytes longer, ascending."""

    @abstractmethod
    def near(self, word: str, edits: int) -> Iterator[tuple[int, str, Docs]]:
        """(edits, word as written, documents) for words of the cards at most so many edits away, perhaps repeatedly."""

    @abstractmethod
    def applied_seq(self) -> int:
        """The newest change that is in the index."""

    def expect(self, terms: Iterable[tuple[str, str]]) -> None:  # noqa: B027
        """The postings of these terms, each after its field, are asked for next: fetch them at once."""

    def expect_positions(self, parts: Iterable[Part], docs: Docs) -> None:  # noqa: B027
        """The positions of these postings in these documents, ascending, are asked for next: fetch them at once."""

    def fact(self, name: str) -> NDArray[Any]:
        """The same, kept for the next search."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self.column(name, FACTS[name])
        return found

    def mask(self, scope: Scope) -> Mask:
        """Which documents are alive and inside the scope. Shared: copy it before changing it."""
        key = scope.collection_ids
        with self._lock:
            known = self._masks.get(key)
        if known is None:
            known = self._collected(key)
            with self._lock:
                _remember(self._masks, key, known, MASKS_KEPT)
        return known

    def _collected(self, collections: frozenset[int]) -> Mask:
        """The documents of a few collections are put together from those of each; for many each is looked up."""
        if len(collections) <= MASKS_KEPT:
            found = np.zeros(self.size, np.bool_)
            for number in collections:
                shelf = self._shelves.get(number)
                if shelf is None:
                    shelf = self.alive & (self._collection_ids == number)
                    with self._lock:
                        _remember(self._shelves, number, shelf, MASKS_KEPT)
                found |= shelf
            return found
        is_readable = np.zeros(int(self._collection_ids.max(initial=0)) + 2, np.bool_)
        is_readable[[number for number in collections if 0 <= number < len(is_readable)]] = True
        readable: Mask = self.alive & is_readable[self._collection_ids]
        return readable

    def narrowed(self, visible: Mask, only: Narrowing, boosts: Boosts | None) -> Mask:
        """Those that are also what the reader wants them to be; a new array unless nothing is asked for."""
        base = visible
        for tag in only.tags:
            base = base & self.members(TAG, analysis.label(tag))
        if only.trust and boosts is not None:
            wanted = [TRUST_ORDER.index(state) for state in only.trust]
            base = base & np.isin(self.trust(boosts), np.array(wanted, np.int8))
        if only.owner_id is not None:
            base = base & (self.fact("owner_id") == only.owner_id)
        if only.language is not None:
            base = base & (self.fact("language") == only.language.encode()[:8])
        if only.updated_since is not None:
            base = base & (self.fact("updated_at") >= microseconds(only.updated_since))
        return base

    def members(self, field: str, term: str) -> Mask:
        """Which documents have the term."""
        members = np.zeros(self.size, np.bool_)
        for part in self.parts(field, term):
            members[part.numbers()] = True
        return members

    def compounding(self) -> Mask:
        """Which documents are written in a language that joins words."""
        found = self._columns.get(_JOINS_WORDS)
        if found is None:
            languages = np.array([name.encode() for name in sorted(COMPOUNDING)])
            found = self._columns[_JOINS_WORDS] = np.isin(self.fact("language"), languages)
        return found

    def trust(self, boosts: Boosts) -> NDArray[np.int8]:
        """The place in TRUST_ORDER of every document, computed anew only when time changes one of them."""
        now, known = microseconds(boosts.now), self._trust
        if known is None or known.due_soon != boosts.due_soon or not known.since <= now < known.until:
            verify_by = self.fact("verify_by")
            states = trust_states(
                self.fact("is_verified"), self.fact("is_flagged"), verify_by, boosts.now, boosts.due_soon
            )
            until = next_transition(verify_by, boosts.now, boosts.due_soon)
            known = self._trust = _Trust(states, boosts.due_soon, now, until)
        return known.states

    def factors(self, boosts: Boosts) -> NDArray[np.float32]:
        """Trust and use of every document as one factor, the same for every reader."""
        states, weights = self.trust(boosts), boosts.trust_factors
        key = weights.tobytes()
        with self._lock:
            known = self._factors.get(key)
        if known is None or known.states is not states or known.use is not boosts.use:
            known = _Factors(states, boosts.use, weights[states] * boosts.use.of(self.card_ids))
            with self._lock:
                _remember(self._factors, key, known, 2)  # with trust, and without
        return known.factors

    def fingerprints(self) -> dict[int, str]:
        """The fingerprint of every card."""
        ids, prints = self.card_ids[self.alive].tolist(), self.column("fingerprint", np.uint64)[self.alive].tolist()
        return {card_id: f"{print_:016x}" for card_id, print_ in zip(ids, prints, strict=True)}


def _remember(cache: OrderedDict[Key, Value], key: Key, value: Value, limit: int) -> None:
    cache[key] = value
    while len(cache) > limit:
        cache.popitem(last=False)
