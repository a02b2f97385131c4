"""The tables of the index: a schema of their own, made by the engine, since all of it can be made again.

state        one row: which edition is in use, the rules that wrote it, how far it is
card_<n>     a row per card: its facts, packed, and its terms; facts are NULL once it is deleted
posting_<n>  a row per term and block of 1 024 card numbers: packed arrays of unsigned 16-bit numbers
word_<n>     every word that a typo may be repaired to, under the keys by which it is found

A commit raises `version`; a card's `changed` says in which version it last did, so that readers fetch what is new. A
rebuild fills the tables of a new edition and makes it the one in use in the same transaction.
"""

import secrets
import time
import unicodedata
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from psycopg import errors

from search import analysis
from search.arrays.batch import FACTS
from search.backend import IndexBusy, IndexUnusable

Cursor = Any
SCHEMA = "vitrine_search"
BLOCK_BITS = 10
BLOCK = 1 << BLOCK_BITS
WRITER, CHANGE = 5_214_907_331, 5_214_907_332
"""Locks: of the one process that writes, for as long as it does; and of each transaction that changes the tables, since
a server may still be finishing one when the process that began it is gone."""
_PAUSE = 0.02

# Everything old tables depend on: another stamp means rebuild.
STAMP = " ".join(
    (
        "tables-1",
        "snowball-" + version("snowballstemmer"),
        "unicode-" + unicodedata.unidata_version,
        ",".join(analysis.LANGUAGES),
        "facts-" + str(FACTS.itemsize),
    )
)


@dataclass(frozen=True, slots=True)
class State:
    """What the one row says. `token` is drawn anew with each edition: two indexes never share a generation."""

    stamp: str
    token: str
    edition: int
    version: int
    seq: int

    @property
    def generation(self) -> str:
        return f"{self.token}.{self.version}"

    @property
    def card(self) -> str:
        return f"{SCHEMA}.card_{self.edition}"

    @property
    def posting(self) -> str:
        return f"{SCHEMA}.posting_{self.edition}"

    @property
    def word(self) -> str:
        return f"{SCHEMA}.word_{self.edition}"


def read_state(cursor: Cursor) -> State:
    """The state this transaction sees. Raises errors.UndefinedTable where there has never been an index."""
    row = cursor.execute(f"SELECT stamp, token, edition, version, seq FROM {SCHEMA}.state").fetchone()  # noqa: S608
    if row is None:
        raise IndexUnusable("the state of the search index is missing")
    state = State(*row)
    if state.stamp != STAMP:
        raise IndexUnusable("the search index was written by other rules")
    return state


def has_state(cursor: Cursor) -> bool:
    """Whether there has ever been an index."""
    return bool(cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{SCHEMA}.state",)).fetchone()[0])


def take_lock(cursor: Cursor, key: int, timeout: float) -> None:
    """Be the only one to hold it until this transaction ends. Raises IndexBusy."""
    until = time.monotonic() + timeout
    while not cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (key,)).fetchone()[0]:
        if time.monotonic() >= until:
            raise IndexBusy("another process writes the search index")
        time.sleep(_PAUSE)


def create_index(cursor: Cursor) -> State:
    """An empty index, in use."""
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    cursor.execute(_STATE_TABLE)
    state = State(STAMP, secrets.token_hex(4), 1, 0, 0)
    create_tables(cursor, state)
    create_indexes(cursor, state)
    write_state(cursor, state)
    return state


def next_edition(cursor: Cursor) -> State:
    """A new edition with empty tables, not yet in use. What can't be read is thrown away."""
    cursor.execute("SAVEPOINT reading")
    try:
        row = cursor.execute(f"SELECT stamp, token, edition, version, seq FROM {SCHEMA}.state").fetchone()  # noqa: S608
        edition = int(row[2])
    except (errors.ProgrammingError, TypeError):
        cursor.execute("ROLLBACK TO SAVEPOINT reading")
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(_STATE_TABLE)
        edition = 0
    state = State(STAMP, secrets.token_hex(4), edition + 1, 0, 0)
    drop_tables(cursor, state)
    create_tables(cursor, state)
    return state


def create_tables(cursor: Cursor, state: State) -> None:
    """Without most of the indexes: a table is filled faster before it has any."""
    for statement in _TABLES:
        cursor.execute(statement.format(card=state.card, posting=state.posting, word=state.word))


def create_indexes(cursor: Cursor, state: State) -> None:
    """What reading and writing single cards needs."""
    for statement in _INDEXES:
        cursor.execute(statement.format(card=state.card, posting=state.posting, word=state.word))


def drop_tables(cursor: Cursor, state: State) -> None:
    """The tables of one edition, as far as they are there."""
    cursor.execute(f"DROP TABLE IF EXISTS {state.card}, {state.posting}, {state.word}")


def other_editions(cursor: Cursor, state: State) -> list[State]:
    """What a rebuild has left behind."""
    rows = cursor.execute(
        "SELECT substring(relname FROM 6)::integer FROM pg_class"
        " WHERE relnamespace = %s::regnamespace AND relname ~ '^card_[0-9]{1,9}$' AND relkind = 'r'",
        (SCHEMA,),
    ).fetchall()
    return [replace(state, edition=edition) for (edition,) in rows if edition != state.edition]


def write_state(cursor: Cursor, state: State) -> None:
    """Make this the state of the index once the transaction is committed."""
    cursor.execute(
        f"INSERT INTO {SCHEMA}.state (stamp, token, edition, version, seq) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
        " ON CONFLICT (is_only) DO UPDATE SET stamp = EXCLUDED.stamp, token = EXCLUDED.token,"
        " edition = EXCLUDED.edition, version = EXCLUDED.version, seq = EXCLUDED.seq",
        (state.stamp, state.token, state.edition, state.version, state.seq),
    )


def size(cursor: Cursor) -> int:
    """Bytes of all tables with their indexes."""
    row = cursor.execute(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
        " WHERE relnamespace = %s::regnamespace AND relkind = 'r'",
        (SCHEMA,),
    ).fetchone()
    return int(row[0])


_STATE_TABLE = f"""
CREATE TABLE IF NOT EXISTS {SCHEMA}.state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    stamp text NOT NULL, token text NOT NULL, edition integer NOT NULL, version bigint NOT NULL, seq bigint NOT NULL
)
"""
# Packed arrays don't shrink when they are compressed, and are read far more often than written.
_TABLES = (
    "CREATE TABLE {card} (card_id bigint NOT NULL, changed bigint NOT NULL, facts bytea, terms text)",
    """
    CREATE TABLE {posting} (
        block bigint NOT NULL, field smallint NOT NULL, term text COLLATE "C" NOT NULL,
        docs bytea NOT NULL, impacts bytea, counts bytea, positions bytea
    ) WITH (fillfactor = 90)
    """,
    "ALTER TABLE {posting} ALTER docs SET STORAGE EXTERNAL, ALTER impacts SET STORAGE EXTERNAL,"
    " ALTER counts SET STORAGE EXTERNAL, ALTER positions SET STORAGE EXTERNAL",
    'CREATE TABLE {word} (term text COLLATE "C" PRIMARY KEY, keys text[] NOT NULL)',
)
_INDEXES = (
    "ALTER TABLE {card} ADD PRIMARY KEY (card_id)",
    "CREATE INDEX ON {card} (changed)",
    "ALTER TABLE {posting} ADD PRIMARY KEY (field, term, block)",
    "CREATE INDEX ON {word} USING gin (keys)",
)
