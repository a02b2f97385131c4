"""Cards as the index keeps them: posting lists of every field, and a row of facts per card. Nothing of Whoosh.

Positions of a card's words run through title, headings, tags and other names, and text, with a gap between any two
blocks, so that no phrase and no pair of words reaches from one into the other.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import analysis, ranking
from search.arrays.postings import FieldPostings, by_place, by_term, spelt
from search.arrays.spelling import WRITTEN
from search.backend import CardDoc, fingerprint
from search.boosts import NEVER, microseconds
from search.function_words import FUNCTION_WORDS

TEXT, EDGE, WORD, COMPOUND, TAG, AUDIENCE = "text", "edge", "word", "compound", "tag", "audience"
FIELDS = (AUDIENCE, COMPOUND, EDGE, TAG, TEXT, WORD)
NO_CARD = -1
EDGE_LIMIT = 10
IMPACT_SCALE = 4096.0
"""An impact of 1.0 is stored as this; 16 bits hold up to 15.99."""
COMPOUNDING = frozenset({"de", "fi"})
COMPOUND_LENGTH = 8
HEAD, TAIL = ">", "<"
"""A long word of a language that compounds is kept forwards after `HEAD`, and backwards after `TAIL`."""
FACTS = np.dtype(
    [
        ("card_id", "<i8"), ("collection_id", "<i8"), ("owner_id", "<i8"), ("updated_at", "<i8"), ("verify_by", "<i8"),
        ("seq", "<u8"), ("fingerprint", "<u8"), ("language", "S8"), ("is_verified", "?"), ("is_flagged", "?"),
        ("title_end", "<u2"), ("title_length", "<u2"), ("body_start", "<u2"),
    ]
)  # fmt: skip
"""One row per document, in a column of fixed width. A row without a card says up to which change the index goes."""
EDGE_IMPACTS = {"first": 1.8, "title": 1.6, "tag": 0.9, "whole": 0.4}
_GAP = 8
_LAST_POSITION = 60_000
_PIECES_KEPT = 300_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents: the postings of each field, numbered from zero, and the row of facts of each."""

    fields: Mapping[str, FieldPostings]
    facts: NDArray[Any]


def batch_of(docs: Iterable[CardDoc]) -> Batch:
    """These cards, in this order."""
    builder = _Builder()
    for doc in docs:
        builder.add(doc)
    return builder.finish()


def marker(seq: int) -> NDArray[Any]:
    """The row that says up to which change the index is complete, committed with that change."""
    row = np.zeros(1, FACTS)
    row["card_id"], row["seq"], row["verify_by"] = NO_CARD, seq, NEVER
    return row


