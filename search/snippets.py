"""The piece of a text that answers a query best, and which words of it to mark.

Pieces are [text, is_match] pairs whose texts, put together, are the window; escaping is the template's work. Words
are found in the text as it is written and normalised one by one, so no change of length can shift a mark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from search import analysis
from search.backend import Query

Pieces = list[list[str | bool]]
WIDTH = 180
LEAD = 40
READ_LIMIT = 8_000
PREFIX_LENGTH = 3


def snippet(text: str, query: Query, language: str | None = None, width: int = WIDTH) -> Pieces:
    """The best window of a plain text. White space is collapsed; cuts are shown as "…" outside the matches."""
    flat = " ".join(text[:READ_LIMIT].split())
    marks = list(_marks(flat, query, language, PREFIX_LENGTH))
    start = _word_start(flat, _best_start(marks, width))
    end = _word_end(flat, start, width)
    pieces = _pieces(flat, start, end, marks)
    before: Pieces = [["…", False]] if start else []
    after: Pieces = [["…", False]] if end < len(flat) or len(text) > READ_LIMIT else []
    return [*before, *pieces, *after]


def highlight(title: str, query: Query, language: str | None = None) -> Pieces:
    """The whole title with its matches marked."""
    return _pieces(title, 0, len(title), list(_marks(title, query, language, 1)))


class _Mark(NamedTuple):
    start: int
    end: int
    group: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to mark: the number of the query's word each term stands for, and the beginning of the last one."""

    groups: dict[str, int]
    prefix: str


# Combining marks belong to the word before them; Python's \w leaves them out.
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:['’](?:[^\\W_]|[\u0300-\u036f])+)*")


@lru_cache(maxsize=1_000)
def _wanted(query: Query) -> _Wanted:
    groups: dict[str, int] = {}
    chunks = [chunk for text in (*query.phrases, *query.words) for chunk in analysis.chunks(text)]
    telling = [chunk for chunk in chunks if not analysis.is_function_word(chunk)] or chunks
    for number, chunk in enumerate(telling):
        for terms in analysis.alternatives(chunk) + analysis.looser_alternatives(chunk):
            groups |= dict.fromkeys(terms, number)
    last = analysis.fold(analysis.normalise(query.words[-1])) if query.prefix and query.words else ""
    return _Wanted(groups, last)


def _marks(text: str, query: Query, language: str | None, prefix_length: int) -> Iterator[_Mark]:
    words = _wanted(query)
    wanted = words.groups.keys()
    prefix = words.prefix if len(words.prefix) >= prefix_length else None
    for match in analysis.CHUNK.finditer(text):
        terms, joined = _chunk_terms(match.group(), language)
        if wanted.isdisjoint(terms) and (prefix is None or f"\n{prefix}" not in joined):
            continue
        chunk = analysis.chunk_of(_lowered(match.group()))
        whole = words.groups.get(analysis.whole_chunk(chunk))
        if whole is not None and (chunk.code or chunk.joined):
            yield _Mark(match.start(), match.end(), whole)
        else:
            yield from _word_marks(text, match.start(), match.end(), words, prefix, language)


def _word_marks(
    text: str, start: int, end: int, wanted: _Wanted, prefix: str | None, language: str | None
) -> Iterator[_Mark]:
    for match in _WORD.finditer(text, start, end):
        word = _lowered(match.group())
        group = next((wanted.groups[term] for term in _terms(word, language) if term in wanted.groups), None)
        if group is None and prefix and analysis.fold(word).startswith(prefix):
            group = -1
        if group is not None:
            yield _Mark(match.start(), match.end(), group)


@lru_cache(maxsize=50_000)
def _terms(word: str, language: str | None) -> tuple[str, ...]:
    if language is not None:
        return (analysis.stem(word, language), analysis.fold(word))
    return tuple(terms[0] for chunk in analysis.chunks(word) for terms in analysis.alternatives(chunk))


@lru_cache(maxsize=100_000)
def _chunk_terms(text: str, language: str | None) -> tuple[tuple[str, ...], str]:
    """Whatever a chunk could be marked for, and the same as lines, to look for beginnings in one step."""
    chunk = analysis.chunk_of(_lowered(text))
    terms = (analysis.whole_chunk(chunk), *(term for word in chunk.words for term in _terms(word, language)))
    return terms, "\n" + "\n".join(terms)


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
            pieces.append([text[done : mark.start], False])
        pieces.append([text[mark.start : mark.end], True])
        done = mark.end
    if done < end:
        pieces.append([text[done:end], False])
    return pieces
