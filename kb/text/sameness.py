"""Whether two pieces of rendered HTML look the same to a reader, so that no revision is made for nothing."""

from html.parser import HTMLParser

_INLINE = frozenset(
    ("a", "b", "i", "s", "em", "strong", "del", "code", "span", "sub", "sup", "kbd", "mark", "img", "input")
)
_EXACT = frozenset(("pre", "code"))


def same_rendering(a_html: str, b_html: str) -> bool:
    """Equal but for white space that a browser doesn't show and the order of attributes."""
    return a_html == b_html or _tokens(a_html) == _tokens(b_html)


def _tokens(html: str) -> list[object]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.flush(at_block=True)
    return reader.tokens


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[object] = []
        self._text = ""
        self._exact = 0
        self._after_block = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.flush(at_block=tag not in _INLINE)
        self._exact += tag in _EXACT
        self.tokens.append((tag, tuple(sorted((name, value or "") for name, value in attrs))))
        self._after_block = tag not in _INLINE

    def handle_endtag(self, tag: str) -> None:
        self.flush(at_block=tag not in _INLINE)
        self._exact -= tag in _EXACT
        self.tokens.append(tag)
        self._after_block = tag not in _INLINE

    def handle_data(self, data: str) -> None:
        self._text += data

    def flush(self, at_block: bool) -> None:
        text, self._text = self._text, ""
        if not self._exact:
            text = _collapsed(text, trim_left=self._after_block, trim_right=at_block)
        if text:
            self.tokens.append(("", text))
            self._after_block = False


def _collapsed(text: str, *, trim_left: bool, trim_right: bool) -> str:
    """Runs of white space as one space, none at the edges of a block; no-break spaces stay, they are seen."""
    kept = " ".join(part for part in text.replace("\t", " ").replace("\n", " ").split(" ") if part)
    left = " " if text[:1] in (" ", "\t", "\n") and text[:1] and not trim_left else ""
    right = " " if kept and text[-1:] in (" ", "\t", "\n") and not trim_right else ""
    return f"{left}{kept}{right}"
