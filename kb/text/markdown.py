"""From a card's Markdown to everything shown or searched: safe HTML, plain text, headings, links and length.

Runs in this process and can take minutes on a hostile text; anything from outside goes through `renderer.Renderer`.
"""

import re
import threading
from dataclasses import dataclass

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from kb.text.callouts import Callouts
from kb.text.characters import clean
from kb.text.finish import finish
from kb.text.limits import RenderRefused, check_body_size, check_html_size
from kb.text.links import Linkify
from kb.text.lists import reindent
from kb.text.sanitise import sanitise
from kb.wording import N_

RENDERER_VERSION = 1
"""Stored beside the HTML; raised whenever the same source would give other HTML, so that it is made again."""


@dataclass(frozen=True)
class Rendered:
    html: str
    text: str
    headings: list[str]
    links: list[str]
    words: int


def render(source: str) -> Rendered:
    check_body_size(source)
    try:
        raw = _convert(_FENCE_INFO.sub(r"\1", clean(source)))
    except RecursionError as error:
        raise RenderRefused("depth", N_("it is nested too deeply")) from error
    check_html_size(raw)
    finished = finish(_lift_headings(sanitise(_FIRST_HEADING.sub(r"\1h2", raw))))
    check_html_size(finished.html)
    return Rendered(finished.html, finished.text, finished.headings, finished.links, len(_WORD.findall(finished.text)))


_FIRST_HEADING = re.compile(r"(</?)h1(?=[\s/>])", re.IGNORECASE)
_NOT_IN_ID = re.compile(r"[^\w]+")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_HEADING = re.compile(r"(</?h)([2-6])(?=[\s>])")
# Words after a fence's language are allowed everywhere else; here they would make the rest of the page code.
_FENCE_INFO = re.compile(r"^( {0,3}(?:```+|~~~+) *[\w+#.-]+) [^`{=\n]*$", re.MULTILINE)
_HASH_WORD = re.compile(r"^((?: {0,12}(?:[-*+]|\d{1,9}[.)]) +| {0,3})?)(#{1,6}[^\s#])")
_here = threading.local()


def _lift_headings(html: str) -> str:
    """The highest heading in a body is the one right under the card's title, whatever level its author began with."""
    highest = min((int(found[2]) for found in _HEADING.finditer(html)), default=2)
    return html if highest == 2 else _HEADING.sub(lambda found: f"{found[1]}{int(found[2]) - highest + 2}", html)


def _convert(source: str) -> str:
    converter: Markdown | None = getattr(_here, "converter", None)
    if converter is None:
        converter = _here.converter = _new_converter()
    converter.reset()
    return converter.convert(source)


class _Lists(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        # Below fences (25) and raw HTML blocks (20): both are placeholders by then.
        md.preprocessors.register(_ReindentLists(md), "reindent_lists", 15)


class _ReindentLists(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return [_HASH_WORD.sub(r"\1\\\2", line) for line in reindent(lines)]  # "#channel" is a word, not a heading


def heading_id(title: str, separator: str = "-") -> str:
    """The id that a heading's words give it; links to sections are made from the same rule."""
    return "h-" + (_NOT_IN_ID.sub(separator, title.lower()).strip(separator)[:60] or "section")


def _new_converter() -> Markdown:
    converter = Markdown(
        output_format="html",
        extensions=[
            *("tables", "sane_lists", "toc", "footnotes", "def_list", "admonition"),
            *("pymdownx.superfences", "pymdownx.highlight", "pymdownx.tasklist", "pymdownx.tilde"),
            *(Callouts(), Linkify(), _Lists()),
        ],
        extension_configs={
            "tables": {"use_align_attribute": True},
            "toc": {"marker": "", "baselevel": 2, "permalink": False, "slugify": heading_id},
            "footnotes": {"SEPARATOR": "-"},
            "pymdownx.highlight": {"use_pygments": True, "guess_lang": False, "noclasses": False},
        },
    )
    # As inline tags they may enclose Markdown, which is how they are written everywhere.
    for tag in ("details", "summary"):
        converter.block_level_elements.remove(tag)
    return converter
