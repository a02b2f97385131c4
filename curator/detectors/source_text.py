"""What a page or a file says, as lines of text: what a reader would see, without what only machines read."""

from html.parser import HTMLParser

MOST_TEXT = 100_000
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "head", "nav", "footer", "iframe", "object"})
_INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark",
     "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "u", "var", "wbr")
)  # fmt: skip
_TEXTUAL = ("text/", "application/json", "application/xml", "application/xhtml", "application/yaml")


def text_of(content: bytes, media_type: str) -> str | None:
    """The text; None for what is none (a picture, a spreadsheet): then only whether it changed can be told."""
    kind, _, rest = media_type.lower().partition(";")
    kind = kind.strip() or "text/plain"
    if not kind.startswith(_TEXTUAL) or b"\0" in content[:4096]:
        return None
    charset = rest.partition("charset=")[2].split(";")[0].strip("\"' ") or "utf-8"
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    if "html" in kind:
        text = _seen(text)
    lines = (" ".join(line.split()) for line in text.replace("\x00", "").splitlines())
    return "\n".join(line for line in lines if line)[:MOST_TEXT]


def _seen(html: str) -> str:
    parser = _Seen()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping.append(tag)
        elif tag not in _INLINE:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipping:
            del self._skipping[self._skipping.index(tag) :]
        elif tag not in _INLINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            # A line break in the source is a blank to whoever reads the page.
            self.parts.append(data.replace("\n", " "))
