"""The postings of one term, fetched; its positions are fetched later, of those rows that a search looks into."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import TEXT
from search.arrays.postings import spread
from search.postgres_index.rows import FIELD_NUMBERS, shorts
from search.postgres_index.tables import Cursor, State

Term = tuple[str, str]
"""A field and a term of it."""
Shorts = NDArray[np.uint16]


class Shelf(Protocol):
    """What knows the numbers of documents, and can fetch more of the same state."""

    state: State

    def docs_in(self, blocks: Sequence[int], packed: Sequence[bytes]) -> NDArray[np.uint32]: ...

    def fetch_rows(self, postings: "StoredPostings", rows: Sequence[int]) -> None: ...


class StoredPostings:
    """Documents ascending, with what the term is worth to each.

    Row `i` of the table, which is block `blocks[i]`, holds the postings `starts[i]` to `starts[i + 1]`.
    """

    def __init__(
        self, shelf: Shelf, term: Term, blocks: Sequence[int], docs: Sequence[bytes],
        impacts: Sequence[bytes] | None,
    ) -> None:  # fmt: skip
        self.term = term[1]
        self.has_positions = term[0] == TEXT
        self.blocks = blocks
        self.docs: NDArray[np.uint32] = shelf.docs_in(blocks, docs)
        self.impacts: Shorts | None = shorts(b"".join(impacts)) if impacts is not None else None
        self.starts = np.concatenate(([0], np.cumsum([len(part) // 2 for part in docs], dtype=np.intp)))
        self.numbers = 2 * len(self.docs) + 1
        self._shelf = shelf
        self._rows: dict[int, tuple[Shorts, Shorts]] = {}

    def positions_of(self, postings: NDArray[Any]) -> tuple[NDArray[Any], Shorts]:
        """How many positions each of these postings has, and all of them one after the other."""
        if not self.has_positions or not len(postings):
            return np.zeros(len(postings), np.intp), np.empty(0, np.uint16)
        rows = self._rows_of(postings)
        wanted = np.unique(rows)
        missing = [row for row in wanted.tolist() if row not in self._rows]
        if missing:
            self._shelf.fetch_rows(self, missing)
        known = [self._rows[row] for row in wanted.tolist()]
        counts = np.concatenate([counts for counts, _ in known]).astype(np.intp)
        positions = np.concatenate([positions for _, positions in known])
        begins = np.concatenate(([0], np.cumsum([len(counts) for counts, _ in known])[:-1]))
        places = postings - self.starts[rows] + begins[wanted.searchsorted(rows)]
        firsts = np.cumsum(counts) - counts
        return counts[places], positions[spread(firsts[places], counts[places])]

    def unknown_rows(self, docs: NDArray[np.integer[Any]]) -> list[int]:
        """The rows that hold any of these documents and whose positions aren't known yet."""
        if not self.has_positions or not len(self.docs):
            return []
        places = self.docs.searchsorted(docs.astype(np.uint32))
        places[places == len(self.docs)] = 0
        held = places[self.docs[places] == docs]
        return [row for row in np.unique(self._rows_of(held)).tolist() if row not in self._rows]

    def learn(self, row: int, counts: bytes, positions: bytes) -> None:
        """Keep the positions of a row."""
        self._rows[row] = shorts(counts), shorts(positions)
        self.numbers += (len(counts) + len(positions)) // 2

    def _rows_of(self, postings: NDArray[Any]) -> NDArray[np.intp]:
        return self.starts.searchsorted(postings, "right") - 1


def fetch_postings(cursor: Cursor, shelf: Shelf, terms: Sequence[Term]) -> list[StoredPostings]:
    """The postings of each of these terms, without positions."""
    rows = cursor.execute(
        "SELECT w.n, p.* FROM unnest(%s::smallint[], %s::text[]) WITH ORDINALITY AS w (field, term, n),"  # noqa: S608
        " LATERAL (SELECT array_agg(block ORDER BY block), array_agg(docs ORDER BY block),"
        f" array_agg(impacts ORDER BY block) FROM {shelf.state.posting} AS p"
        " WHERE p.field = w.field AND p.term = w.term) AS p",
        ([FIELD_NUMBERS[field] for field, _ in terms], [term for _, term in terms]),
    ).fetchall()
    found = {number - 1: row for number, *row in rows}
    made = []
    for number, term in enumerate(terms):
        blocks, docs, impacts = found[number]
        has_impacts = impacts is not None and impacts[0] is not None
        made.append(StoredPostings(shelf, term, blocks or [], docs or [], impacts if has_impacts else None))
    return made


def fetch_positions(cursor: Cursor, state: State, wanted: Sequence[tuple[StoredPostings, Sequence[int]]]) -> None:
    """The positions of some rows of some terms, all at once."""
    asked = [(postings, row) for postings, rows in wanted for row in rows]
    if not asked:
        return
    rows = cursor.execute(
        "SELECT w.n, p.* FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY AS w (term, block, n),"  # noqa: S608
        f" LATERAL (SELECT counts, positions FROM {state.posting} AS p"
        " WHERE p.field = %s AND p.term = w.term AND p.block = w.block OFFSET 0) AS p",
        (
            [postings.term for postings, _ in asked], [postings.blocks[row] for postings, row in asked],
            FIELD_NUMBERS[TEXT],
        ),
    ).fetchall()  # fmt: skip
    for number, counts, positions in rows:
        postings, row = asked[number - 1]
        postings.learn(row, counts, positions)
