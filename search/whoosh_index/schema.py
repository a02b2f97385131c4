"""The fields of the index and what a card puts into them.

Postings carry a weight and nothing else. The index is never asked through Whoosh's parser or analyzers: each
document brings its own terms.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from whoosh import columns, fields, formats

from search import analysis
from search.backend import CardDoc, fingerprint

TEXT, EDGE, WORD, TAG, KEY = "text", "edge", "word", "tag", "key"
META_KEY = "meta"
EDGE_LIMIT = 10
NO_CARD = -1
SECTION_WEIGHTS = {"title": 4.0, "tags": 3.0, "headings": 2.0, "body": 1.0}

# Everything an old index depends on: another stamp means rebuild.
STAMP = " ".join(
    (
        "rules-1",
        "whoosh-" + version("whoosh-reloaded"),
        "snowball-" + version("snowballstemmer"),
        "unicode-" + unicodedata.unidata_version,
        ",".join(analysis.LANGUAGES),
    )
)


class Weighted(fields.FieldType):  # type: ignore[misc]
    """A field whose value is a mapping of terms to weights."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> list[tuple[bytes, int, float, bytes]]:
        return [(term.encode(), 1, weight, b"") for term, weight in value.items() if term]

    def to_bytes(self, value: str | bytes) -> bytes:
        return value if isinstance(value, bytes) else value.encode()

    def from_bytes(self, value: bytes) -> str:
        return value.decode()


def card_schema() -> Any:
    return fields.Schema(
        key=Weighted(),
        text=Weighted(),
        edge=Weighted(),
        word=Weighted(),
        tag=Weighted(),
        card_id=fields.COLUMN(columns.NumericColumn("q", default=NO_CARD)),
        collection_id=fields.COLUMN(columns.NumericColumn("q", default=NO_CARD)),
        length=fields.COLUMN(columns.NumericColumn("I")),
        plain=fields.STORED(),
        fingerprint=fields.STORED(),
        seq=fields.STORED(),
    )


def card_fields(doc: CardDoc) -> dict[str, object]:
    cut = {name: [analysis.cut(part) for part in parts] for name, parts in _sections(doc).items()}
    everything = [pieces for parts in cut.values() for pieces in parts]
    text, length = _text_weights(cut, doc.language)
    return {
        "key": {str(doc.card_id): 1.0},
        "text": text,
        "edge": _edge_weights(doc),
        "word": {word: 1.0 for pieces in everything for piece in pieces for word in analysis.vocabulary_words(piece)},
        "tag": {analysis.label(tag): 1.0 for tag in doc.tags},
        "card_id": doc.card_id,
        "collection_id": doc.collection_id,
        "length": length,
        # No phrase reaches across a line.
        "plain": "\n".join(map(analysis.phrase_text, everything)),
        "fingerprint": fingerprint(doc),
    }


def meta_fields(seq: int) -> dict[str, object]:
    """The document that says up to which change the index is complete, committed with that change."""
    return {"key": {META_KEY: 1.0}, "card_id": NO_CARD, "seq": seq}


def _sections(doc: CardDoc) -> dict[str, Sequence[str]]:
    return {"title": (doc.title,), "tags": doc.tags, "headings": doc.headings.splitlines(), "body": (doc.body,)}


def _text_weights(cut: Mapping[str, list[list[str]]], language: str) -> tuple[dict[str, float], int]:
    weights: dict[str, float] = {}
    length = 0
    for name, parts in cut.items():
        weight = SECTION_WEIGHTS[name]
        for pieces in parts:
            terms = analysis.document_terms(pieces, language)
            length += len(terms)
            for term in terms:
                weights[term] = weights.get(term, 0.0) + weight
    return weights, length


def _edge_weights(doc: CardDoc) -> dict[str, float]:
    weights: dict[str, float] = {}
    for position, word in enumerate(analysis.edge_words(doc.title)):
        _add_edges(weights, word, 3.0 if position == 0 else 2.0)
    for tag in doc.tags:
        for word in analysis.edge_words(tag):
            _add_edges(weights, word, 1.0)
    return weights


def _add_edges(weights: dict[str, float], word: str, weight: float) -> None:
    for end in range(1, min(len(word), EDGE_LIMIT) + 1):
        whole = 2.0 if end == len(word) else 0.0
        weights[word[:end]] = max(weights.get(word[:end], 0.0), weight + whole)
