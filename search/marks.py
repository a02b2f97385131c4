"""Where in a text the words of a query stand.

Words are found in the text as it is written and normalised one by one, so no change of length can shift a mark. Only
the words that begin like one that is looked for are read; there are few of them, and finding them costs almost nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from search import analysis
from search.backend import Query

LOOKS = 80
"""So many places at most are looked at for each beginning: a long text repeats itself."""


Mark = tuple[int, int, int]
"""Where a match begins and ends, and the number of the query's word that it is of; -1 for the beginning of the last
one."""
Places = list[tuple[int, int]]
"""Where something may stand that is to be marked, ascending, each with the number of the query's word."""


class Wanted(NamedTuple):
    """What to mark: the number of the query's word each term stands for, the beginning of the last word while it is
    typed, and how anything that is to be marked begins, with the number of its word.

    `looks`: so many places at most are looked at for each beginning; `is_plain`: none of them has an accent or is of
    another alphabet; `read`: the marks of what was read already, by language: the answers to one query share words.
    """

    groups: dict[str, int]
    prefix: str
    beginnings: tuple[tuple[str, int], ...]
    looks: int
    is_plain: bool
    read: dict[str | None, dict[str, tuple[Mark, ...]]]


def telling(query: Query) -> list[analysis.Chunk]:
    """The words that are looked for, by their numbers. Function words only if there are no others."""
    chunks = [chunk for text in (*query.phrases, *query.words) for chunk in _chunks_in(text)]
    return [chunk for chunk in chunks if not analysis.is_function_word(chunk)] or chunks


