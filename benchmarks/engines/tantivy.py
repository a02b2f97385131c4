"""tantivy through tantivy-py: three boosted fields, its own stemmer, snippets of its own generator.

Whether a card may be found at all is folded into its collection, which is then the only filter.
"""

import shutil
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import tantivy

from benchmarks.corpus import Card
from benchmarks.engines import (
    BEST,
    BODY_WEIGHT,
    SNIPPET_LENGTH,
    TAGS_WEIGHT,
    TITLE_WEIGHT,
    Answer,
    Engine,
    bytes_in,
)
from benchmarks.queries import Query

_BOOSTS = {"title": TITLE_WEIGHT, "tags": TAGS_WEIGHT, "body": BODY_WEIGHT}
_FIELDS = list(_BOOSTS)
_NOT_SERVABLE = 0
_BUILD_HEAP, _UPDATE_HEAP = 256_000_000, 15_000_000


class Tantivy:
    """One index folder; texts are stored in it."""

    can_mend_typos = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "index"
        self._cards: Iterable[Card] = ()
        self._schema = _schema()

    def load(self, cards: Iterable[Card]) -> None:
        """Read when the index is built: there is no other place for the texts."""
        self._cards = cards

    def build(self) -> None:
        """One writing thread, so that the segments are the same each time."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        index = tantivy.Index(self._schema, path=str(self._folder))
        writer = index.writer(heap_size=_BUILD_HEAP, num_threads=1)
        for card in self._cards:
            writer.add_document(self._document(card))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        """The index and a searcher that is kept."""
        self._index = tantivy.Index.open(str(self._folder))
        self._searcher = self._index.searcher()
        self._writer: tantivy.IndexWriter | None = None

    def answer(self, query: Query) -> list[Answer]:
        """The words make the score and the snippets, the filters neither."""
        words = self._words(query)
        must = [(tantivy.Occur.Must, words), *((tantivy.Occur.Must, part) for part in self._filters(query))]
        found = self._searcher.search(tantivy.Query.boolean_query(must), BEST, count=False)
        titles = tantivy.SnippetGenerator.create(self._searcher, words, self._schema, "title")
        bodies = tantivy.SnippetGenerator.create(self._searcher, words, self._schema, "body")
        bodies.set_max_num_chars(SNIPPET_LENGTH)
        return [_shown(self._searcher.doc(address), titles, bodies) for _, address in found.hits]

    def update(self, card: Card) -> None:
        """Delete, add, commit; the writer is kept, as a service would."""
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_UPDATE_HEAP, num_threads=1)
        self._writer.delete_documents_by_term("id", card.id)
        self._writer.add_document(self._document(card))
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def size(self) -> int:
        """With the texts: its store holds them."""
        return bytes_in(self._folder)

    def close(self) -> None:
        """Wait for merges, give the lock back."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _document(self, card: Card) -> tantivy.Document:
        document = tantivy.Document()
        document.add_unsigned("id", card.id)
        document.add_unsigned("shelf", card.collection if card.is_servable else _NOT_SERVABLE)
        document.add_text("title", card.title)
        document.add_text("body", card.text)
        document.add_text("starts", card.title)
        for tag in card.tags:
            document.add_text("tag", tag)
            document.add_text("tags", tag)
            document.add_text("starts", tag)
        return document

    def _words(self, query: Query) -> tantivy.Query:
        text = " ".join(query.words)
        if query.is_phrase:
            return self._index.parse_query(f'"{text}"', _FIELDS, field_boosts=_BOOSTS)
        if query.kind == "typos":
            one_edit = dict.fromkeys(_FIELDS, (False, 1, True))
            return self._index.parse_query(text, _FIELDS, field_boosts=_BOOSTS, fuzzy_fields=one_edit)
        words = self._index.parse_query(text, _FIELDS, field_boosts=_BOOSTS)
        if not query.is_prefix:
            return words
        start = tantivy.Query.fuzzy_term_query(self._schema, "starts", query.words[-1], distance=0, prefix=True)
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, words), (tantivy.Occur.Should, start)])

    def _filters(self, query: Query) -> list[tantivy.Query]:
        shelves = tantivy.Query.term_set_query(self._schema, "shelf", list(query.shelves))
        tags = [tantivy.Query.term_query(self._schema, "tag", query.tag)] if query.tag else []
        return [tantivy.Query.const_score_query(part, 0.0) for part in (shelves, *tags)]


def make(folder: Path) -> Engine:
    """The engine on that folder."""
    return Tantivy(folder)


def _schema() -> tantivy.Schema:
    fields = tantivy.SchemaBuilder()
    fields.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    fields.add_unsigned_field("shelf", indexed=True, fast=True)
    fields.add_text_field("title", stored=True, tokenizer_name="en_stem")
    fields.add_text_field("tags", tokenizer_name="en_stem")
    fields.add_text_field("body", stored=True, tokenizer_name="en_stem")
    fields.add_text_field("tag", tokenizer_name="raw", index_option="basic")
    # A beginning is looked for among whole words: stems would hide "custome".
    fields.add_text_field("starts", index_option="basic")
    return fields.build()


def _shown(document: Any, titles: tantivy.SnippetGenerator, bodies: tantivy.SnippetGenerator) -> Answer:
    """A text itself is only fetched where nothing in it is marked."""
    title = titles.snippet_from_doc(document).to_html() or escape(document.get_first("title"))
    snippet = bodies.snippet_from_doc(document).to_html() or escape(document.get_first("body")[:SNIPPET_LENGTH])
    return Answer(document.get_first("id"), title, snippet)
