"""The piece of a text that answers a query best, and which words of it to mark.

Pieces are (text, is_match) pairs whose texts, put together, are the window; escaping is the template's work.
"""

import re
from collections import Counter

from search import analysis
from search.backend import Query
from search.marks import Mark, look, marks_in, telling, wanted_by

Pieces = list[tuple[str, bool]]
WIDTH = 180
LEAD = 40
READ_LIMIT = 6_000
PREFIX_LENGTH = 3


class Marker:
    """What is marked for one query, worked out once for all the texts that are shown."""

    def __init__(self, query: Query) -> None:
        told = telling(query)
        self._wanted = wanted_by(query)
        looked_for = set(self._wanted.groups.values())
        self.words = {number: chunk.text for number, chunk in enumerate(told) if number in looked_for}
        """The query's words that are looked for, by their numbers."""
        is_last = query.words and told and analysis.cut(query.words[-1])[-1:] == [told[-1].text]
        self.typing = len(told) - 1 if query.prefix and is_last else None
        """The number of the one that is still being typed."""

    def snippet(self, text: str, language: str | None = None, width: int = WIDTH) -> Pieces:
        """The best window of a plain text. White space is collapsed; cuts are shown as "…" outside the matches."""
        flat = _blanks_only(text[:READ_LIMIT]).strip()
        looked = look(flat, self._wanted, language)
        start, end = _window(flat, looked.places, width)
        marks = marks_in(looked, self._wanted, language, PREFIX_LENGTH, start, end)
        if not marks and len(looked.places) > 1:
            # What looked like the words was others: read them all.
            marks = marks_in(looked, self._wanted, language, PREFIX_LENGTH)
            start, end = _window(flat, [(mark.start, mark.group) for mark in marks], width)
        pieces = [(_BLANKS.sub(" ", piece), is_match) for piece, is_match in _pieces(flat, start, end, marks)]
        if start:
            pieces.insert(0, ("…", False))
        if end < len(flat) or len(text) > READ_LIMIT:
            pieces.append(("…", False))
        return pieces

    def highlight(self, title: str, language: str | None = None) -> Pieces:
        """The whole title with its matches marked."""
        marks = marks_in(look(title, self._wanted, language), self._wanted, language, 1)
        return _pieces(title, 0, len(title), marks)

    def found(self, text: str, language: str | None = None) -> set[int]:
        """The numbers of the words that stand in a text; from three letters on, one being typed may begin another."""
        looked = look(_blanks_only(text), self._wanted, language)
        groups = {mark.group for mark in marks_in(looked, self._wanted, language, PREFIX_LENGTH)}
        typed = {self.typing} if -1 in groups and self.typing is not None else set()
        return groups - {-1} | typed


_SPACE = re.compile(r"\s")
_BLANKS = re.compile(" {2,}")


def _blanks_only(text: str) -> str:
    flat = text.replace("\n", " ")
    return flat if flat.isprintable() else _SPACE.sub(" ", flat)


def _window(text: str, places: list[tuple[int, int]], width: int) -> tuple[int, int]:
    start = _word_start(text, _best_start(places, width))
    return start, _word_end(text, start, width)


def _best_start(places: list[tuple[int, int]], width: int) -> int:
    """Where the window begins that holds the most different words of the query, then the most matches."""
    best, start, ahead = 0, 0, 0
    inside: Counter[int] = Counter()
    for number, (first, group) in enumerate(places):
        while ahead < len(places) and places[ahead][0] <= first + width - 2 * LEAD:
            inside[places[ahead][1]] += 1
            ahead += 1
        worth = len(inside) * 100 + ahead - number
        if worth > best:
            best, start = worth, first
        inside[group] -= 1
        if not inside[group]:
            del inside[group]
    return max(0, start - LEAD)


def _word_start(text: str, start: int) -> int:
    if not start:
        return 0
    space = text.find(" ", start, start + LEAD)
    return space + 1 if space >= 0 else start


def _word_end(text: str, start: int, width: int) -> int:
    end = min(len(text), start + width)
    if end == len(text):
        return end
    space = text.rfind(" ", end - LEAD, end + 1)
    return space if space > start else end


def _pieces(text: str, start: int, end: int, marks: list[Mark]) -> Pieces:
    pieces: Pieces = []
    done = start
    for mark in marks:
        if mark.start < done or mark.end > end:
            continue
        if mark.start > done:
            pieces.append((text[done : mark.start], False))
        pieces.append((text[mark.start : mark.end], True))
        done = mark.end
    if done < end:
        pieces.append((text[done:end], False))
    return pieces