def wanted_by(query: Query, words: Sequence[analysis.Chunk], shortest_prefix: int) -> Wanted:
    """What this query with these telling words looks for, synonyms included. A shorter prefix is not looked for."""
    groups: dict[str, int] = {}
    for number, chunk in enumerate(words):
        groups |= dict.fromkeys(_terms_of(chunk), number)
    for number, (_, others) in enumerate(query.synonyms, len(words)):
        for other in others:
            for terms in analysis.side_terms(other):
                groups = dict.fromkeys(terms, number) | groups
    last = analysis.fold(analysis.normalise(query.words[-1])) if query.prefix and query.words else ""
    if len(last) < shortest_prefix:
        last = ""
    starts = {_beginning(term): number for term, number in groups.items() if term}
    if last:
        starts.setdefault(last, -1)
    beginnings = tuple(_fewest(starts))
    looks = max(LOOKS // 10, LOOKS // max(1, len(beginnings) // 2))  # a dozen single letters are everywhere
    return Wanted(groups, last, beginnings, looks, "".join(starts).isascii(), {})


def places_in(text: str, wanted: Wanted, language: str | None, texts: int = 1) -> Places:
    """Look through a text, or several that are joined to one. Cheap: nothing is read yet."""
    folded = _folded(text, wanted, language)
    if len(folded) != len(text):  # a letter that is two in lower case: every word is looked at
        return [(found.start(), -1) for found in _RUN.finditer(text)]
    places: Places = []
    find, looks = folded.find, wanted.looks * texts
    for beginning, number in wanted.beginnings:
        place = find(beginning)
        if place < 0:
            continue
        left, is_word = looks, beginning[0].isalnum()
        while place >= 0 and left:
            if not is_word or not place or not folded[place - 1].isalnum():
                places.append((place, number))
            place = find(beginning, place + 1)
            left -= 1
    if len(wanted.beginnings) > 1:
        places.sort()
    return places


def are_read_alike(languages: Collection[str | None], text: str, wanted: Wanted) -> bool:
    """Whether it makes no difference to this text, looked through for these words, which of the languages it is of."""
    return len(languages) < 2 or text.isascii() or (wanted.is_plain and _LATIN_1.issuperset(languages))


def marks_in(text: str, places: Iterable[tuple[int, int]], wanted: Wanted, language: str | None) -> list[Mark]:
    """The matches at these places of a text whose only white space is blanks, in their order."""
    marks: list[Mark] = []
    read = wanted.read.setdefault(language, {})
    done = 0
    for place, _ in places:
        if place < done:
            continue
        # What stands between blanks around the place.
        start = max(done, text.rfind(" ", 0, place) + 1)
        done = text.find(" ", place)
        if text[place] == "§" and done >= 0:
            done = text.find(" ", done + 1)
        if done < 0:
            done = len(text)
        token = text[start:done]
        found = read.get(token)
        if found is None:
            found = read[token] = _marks_of(token, wanted, language)
        for begin, end, group in found:
            marks.append((start + begin, start + end, group))
    return marks


def _marks_of(token: str, wanted: Wanted, language: str | None) -> tuple[Mark, ...]:
    groups, prefix = wanted.groups, wanted.prefix
    marks = []
    for chunk in _chunks_of(token, language):
        if chunk.whole and chunk.whole in groups:
            marks.append((chunk.start, chunk.end, groups[chunk.whole]))
            continue
        for start, end, terms, folded in chunk.words:
            for term in terms:
                if term in groups:
                    marks.append((start, end, groups[term]))
                    break
            else:
                if prefix and folded.startswith(prefix):
                    marks.append((start, end, -1))
    return tuple(marks)


class _Word(NamedTuple):
    start: int
    end: int
    terms: tuple[str, ...]
    folded: str


class _Chunk(NamedTuple):
    """A chunk of a token: what it is as a whole, where that is more than a word; and its words."""

    start: int
    end: int
    whole: str
    words: tuple[_Word, ...]


# Combining marks belong to the word before them; Python's \w leaves them out.
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:['’](?:[^\\W_]|[\u0300-\u036f])+)*")
_RUN = re.compile(r"[^\W_]+")


@lru_cache(maxsize=20_000)
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


@lru_cache(maxsize=5_000)
def _chunks_in(text: str) -> tuple[analysis.Chunk, ...]:
    return tuple(analysis.chunks(text))


@lru_cache(maxsize=5_000)
def _terms_of(word: analysis.Chunk) -> tuple[str, ...]:
    found = analysis.alternatives(word) + analysis.looser_alternatives(word)
    return tuple(dict.fromkeys(chain.from_iterable(found)))


@lru_cache(maxsize=10_000)
def _chunks_of(token: str, language: str | None) -> tuple[_Chunk, ...]:
    return tuple(_read(match, language) for match in analysis.CHUNK.finditer(token))


def _read(match: "re.Match[str]", language: str | None) -> _Chunk:
    chunk = analysis.chunk_of(_lowered(match.group()))
    whole = analysis.whole_chunk(chunk) if chunk.code or chunk.joined else ""
    words = []
    for found in _WORD.finditer(match.string, match.start(), match.end()):
        word = _lowered(found.group())
        words.append(_Word(found.start(), found.end(), _terms(word, language), analysis.fold(word)))
    return _Chunk(match.start(), match.end(), whole, tuple(words))


def _terms(word: str, language: str | None) -> tuple[str, ...]:
    if language is not None:
        return (analysis.stem(word, language), analysis.fold(word))
    return tuple(terms[0] for chunk in analysis.chunks(word) for terms in analysis.alternatives(chunk))


def _lowered(text: str) -> str:
    return analysis.normalise(text).lower() or "_"


def _folded(text: str, wanted: Wanted, language: str | None) -> str:
    """Lower case and accents taken off letter by letter, so that every letter keeps its place."""
    if text.isascii():
        return text.lower()
    if wanted.is_plain and language in _LATIN_1:
        # Several times as fast as `lower`, which reads the properties of every letter; nothing wanted has what is lost.
        return text.encode("latin-1", "replace").translate(_PLAIN).decode("ascii")
    folded = text.lower()
    for letter, plain in _ACCENTS.get(language, _ALL_ACCENTS):
        folded = folded.replace(letter, plain)
    return folded


def _plain_latin(letter: str) -> str:
    """One letter of ASCII for each of Latin-1; a question mark for what is none."""
    plain = letter.lower() if letter.isascii() else analysis.fold(letter)[:1]
    return plain if plain and plain.isascii() else "?"


_LATIN_1 = frozenset({"en", "de", "fi", "ru"})
"""Languages whose letters are all in Latin-1, or none: what is wanted in ASCII is then found without the others."""
_PLAIN = "".join(_plain_latin(chr(code)) for code in range(256)).encode("ascii")


def _plain(letters: str) -> tuple[tuple[str, str], ...]:
    return tuple((letter, analysis.fold(letter)) for letter in letters)


_ACCENTS: dict[str | None, tuple[tuple[str, str], ...]] = {
    "en": (), "de": _plain("äöü"), "fi": _plain("äöå"), "pl": _plain("ąćęłńóśźż"), "ru": _plain("ё"),
}  # fmt: skip
_ALL_ACCENTS = _plain("áàâäãåāąćčçđéèêëēěęíìîïīłñńňóòôöõøőōřśšťúùûüůűūýźžżё")
