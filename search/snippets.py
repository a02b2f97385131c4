"""The piece of a text that answers a query best, and which words of it to mark.

Pieces are (text, is_match) pairs whose texts, put together, are the window; `html_of` makes HTML of them.
"""

import re
from collections.abc import Sequence
from functools import cached_property

from search import analysis
from search.backend import Query
from search.marks import Mark, Places, are_read_alike, marks_in, places_in, telling, wanted_by

Pieces = list[tuple[str, bool]]
WIDTH = 180
LEAD = 40
READ_FIRST, READ_LIMIT = 4_000, 6_000
"""So much of a text is looked through, and so much where nothing there is to be marked."""
PREFIX_LENGTH = 3
_CUT = ("…", False)


class Marker:
    """What is marked for one query, worked out once for all the texts that are shown."""

    def __init__(self, query: Query) -> None:
        self._query, self._telling = query, telling(query)
        self._in_titles = self._in_texts = wanted_by(query, self._telling, 1)
        if 0 < len(self._in_titles.prefix) < PREFIX_LENGTH:
            self._in_texts = wanted_by(query, self._telling, PREFIX_LENGTH)

    @cached_property
    def words(self) -> dict[int, str]:
        """The query's words that are looked for, by their numbers."""
        looked_for = set(self._in_titles.groups.values())
        return {number: chunk.text for number, chunk in enumerate(self._telling) if number in looked_for}

    @cached_property
    def typing(self) -> int | None:
        """The number of the one that is still being typed."""
        words = self._query.words
        is_last = words and self._telling and analysis.cut(words[-1])[-1:] == [self._telling[-1].text]
        return len(self._telling) - 1 if self._query.prefix and is_last else None

    def snippet(self, text: str, language: str | None = None, width: int = WIDTH) -> Pieces:
        """The best window of a plain text. White space is collapsed; cuts are shown as "…" outside the matches."""
        for limit in (READ_FIRST, READ_LIMIT):
            read = text[:limit].strip()
            start, window, marks = self._best_window(read, language, width)
            if marks or len(text) <= limit:
                break
        pieces = _pieces(window, marks)
        if "  " in window:
            pieces = [(_BLANKS.sub(" ", piece), is_match) for piece, is_match in pieces]
        if start:
            pieces.insert(0, _CUT)
        if start + len(window) < len(read) or len(text) > limit:
            pieces.append(_CUT)
        return pieces

    def _best_window(self, read: str, language: str | None, width: int) -> tuple[int, str, list[Mark]]:
        """Where it begins, its words, and what is to be marked in it."""
        wanted = self._in_texts
        places = places_in(read, wanted, language)
        start, window = _window(read, _best_start(places, width), width)
        marks = marks_in(window, _inside(places, start, len(window)), wanted, language) if places else []
        if not marks and len(places) > 1:
            # What looked like the words was others: read them all.
            marks = marks_in(_blanks_only(read), places, wanted, language)
            start, window = _window(read, _best_start([(mark[0], mark[2]) for mark in marks], width), width)
            marks = [(first - start, last - start, group) for first, last, group in marks if first >= start]
        return start, window, marks

    def highlights(self, titles: Sequence[tuple[str, str | None]]) -> list[Pieces]:
        """Whole titles, each given with its language, with their matches marked. Short as they are, they are looked
        through together wherever that is the same."""
        together = "\n".join([title for title, _ in titles])
        languages = {language for _, language in titles}
        if not are_read_alike(languages, together, self._in_titles):
            return [self.highlights([title])[0] for title in titles]
        places = places_in(together, self._in_titles, next(iter(languages), None), len(titles))
        found: list[Pieces] = []
        start = at = 0
        for title, language in titles:
            end, first = start + len(title), at
            while at < len(places) and places[at][0] < end:
                at += 1
            here = [(place - start, number) for place, number in places[first:at]]
            marks = marks_in(title, here, self._in_titles, language) if here else []
            found.append(_pieces(title, marks) if marks else [(title, False)])
            start = end + 1
        return found

    def found(self, text: str, language: str | None = None) -> set[int]:
        """The numbers of the words that stand in a text; from three letters on, one being typed may begin another."""
        flat = _blanks_only(text)
        places = places_in(flat, self._in_texts, language)
        groups = {group for _, _, group in marks_in(flat, places, self._in_texts, language)}
        typed = {self.typing} if -1 in groups and self.typing is not None else set()
        return groups - {-1} | typed


def html_of(pieces: Sequence[tuple[str, bool]]) -> str:
    """The words with the matches marked, as the content of an element: quotes stay. A macro is five times slower."""
    if len(pieces) == 1 and not pieces[0][1]:
        return _escaped(pieces[0][0])
    words = "".join([text for text, _ in pieces])
    if "&" in words or "<" in words or ">" in words:
        pieces = [(_escaped(text), is_match) for text, is_match in pieces]
    return "".join([f"<mark>{text}</mark>" if is_match else text for text, is_match in pieces])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_SPACE = re.compile(r"\s")
_BLANKS = re.compile(" {2,}")


def _blanks_only(text: str) -> str:
    flat = text.replace("\n", " ")
    return flat if flat.isprintable() else _SPACE.sub(" ", flat)


def _window(text: str, start: int, width: int) -> tuple[int, str]:
    """From about this place on, cut between words: where it begins, and its words."""
    around = _blanks_only(text[start : start + LEAD + width + 1])
    begin = around.find(" ", 0, LEAD) + 1 if start else 0
    end = min(len(around), begin + width)
    if start + end < len(text):
        blank = around.rfind(" ", end - LEAD, end + 1)
        end = blank if blank > begin else end
    return start + begin, around[begin:end]


def _inside(places: Places, start: int, size: int) -> Places:
    end = start + size
    return [(place - start, number) for place, number in places if start <= place < end]


def _best_start(places: Places, width: int) -> int:
    """Where the window begins that holds the most different words of the query, then the most matches."""
    if not places:
        return 0
    first, reach = places[0][0], width - 2 * LEAD
    if places[-1][0] - first <= reach:
        return max(0, first - LEAD)
    best = start = oldest = 0
    inside: dict[int, int] = {}
    for number, (place, group) in enumerate(places, 1):
        inside[group] = inside.get(group, 0) + 1
        while place - places[oldest][0] > reach:
            leaving = places[oldest][1]
            oldest += 1
            if inside[leaving] > 1:
                inside[leaving] -= 1
            else:
                del inside[leaving]
        worth = len(inside) * 100 + number - oldest
        if worth > best:
            best, start = worth, places[oldest][0]
    return max(0, start - LEAD)


def _pieces(text: str, marks: list[Mark]) -> Pieces:
    """A mark that begins in another one, or ends outside the text, is none."""
    pieces: Pieces = []
    done, size = 0, len(text)
    for start, end, _ in marks:
        if start < done or end > size:
            continue
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    if done < size:
        pieces.append((text[done:], False))
    return pieces
