"""Postings as the table has them: a row per field, term and block of card numbers, and many rows as a few arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import AUDIENCE, COMPOUND, EDGE, TAG, TEXT, WORD, Batch
from search.arrays.postings import FieldPostings, spread
from search.postgres_index.tables import BLOCK, BLOCK_BITS

FIELD_NUMBERS = {TEXT: 1, WORD: 2, EDGE: 3, COMPOUND: 4, TAG: 5, AUDIENCE: 6}
"""Part of the rules: another order needs another stamp."""
BETWEEN = "\x02"
"""Between the terms of a card. The analysis lets no such sign through."""
_WITH_IMPACTS = frozenset({FIELD_NUMBERS[TEXT], FIELD_NUMBERS[EDGE]})
_SHORT = np.dtype("<u2")
Shorts = NDArray[np.uint16]
Numbers = NDArray[np.intp]


class Key(NamedTuple):
    """What a row is found by."""

    field: int
    term: str
    block: int


class Row(NamedTuple):
    """A row's columns, packed."""

    key: Key
    docs: bytes
    impacts: bytes | None
    counts: bytes | None
    positions: bytes | None


@dataclass(frozen=True, slots=True)
class Flat:
    """Postings of many rows: an entry per posting, except `positions`, of which posting `i` owns the next `counts[i]`.

    rows: the number of the row among some keys; docs: the place of the card in its block.
    """

    rows: Numbers
    docs: Shorts
    impacts: Shorts
    counts: Shorts
    positions: Shorts


def flat_of(batch: Batch) -> tuple[list[Key], Flat]:
    """The rows of a batch whose cards ascend, in order."""
    keys: list[Key] = []
    parts: list[Flat] = []
    card_ids = batch.facts["card_id"].astype(np.int64)
    for name, number in FIELD_NUMBERS.items():
        found, flat = _flat_of_field(number, batch.fields[name], card_ids, len(keys))
        keys += found
        parts.append(flat)
    return keys, joined(parts)


def joined(parts: Sequence[Flat]) -> Flat:
    """All of these, one after the other."""
    return Flat(
        np.concatenate([part.rows for part in parts]), np.concatenate([part.docs for part in parts]),
        np.concatenate([part.impacts for part in parts]), np.concatenate([part.counts for part in parts]),
        np.concatenate([part.positions for part in parts]),
    )  # fmt: skip


def read_rows(found: Sequence[tuple[int, bytes, bytes | None, bytes | None, bytes | None]]) -> Flat:
    """Rows from the table: the number of the key, then the packed columns."""
    sizes = np.array([len(docs) // 2 for _, docs, _, _, _ in found], np.intp)
    numbers = np.array([number for number, *_ in found], np.intp)
    docs = shorts(b"".join(docs for _, docs, _, _, _ in found))
    impacts = shorts(b"".join(bytes(len(docs)) if some is None else some for _, docs, some, _, _ in found))
    counts = shorts(b"".join(bytes(len(docs)) if some is None else some for _, docs, _, some, _ in found))
    positions = shorts(b"".join(some for *_, some in found if some is not None))
    return Flat(np.repeat(numbers, sizes), docs, impacts, counts, positions)


def replaced(old: Flat, new: Flat, keys: Sequence[Key], changed: NDArray[np.int64]) -> Flat:
    """The old postings without those of the changed cards, and the new ones, in the order of rows and cards."""
    blocks = np.array([key.block for key in keys], np.int64)
    ids = (blocks[old.rows] << BLOCK_BITS) + old.docs
    both = joined([old, new])
    kept = np.concatenate((~np.isin(ids, changed), np.ones(len(new.rows), np.bool_))).nonzero()[0]
    order = kept[np.lexsort((both.docs[kept], both.rows[kept]))]
    firsts = np.cumsum(both.counts, dtype=np.intp) - both.counts
    positions = both.positions[spread(firsts[order], both.counts[order])]
    return Flat(both.rows[order], both.docs[order], both.impacts[order], both.counts[order], positions)


def cut(flat: Flat, keys: Sequence[Key]) -> Iterator[Row]:
    """The rows that have postings, packed. They must be in order."""
    if not len(flat.rows):
        return
    starts = np.flatnonzero(np.concatenate(([True], flat.rows[1:] != flat.rows[:-1])))
    ends = [*starts[1:].tolist(), len(flat.rows)]
    places = np.concatenate(([0], np.cumsum(flat.counts, dtype=np.intp)))
    docs, impacts, counts, positions = (
        column.astype(_SHORT, copy=False).tobytes() for column in (flat.docs, flat.impacts, flat.counts, flat.positions)
    )
    text = FIELD_NUMBERS[TEXT]
    for row, start, end in zip(flat.rows[starts].tolist(), starts.tolist(), ends, strict=True):
        key = keys[row]
        here = slice(2 * start, 2 * end)
        has_impacts, has_positions = key.field in _WITH_IMPACTS, key.field == text
        there = slice(2 * int(places[start]), 2 * int(places[end])) if has_positions else here
        yield Row(
            key, docs[here], impacts[here] if has_impacts else None, counts[here] if has_positions else None,
            positions[there] if has_positions else None,
        )  # fmt: skip


def terms_of_cards(keys: Sequence[Key], flat: Flat, card_ids: NDArray[np.int64]) -> dict[int, str]:
    """Of each card its terms with the numbers of their fields: by these its postings are found."""
    names = [f"{key.field}{key.term}" for key in keys]
    blocks = np.array([key.block for key in keys], np.int64)
    ids = (blocks[flat.rows] << BLOCK_BITS) + flat.docs
    order = np.argsort(ids, kind="stable")
    ordered, rows = ids[order], flat.rows[order].tolist()
    starts = ordered.searchsorted(card_ids).tolist()
    ends = ordered.searchsorted(card_ids, "right").tolist()
    return {
        card_id: BETWEEN.join([names[row] for row in rows[start:end]])
        for card_id, start, end in zip(card_ids.tolist(), starts, ends, strict=True)
    }


def keys_of_card(card_id: int, terms: str) -> Iterator[Key]:
    """The rows that hold a card's postings."""
    for term in terms.split(BETWEEN) if terms else ():
        yield Key(int(term[0]), term[1:], card_id >> BLOCK_BITS)


def shorts(packed: bytes) -> Shorts:
    """A packed column as an array."""
    return np.frombuffer(packed, _SHORT)


def _flat_of_field(
    number: int, field: FieldPostings, card_ids: NDArray[np.int64], first: int
) -> tuple[list[Key], Flat]:
    starts = field.starts.astype(np.intp)
    terms = np.repeat(np.arange(len(field.terms)), starts[1:] - starts[:-1])
    ids = card_ids[field.docs]
    blocks = ids >> BLOCK_BITS
    begins = np.ones(len(ids), np.bool_)
    begins[1:] = (terms[1:] != terms[:-1]) | (blocks[1:] != blocks[:-1])
    names: list[Any] = field.terms[terms[begins]].tolist()
    keys = [Key(number, name.decode(), block) for name, block in zip(names, blocks[begins].tolist(), strict=True)]
    nothing = np.zeros(len(ids), _SHORT)
    has_positions = field.firsts is not None and field.positions is not None
    return keys, Flat(
        np.cumsum(begins) - 1 + first,
        (ids & (BLOCK - 1)).astype(_SHORT),
        nothing if field.impacts is None else field.impacts,
        np.diff(field.firsts).astype(_SHORT) if has_positions and field.firsts is not None else nothing,
        field.positions if has_positions and field.positions is not None else np.empty(0, _SHORT),
    )
