"""Made-up cards that read like a handbook: the same seed gives the same cards, and the first n of more are the n.

Real sections stand among them while there are any; the rest is a chain of word pairs over the same text, with one word
in twelve from an open vocabulary, because an index lives or dies by rare words.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks.foreign import SEEDS, SHORTEST_INFLECTED, SUFFIXES
from kb.paths import resource_root

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
COLLECTIONS = 20
REAL_SHARE = 0.4
FOREIGN_SHARE = 0.08
OPEN_SHARE = 0.08
LONG_SHARE = 0.025
STATUSES = {"published": 94, "draft": 2, "archived": 2, "replaced": 2}
TRUSTS = {"verified": 60, "due_soon": 10, "overdue": 15, "flagged": 5, "unverified": 10}
_TAGS = """refunds invoices payments shipping returns warranty sensors hubs accounts passwords security privacy
    contracts discounts renewals resellers pricing onboarding training api webhooks exports reports alerts mobile
    releases incidents escalation hiring travel benefits equipment compliance legal partners events support success"""
TAGS = tuple(_TAGS.split())


@dataclass(frozen=True, slots=True)
class Card:
    """What every engine is given. `headings` are lines of `text`; only published cards may be found."""

    id: int
    collection: int
    language: str
    title: str
    text: str
    headings: tuple[str, ...]
    tags: tuple[str, ...]
    status: str
    trust: str

    @property
    def is_servable(self) -> bool:
        """Whether a reader of its collection may be shown it; replaced cards have a status of their own here."""
        return self.status == "published"


class Section(NamedTuple):
    """A real piece of text with its headings."""

    title: str
    text: str
    headings: tuple[str, ...]


def default_folder() -> Path:
    """Real text if it lies beside the checkout; else the cards of the demo's company."""
    handbook = resource_root().parent / "shared" / "corpora" / "handbook"
    return handbook if handbook.is_dir() else resource_root() / "vitrine" / "demo" / "content" / "cards"


def cards(size: int, seed: int = 1, folder: Path | None = None) -> Iterator[Card]:
    """The first `size` cards, made one by one."""
    sections = read_sections(folder or default_folder())
    random.Random(seed).shuffle(sections)  # neighbours in a folder are about the same things
    chain = _Chain(section.text for section in sections)
    unused = iter(sections)
    for number in range(1, size + 1):
        # A generator of its own for each card: what one card consumes can't change the next.
        yield _card(number, random.Random(seed * 1_000_003 + number), unused, chain)


def write_cards(path: Path, made: Iterable[Card]) -> None:
    """Keep cards in a file, a line each, so that every engine reads the same ones and none is made twice."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(card), ensure_ascii=False) + "\n" for card in made)


@dataclass(frozen=True, slots=True)
class CardFile:
    """Written cards; each iteration reads the file anew."""

    path: Path

    def __iter__(self) -> Iterator[Card]:
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                fields = json.loads(line)
                yield Card(**fields | {"headings": tuple(fields["headings"]), "tags": tuple(fields["tags"])})


def read_sections(folder: Path) -> list[Section]:
    """The Markdown pages of a folder as plain text, cut at their second-level headings."""
    pages = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.rglob("*.md"))]
    found = [section for page in pages for section in _sections(page)]
    if not found:
        raise ValueError(f"{folder} holds no Markdown with text")
    return found


_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^(?:title: *|# +)(.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"<[^>\n]*>|https?://\S+|[*_`|>{}]+|^[ \t]*(?:[-+]|\d+\.) |^#+ *|^[-=: ]+$", re.MULTILINE)
_HEADING = re.compile(r"^#{3,6} +(.+)$", re.MULTILINE)
_FEWEST_WORDS = 15


def _sections(page: str) -> Iterator[Section]:
    named = _TITLE.search(page)
    title = _plain(named[1]) if named else ""
    for piece in re.split(r"^## +", _FRONT_MATTER.sub("", page), flags=re.MULTILINE):
        head, _, rest = piece.partition("\n")
        text = _plain(rest)
        if len(text.split()) >= _FEWEST_WORDS:
            words = f"{title} {_plain(head)}".split()[:8]
            name = " ".join(words if len(words) > 1 else ["About", *words, *text.split()[:2]])
            yield Section(name[:150], text, tuple(filter(None, map(_plain, _HEADING.findall(rest)))))


def _plain(markdown: str) -> str:
    lines = _MARKUP.sub(" ", _LINK.sub(r"\1", markdown)).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


class _Chain:
    """Which words follow which."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._followers: dict[str, list[str]] = {}
        self._all: list[str] = []
        for text in texts:
            words = text.split()
            self._all += words
            for word, follower in pairwise(words):
                self._followers.setdefault(word, []).append(follower)

    def words(self, chance: random.Random, count: int) -> list[str]:
        """So many words in a row."""
        everything, followers, made = self._all, self._followers, []
        word = chance.choice(everything)
        for _ in range(count):
            if chance.random() < OPEN_SHARE:
                made.append(_open_word(chance))
            else:
                made.append(word)
            after = followers.get(word, everything)
            word = after[int(chance.random() * len(after))]
        return made


