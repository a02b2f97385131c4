"""Where in a text the words of a query stand.

Words are found in the text as it is written and normalised one by one, so no change of length can shift a mark. Only
the words that begin like one that is looked for are read; there are few of them, and finding them costs almost nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from search import analysis
from search.backend import Query

LOOKS = 80
"""So many places at most are looked at for each beginning: a long text repeats itself."""


class Mark(NamedTuple):
    """A match and the number of the query's word that it is of; -1 for the beginning of the last one."""

    start: int
    end: int
    group: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: the number of the query's word each term stands for, the beginning of the last word while it is
    typed, and how anything that is to be marked begins, with the number of its word."""

    groups: dict[str, int]
    prefix: str
    beginnings: tuple[tuple[str, int], ...]


def telling(query: Query) -> list[analysis.Chunk]:
    """The words that are looked for, by their numbers. Function words only if there are no others."""
    chunks = [chunk for text in (*query.phrases, *query.words) for chunk in analysis.chunks(text)]
    return [chunk for chunk in chunks if not analysis.is_function_word(chunk)] or chunks


def wanted_by(query: Query) -> Wanted:
    """What this query looks for, synonyms included."""
    groups: dict[str, int] = {}
    words = telling(query)
    for number, chunk in enumerate(words):
        for terms in analysis.alternatives(chunk) + analysis.looser_alternatives(chunk):
            groups |= dict.fromkeys(terms, number)
    for number, (_, others) in enumerate(query.synonyms, len(words)):
        for other in others:
            for terms in analysis.side_terms(other):
                groups = dict.fromkeys(terms, number) | groups
    last = analysis.fold(analysis.normalise(query.words[-1])) if query.prefix and query.words else ""
    beginnings = {_beginning(term): number for term, number in groups.items() if term}
    if last:
        beginnings.setdefault(last, -1)
    return Wanted(groups, last, tuple(_fewest(beginnings)))


class Looked(NamedTuple):
    """A text, and where in it something may stand that is to be marked: (place, number of the query's word)."""

    text: str
    places: list[tuple[int, int]]


def look(text: str, wanted: Wanted, language: str | None) -> Looked:
    """Look through a text whose only white space is blanks. Cheap: nothing is read yet."""
    folded = _folded(text, language)
    if len(folded) != len(text):  # a letter that is two in lower case: every word is looked at
        return Looked(text, [(found.start(), -1) for found in _RUN.finditer(text)])
    places: list[tuple[int, int]] = []
    most = max(LOOKS // 10, LOOKS // max(1, len(wanted.beginnings) // 2))  # a dozen single letters are everywhere
    for beginning, number in wanted.beginnings:
        place, looks, is_word = folded.find(beginning), 0, beginning[0].isalnum()
        while place >= 0 and looks < most:
            if not is_word or not place or not folded[place - 1].isalnum():
                places.append((place, number))
            place = folded.find(beginning, place + 1)
            looks += 1
    places.sort()
    return Looked(text, places)


def marks_in(
    looked: Looked, wanted: Wanted, language: str | None, shortest_prefix: int, start: int = 0, end: int | None = None
) -> list[Mark]:
    """The matches between two places of a text, in their order."""
    groups, prefix = wanted.groups, wanted.prefix if len(wanted.prefix) >= shortest_prefix else ""
    line = f"\n{prefix}"
    found: list[Mark] = []
    for begin, token in _tokens(looked, start, len(looked.text) if end is None else end):
        for chunk in _chunks_of(token, language):
            if groups.keys().isdisjoint(chunk.terms) and not (prefix and line in chunk.lines):
                continue
            if chunk.whole in groups:
                found.append(Mark(begin + chunk.start, begin + chunk.end, groups[chunk.whole]))
                continue
            for word in chunk.words:
                group = next((groups[term] for term in word.terms if term in groups), None)
                if group is None and prefix and word.folded.startswith(prefix):
                    group = -1
                if group is not None:
                    found.append(Mark(begin + word.start, begin + word.end, group))
    return found


class _Word(NamedTuple):
    start: int
    end: int
    terms: tuple[str, ...]
    folded: str


class _Chunk(NamedTuple):
    """A chunk of a token: all that it may be marked for, as a tuple and as lines; what it is as a whole, where that is
    more than a word; and its words."""

    start: int
    end: int
    terms: tuple[str, ...]
    lines: str
    whole: str
    words: tuple[_Word, ...]


# Combining marks belong to the word before them; Python's \w leaves them out.
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:['’](?:[^\\W_]|[\u0300-\u036f])+)*")
_RUN = re.compile(r"[^\W_]+")


def _beginning(term: str) -> str:
    """How a word with this stem begins: stemmers change the last two letters at most. "polici" stands for "policy"."""
    run = _RUN.match(term)
    if run is None:
        return term[:1] if term[0] == "§" else term[:2]
    return run[0][: max(min(len(run[0]), 3), len(run[0]) - 2)]


def _fewest(beginnings: dict[str, int]) -> Iterator[tuple[str, int]]:
    """What begins with "refu" begins with "ref" too."""
    kept = ""
    for beginning in sorted(beginnings):
        if not kept or not beginning.startswith(kept):
            kept = beginning
            yield beginning, beginnings[beginning]


def _tokens(looked: Looked, first: int, last: int) -> Iterator[tuple[int, str]]:
    """What stands between blanks around each place, with its beginning."""
    text, done = looked.text, 0
    for place, _ in looked.places:
        if place < done or place < first:
            continue
        if place >= last:
            break
        start = max(done, text.rfind(" ", 0, place) + 1)
        end = text.find(" ", place)
        if text[place] == "§" and end >= 0:
            end = text.find(" ", end + 1)
        done = end if end >= 0 else len(text)
        yield start, text[start:done]


@lru_cache(maxsize=10_000)
def _chunks_of(token: str, language: str | None) -> tuple[_Chunk, ...]:
    return tuple(_read(match, language) for match in analysis.CHUNK.finditer(token))


def _read(match: "re.Match[str]", language: str | None) -> _Chunk:
    chunk = analysis.chunk_of(_lowered(match.group()))
    whole = analysis.whole_chunk(chunk)
    terms = (whole, *(term for word in chunk.words for term in _terms(word, language)))
    words = []
    for found in _WORD.finditer(match.string, match.start(), match.end()):
        word = _lowered(found.group())
        words.append(_Word(found.start(), found.end(), _terms(word, language), analysis.fold(word)))
    is_more = chunk.code or chunk.joined
    return _Chunk(match.start(), match.end(), terms, "\n" + "\n".join(terms), whole if is_more else "", tuple(words))


def _terms(word: str, language: str | None) -> tuple[str, ...]:
    if language is not None:
        return (analysis.stem(word, language), analysis.fold(word))
    return tuple(terms[0] for chunk in analysis.chunks(word) for terms in analysis.alternatives(chunk))


def _lowered(text: str) -> str:
    return analysis.normalise(text).lower() or "_"


def _folded(text: str, language: str | None) -> str:
    """Lower case and accents taken off letter by letter, so that every letter keeps its place."""
    folded = text.lower()
    if folded.isascii():
        return folded
    for letter in _ACCENTS.get(language, _ALL_ACCENTS):
        folded = folded.replace(letter, analysis.fold(letter))
    return folded


_ACCENTS: dict[str | None, str] = {"en": "", "de": "äöü", "fi": "äöå", "pl": "ąćęłńóśźż", "ru": "ё"}
_ALL_ACCENTS = "áàâäãåāąćčçđéèêëēěęíìîïīłñńňóòôöõøőōřśšťúùûüůűūýźžżё"
