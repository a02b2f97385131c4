"""Versions of products that are older than the current one.

What is said of the past ("removed in 4.2") or of a minimum ("4.2 or newer") is not outdated.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from curator.detectors.phrases import Mention, PhraseBook

_NUMBER = r"(?P<number>\d+(?:\.\d+){0,3})"
_AFTER = re.compile(rf"(?:,? (?P<word>versions?|release|v\.?|ver\.?))? ?v?{_NUMBER}(?![\w%]|[.,]\d)", re.IGNORECASE)
_BEFORE = re.compile(
    rf"\b(?:versions?|release|v) ?{_NUMBER} (?:of|von|der|des) (?:the |our |der |des |unserer |unseres )?$",
    re.IGNORECASE,
)
_OR_NEWER = re.compile(
    r" ?(?:\+|[-–] ?v?\d|\(?(?:or|and|und|oder|bzw\.) (?:later|newer|above|higher|up|neuer|höher|später|all later))",
    re.IGNORECASE,
)
_OF_THE_PAST = re.compile(
    r"\b(?:since|from|before|until|till|prior to|older than|earlier than|below|at least|minimum|requires?|upgrade from|"
    r"introduced|added|removed|fixed|changed|deprecated|dropped|released|ended|retired|ab|seit|vor|mindestens|bis)"
    r"(?: support| on| with| by| in| for| the| our| mit| der| die| dem)*$",
    re.IGNORECASE,
)
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class OldVersion:
    """A version that was overtaken, as it stands in the text."""

    words: str
    name: str
    said: str
    current: str


class Versions:
    """The products that a curator knows, each with its current version."""

    def __init__(self, products: Iterable[tuple[str, str]]) -> None:
        self._products = PhraseBook([(name, (name, current)) for name, current in products], any_case=True)

    def find(self, text: str) -> Iterator[OldVersion]:
        """The outdated ones of a text."""
        for mention in self._products.find(text):
            yield from _look(text, mention)


def _look(text: str, mention: Mention[tuple[str, str]]) -> Iterator[OldVersion]:
    name, current = mention.what
    after = _AFTER.match(text, mention.end)
    before = _BEFORE.search(text[max(mention.start - _LOOK_BACK, 0) : mention.start])
    if after:
        start, end, said = mention.start, after.end(), after["number"]
        is_sure = bool(after["word"]) or "." in said
    elif before:
        start, end, said = mention.start - len(before[0]), mention.end, before["number"]
        is_sure = True
    else:
        return
    rest, lead = text[end : end + 20], text[max(start - _LOOK_BACK, 0) : start].rstrip()
    if is_sure and is_older(said, current) and not _OR_NEWER.match(rest) and not _OF_THE_PAST.search(lead):
        yield OldVersion(text[start:end], name, said, current)


def is_older(said: str, current: str) -> bool:
    """Whether a version came before the current one, as exactly as both are given: 5 is not older than 5.2."""
    one, other = _parts(said), _parts(current)
    shorter = min(len(one), len(other))
    return one[:shorter] < other[:shorter]


def is_version(text: str) -> bool:
    """Whether this is a version at all: numbers with dots between."""
    return re.fullmatch(r"\d{1,6}(?:\.\d{1,6}){0,3}", text) is not None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) for part in version.split("."))