def _open_word(chance: random.Random) -> str:
    """A word of an unbounded vocabulary in which the n-th is drawn about n**-1.22 times as often as the first."""
    rank = int(min(chance.random() ** (-1 / 0.22), 1e9))
    syllables = ""
    while rank:
        rank, rest = divmod(rank, 85)
        syllables += "bcdfghjklmnprstvz"[rest % 17] + "aeiou"[rest // 17]
    return syllables + "n"


def _card(number: int, chance: random.Random, unused: Iterator[Section], chain: _Chain) -> Card:
    drawn, language = chance.random(), "en"
    section = next(unused, None) if FOREIGN_SHARE <= drawn < FOREIGN_SHARE + REAL_SHARE else None
    if drawn < FOREIGN_SHARE:
        language = chance.choice(sorted(SEEDS))
        section = _composed(_foreign_words(language, chance, 8 + _length(chance)), chance)
    section = section or _composed(chain.words(chance, 8 + _length(chance)), chance)
    status = _drawn(STATUSES, chance)
    return Card(
        id=number,
        # Shelves of unequal size, as they are: the largest holds about four times the cards of the smallest.
        collection=chance.choices(range(1, COLLECTIONS + 1), [1 / (k + 6) for k in range(COLLECTIONS)])[0],
        language=language,
        title=section.title,
        text=section.text,
        headings=section.headings,
        tags=tuple(sorted(set(chance.choices(TAGS, [1 / (k + 2) for k in range(len(TAGS))], k=chance.randrange(4))))),
        status="published" if status == "replaced" and number == 1 else status,
        trust=_drawn(TRUSTS, chance),
    )


def _length(chance: random.Random) -> int:
    """Words of a card: half have less than 130, one in twenty more than 650."""
    if chance.random() < LONG_SHARE:
        return int(chance.uniform(700, 4000))
    return max(12, min(3000, int(chance.lognormvariate(4.85, 0.88))))


def _composed(words: list[str], chance: random.Random) -> Section:
    """A card of these words: a title whose words come again in the text, paragraphs, a heading where it is long."""
    count = chance.randrange(2, 9)
    title = " ".join(word.strip(".,:;()!?\"'") or "Note" for word in words[:count])
    lines, headings, rest = [f"{title}."], [], words[count:]
    while rest:
        size = chance.randrange(30, 90)
        lines.append(" ".join(rest[:size]))
        rest = rest[size:]
        if len(rest) > 60:
            headings.append(" ".join(rest[: chance.randrange(2, 6)]))
            lines.append(headings[-1])
    return Section(title[:150].capitalize(), "\n".join(lines), tuple(headings))


def _foreign_words(language: str, chance: random.Random, count: int) -> list[str]:
    words, suffixes, made = SEEDS[language].split(), SUFFIXES[language], []
    for _ in range(count):
        if chance.random() < OPEN_SHARE:
            made.append(_open_word(chance))
            continue
        word = words[int(chance.random() ** 1.5 * len(words))]
        made.append(word + chance.choice(suffixes) if len(word) >= SHORTEST_INFLECTED else word)
    return made


def _drawn(weights: dict[str, int], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
