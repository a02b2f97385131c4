"""Which addresses a text may point to, and how bare ones become links."""

import re
import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from kb.text.characters import strip_unwanted

# Browsers ignore tabs and newlines in an address and read a backslash as a slash, so neither may survive the check.
_IGNORED = re.compile(r"[\t\n\r]")
_ABSOLUTE = re.compile(r"https?://[^/?#\s\\][^\s\\]*|mailto:[^\s\\]+", re.IGNORECASE)
_LOCAL = re.compile(r"(?:/(?![/\\])|#)[^\s\\]*")
_MEDIA = re.compile(r"/media/[\w-][\w.-]*(?:/[\w-][\w.-]*){0,8}", re.ASCII)

BARE = r"(?<![\w/@.-])(https?://(?=[\w\[])[^\s<>\"\x02\x03]{1,2000})"
_TRAILING = ".,;:!?'\"*_~`"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_SHORTCODE = r"(\{\{[<%][^\n]{1,500}?[%>]\}\})"


def safe_href(value: str) -> str | None:
    """The address if a reader may follow it: http, https, mailto, an absolute path or a fragment; else nothing."""
    address = _IGNORED.sub("", strip_unwanted(value)).strip()
    if address.startswith("//"):
        address = "https:" + address
    return address if _ABSOLUTE.fullmatch(address) or _LOCAL.fullmatch(address) else None


def safe_src(value: str) -> str | None:
    """The address of an uploaded picture, never of one elsewhere: it would tell its host who reads."""
    address = _IGNORED.sub("", strip_unwanted(value)).strip()
    return address if _MEDIA.fullmatch(address) and ".." not in address else None


class Linkify(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        # After code, links and raw tags (90 and above), before emphasis (60), whose marks are common in addresses.
        md.inlinePatterns.register(_BareAddress(BARE, md), "bare_address", 85)
        md.inlinePatterns.register(_Shortcode(_SHORTCODE, md), "shortcode", 95)


class _BareAddress(InlineProcessor):
    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[etree.Element, int, int]:  # type: ignore[override]
        address = without_trailing_marks(m[1])
        link = etree.Element("a", {"href": address})
        link.text = address
        return link, m.start(1), m.start(1) + len(address)


class _Shortcode(InlineProcessor):
    """`{{<note>}}` of a site generator: without this its inside would be taken for an HTML tag and vanish."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        return m[1], m.start(1), m.end(1)


def without_trailing_marks(address: str) -> str:
    """Punctuation after an address belongs to the sentence, and so does a bracket that was opened outside."""
    while len(address) > len("https://x"):
        last = address[-1]
        opening = _BRACKETS.get(last)
        if last not in _TRAILING and not (opening and address.count(last) > address.count(opening)):
            break
        address = address[:-1]
    return address
