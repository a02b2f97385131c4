"""The only door through which HTML becomes trusted: one allow-list, applied to everything Markdown produced."""

import re

import nh3
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from kb.text.callouts import KINDS
from kb.text.characters import strip_unwanted
from kb.text.limits import RenderRefused
from kb.text.links import safe_href, safe_src
from kb.wording import N_

LINK_REL = "nofollow noopener noreferrer"
HEADINGS = ("h2", "h3", "h4", "h5", "h6")  # h1 is the card's title

TAGS = {
    *("p", "br", "hr", "strong", "em", "b", "i", "s", "del", "code", "pre", "blockquote", "a", "img", "div"),
    *("span", "sup", "sub", "kbd", "mark", "input", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *HEADINGS,
}
DROPPED_WITH_CONTENT = {
    *("script", "style", "svg", "math", "template", "noscript", "noembed", "noframes"),
    *("iframe", "object", "embed", "form", "textarea", "select", "title", "xmp"),
}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "input": {"checked"},
    "details": {"open"},
    "ol": {"start"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    **{tag: {"id"} for tag in (*HEADINGS, "li", "sup")},
}
# What the pipeline itself puts on a checkbox, a cell and the box around a table; writing it by hand does no harm.
FIXED_VALUES: dict[str, dict[str, set[str]]] = {
    "input": {"type": {"checkbox"}, "disabled": {""}, "aria-label": {"Done", "Not done"}},
    "div": {"role": {"region"}, "aria-label": {"Table"}, "tabindex": {"0"}},
    "th": {"align": {"left", "center", "right"}},
    "td": {"align": {"left", "center", "right"}},
}
CLASSES: dict[str, set[str]] = {
    "div": {"highlight", "footnote", "table-scroll", "callout", *(f"callout-{kind}" for kind in KINDS)},
    "p": {"callout-title"},
    "span": {"filename", *filter(None, STANDARD_TYPES.values())},
    "ul": {"task-list"},
    "li": {"task-list-item"},
    "a": {"footnote-ref", "footnote-backref"},
}

_READINGS = 6
_PRE_START = re.compile(r"<pre>\n+")  # parsers drop a newline there, each time one
_ID = re.compile(r"(?:h-|fn-|fnref-)[\w-]{1,80}")
_SMALL_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
# A footnote's second mention is called fnref2-x; renamed so that ids have three beginnings, not one per number.
_LATER_MENTION = re.compile(r"(#?)fnref(\d+)-(.+)")


def sanitise(html: str) -> str:
    """The fragment with nothing left but the allow-list; comments, styles and handlers are gone. Idempotent.

    A parser may read crossed tags differently each time (a link around a table with a link), and that is how markup
    slips through sanitisers; so only HTML that a second reading leaves as it is leaves this function.
    """
    for _ in range(_READINGS):
        cleaned = _PRE_START.sub("<pre>", strip_unwanted(_CLEANER.clean(html)))
        if cleaned == html:
            return cleaned
        html = cleaned
    raise RenderRefused("tangle", N_("its HTML tags are crossed"))


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return safe_href(_LATER_MENTION.sub(r"\1fnref-\3-\2", value))
    if name == "src":
        return safe_src(value)
    if name == "id":
        value = _LATER_MENTION.sub(r"\1fnref-\3-\2", value)
        return value if _ID.fullmatch(value) else None
    if name in ("width", "height", "colspan", "rowspan", "start"):
        return value if _SMALL_NUMBER.fullmatch(value) else None
    return strip_unwanted(value)


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED_WITH_CONTENT,
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel=LINK_REL,
    tag_attribute_values=FIXED_VALUES,
    url_schemes={"http", "https", "mailto"},
    allowed_classes=CLASSES,
)
