"""SQLite FTS5, tuned: external content, porter stems, prefix indexes, a narrow table for filters, texts only for ten.

Settings of durability are those of Vitrine's own database.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from benchmarks.corpus import Card
from benchmarks.engines import BEST, BODY_WEIGHT, TAGS_WEIGHT, TITLE_WEIGHT, Answer, Engine, bytes_in
from benchmarks.queries import Query

_TABLES = f"""
CREATE TABLE text (id INTEGER PRIMARY KEY, title TEXT, tags TEXT, body TEXT);
CREATE TABLE card (id INTEGER PRIMARY KEY, collection INTEGER, servable INTEGER);
CREATE TABLE tag (tag TEXT, card INTEGER, PRIMARY KEY (tag, card)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    title, tags, body, content='text', content_rowid='id',
    tokenize='porter unicode61 remove_diacritics 2', prefix='2 3 4'
);
INSERT INTO words (words, rank) VALUES ('rank', 'bm25({TITLE_WEIGHT}, {TAGS_WEIGHT}, {BODY_WEIGHT})');
"""  # noqa: S608
# The narrow table keeps filters off the wide rows, whose texts lie on overflow pages. FTS5 sorts by `rank` itself and
# hands rows over best first, so the filters are asked only until ten have passed them.
_BEST = """
SELECT words.rowid FROM words CROSS JOIN card ON card.id = words.rowid
WHERE words MATCH ? AND card.servable AND card.collection IN ({shelves}) {tag} ORDER BY rank LIMIT {limit}
"""
_HAS_TAG = "AND EXISTS (SELECT 1 FROM tag WHERE tag.tag = ? AND tag.card = words.rowid)"
_SHOWN = """
SELECT rowid, highlight(words, 0, '<mark>', '</mark>'), snippet(words, 2, '<mark>', '</mark>', '…', 30)
FROM words WHERE words MATCH ? AND rowid = ?
"""


class Fts5:
    """One database file."""

    can_mend_typos = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database: sqlite3.Connection | None = None

    def load(self, cards: Iterable[Card]) -> None:
        """The texts, as the product's database would hold them."""
        self.open()
        self._connection.executescript(_TABLES)
        self._connection.execute("BEGIN")
        for card in cards:
            self._write(card)
        self._connection.execute("COMMIT")

    def build(self) -> None:
        """The full-text index, in one segment."""
        self._connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
        self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open(self) -> None:
        """A connection with 16 MB of cache, four times SQLite's own choice."""
        database = sqlite3.connect(self._folder / "cards.sqlite3", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000", "mmap_size=1073741824"):
            database.execute(f"PRAGMA {pragma}")
        self._database = database

    def answer(self, query: Query) -> list[Answer]:
        """The ten best ids first, then what is shown of them."""
        match = _match(query)
        marks = ",".join("?" * len(query.shelves))
        ranked = _BEST.format(shelves=marks, tag=_HAS_TAG if query.tag else "", limit=BEST)
        values = [match, *query.shelves, *([query.tag] if query.tag else [])]
        ids = self._connection.execute(ranked, values).fetchall()
        return [Answer(*self._connection.execute(_SHOWN, (match, *row)).fetchone()) for row in ids]

    def update(self, card: Card) -> None:
        """External content: the old words must be taken out by hand."""
        self._connection.execute("BEGIN IMMEDIATE")
        old = self._connection.execute("SELECT id, title, tags, body FROM text WHERE id = ?", (card.id,)).fetchone()
        self._connection.execute(
            "INSERT INTO words (words, rowid, title, tags, body) VALUES ('delete', ?, ?, ?, ?)", old
        )
        self._write(card)
        self._connection.execute(
            "INSERT INTO words (rowid, title, tags, body) VALUES (?, ?, ?, ?)",
            (card.id, card.title, " ".join(card.tags), card.text),
        )
        self._connection.execute("COMMIT")

    def size(self) -> int:
        """With the texts: they share its file."""
        return bytes_in(self._folder)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("call open() first")
        return self._database

    def _write(self, card: Card) -> None:
        row = (card.id, card.title, " ".join(card.tags), card.text)
        self._connection.execute("INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?)", row)
        self._connection.execute(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?)", (card.id, card.collection, card.is_servable)
        )
        self._connection.executemany("INSERT OR IGNORE INTO tag VALUES (?, ?)", [(tag, card.id) for tag in card.tags])


def make(folder: Path) -> Engine:
    """The engine on that folder."""
    return Fts5(folder)


def _match(query: Query) -> str:
    """Any word; the last one, where it is still typed, also as the beginning of a title's or tag's word."""
    if query.is_phrase:
        return f'"{" ".join(query.words)}"'
    words = [f'"{word}"' for word in query.words]
    if query.is_prefix:
        words.append(f"{{title tags}} : {words[-1]} *")
    return " OR ".join(words)