class _Names:
    """Terms of one field, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, term: str) -> int:
        return self._numbers.setdefault(term, len(self._numbers))

    def all(self) -> list[str]:
        return list(self._numbers)


class _Lists:
    """Occurrences of one field without positions."""

    def __init__(self) -> None:
        self.names = _Names()
        self.terms, self.docs, self.impacts = array("q"), array("I"), array("H")

    def add(self, numbers: Iterable[int], doc: int) -> None:
        before = len(self.terms)
        self.terms.extend(numbers)
        self.docs.extend([doc] * (len(self.terms) - before))

    def add_terms(self, terms: Iterable[str], doc: int) -> None:
        self.add(map(self.names.number, filter(None, terms)), doc)

    def finish(self) -> FieldPostings:
        impacts = np.array(self.impacts, np.uint16) if len(self.impacts) else None
        return by_term(self.names.all(), np.array(self.terms, np.intp), np.array(self.docs, np.uint32), impacts)


class _Builder:
    def __init__(self) -> None:
        self._text = _Names()
        self._terms, self._docs, self._positions = array("q"), array("I"), array("H")
        self._sections = bytearray()
        self._lists = {name: _Lists() for name in (EDGE, WORD, COMPOUND, TAG, AUDIENCE)}
        self._facts: list[tuple[Any, ...]] = []
        self._plain: dict[str, dict[str, int]] = {}
        self._places: dict[str, dict[str, analysis.Places]] = {}
        self._words: dict[str, tuple[int, ...]] = {}

    def add(self, doc: CardDoc) -> None:
        number = len(self._facts)
        sections = _sections(doc)
        ends, pieces = self._add_text(doc, number, sections)
        self._lists[WORD].add(set(chain.from_iterable(map(self._words_of, pieces))), number)
        if doc.language in COMPOUNDING:
            self._lists[COMPOUND].add_terms(_compounds(pieces, doc.language), number)
        self._add_edges(doc, number)
        self._lists[TAG].add_terms(dict.fromkeys(map(analysis.label, doc.tags)), number)
        self._lists[AUDIENCE].add_terms(dict.fromkeys(map(analysis.label, doc.audience)), number)
        self._facts.append(_facts(doc, ends))

    def finish(self) -> Batch:
        facts = np.array(self._facts, FACTS)
        names = self._text.all()
        terms, docs = np.array(self._terms, np.intp), np.array(self._docs, np.uint32)
        sections = np.frombuffer(bytes(self._sections), np.uint8)
        found = by_place(names, terms, docs, sections, np.array(self._positions, np.uint16), 4)
        telling = np.array([name not in FUNCTION_WORDS for name in names], np.bool_)
        lengths = np.zeros((4, len(facts)), np.uint32)
        for section in range(4):
            counted = (sections == section) & telling[terms] if len(terms) else np.zeros(0, np.bool_)
            lengths[section] = np.bincount(docs[counted], minlength=len(facts))
        facts["title_length"] = np.minimum(lengths[ranking.TITLE], 60_000)
        worth = ranking.impacts(found.counts, lengths[:, found.postings.docs])
        text = FieldPostings(
            found.postings.terms, found.postings.starts, found.postings.docs, quantised(worth), found.postings.firsts,
            found.postings.positions,
        )  # fmt: skip
        fields = {name: lists.finish() for name, lists in self._lists.items()}
        return Batch({**fields, TEXT: text, WORD: spelt(fields[WORD])}, facts)

    def _add_text(
        self, doc: CardDoc, number: int, sections: Sequence[Sequence[str]]
    ) -> tuple[tuple[int, int], set[str]]:
        """Where title and everything before the text end, and all pieces."""
        position, ends = 0, []
        everything: set[str] = set()
        before = len(self._terms)
        for section, blocks in enumerate(sections):
            start = len(self._terms)
            for block in blocks:
                pieces = analysis.cut(block)
                if pieces:
                    everything.update(pieces)
                    position = self._add_block(pieces, doc.language, position) + _GAP
            self._sections.extend(bytes([section]) * (len(self._terms) - start))
            ends.append(min(position, _LAST_POSITION))
        self._docs.extend([number] * (len(self._terms) - before))
        return (ends[ranking.TITLE], ends[ranking.TAGS]), everything

    def _add_block(self, pieces: list[str], language: str, position: int) -> int:
        known = self._plain.setdefault(language, {})
        numbers = list(map(known.get, pieces))
        if None in numbers or position + len(pieces) > _LAST_POSITION:
            return self._add_slowly(pieces, language, position)
        self._terms.extend(numbers)  # type: ignore[arg-type]
        self._positions.extend(range(position, position + len(pieces)))
        return position + len(pieces)

    def _add_slowly(self, pieces: list[str], language: str, position: int) -> int:
        """Piece by piece: new words, and what is more than one plain word."""
        known, places = self._plain[language], self._places.setdefault(language, {})
        for place, piece in enumerate(pieces):
            if position > _LAST_POSITION:
                break
            number = known.get(piece)
            if number is not None:
                self._terms.append(number)
                self._positions.append(position)
                position += 1
                continue
            found = places.get(piece) or self._look_up(piece, language)
            for term, offset in found.terms:
                self._terms.append(self._text.number(term))
                self._positions.append(position + offset)
            code = analysis.with_unit(pieces[place - 1], piece) if place else None
            if code is not None:
                self._terms.append(self._text.number(code))
                self._positions.append(max(0, position - 1))
            position += found.width
        return position

    def _look_up(self, piece: str, language: str) -> analysis.Places:
        """One plain word, by far the most frequent case, is kept as its term's number; anything else as places."""
        found = analysis.places(piece, language)
        is_plain = len(found.terms) == found.width == 1 and piece not in analysis.UNITS
        memory: dict[str, Any] = (self._plain if is_plain else self._places)[language]
        if len(memory) >= _PIECES_KEPT:
            memory.clear()
        memory[piece] = self._text.number(found.terms[0][0]) if is_plain else found
        return found

    def _words_of(self, piece: str) -> tuple[int, ...]:
        found = self._words.get(piece)
        if found is None:
            if len(self._words) >= _PIECES_KEPT:
                self._words.clear()
            names = self._lists[WORD].names
            found = self._words[piece] = tuple(
                names.number(_written(word)) for word in analysis.vocabulary_words(piece) if analysis.fold(word)
            )
        return found

    def _add_edges(self, doc: CardDoc, number: int) -> None:
        for place, word in enumerate(analysis.edge_words(doc.title)):
            self._add_beginnings(word, number, EDGE_IMPACTS["title" if place else "first"])
        for tag in (*doc.tags, *doc.aliases):
            for word in analysis.edge_words(tag):
                self._add_beginnings(word, number, EDGE_IMPACTS["tag"])

    def _add_beginnings(self, word: str, number: int, impact: float) -> None:
        lists = self._lists[EDGE]
        ends = range(1, min(len(word), EDGE_LIMIT) + 1)
        lists.add_terms((word[:end] for end in ends), number)
        whole = impact + EDGE_IMPACTS["whole"]
        lists.impacts.extend(int((whole if end == len(word) else impact) * IMPACT_SCALE) for end in ends)


