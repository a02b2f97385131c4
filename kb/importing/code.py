"""Where code stands in a Markdown text, so that nothing in it is taken for a link or a heading.

Close to linear for any input: a search that failed once is not made again.
"""

import re
from bisect import bisect_right
from collections import defaultdict

COVER = "\x1a"
"""Stands for every character of code in a masked text; it can't occur in a cleaned one."""

_FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})[^`\n]*$")
_CLOSING = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)")
_TICKS = re.compile(r"\\.|`+", re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def masked(text: str) -> str:
    """The text, as long as before, with code blocks, code spans and comments covered; line ends stay."""
    lines = _cover_comments(text).split("\n")
    _cover_fences(lines)
    _cover_indented(lines)
    return _cover_spans("\n".join(lines))


def _cover(text: str) -> str:
    return "\n".join(COVER * len(line) for line in text.split("\n"))


def _cover_comments(text: str) -> str:
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += [text[position:start], _cover(text[start : end + 3])]
        position = end + 3
    return "".join([*parts, text[position:]])


def _cover_fences(lines: list[str]) -> None:
    """A fence that is never closed opens nothing: the renderer shows it as text."""
    closings: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if mark := _CLOSING.match(line):
            closings[mark[1]].append(number)
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        end = _next(closings[fence[1]], at) if fence else None
        if end is None:
            at += 1
        else:
            lines[at : end + 1] = [_cover(line) for line in lines[at : end + 1]]
            at = end + 1


def _cover_indented(lines: list[str]) -> None:
    """Four spaces after a blank line are code, but inside a list they are what belongs to the item."""
    after_blank, in_list, in_code = True, False, False
    for number, line in enumerate(lines):
        if not line.strip():
            after_blank = True
            continue
        is_indented = bool(_INDENTED.match(line))
        if _ITEM.match(line) and not in_code:
            in_list = True
        elif not is_indented and after_blank and line[0] not in " \t":
            in_list = False
        in_code = is_indented and not in_list and (after_blank or in_code)
        if in_code:
            lines[number] = _cover(line)
        after_blank = False


def _cover_spans(text: str) -> str:
    parts, position = [], 0
    for gap in _PARAGRAPH.finditer(text):
        parts += [_cover_spans_of(text[position : gap.start()]), gap[0]]
        position = gap.end()
    return "".join([*parts, _cover_spans_of(text[position:])])


def _cover_spans_of(paragraph: str) -> str:
    ticks = [(m.start(), m.end()) for m in _TICKS.finditer(paragraph) if m[0][0] == "`"]
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(ticks):
        by_length[end - start].append(number)
    parts, position, at = [], 0, 0
    while at < len(ticks):
        start, end = ticks[at]
        close = _next(by_length[end - start], at)
        if close is not None:
            parts += [paragraph[position:start], _cover(paragraph[start : ticks[close][1]])]
            position, at = ticks[close][1], close
        at += 1
    return "".join([*parts, paragraph[position:]])


def _next(places: list[int], after: int) -> int | None:
    at = bisect_right(places, after)
    return places[at] if at < len(places) else None
