"""From text to terms, the same for index and query.

A text is cut into chunks ("refunds", "self-service", "C++", "24/7", "anna@firma.pl"). A chunk gives words, stemmed
in the language of the card and then folded, and, where punctuation or units make it one, a code findable as typed.
A chunk's words stand side by side; its code stands where its first word does.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import snowballstemmer

from search.function_words import FUNCTION_WORDS

LANGUAGES = ("en", "de", "fi", "pl", "ru")
TERM_LIMIT = 40
TEXT_LIMIT = 200_000

# A term group of a query: any alternative will do; an alternative is a set of terms that must all occur.
Alternatives = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One whitespace-free piece of text, lower-cased."""

    text: str
    code: str | None
    joined: str | None
    words: tuple[str, ...]


def normalise(text: str) -> str:
    """NFKC without control characters, direction overrides, soft hyphens or lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFKC", _UNWANTED.sub("", text)).translate(_TIDY)


def fold(word: str) -> str:
    """Lower case without accents: ß is ss, ł is l, ё is е, but й stays й."""
    word = word.lower()
    if word.isascii():
        return word.replace("'", "")
    return "".join(map(_fold_letter, unicodedata.normalize("NFC", word.translate(_FOLDED)).replace("'", "")))


def label(text: str) -> str:
    """The form under which tags are compared."""
    return fold(" ".join(normalise(text).split()))[:TERM_LIMIT]


def stem(word: str, language: str) -> str:
    """Stem first, then fold: the stemmers need the accents. A word with digits is a name and stays whole."""
    cache = _stems.get(language)
    if cache is None:
        return fold(word)[:TERM_LIMIT]
    known = cache.get(word)
    return known if known is not None else _remember_stem(word, language)


def cut(text: str) -> list[str]:
    """The chunks of a text as strings, normalised and lower-cased."""
    return CHUNK.findall(normalise(text[:TEXT_LIMIT]).lower())


def chunks(text: str) -> Iterator[Chunk]:
    return map(chunk_of, cut(text))


@lru_cache(maxsize=100_000)
def chunk_of(text: str) -> Chunk:
    parts = tuple(part[:TERM_LIMIT] for part in _PART.findall(text))
    if text[0] == "§":
        return Chunk(text, ("§" + text.lstrip("§ "))[:TERM_LIMIT], None, parts)
    if parts == (text,):
        measured = _NUMBER_WITH_UNIT.fullmatch(text)
        return Chunk(text, fold(text), None, measured.groups()) if measured else Chunk(text, None, None, parts)
    if _HYPHENATED.fullmatch(text):
        return Chunk(text, None, "".join(parts)[:TERM_LIMIT], parts)
    if _LISTED.fullmatch(text):
        return Chunk(text, None, None, parts)
    return Chunk(text, fold(text[:TERM_LIMIT]), None, parts)


class Places(NamedTuple):
    """The terms of a chunk, each with how many words after the chunk's first it stands, and how many words it has."""

    terms: tuple[tuple[str, int], ...]
    width: int


def places(piece: str, language: str) -> Places:
    """Every term by which a chunk of a card in this language is found."""
    chunk = chunk_of(piece)
    terms = [(stem(word, language), place) for place, word in enumerate(chunk.words)]
    if chunk.joined is not None:
        terms.append((stem(chunk.joined, language), 0))
    if chunk.code is not None:
        terms.append((chunk.code, 0))
        if "@" in chunk.text:
            terms += [(fold(part)[:TERM_LIMIT], 0) for part in chunk.text.split("@") if "." in part]
    return Places(tuple(term for term in dict.fromkeys(terms) if term[0]), max(1, len(chunk.words)))


def with_unit(number: str, piece: str) -> str | None:
    """ "5 GB" is found as "5GB" too: the code of a number and the unit after it."""
    return number + piece if piece in UNITS and number.isdecimal() else None


def sequences(text: str) -> list[tuple[tuple[str, int], ...]]:
    """A phrase as sequences of terms with their places: one for each language that stems it differently."""
    pieces = cut(text)
    found: dict[tuple[tuple[str, int], ...], None] = {}
    for language in LANGUAGES:
        terms: list[tuple[str, int]] = []
        place = 0
        for piece in pieces:
            chunk = chunk_of(piece)
            words = (chunk.code,) if chunk.code is not None else tuple(stem(word, language) for word in chunk.words)
            terms += [(word, place + number) for number, word in enumerate(words) if word]
            place += max(1, len(chunk.words))
        if terms:
            found[tuple(terms)] = None
    return list(found)


@lru_cache(maxsize=100_000)
def vocabulary_words(piece: str) -> tuple[str, ...]:
    """The plain words of a chunk, unstemmed and with their accents: what typos are repaired to."""
    chunk = chunk_of(piece)
    return tuple(word for word in chunk.words if len(word) >= 4 and word.isalpha()) if chunk.code is None else ()


