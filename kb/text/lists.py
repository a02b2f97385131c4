"""Lists as people type them, re-indented to the four spaces per level that Python-Markdown needs.

Python-Markdown silently flattens lists nested by two or three spaces. Code is left alone: fences and raw HTML are
already placeholders when this runs, and indented code keeps its inner shape.
"""

import re
from dataclasses import dataclass, field

_ITEM = re.compile(r"^( *)([-*+]|\d{1,9}[.)])( +)(?=\S)")
_RULE = re.compile(r"^ {0,3}([-*_])(?: *\1){2,} *$")
_BLOCK_START = re.compile(r"#{1,6} |>|!!! |\x02")
_CONTAINER = re.compile(r"^(?:!!! ?\w|\[\^[^\]\n]{1,200}\]:|: {1,3}\S)")
_TABLE_RULE = re.compile(r"^ {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?$")


def reindent(lines: list[str]) -> list[str]:
    """The same lines with every list nested by four spaces and set apart from the paragraph before it."""
    walk = _Walk()
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        walk.take(line)
        if _CONTAINER.match(line) and not walk.open:
            body = _indented_body(lines, position)
            position += len(body)
            walk.take_body(body, below_text=not line.startswith("!!!"))
    return _separate_tables(walk.out)


def _indented_body(lines: list[str], start: int) -> list[str]:
    """The lines that belong to an admonition, footnote or definition, without their four spaces."""
    body: list[str] = []
    for line in lines[start:]:
        if line.strip() and not line.startswith("    "):
            break
        body.append(line[4:] if line.strip() else "")
    while body and not body[-1]:
        body.pop()
    return body


def _separate_tables(lines: list[str]) -> list[str]:
    """A table right under a paragraph is one everywhere else, so it gets the blank line that Python-Markdown wants."""
    out: list[str] = []
    for line in lines:
        if len(out) > 1 and "|" in line and _TABLE_RULE.match(line) and "|" in out[-1]:
            above = out[-2]
            if above.strip() and "|" not in above:
                out.insert(-1, "")
        out.append(line)
    return out


@dataclass
class _Item:
    marker: int
    content: int
    ordered: bool


@dataclass
class _Walk:
    out: list[str] = field(default_factory=list)
    open: list[_Item] = field(default_factory=list)
    after_blank: bool = True
    in_later_paragraph: bool = False  # inside an item, below a blank line
    block_level: int = 0  # how deep the stretch since the last blank line began
    code_from: int | None = None

    def take(self, line: str) -> None:
        if not line.strip():
            self.out.append("")
            self.after_blank = True
            return
        item = _ITEM.match(line)
        if item and not _RULE.match(line) and not self._is_code(item) and self._may_start(item):
            self._item(item, line)
        elif self.open:
            self._inside(line)
        else:
            self.out.append(line)
        self.after_blank = False

    def take_body(self, body: list[str], below_text: bool) -> None:
        if below_text and body and _ITEM.match(body[0]):
            self.out.append("")
        self.out.extend(f"    {line}" if line else "" for line in reindent(body))

    def _is_code(self, item: re.Match[str]) -> bool:
        indent = len(item[1])
        if not self.open:
            return indent >= 4
        deepest = max(self.open[-1].content + 4, 4 * len(self.open) + 4)
        return indent >= deepest and (self.after_blank or self.code_from is not None)

    def _may_start(self, item: re.Match[str]) -> bool:
        """In the middle of a paragraph only a bullet or a 1 begins a list; "2026. " is a wrapped sentence."""
        return bool(self.open) or self.after_blank or item[2] in ("-", "*", "+", "1.", "1)")

    def _item(self, item: re.Match[str], line: str) -> None:
        indent, ordered = len(item[1]), item[2][0].isdigit()
        closed = self._close(indent)
        follows_text = not closed and not self.open
        follows_other = closed is not None and closed.ordered != ordered
        level = len(self.open)
        # Python-Markdown reads all of a stretch that begins indented as one item's inside, whatever comes below it.
        leaves_stretch = level < self.block_level
        if not self.after_blank and (follows_text or follows_other or leaves_stretch or self.in_later_paragraph):
            self._separate()
        if self.after_blank:
            self.block_level = level
        self.out.append(f"{' ' * 4 * level}{item[2].replace(')', '.')} {line[item.end() :]}")
        self.open.append(_Item(indent, item.end(), ordered))
        self.in_later_paragraph, self.code_from = False, None

    def _separate(self) -> None:
        self.out.append("")
        self.after_blank = True

    def _close(self, indent: int) -> _Item | None:
        """Ends the items that a line indented this far is not inside of; the last one ended."""
        last = None
        while self.open and indent < self.open[-1].marker + 2:
            last = self.open.pop()
        return last

    def _inside(self, line: str) -> None:
        indent = len(line) - len(line.lstrip(" "))
        starts_block = bool(_BLOCK_START.match(line.lstrip(" ")) or _RULE.match(line))
        if self.after_blank or (starts_block and indent < self.open[-1].marker + 2):
            self._close(indent)
            self.in_later_paragraph = bool(self.open)
            if not self.after_blank and not self.open:
                self._separate()
        if self.after_blank:
            self.block_level = len(self.open)
        if not self.open:
            self.out.append(line)
            self.code_from = None
        else:
            self.out.append(" " * (4 * len(self.open) + self._code_indent(indent)) + line.lstrip(" "))

    def _code_indent(self, indent: int) -> int:
        if indent < self.open[-1].content + 4 or not (self.after_blank or self.code_from is not None):
            self.code_from = None
            return 0
        if self.code_from is None:
            self.code_from = indent
        return 4 + max(0, indent - self.code_from)
