"""The links, pictures and headings of a Markdown text, with their places, so that addresses can be replaced."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from kb.importing.code import COVER, masked


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text: `address` stands at `start:end`; a link written [text](address) opens at `opens`."""

    address: str
    start: int
    end: int
    is_picture: bool
    opens: int | None = None
    closes: int | None = None


def links_of(text: str) -> list[Link]:
    """Every address outside code, in order: inline, of a reference, and of a raw <a> or <img>."""
    cover = masked(text)
    found = [*_inline(text, cover), *_references(text, cover), *_tags(text, cover)]
    return sorted(found, key=lambda link: link.start)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's level and plain words, and the lines it takes up."""

    level: int
    title: str
    first_line: int
    last_line: int


def headings_of(text: str) -> list[Heading]:
    """Every heading outside code, in order."""
    lines, covers = text.split("\n"), masked(text).split("\n")
    found = []
    for number, cover in enumerate(covers):
        if len(cover) > _LONGEST_HEADING:
            continue
        if mark := _ATX.match(cover):
            title = lines[number][mark.start(2) : mark.end(2)]
            found.append(Heading(len(mark[1]), plain(title), number, number))
        elif _is_underlined(covers, number):
            level = 1 if covers[number + 1][0] == "=" else 2
            found.append(Heading(level, plain(lines[number]), number, number + 1))
    return found


def plain(markup: str) -> str:
    """A line's words without its markup."""
    line = markup[:1000]
    for pattern, replacement in _MARKUP:
        line = pattern.sub(replacement, line)
    return " ".join(unescape(line).split())


_TOKEN = re.compile(r"\\.|[\[\]]|\n[ \t]*(?=\n)", re.DOTALL)
_REFERENCE = re.compile(
    r"^ {0,3}\[(?!\^)[^\]\n]{1,300}\]:[ \t]*(?:<([^>\n]{1,2000})>|([^\s<][^\s]{0,2000}))", re.MULTILINE
)
_TAG = re.compile(r"<(a|img)\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(href|src)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_TITLE = re.compile(r"""[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\))[ \t]*$""")
_LONGEST_ADDRESS = 2000
_DEEPEST = 8  # brackets in an address; without it a text of nothing but "[](" takes quadratic time
_LONGEST_HEADING = 2000

_ATX = re.compile(r"^(#{1,6})[ \t]*(\S.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r"^(?:=+|-+)[ \t]*$")
_MARKUP = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]*)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->"), ""),
    (re.compile(r"\*\*|(?<!\w)__|__(?!\w)|~~|`"), ""),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]*[^\s*])\*(?!\w)"), r"\1"),
    (re.compile(r"(?<!\w)_(?=\S)([^_]*[^\s_])_(?!\w)"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!~>-])"), r"\1"),
)


def _inline(text: str, cover: str) -> Iterator[Link]:
    opened: list[int] = []
    position = 0
    while token := _TOKEN.search(cover, position):
        position = token.end()
        if token[0] == "[":
            opened.append(token.start())
        elif token[0] != "]":
            opened = opened if token[0][0] == "\\" else []
        elif opened:
            opens = opened.pop()
            if cover.startswith("(", position) and (place := _address(text, cover, position + 1)):
                start, end, closes = place
                yield Link(text[start:end].strip("<> \t"), start, end, cover[opens - 1 : opens] == "!", opens, closes)
                position = closes


def _address(text: str, cover: str, start: int) -> tuple[int, int, int] | None:
    """Where the address in the round brackets begins and ends (angle brackets included), and where they close."""
    depth, at = 1, start
    limit = min(len(cover), start + _LONGEST_ADDRESS)
    in_angles = cover.startswith("<", start)
    while at < limit and cover[at] != "\n":
        if cover[at] == "\\":
            at += 1
        elif in_angles:
            in_angles = cover[at] != ">"
        else:
            depth += {"(": 1, ")": -1}.get(cover[at], 0)
            if not 0 < depth <= _DEEPEST:
                break
        at += 1
    if depth or at >= limit or COVER in cover[start:at]:
        return None
    title = _TITLE.search(text, start, at)
    return start, title.start() if title else at, at + 1


def _references(text: str, cover: str) -> Iterator[Link]:
    for mark in _REFERENCE.finditer(cover):
        group = 1 if mark[1] else 2
        start, end = mark.span(group)
        yield Link(text[start:end], start, end, is_picture=False)


def _tags(text: str, cover: str) -> Iterator[Link]:
    for tag in _TAG.finditer(cover):
        name = {"a": "href", "img": "src"}[tag[1].lower()]
        for attribute in _ATTRIBUTE.finditer(cover, tag.start(2), tag.end(2)):
            if attribute[1].lower() == name:
                group = next(number for number in (2, 3, 4) if attribute[number] is not None)
                start, end = attribute.span(group)
                yield Link(text[start:end], start, end, is_picture=name == "src")


def _is_underlined(covers: list[str], number: int) -> bool:
    if number + 1 >= len(covers) or not _UNDERLINE.match(covers[number + 1]):
        return False
    line = covers[number]
    is_first = number == 0 or not covers[number - 1].strip()
    return is_first and bool(line.strip()) and line[0] not in " \t>|-*+\x1a"
