"""What a card's text may weigh, and the one error that says a text can't be displayed and what to do about it."""

from kb.errors import FieldError, Invalid

MAX_BODY_BYTES = 256 * 1024
MAX_HTML_BYTES = 2 * 1024 * 1024

_REMEDIES = {
    "body_size": "The text is too long: {detail}. Split it into several cards.",
    "html_size": "The text is too long to display: {detail}. Split it into several cards or remove repeated footnotes.",
    "time": "The text is too complex to display: {detail}. Split it or remove long runs of brackets.",
    "memory": "The text is too complex to display: {detail}. Split it or remove long runs of brackets.",
    "depth": "The text is too complex to display: {detail}. Flatten its lists and quotes.",
    "tangle": "The text can't be displayed: {detail}. Close each tag before the next, or write Markdown instead.",
    "crash": "The text can't be displayed: {detail}. Split it, and remove what is unusual in it.",
}


class RenderRefused(Invalid):
    """A text that can't be displayed. `reason` is a key for code; `detail` names the remedy, `errors` the field."""

    def __init__(self, reason: str, cause: str, *, field: str = "body", line: int | None = None) -> None:
        self.reason, self.cause, self.field, self.line = reason, cause, field, line
        message = _REMEDIES[reason].format(detail=cause + (f", likely near line {line}" if line else ""))
        super().__init__(message, errors=(FieldError(field, message),))


def check_body_size(source: str) -> None:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BODY_BYTES:
        raise RenderRefused("body_size", f"{-(-size // 1024)} KiB, at most {MAX_BODY_BYTES // 1024} KiB")


def check_html_size(html: str) -> None:
    size = len(html.encode("utf-8", "surrogatepass"))
    if size > MAX_HTML_BYTES:
        limit = MAX_HTML_BYTES / 2**20
        raise RenderRefused("html_size", f"it makes {size / 2**20:.1f} MiB of HTML, at most {limit:.0f} MiB")


def suspect_line(source: str) -> int | None:
    """The line most likely to have exhausted the parser: the one with the most markup characters, if they are many."""
    weights = [len(line) - len(line.translate(_MARKUP)) for line in source.split("\n")]
    heaviest = max(weights, default=0)
    return weights.index(heaviest) + 1 if heaviest >= _SUSPICIOUS else None


_MARKUP = dict.fromkeys(map(ord, "[](){}<>!*_~`^|\\:&"))
_SUSPICIOUS = 500
