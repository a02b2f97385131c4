"""One committed state of the tables. Facts of all cards are kept in memory, postings are fetched as they are asked for.

A document's number is the place of its block of card numbers among all blocks, times the size of a block, and its
place in the block.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import FACTS, NO_CARD, WORD
from search.arrays.snapshot import Docs, Part, Snapshot
from search.arrays.spelling import WRITTEN
from search.backend import IndexUnusable
from search.boosts import NEVER
from search.edits import edit_distance
from search.postgres_index import spelling
from search.postgres_index.postings import StoredPostings, Term, fetch_positions, fetch_postings
from search.postgres_index.rows import FIELD_NUMBERS, shorts
from search.postgres_index.tables import BLOCK, BLOCK_BITS, Cursor, State

TERMS_KEPT, NUMBERS_KEPT = 2_000, 8_000_000
"""So many terms, and numbers of two to four bytes in their postings, are kept until the next commit."""
Columns = dict[str, NDArray[Any]]
_KEPT = tuple(name for name in FACTS.names or () if name not in ("seq", "fingerprint"))
_LAST_LETTER = "\U0010ffff"


class StoredSnapshot(Snapshot):
    """Reads through the cursor that the thread has lent it, whose transaction sees this state."""

    def __init__(self, state: State, blocks: NDArray[np.int64], facts: Columns) -> None:
        self.state = state
        self.blocks = blocks
        self.facts = facts
        self._lent = threading.local()
        self._known: OrderedDict[Term, StoredPostings] = OrderedDict()
        self._keeping = threading.Lock()
        super().__init__(state.generation, np.ones(len(blocks) * BLOCK, np.bool_))

    @contextmanager
    def over(self, cursor: Cursor) -> Iterator["StoredSnapshot"]:
        """Let this thread's searches read through the cursor."""
        self._lent.cursor = cursor
        try:
            yield self
        finally:
            self._lent.cursor = None

    def column(self, name: str, kind: Any) -> NDArray[Any]:
        """One of the facts of all documents."""
        return self.facts[name].astype(kind, copy=False)

    def expect(self, terms: Iterable[Term]) -> None:
        """Fetch the postings of all these terms at once."""
        missing = [term for term in dict.fromkeys(terms) if term not in self._known]
        if missing:
            for term, found in zip(missing, self._fetched(missing), strict=True):
                self._keep(term, found)

    def parts(self, field: str, term: str) -> list[Part]:
        """The postings of a term, in one part."""
        found = self._known.get((field, term))
        if found is None:
            (found,) = self._fetched([(field, term)])
            self._keep((field, term), found)
        return [Part(0, found.docs, found.impacts, found, 0)] if len(found.docs) else []

    def beginning(self, field: str, beginning: str, *, longer_by: int = 0) -> Docs:
        """The documents with any term that begins so and is at least so many bytes longer, ascending."""
        rows = self._cursor.execute(
            f"SELECT block, docs FROM {self.state.posting}"  # noqa: S608
            " WHERE field = %s AND term >= %s AND term < %s AND octet_length(term) >= %s",
            (FIELD_NUMBERS[field], beginning, beginning + _LAST_LETTER, len(beginning.encode()) + longer_by),
        ).fetchall()
        return np.unique(self.docs_in([row[0] for row in rows], [row[1] for row in rows]))

    def near(self, word: str, edits: int) -> Iterator[tuple[int, str, Docs]]:
        """The words that share a key, measured."""
        first, last = sorted(spelling.first_keys(word)), sorted(spelling.last_keys(word))
        both = "keys && %s::text[] AND keys && %s::text[]" if edits == 1 else "keys && %s::text[] OR keys && %s::text[]"
        rows = self._cursor.execute(f"SELECT term FROM {self.state.word} WHERE {both}", (first, last)).fetchall()  # noqa: S608
        found = [(edit_distance(word, term.partition(WRITTEN)[0], edits), term) for (term,) in rows]
        close = sorted((distance, term) for distance, term in found if distance <= edits)
        self.expect((WORD, term) for _, term in close)
        for distance, term in close:
            folded, _, written = term.partition(WRITTEN)
            for part in self.parts(WORD, term):
                yield distance, written or folded, part.docs

    def fingerprints(self) -> dict[int, str]:
        """The fingerprint of every card; no search needs them, so they aren't kept."""
        facts = _read_facts(self._cursor, self.state)
        return dict(zip(facts["card_id"].tolist(), map("{:016x}".format, facts["fingerprint"].tolist()), strict=True))

    def applied_seq(self) -> int:
        """The newest change that is in the index."""
        return self.state.seq

    def expect_positions(self, parts: Iterable[Part], docs: Docs) -> None:
        """Fetch the rows of these terms that hold these documents and whose positions aren't known."""
        wanted = [(part.field, part.field.unknown_rows(docs)) for part in parts
                  if isinstance(part.field, StoredPostings)]  # fmt: skip
        fetch_positions(self._cursor, self.state, wanted)

    def fetch_rows(self, postings: StoredPostings, rows: Sequence[int]) -> None:
        """The positions of one term in some of its rows."""
        fetch_positions(self._cursor, self.state, [(postings, rows)])

    def docs_in(self, blocks: Sequence[int], packed: Sequence[bytes]) -> NDArray[np.uint32]:
        """The numbers of the documents in packed rows of these blocks."""
        places = self.blocks.searchsorted(np.array(blocks, np.int64)).astype(np.uint32) * np.uint32(BLOCK)
        sizes = np.array([len(docs) // 2 for docs in packed], np.intp)
        return np.repeat(places, sizes) + shorts(b"".join(packed)).astype(np.uint32)

    @property
    def _cursor(self) -> Cursor:
        cursor = getattr(self._lent, "cursor", None)
        if cursor is None:
            raise RuntimeError("lend the snapshot a cursor first")
        return cursor

    def _fetched(self, terms: Sequence[Term]) -> list[StoredPostings]:
        return fetch_postings(self._cursor, self, terms)

    def _keep(self, term: Term, found: StoredPostings) -> None:
        with self._keeping:
            self._known[term] = found
            numbers = sum(known.numbers for known in self._known.values())
            while len(self._known) > 1 and (len(self._known) > TERMS_KEPT or numbers > NUMBERS_KEPT):
                numbers -= self._known.popitem(last=False)[1].numbers


def read_snapshot(cursor: Cursor, state: State, known: StoredSnapshot | None) -> StoredSnapshot:
    """The state that this transaction sees; from an older one only what has changed since is fetched."""
    if known is not None and known.state.token == state.token and known.state.version < state.version:
        rows = cursor.execute(
            f"SELECT card_id, facts FROM {state.card} WHERE changed > %s",  # noqa: S608
            (known.state.version,),
        ).fetchall()
        return _changed(state, known, rows)
    facts = _read_facts(cursor, state)
    blocks = np.unique(facts["card_id"] >> BLOCK_BITS)
    return StoredSnapshot(state, blocks, _placed(blocks, facts, _empty(len(blocks))))


def _changed(state: State, known: StoredSnapshot, rows: Sequence[tuple[int, bytes | None]]) -> StoredSnapshot:
    fresh = _unpacked(b"".join(packed for _, packed in rows if packed is not None))
    blocks = np.union1d(known.blocks, fresh["card_id"] >> BLOCK_BITS)
    if len(blocks) == len(known.blocks):
        facts = {name: column.copy() for name, column in known.facts.items()}
    else:
        facts = _empty(len(blocks))
        before = blocks.searchsorted(known.blocks)
        for name, column in facts.items():
            column.reshape(-1, BLOCK)[before] = known.facts[name].reshape(-1, BLOCK)
    gone = np.array([card_id for card_id, packed in rows if packed is None], np.int64)
    gone = gone[np.isin(gone >> BLOCK_BITS, blocks)]
    facts["card_id"][_numbers(blocks, gone)] = NO_CARD
    return StoredSnapshot(state, blocks, _placed(blocks, fresh, facts))


def _unpacked(packed: bytes) -> NDArray[Any]:
    if len(packed) % FACTS.itemsize:
        raise IndexUnusable("the facts of the search index are damaged")
    return np.frombuffer(packed, FACTS)


def _read_facts(cursor: Cursor, state: State) -> NDArray[Any]:
    (packed,) = cursor.execute(f"SELECT string_agg(facts, ''::bytea) FROM {state.card}").fetchone()  # noqa: S608
    return _unpacked(packed or b"")


def _placed(blocks: NDArray[np.int64], facts: NDArray[Any], into: Columns) -> Columns:
    numbers = _numbers(blocks, facts["card_id"])
    for name, column in into.items():
        column[numbers] = facts[name]
    return into


def _numbers(blocks: NDArray[np.int64], card_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = blocks.searchsorted(card_ids >> BLOCK_BITS) * BLOCK + (card_ids & (BLOCK - 1))
    return numbers


def _empty(blocks: int) -> Columns:
    facts = {name: np.zeros(blocks * BLOCK, FACTS[name]) for name in _KEPT}
    facts["card_id"][:] = NO_CARD
    facts["verify_by"][:] = NEVER
    return facts
