"""What readers ask, drawn from the cards they look for: each question with its reader's collections."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.corpus import COLLECTIONS, Card

CLASSES = {"words": 40, "prefixes": 20, "phrases": 15, "typos": 10, "filters": 15}
"""The classes and their shares in a hundred questions."""
CHOSEN_SHARE = 0.25
TITLE_SHARE = 0.6
_WORD = re.compile(r"[^\W\d_]{3,}")
_COMMON = """the and for that with this these those are was were you our your their its from have has had will would can
    could should not all any but out how what when where who why which they them been being more than then also into
    about if in is it of on or to we be by as at an do so may must each other some such only both via etc"""
_TOO_COMMON = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `source` is the card it was drawn from, which its reader may read."""

    kind: str
    words: tuple[str, ...]
    readable: tuple[int, ...]
    collection: int | None
    tag: str | None
    source: int

    @property
    def is_prefix(self) -> bool:
        """Whether the last word is still being typed."""
        return self.kind == "prefixes"

    @property
    def is_phrase(self) -> bool:
        """Whether the words stand side by side."""
        return self.kind == "phrases"

    @property
    def shelves(self) -> tuple[int, ...]:
        """The collections that count: the chosen one, or all the reader may read."""
        return self.readable if self.collection is None else (self.collection,)


def questions(cards: Iterable[Card], size: int, count: int = 400, seed: int = 2) -> list[Query]:
    """About `count` questions in the shares of CLASSES, from cards spread evenly over the corpus."""
    chance = random.Random(seed)
    wanted = [kind for kind, share in CLASSES.items() for _ in range(max(1, count * share // 100))]
    chance.shuffle(wanted)
    gap = max(1, size // (len(wanted) * 2))
    asked: list[Query] = []
    for card in _every(cards, gap):
        if len(asked) == len(wanted):
            break
        query = _question(wanted[len(asked)], card, chance)
        if query is not None:
            asked.append(query)
    return asked


def write_queries(path: Path, queries: Iterable[Query]) -> None:
    """Keep questions in a file for another process."""
    path.write_text(json.dumps([asdict(query) for query in queries]), encoding="utf-8")


def read_queries(path: Path) -> list[Query]:
    """The questions of a file."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Query(**row | {"words": tuple(row["words"]), "readable": tuple(row["readable"])}) for row in rows]


def _every(cards: Iterable[Card], gap: int) -> Iterator[Card]:
    return (card for card in cards if card.id % gap == 0 and card.is_servable)


def _question(kind: str, card: Card, chance: random.Random) -> Query | None:
    words = {"prefixes": _prefix, "phrases": _phrase, "typos": _typo}.get(kind, _some_words)(card, chance)
    if not words:
        return None
    others = [number for number in range(1, COLLECTIONS + 1) if number != card.collection]
    readable = tuple(sorted([card.collection, *chance.sample(others, COLLECTIONS // 2 - 1)]))
    is_chosen = chance.random() < CHOSEN_SHARE
    tag = chance.choice(card.tags) if kind == "filters" and card.tags else None
    if kind == "filters":
        is_chosen = tag is None or chance.random() < 0.3
    return Query(kind, words, readable, card.collection if is_chosen else None, tag, card.id)


def _some_words(card: Card, chance: random.Random, most: int = 4) -> tuple[str, ...]:
    """One to four different words, the title's more often than the text's, rarer ones of the text more often."""
    title, text = _telling(card.title), _telling(card.text)
    counted = Counter(text)
    picked: dict[str, None] = {}
    for _ in range(chance.choices(range(1, most + 1), (30, 35, 25, 10)[:most])[0]):
        if title and (chance.random() < TITLE_SHARE or not text):
            picked[chance.choice(title)] = None
        elif text:
            two = (chance.choice(text), chance.choice(text))
            picked[min(two, key=lambda word: counted[word])] = None
    return tuple(picked)


def _prefix(card: Card, chance: random.Random) -> tuple[str, ...]:
    """The last word, always one of the title's, is cut after two letters or more."""
    long_ones = [word for word in _telling(card.title) if len(word) >= 4]
    if not long_ones:
        return ()
    last = chance.choice(long_ones)
    before = [word for word in _some_words(card, chance, most=2) if word != last][: chance.randrange(3)]
    return (*before, last[: chance.randrange(2, len(last))])


def _phrase(card: Card, chance: random.Random) -> tuple[str, ...]:
    """Two or three words side by side in one line, with nothing but a space between them."""
    line = card.title if chance.random() < 0.3 else chance.choice(card.text.splitlines())
    runs = re.findall(r"[^\W\d_]{2,}(?: [^\W\d_]{2,})+", line)
    if not runs:
        return ()
    run = chance.choice(runs).lower().split(" ")
    size = min(len(run), chance.choice((2, 2, 3)))
    start = chance.randrange(len(run) - size + 1)
    words = run[start : start + size]
    return () if _TOO_COMMON.issuperset(words) else tuple(words)


def _typo(card: Card, chance: random.Random) -> tuple[str, ...]:
    """One or two words; one of at least five letters has a letter too many, too few, changed or swapped."""
    long_ones = [word for word in _telling(card.title) if len(word) >= 5]
    if not long_ones:
        return ()
    right = chance.choice(long_ones)
    others = [word for word in _telling(card.title) if word != right]
    wrong = _misspelled(right, chance)
    return (chance.choice(others), wrong) if others and chance.random() < 0.5 else (wrong,)


def _misspelled(word: str, chance: random.Random) -> str:
    """The first letter stays: people get it right, and engines rely on it."""
    place = chance.randrange(1, len(word) - 1)
    letter = chance.choice("aeinrst" if word.isascii() else word)
    edits = (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    )
    return next((edit for edit in chance.sample(edits, 4) if edit != word), word + letter)


def _telling(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _TOO_COMMON]
