"""Changes the tables: a few cards in place, or all of them as a new edition."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.arrays.batch import WORD, Batch, batch_of
from search.backend import CardDoc
from search.postgres_index import spelling
from search.postgres_index.rows import (
    FIELD_NUMBERS,
    Flat,
    Key,
    cut,
    flat_of,
    keys_of_card,
    read_rows,
    replaced,
    terms_of_cards,
)
from search.postgres_index.tables import BLOCK_BITS, Cursor, State, create_indexes, next_edition, write_state

REBUILD_BATCH = 8_192
LATE_BATCH = 1_000


def prepare(docs: Iterable[CardDoc]) -> Batch:
    """These cards as a batch, in the order of their ids. Done before the tables are touched."""
    return batch_of(sorted(docs, key=lambda doc: doc.card_id))


def write_changes(cursor: Cursor, state: State, card_ids: Sequence[int], batch: Batch, seq: int) -> None:
    """Replace what the tables hold of these cards by this batch."""
    state = replace(state, version=state.version + 1, seq=seq)
    _replace_cards(cursor, state, card_ids, batch)
    write_state(cursor, state)


def write_all(cursor: Cursor, cards: Iterable[CardDoc], seq: int) -> State:
    """Fill the tables of a new edition and make it the one in use. Cards should come in the order of their ids."""
    state = replace(next_edition(cursor), seq=seq)
    late: list[CardDoc] = []
    for some in _by_blocks(cards, late):
        _copy(cursor, state, prepare(some))
    create_indexes(cursor, state)
    for start in range(0, len(late), LATE_BATCH):
        some = late[start : start + LATE_BATCH]
        _replace_cards(cursor, state, [doc.card_id for doc in some], prepare(some))
    for table in (state.card, state.posting, state.word):
        cursor.execute(f"ANALYZE {table}")
    write_state(cursor, state)
    return state


def _by_blocks(cards: Iterable[CardDoc], late: list[CardDoc]) -> Iterator[list[CardDoc]]:
    """Whole blocks of cards; what comes after its block was given out is put aside."""
    kept: dict[int, CardDoc] = {}
    seen: set[int] = set()
    given = -1
    for doc in cards:
        if doc.card_id in seen:
            continue
        seen.add(doc.card_id)
        if doc.card_id >> BLOCK_BITS <= given:
            late.append(doc)
            continue
        kept[doc.card_id] = doc
        if len(kept) >= REBUILD_BATCH:
            last = max(kept) >> BLOCK_BITS
            whole = [card_id for card_id in kept if card_id >> BLOCK_BITS < last]
            if whole:
                given = last - 1
                yield [kept.pop(card_id) for card_id in whole]
    if kept:
        yield list(kept.values())


def _copy(cursor: Cursor, state: State, batch: Batch) -> None:
    keys, flat = flat_of(batch)
    with cursor.copy(
        f"COPY {state.posting} (field, term, block, docs, impacts, counts, positions) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        copy.set_types(["int2", "text", "int8", "bytea", "bytea", "bytea", "bytea"])
        for row in cut(flat, keys):
            copy.write_row((*row.key, *row[1:]))
    with cursor.copy(f"COPY {state.card} (card_id, changed, facts, terms) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int8", "bytea", "text"])
        for card in _card_rows(state, batch, keys, flat):
            copy.write_row(card)
    _add_words(cursor, state, keys)


def _replace_cards(cursor: Cursor, state: State, card_ids: Sequence[int], batch: Batch) -> None:
    fresh, new = flat_of(batch)
    held = cursor.execute(
        f"SELECT card_id, terms FROM {state.card} WHERE card_id = ANY(%s::bigint[])",  # noqa: S608
        (list(card_ids),),
    ).fetchall()
    numbers = {key: number for number, key in enumerate(fresh)}
    for card_id, terms in held:
        for key in keys_of_card(card_id, terms):
            numbers.setdefault(key, len(numbers))
    keys = list(numbers)
    flat = replaced(_stored(cursor, state, keys), new, keys, np.array(card_ids, np.int64))
    rows = list(cut(flat, keys))
    _write_rows(cursor, state, keys, rows)
    _add_words(cursor, state, fresh)
    cursor.execute(
        f"INSERT INTO {state.card} (card_id, changed, facts, terms)"  # noqa: S608
        " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %b::bytea[], %s::text[])"
        " ON CONFLICT (card_id) DO UPDATE SET changed = EXCLUDED.changed, facts = EXCLUDED.facts,"
        " terms = EXCLUDED.terms",
        _columns(_all_cards(state, card_ids, batch, fresh, new), 4),
    )


def _stored(cursor: Cursor, state: State, keys: Sequence[Key]) -> Flat:
    """What the table holds under these keys."""
    return read_rows(
        cursor.execute(
            "SELECT w.n::integer - 1, p.*"  # noqa: S608
            " FROM unnest(%s::smallint[], %s::text[], %s::bigint[]) WITH ORDINALITY AS w (field, term, block, n),"
            f" LATERAL (SELECT docs, impacts, counts, positions FROM {state.posting} AS p"
            " WHERE p.field = w.field AND p.term = w.term AND p.block = w.block OFFSET 0) AS p",
            _columns(keys, 3),
        ).fetchall()
    )


def _write_rows(cursor: Cursor, state: State, keys: Sequence[Key], rows: Sequence[Any]) -> None:
    kept = {row.key for row in rows}
    empty = [key for key in keys if key not in kept]
    if empty:
        cursor.execute(
            f"DELETE FROM {state.posting} AS p"  # noqa: S608
            " USING unnest(%s::smallint[], %s::text[], %s::bigint[]) AS w (field, term, block)"
            " WHERE p.field = w.field AND p.term = w.term AND p.block = w.block",
            _columns(empty, 3),
        )
    cursor.execute(
        f"INSERT INTO {state.posting} (field, term, block, docs, impacts, counts, positions)"  # noqa: S608
        " SELECT * FROM unnest(%s::smallint[], %s::text[], %s::bigint[], %b::bytea[], %b::bytea[], %b::bytea[],"
        " %b::bytea[])"
        " ON CONFLICT (field, term, block) DO UPDATE SET docs = EXCLUDED.docs, impacts = EXCLUDED.impacts,"
        " counts = EXCLUDED.counts, positions = EXCLUDED.positions",
        _columns([(*row.key, *row[1:]) for row in rows], 7),
    )


def _add_words(cursor: Cursor, state: State, keys: Sequence[Key]) -> None:
    """Words stay in the vocabulary when no card has them any more: without postings they are proposed to nobody."""
    words = list({key.term for key in keys if key.field == FIELD_NUMBERS[WORD]})
    if words:
        cursor.execute(
            f"INSERT INTO {state.word} (term, keys) SELECT term, string_to_array(keys, ' ')"  # noqa: S608
            " FROM unnest(%s::text[], %s::text[]) AS w (term, keys) ON CONFLICT DO NOTHING",
            (words, [" ".join(spelling.keys_of(word)) for word in words]),
        )


def _card_rows(
    state: State, batch: Batch, keys: Sequence[Key], flat: Flat
) -> Iterator[tuple[int, int, bytes | None, str | None]]:
    card_ids: NDArray[np.int64] = batch.facts["card_id"].astype(np.int64)
    terms = terms_of_cards(keys, flat, card_ids)
    for card_id, facts in zip(card_ids.tolist(), batch.facts, strict=True):
        yield card_id, state.version, facts.tobytes(), terms[card_id]


def _all_cards(
    state: State, card_ids: Sequence[int], batch: Batch, keys: Sequence[Key], flat: Flat
) -> list[tuple[int, int, bytes | None, str | None]]:
    """The rows of all changed cards; those that the batch doesn't hold are gone."""
    rows = {row[0]: row for row in _card_rows(state, batch, keys, flat)}
    return [rows.get(card_id, (card_id, state.version, None, None)) for card_id in card_ids]


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> tuple[list[Any], ...]:
    """Rows as a list per column."""
    columns = tuple(list(column) for column in zip(*rows, strict=True))
    return columns or tuple([] for _ in range(count))
