"""A card as the detectors read it: its words, and its links with the words they are on."""

from dataclasses import dataclass
from html.parser import HTMLParser

from kb.cards.models import Card

MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class LinkInText:
    """A link of a card and the words it is on."""

    url: str
    words: str


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card and what its text holds."""

    card: Card
    text: str
    links: tuple[LinkInText, ...]


def read_card(card: Card) -> ReadCard:
    """The title and the text, a line for each block, and the links in order."""
    # A no-break space is a space to whoever reads, and as long: places in the text stay the same.
    text = f"{card.title}\n{card.text}".replace("\u00a0", " ").replace("\u202f", " ")
    return ReadCard(card, text, tuple(links_in(card.html)))


def links_in(html: str) -> list[LinkInText]:
    """The links of rendered text, each address once."""
    parser = _Links()
    parser.feed(html)
    parser.close()
    found: dict[str, LinkInText] = {}
    for url, words in parser.found:
        found.setdefault(url, LinkInText(url, " ".join(words.split()) or url))
    return list(found.values())[:MOST_LINKS]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._url = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url, self._words = dict(attrs).get("href") or "", []

    def handle_data(self, data: str) -> None:
        if self._url:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url:
            self.found.append((self._url, "".join(self._words)))
            self._url = ""