def edge_words(text: str) -> Iterator[str]:
    """The folded words and whole chunks of a title or tag, whose beginnings are indexed."""
    for chunk in chunks(text):
        yield from dict.fromkeys((whole_chunk(chunk), *map(fold, chunk.words)))


def whole_chunk(chunk: Chunk) -> str:
    return chunk.code if chunk.code is not None else fold(chunk.text)[:TERM_LIMIT]


def alternatives(chunk: Chunk, languages: tuple[str, ...] = LANGUAGES) -> Alternatives:
    """What a query chunk may match, stemmed in every active language of its script."""
    if chunk.code is not None:
        return ((chunk.code,),)
    per_word = [tuple(stem(word, language) for word in chunk.words) for language in _languages_for(chunk, languages)]
    found = dict.fromkeys([*per_word, tuple(fold(word) for word in chunk.words)])
    if chunk.joined is not None:
        found |= dict.fromkeys((stem(chunk.joined, language),) for language in _languages_for(chunk, languages))
    return tuple(found)


def looser_alternatives(chunk: Chunk) -> Alternatives:
    """For a code that no card holds as typed: its parts. "C#" has none, or it would find every single "c"."""
    if chunk.code is None or not chunk.words or (len(chunk.words) == 1 and len(chunk.words[0]) == 1):
        return ()
    return alternatives(Chunk(chunk.text, None, None, chunk.words))


def side_terms(text: str, languages: tuple[str, ...] = LANGUAGES) -> Alternatives:
    """What a whole phrase may match: all its telling words together, stemmed in one language after the other."""
    every = list(chunks(text))
    telling = [chunk for chunk in every if not is_function_word(chunk)] or every
    per_language = [
        tuple(term for chunk in telling for term in alternatives(chunk, (language,))[0]) for language in languages
    ]
    return tuple(dict.fromkeys(terms for terms in per_language if terms))


def is_function_word(chunk: Chunk) -> bool:
    """Words like "how" or "der" that need not occur as long as others do."""
    return chunk.code is None and chunk.text in FUNCTION_WORDS


_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_TIDY = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "−": "-"})
_FOLDED = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ё": "е", "æ": "ae", "œ": "oe"})
_WORD = "[\\w\u0300-\u036f]"
CHUNK = re.compile(
    rf"§+\s?{_WORD}{{1,40}}"
    rf"|(?:(?<![\w.])[.#@](?=\w))?{_WORD}+(?:['’./@&+\-‐‑–]{_WORD}+|(?<=\d)[,:]\d{_WORD}*)*(?:\+\+|[+#%](?!\w))?"
)
_PART = re.compile("(?:[^\\W_]|[\u0300-\u036f])+(?:'(?:[^\\W_]|[\u0300-\u036f])+)*")
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_LISTED = re.compile(r"[^\W\d_]+(?:[-/'][^\W\d_]+)+")
_NUMBER_WITH_UNIT = re.compile(r"(\d+)([^\W\d_]{1,4})")
_UNIT_NAMES = "kb mb gb tb pb kw kwh mw ms s min h mm cm m km mg g kg ml l px dpi hz mhz ghz v w"
UNITS = frozenset(_UNIT_NAMES.split())
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_SNOWBALL = {"en": "english", "de": "german", "fi": "finnish", "pl": "polish", "ru": "russian"}
_stemmers = {language: snowballstemmer.stemmer(_SNOWBALL[language]) for language in LANGUAGES}
_stems: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
_stemming = Lock()
_STEMS_KEPT = 200_000


def _fold_letter(letter: str) -> str:
    if "\u0400" <= letter <= "\u04ff":
        return letter
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


def _remember_stem(word: str, language: str) -> str:
    # A snowball stemmer keeps the word it works on in itself, so two threads must not share it.
    with _stemming:
        stemmed = word if any(map(str.isdigit, word)) else _stemmers[language].stemWord(word)
    if language == "fi":
        stemmed = _further_in_finnish(stemmed)
    if len(_stems[language]) >= _STEMS_KEPT:
        _stems[language].clear()
    known = _stems[language][word] = fold(stemmed)[:TERM_LIMIT]
    return known


def _further_in_finnish(stemmed: str) -> str:
    """What Snowball leaves on some forms of a word only: tiimi and tiim, alennus and alennuks, asiakas and asiak."""
    if len(stemmed) > 4 and stemmed.endswith("ks"):
        return stemmed[:-2] + "s"
    if len(stemmed) > 5 and stemmed.endswith(("as", "äs")):
        return stemmed[:-2]
    return stemmed[:-1] if len(stemmed) > 3 and stemmed[-1] in "aeiouyäö" else stemmed


def _languages_for(chunk: Chunk, languages: tuple[str, ...]) -> tuple[str, ...]:
    cyrillic = bool(_CYRILLIC.search(chunk.text))
    return tuple(language for language in languages if (language == "ru") == cyrillic)
