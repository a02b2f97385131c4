"""Which headings a card has, and which of them have something below. Read from the HTML that readers get.

So the renderer alone decides what a heading is: one in a code fence is none, one underlined is one. Headings inside a
quotation, a list or a table are somebody else's; only those on the first level of the text open a section. A section
ends at the next heading of its own or a higher level.
"""

import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser

from kb.text.sanitise import HEADINGS

_VOID = {"br", "hr", "img", "input"}
_APART = re.compile(r"[\W_]+")
_LONGEST = 80


@dataclass(slots=True)
class Section:
    """A heading of the text, and whether there is anything to see below it."""

    heading: str
    level: int
    is_filled: bool = False


def key_of(heading: str) -> str:
    """A heading as it is compared: its words in small letters, whatever stands between them. May be empty."""
    return _APART.sub("-", unicodedata.normalize("NFKC", heading).casefold()).strip("-")[:_LONGEST].rstrip("-")


def sections_of(html: str) -> list[Section]:
    """The sections of a rendered text, in their order."""
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return reading.sections


def filled_keys(html: str) -> frozenset[str]:
    """The headings, as they are compared, below which something stands. Of two alike one with text is enough."""
    return frozenset(key for section in sections_of(html) if section.is_filled and (key := key_of(section.heading)))


def packed(keys: frozenset[str]) -> str:
    """Keys as a card keeps them: each between two line feeds, so that a query finds a whole one."""
    return "".join(f"\n{key}\n" for key in sorted(keys))


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[Section] = []
        self._depth = 0
        self._open: list[Section] = []
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            if tag == "img" and self._heading is None:
                self._fill()
            return
        if self._depth == 0 and tag in HEADINGS:
            self._heading = []
        elif self._depth == 0 and "footnote" in (dict(attrs).get("class") or "").split():
            self._open = []  # notes stand below everything and belong to no part
        self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        self._depth = max(0, self._depth - 1)
        if self._heading is not None and self._depth == 0:
            self._begin(" ".join("".join(self._heading).split()), int(tag[1]) if tag in HEADINGS else 2)
            self._heading = None

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self._heading.append(data)
        elif any(_is_seen(character) for character in data):
            self._fill()

    def _begin(self, heading: str, level: int) -> None:
        section = Section(heading, level)
        self._open = [above for above in self._open if above.level < level] + [section]
        self.sections.append(section)

    def _fill(self) -> None:
        for section in self._open:
            section.is_filled = True


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZC" and character != "\u2800"
