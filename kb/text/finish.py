"""The last pass over sanitised HTML: makes tables and checkboxes accessible and reads out text, headings and links.

Copies every tag as it stands and adds only fixed markup, so what was safe before stays safe.
"""

import re
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

from kb.text.sanitise import HEADINGS

TABLE_BOX = '<div class="table-scroll" role="region" aria-label="Table" tabindex="0">'

_BLOCKS = {
    *("p", "div", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "hr", "br"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr"),
    *HEADINGS,
}
_SPACE = re.compile(r"\s+")
_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")


@dataclass
class Finished:
    html: str = ""
    text: str = ""
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def finish(html: str) -> Finished:
    # Markdown wraps a lone raw tag in a paragraph that the tag then closes; what is left of it is empty.
    pass_ = _Pass()
    pass_.feed(_EMPTY_PARAGRAPH.sub("", html))
    pass_.close()
    return pass_.finished()


class _Pass(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._html: list[str] = []
        self._lines: list[str] = []
        self._line: list[str] = []
        self._heading: list[str] | None = None
        self._pre = 0
        self._anchors: list[bool] = []
        self._muted = 0
        self._headings: list[str] = []
        self._links: dict[str, None] = {}

    def finished(self) -> Finished:
        self._break()
        return Finished("".join(self._html), "\n".join(self._lines), self._headings, list(self._links))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._break()
        values = dict(attrs)
        if tag == "a":
            self._anchor(values)
        elif tag == "img":
            self._picture(values)
        elif tag == "input":
            self._checkbox("checked" in values)
        else:
            self._open(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and not self._close_anchor():
            return
        if tag in _BLOCKS:
            self._break()
        elif tag in ("td", "th"):
            self._read(" ")
        if tag in HEADINGS:
            self._end_heading()
        self._pre -= tag == "pre"
        self._html.append("</table></div>" if tag == "table" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._html.append(data)
        self._read(data)

    def handle_entityref(self, name: str) -> None:
        self._html.append(f"&{name};")
        self._read(unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self.handle_entityref(f"#{name}")

    def _open(self, tag: str) -> None:
        self._pre += tag == "pre"
        if tag in HEADINGS:
            self._heading = []
        self._html.append((TABLE_BOX if tag == "table" else "") + (self.get_starttag_text() or ""))

    def _anchor(self, values: dict[str, str | None]) -> None:
        href = values.get("href")
        self._anchors.append(bool(href))
        if not href:
            return
        self._html.append(self.get_starttag_text() or "")
        if not href.startswith("#"):
            self._links[href] = None
        self._muted += "footnote-" in (values.get("class") or "")

    def _close_anchor(self) -> bool:
        self._muted = 0
        return self._anchors.pop() if self._anchors else False

    def _picture(self, values: dict[str, str | None]) -> None:
        alt = values.get("alt") or ""
        self._html.append((self.get_starttag_text() or "") if values.get("src") else escape(alt, quote=False))
        self._read(alt)

    def _checkbox(self, checked: bool) -> None:
        label, state = ("Done", ' checked=""') if checked else ("Not done", "")
        self._html.append(f'<input type="checkbox" disabled=""{state} aria-label="{label}">')

    def _read(self, data: str) -> None:
        if self._muted:
            return
        if self._pre:
            *whole, data = data.split("\n")
            for line in whole:
                self._line.append(line)
                self._break()
        self._line.append(data)
        if self._heading is not None:
            self._heading.append(data)

    def _break(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._pre else _SPACE.sub(" ", line).strip()
        if line.strip():
            self._lines.append(line)
        self._line.clear()

    def _end_heading(self) -> None:
        title = _SPACE.sub(" ", "".join(self._heading or ())).strip()
        self._heading = None
        if title:
            self._headings.append(title)
