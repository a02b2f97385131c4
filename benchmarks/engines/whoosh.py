"""Whoosh as its manual shows it: MultifieldParser, a filter that is a query, `hit.highlights`."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whoosh import fields, index
from whoosh import query as queries
from whoosh.analysis import StemmingAnalyzer
from whoosh.qparser import FuzzyTermPlugin, MultifieldParser, OrGroup

from benchmarks.corpus import Card
from benchmarks.engines import BEST, TAGS_WEIGHT, TITLE_WEIGHT, Answer, Engine, bytes_in
from benchmarks.queries import Query

_FIELDS = ["title", "body", "tags"]


class Whoosh:
    """One index folder; texts are stored in it."""

    can_mend_typos = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "index"
        self._cards: Iterable[Card] = ()

    def load(self, cards: Iterable[Card]) -> None:
        """Read when the index is built: there is no other place for the texts."""
        self._cards = cards

    def build(self) -> None:
        """One writer, one commit."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        writer = index.create_in(str(self._folder), _schema()).writer(limitmb=256)
        for card in self._cards:
            writer.add_document(**_document(card))
        writer.commit()

    def open(self) -> None:
        """A searcher that is kept, which the manual advises."""
        self._index = index.open_dir(str(self._folder))
        self._searcher = self._index.searcher()
        self._parser = MultifieldParser(_FIELDS, self._index.schema, group=OrGroup)
        self._parser.add_plugin(FuzzyTermPlugin())

    def answer(self, query: Query) -> list[Answer]:
        """Parse, search, highlight."""
        found = self._searcher.search(self._words(query), limit=BEST, filter=_filter(query))
        return [Answer(hit["id"], _marked(hit, "title"), _marked(hit, "body")) for hit in found]

    def update(self, card: Card) -> None:
        """Replace the document, then a new searcher."""
        writer = self._index.writer(timeout=10)
        writer.update_document(**_document(card))
        writer.commit()
        self._searcher.close()
        self._searcher = self._index.searcher()

    def size(self) -> int:
        """With the texts: highlighting needs them stored."""
        return bytes_in(self._folder)

    def close(self) -> None:
        """Close searcher and index."""
        self._searcher.close()
        self._index.close()

    def _words(self, query: Query) -> Any:
        text = " ".join(query.words)
        if query.is_phrase:
            return self._parser.parse(f'"{text}"')
        if query.kind == "typos":
            return self._parser.parse(" ".join(f"{word}~" for word in query.words))
        words = self._parser.parse(text)
        if not query.is_prefix:
            return words
        return queries.Or([words, *(queries.Prefix(field, query.words[-1]) for field in ("title", "tags"))])


def make(folder: Path) -> Engine:
    """The engine on that folder."""
    return Whoosh(folder)


def _schema() -> Any:
    analyzer = StemmingAnalyzer()
    return fields.Schema(
        id=fields.NUMERIC(stored=True, unique=True),
        title=fields.TEXT(stored=True, analyzer=analyzer, field_boost=TITLE_WEIGHT),
        body=fields.TEXT(stored=True, analyzer=analyzer),
        tags=fields.TEXT(analyzer=analyzer, field_boost=TAGS_WEIGHT),
        tag=fields.KEYWORD(),
        collection=fields.ID(),
        status=fields.ID(),
    )


def _document(card: Card) -> dict[str, Any]:
    return {
        "id": card.id, "title": card.title, "body": card.text, "tags": " ".join(card.tags),
        "tag": " ".join(card.tags),         "collection": str(card.collection), "status": card.status,
    }  # fmt: skip


def _filter(query: Query) -> Any:
    shelves = queries.Or([queries.Term("collection", str(shelf)) for shelf in query.shelves])
    tags = [queries.Term("tag", query.tag)] if query.tag else []
    return queries.And([queries.Term("status", "published"), shelves, *tags])


def _marked(hit: Any, field: str) -> str:
    return str(hit.highlights(field, top=1) or hit[field][:180])
