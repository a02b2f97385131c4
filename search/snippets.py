"""The piece of a text that answers a query best, and which words of it to mark.

Pieces are (text, is_match) pairs whose texts, put together, are the window; escaping is the template's work. Words
are found in the text as it is written and normalised one by one, so no change of length can shift a mark. Only the
words that begin like one that is looked for are read; there are few of them, and finding them costs almost nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from search import analysis
from search.backend import Query

Pieces = list[tuple[str, bool]]
WIDTH = 180
LEAD = 40
READ_LIMIT = 6_000
PREFIX_LENGTH = 3


class Marker:
    """What is marked for one query, worked out once for all the texts that are shown."""

    def __init__(self, query: Query) -> None:
        self._wanted = _wanted(query)

    def snippet(self, text: str, language: str | None = None, width: int = WIDTH) -> Pieces:
        """The best window of a plain text. White space is collapsed; cuts are shown as "…" outside the matches."""
        flat = text[:READ_LIMIT].replace("\n", " ").strip()
        marks = list(_marks(flat, self._wanted, language, PREFIX_LENGTH))
        start = _word_start(flat, _best_start(marks, width))
        end = _word_end(flat, start, width)
        pieces = [(_collapsed(piece), is_match) for piece, is_match in _pieces(flat, start, end, marks)]
        before: Pieces = [("…", False)] if start else []
        after: Pieces = [("…", False)] if end < len(flat) or len(text) > READ_LIMIT else []
        return [*before, *pieces, *after]

    def highlight(self, title: str, language: str | None = None) -> Pieces:
        """The whole title with its matches marked."""
        return _pieces(title, 0, len(title), list(_marks(title, self._wanted, language, 1)))


def _collapsed(piece: str) -> str:
    """White space within a piece as single spaces. Its ends stay, for the next one's sake."""
    return piece if piece.isprintable() and "  " not in piece else _SPACE.sub(" ", piece)


class _Mark(NamedTuple):
    start: int
    end: int
    group: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to mark: the number of the query's word each term stands for, and the beginning of the last one."""

    groups: dict[str, int]
    prefix: str
    beginnings: tuple[str, ...]


