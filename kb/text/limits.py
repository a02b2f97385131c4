"""What a card's text may weigh, and the one error that says a text can't be displayed and what to do about it."""

from kb.errors import FieldError, Invalid
from kb.wording import N_, _

MAX_BODY_BYTES = 256 * 1024
MAX_HTML_BYTES = 2 * 1024 * 1024

_REMEDIES = {
    "body_size": N_("The text is too long: %(detail)s. Split it into several cards."),
    "html_size": N_(
        "The text is too long to display: %(detail)s. Split it into several cards or remove repeated footnotes."
    ),
    "time": N_("The text is too complex to display: %(detail)s. Split it or remove long runs of brackets."),
    "memory": N_("The text is too complex to display: %(detail)s. Split it or remove long runs of brackets."),
    "depth": N_("The text is too complex to display: %(detail)s. Flatten its lists and quotes."),
    "tangle": N_("The text can't be displayed: %(detail)s. Close each tag before the next, or write Markdown instead."),
    "crash": N_("The text can't be displayed: %(detail)s. Split it, and remove what is unusual in it."),
}

BREAKS = N_("it breaks the Markdown parser")


class RenderRefused(Invalid):
    """A text that can't be displayed. `reason` is a key for code, `cause` a message with its values; `detail` names the
    remedy, `errors` the field."""

    def __init__(
        self, reason: str, cause: str, *, field: str = "body", line: int | None = None, **values: object
    ) -> None:
        self.reason, self.cause, self.values, self.field, self.line = reason, cause, values, field, line
        said = _(cause, **values)
        if line:
            said = _("%(cause)s, likely near line %(line)s", cause=said, line=line)
        message = _(_REMEDIES[reason], detail=said)
        super().__init__(message, errors=(FieldError(field, message),))


def check_body_size(source: str) -> None:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BODY_BYTES:
        cause, most = N_("%(size)s KiB, at most %(most)s KiB"), MAX_BODY_BYTES // 1024
        raise RenderRefused("body_size", cause, size=-(-size // 1024), most=most)


def check_html_size(html: str) -> None:
    size = len(html.encode("utf-8", "surrogatepass"))
    if size > MAX_HTML_BYTES:
        cause, most = N_("it makes %(size)s MiB of HTML, at most %(most)s MiB"), MAX_HTML_BYTES // 2**20
        raise RenderRefused("html_size", cause, size=f"{size / 2**20:.1f}", most=most)


def suspect_line(source: str) -> int | None:
    """The line most likely to have exhausted the parser: the one with the most markup characters, if they are many."""
    weights = [len(line) - len(line.translate(_MARKUP)) for line in source.split("\n")]
    heaviest = max(weights, default=0)
    return weights.index(heaviest) + 1 if heaviest >= _SUSPICIOUS else None


_MARKUP = dict.fromkeys(map(ord, "[](){}<>!*_~`^|\\:&"))
_SUSPICIOUS = 500
