"""From text to terms, the same for index and query.

A text is cut into chunks ("refunds", "self-service", "C++", "24/7", "anna@firma.pl"). A chunk gives words, stemmed
in the language of the card and then folded, and, where punctuation or units make it one, a code findable as typed.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from threading import Lock

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
        with_unit = _NUMBER_WITH_UNIT.fullmatch(text)
        return Chunk(text, fold(text), None, with_unit.groups()) if with_unit else Chunk(text, None, None, parts)
    if _HYPHENATED.fullmatch(text):
        return Chunk(text, None, "".join(parts)[:TERM_LIMIT], parts)
    if _LISTED.fullmatch(text):
        return Chunk(text, None, None, parts)
    return Chunk(text, fold(text[:TERM_LIMIT]), None, parts)


def document_terms(pieces: Sequence[str], language: str) -> list[str]:
    """Every term a card's text, already cut, is found by, as often as it occurs."""
    terms: list[str] = []
    for piece in pieces:
        terms += _terms_of(piece, language)
    # "5 GB" is found as "5GB" too.
    terms += [left + right for left, right in pairwise(pieces) if right in _UNITS and left.isdecimal()]
    return terms


@lru_cache(maxsize=100_000)
def vocabulary_words(piece: str) -> tuple[str, ...]:
    """The plain words of a chunk, unstemmed and with their accents: what typos are repaired to."""
    chunk = chunk_of(piece)
    return tuple(word for word in chunk.words if len(word) >= 4 and word.isalpha()) if chunk.code is None else ()


@lru_cache(maxsize=100_000)
def phrase_tokens(piece: str) -> tuple[str, ...]:
    """The folded, unstemmed tokens that stand for a chunk in a phrase."""
    chunk = chunk_of(piece)
    return (chunk.code,) if chunk.code is not None else tuple(map(fold, chunk.words))


def phrase_text(pieces: Sequence[str]) -> str:
    """Phrases are looked up in this: all tokens, each between spaces."""
    return f" {' '.join(token for piece in pieces for token in phrase_tokens(piece))} "


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
_UNITS = frozenset(_UNIT_NAMES.split())
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
    if len(_stems[language]) >= _STEMS_KEPT:
        _stems[language].clear()
    known = _stems[language][word] = fold(stemmed)[:TERM_LIMIT]
    return known


@lru_cache(maxsize=100_000)
def _terms_of(text: str, language: str) -> tuple[str, ...]:
    chunk = chunk_of(text)
    terms = [stem(word, language) for word in chunk.words]
    if chunk.joined is not None:
        terms.append(stem(chunk.joined, language))
    if chunk.code is not None:
        terms.append(chunk.code)
        if "@" in chunk.text:
            terms += [fold(part)[:TERM_LIMIT] for part in chunk.text.split("@") if "." in part]
    return tuple(term for term in terms if term)


def _languages_for(chunk: Chunk, languages: tuple[str, ...]) -> tuple[str, ...]:
    cyrillic = bool(_CYRILLIC.search(chunk.text))
    return tuple(language for language in languages if (language == "ru") == cyrillic)