def quantised(worth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Impacts as they are stored."""
    scaled: NDArray[np.uint16] = np.clip(np.rint(worth * np.float32(IMPACT_SCALE)), 1, 65_535).astype(np.uint16)
    return scaled


def _sections(doc: CardDoc) -> tuple[Sequence[str], ...]:
    """The blocks of each section. What only repeats the title counts once."""
    headings = doc.headings.splitlines()
    body = doc.body[: analysis.TEXT_LIMIT].splitlines()
    title = analysis.fold(doc.title.strip())
    if headings and analysis.fold(headings[0].strip()) == title:
        headings = headings[1:]
        if body and analysis.fold(body[0].strip()) == title:
            body = body[1:]
    return (doc.title,), headings, (*doc.tags, *doc.aliases), body


def _written(word: str) -> str:
    folded = analysis.fold(word)
    return folded if folded == word else f"{folded}{WRITTEN}{word}"


def _compounds(pieces: Iterable[str], language: str) -> Iterator[str]:
    for piece in pieces:
        if len(piece) >= COMPOUND_LENGTH and piece.isalpha():
            stemmed = analysis.stem(piece, language)
            yield HEAD + stemmed
            yield TAIL + stemmed[::-1]


def _facts(doc: CardDoc, ends: tuple[int, int]) -> tuple[Any, ...]:
    return (
        doc.card_id, doc.collection_id, NO_CARD if doc.owner_id is None else doc.owner_id,
        microseconds(doc.updated_at) if doc.updated_at else 0, microseconds(doc.verify_by) if doc.verify_by else NEVER,
        0, int(fingerprint(doc), 16), doc.language.encode()[:8], doc.is_verified, doc.is_flagged, ends[0], 0, ends[1],
    )  # fmt: skip
