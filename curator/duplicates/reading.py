"""What is compared of a card: its words, runs of three words, and the words that make up its title."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

MOST_WORDS = 20_000
SHORT = 40
RUN = 3
_TERM = 4
_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNTER = re.compile(r"v?\d|v\d+")
# Words of a title that say nothing about what a card answers: little words, and what people write on a copy.
_EMPTY_WORDS = """
a an and the of for to in on at by with from or our your how do does is are this that what we
copy old draft new final version deprecated archived archive legacy outdated previous duplicate summary notes
quick updated backup wip obsolete
kopie alt alte altes entwurf neu neue veraltet der die das und für von zu im wie
kopia stary stara stare szkic nowy nowa w na do jak
копия старый старая старое черновик новый новая в на для как и
kopio vanha luonnos uusi ja
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


@dataclass(frozen=True)
class Reading:
    """One card as the comparison sees it. What only some comparisons need is worked out when it is asked for."""

    title: str
    words: tuple[str, ...]
    subject: frozenset[str]
    numbers: frozenset[str]
    years: frozenset[str]

    @cached_property
    def runs(self) -> frozenset[str]:
        """Every run of three words; a text of one or two words is one run."""
        words = self.words
        if len(words) <= RUN:
            return frozenset([" ".join(words)] if words else [])
        return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))

    @cached_property
    def terms(self) -> dict[str, float]:
        """Words of four letters and more, by the logarithm of how often they stand there; of length one together."""
        counts = Counter(word for word in self.words if len(word) >= _TERM)
        weights = {word: 1 + math.log(number) for word, number in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()}

    @cached_property
    def shares(self) -> dict[str, float]:
        """How much of the text each word is."""
        counts = Counter(_parts(self.words))
        return {word: number / len(self.words) for word, number in counts.items()}

    @cached_property
    def places(self) -> dict[tuple[str, str], set[str]]:
        """What stands between two words: (before, after) leads to the words seen there."""
        found: dict[tuple[str, str], set[str]] = {}
        framed = ("", *self.words, "")
        for before, word, after in zip(framed, framed[1:], framed[2:], strict=False):
            found.setdefault((before, after), set()).add(word)
        return found


def read_card(title: str, text: str) -> Reading:
    """Read a card's title and its plain text. In a short answer the title is half of what is said, so it counts."""
    words = [match.group().lower() for match, _ in zip(_WORD.finditer(text), range(MOST_WORDS), strict=False)]
    in_title = [match.group().lower() for match in _WORD.finditer(title)]
    parts = set(_parts(in_title))
    years = {part for part in parts if _YEAR.fullmatch(part)}
    numbers = {word for word in in_title if any(map(str.isdigit, word)) and not _YEAR.fullmatch(word)}
    subject = {part for part in parts - years - _EMPTY if not _COUNTER.fullmatch(part)}
    if len(words) < SHORT:
        words = in_title + words
    return Reading(title, tuple(words), frozenset(subject), frozenset(numbers), frozenset(years))


def _parts(words: Iterable[str]) -> Iterable[str]:
    return (part for word in words for part in _PART.findall(word))