# Combining marks belong to the word before them; Python's \w leaves them out.
_SPACE = re.compile(r"\s+")
_ACCENTED = frozenset({"de", "fi", "pl", "ru", None})
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:['’](?:[^\\W_]|[\u0300-\u036f])+)*")


def _wanted(query: Query) -> _Wanted:
    groups: dict[str, int] = {}
    chunks = [chunk for text in (*query.phrases, *query.words) for chunk in analysis.chunks(text)]
    telling = [chunk for chunk in chunks if not analysis.is_function_word(chunk)] or chunks
    for number, chunk in enumerate(telling):
        for terms in analysis.alternatives(chunk) + analysis.looser_alternatives(chunk):
            groups |= dict.fromkeys(terms, number)
    last = analysis.fold(analysis.normalise(query.words[-1])) if query.prefix and query.words else ""
    beginnings = {_beginning(term) for term in groups if term} | ({last} if last else set())
    # What begins with "refu" begins with "ref" too.
    fewest = {
        start for start in beginnings if not any(start != other and start.startswith(other) for other in beginnings)
    }
    return _Wanted(groups, last, tuple(sorted(fewest)))


def _beginning(term: str) -> str:
    """How a word with this stem begins: stemmers change the last two letters at most. "polici" stands for "policy"."""
    return term[: max(min(len(term), 3), len(term) - 2)] if term.isalpha() else term[:1]


def _marks(text: str, words: _Wanted, language: str | None, prefix_length: int) -> Iterator[_Mark]:
    groups = words.groups
    prefix = words.prefix if len(words.prefix) >= prefix_length else None
    for match in _likely_chunks(text, words.beginnings, with_accents=language in _ACCENTED):
        chunk = _read_chunk(match.group(), language)
        if groups.keys().isdisjoint(chunk.terms) and (prefix is None or f"\n{prefix}" not in chunk.lines):
            continue
        whole = groups.get(chunk.whole) if chunk.whole else None
        if whole is not None:
            yield _Mark(match.start(), match.end(), whole)
            continue
        for start, end, terms, folded in chunk.words:
            group = next((groups[term] for term in terms if term in groups), None)
            if group is None and prefix and folded.startswith(prefix):
                group = -1
            if group is not None:
                yield _Mark(match.start() + start, match.start() + end, group)


class _ReadChunk(NamedTuple):
    """A chunk of a text: all that it may be marked for, as a tuple and as lines; what it is as a whole, where that is
    more than a word; and its words with their places, terms and folded forms."""

    terms: tuple[str, ...]
    lines: str
    whole: str
    words: tuple[tuple[int, int, tuple[str, ...], str], ...]


@lru_cache(maxsize=100_000)
def _read_chunk(text: str, language: str | None) -> _ReadChunk:
    chunk = analysis.chunk_of(_lowered(text))
    whole = analysis.whole_chunk(chunk)
    terms = (whole, *(term for word in chunk.words for term in _terms(word, language)))
    words = []
    for match in _WORD.finditer(text):
        word = _lowered(match.group())
        words.append((match.start(), match.end(), _terms(word, language), analysis.fold(word)))
    return _ReadChunk(terms, "\n" + "\n".join(terms), whole if chunk.code or chunk.joined else "", tuple(words))


def _likely_chunks(text: str, beginnings: tuple[str, ...], *, with_accents: bool) -> Iterator[re.Match[str]]:
    """The chunks in whose whitespace-free surroundings a word begins so."""
    folded = _folded(text) if with_accents else text.lower()
    if len(folded) != len(text):
        yield from analysis.CHUNK.finditer(text)
        return
    places = sorted({start for beginning in beginnings for start in _starts(folded, beginning)})
    done = 0
    for place in places:
        if place < done:
            continue
        start = max(done, text.rfind(" ", 0, place) + 1)
        end = text.find(" ", place)
        if text[place] == "§":
            end = text.find(" ", end + 1) if end >= 0 else end
        done = end if end >= 0 else len(text)
        yield from analysis.CHUNK.finditer(text, start, done)


def _starts(text: str, beginning: str) -> Iterator[int]:
    place = text.find(beginning)
    while place >= 0:
        if not place or not text[place - 1].isalnum() or not beginning[0].isalnum():
            yield place
        place = text.find(beginning, place + 1)


def _folded(text: str) -> str:
    """Lower case and accents taken off letter by letter, so that every letter keeps its place."""
    folded = text.lower()
    for letter in set(_NOT_ASCII.findall(folded)):
        plain = analysis.fold(letter)
        if len(plain) == 1 and plain != letter:
            folded = folded.replace(letter, plain)
    return folded


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@lru_cache(maxsize=50_000)
def _terms(word: str, language: str | None) -> tuple[str, ...]:
    if language is not None:
        return (analysis.stem(word, language), analysis.fold(word))
    return tuple(terms[0] for chunk in analysis.chunks(word) for terms in analysis.alternatives(chunk))


def _lowered(text: str) -> str:
    return analysis.normalise(text).lower() or "_"


def _best_start(marks: list[_Mark], width: int) -> int:
    """Where the window begins that holds the most different words of the query, then the most matches."""
    best, start = 0, 0
    for position, first in enumerate(marks):
        inside = [mark.group for mark in marks[position : position + width] if mark.end <= first.start + width - LEAD]
        worth = len(set(inside)) * 100 + len(inside)
        if worth > best:
            best, start = worth, first.start
    return max(0, start - LEAD)


def _word_start(text: str, start: int) -> int:
    if not start:
        return 0
    space = text.find(" ", start, start + LEAD)
    return space + 1 if space >= 0 else start


def _word_end(text: str, start: int, width: int) -> int:
    end = min(len(text), start + width)
    if end == len(text):
        return end
    space = text.rfind(" ", end - LEAD, end + 1)
    return space if space > start else end


def _pieces(text: str, start: int, end: int, marks: list[_Mark]) -> Pieces:
    pieces: Pieces = []
    done = start
    for mark in marks:
        if mark.start < done or mark.end > end:
            continue
        if mark.start > done:
            pieces.append((text[done : mark.start], False))
        pieces.append((text[mark.start : mark.end], True))
        done = mark.end
    if done < end:
        pieces.append((text[done:end], False))
    return pieces
