"""Callouts: `> [!NOTE]` quotes and `!!! note` admonitions, both as div.callout.callout-<kind> with a title paragraph.

Five kinds exist on the screen; the words other tools use are mapped to them, and a title may follow the word.
"""

import re
import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.blockprocessors import BlockQuoteProcessor
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from kb.text.lists import reindent

KINDS = ("note", "tip", "warning", "important", "caution")

_ALIASES = {
    "note": ("info", "abstract", "summary", "todo", "question", "example", "quote", "seealso"),
    "tip": ("hint", "success", "check", "done"),
    "warning": ("attention",),
    "important": (),
    "caution": ("danger", "error", "failure", "bug"),
}
_KIND_OF = {word: kind for kind, words in _ALIASES.items() for word in (kind, *words)}
_MARK = re.compile(r"^\[!(\w{1,20})\][+-]?[ \t]*([^\n]*)(?:\n|$)")


class Callouts(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        md.parser.blockprocessors.register(_Quote(md.parser), "quote", 20)
        md.treeprocessors.register(_Admonitions(md), "callout_classes", 18)


class _Quote(BlockQuoteProcessor):
    def run(self, parent: etree.Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        start = self.RE.search(block)
        at = start.start() if start else 0
        self.parser.parseBlocks(parent, [block[:at]])
        text = "\n".join(self.clean(line) for line in block[at:].split("\n")).removeprefix("\n")
        box, text = self._box(parent, text)
        self.parser.state.set("blockquote")
        self.parser.parseChunk(box, "\n".join(reindent(text.split("\n"))))
        self.parser.state.reset()

    def _box(self, parent: etree.Element, text: str) -> tuple[etree.Element, str]:
        mark = _MARK.match(text)
        if mark and mark[1].lower() in _KIND_OF:
            return _callout(parent, mark[1].lower(), mark[2].strip()), text[mark.end() :]
        last = self.lastChild(parent)
        if last is not None and last.tag == "blockquote":
            return last, text
        return etree.SubElement(parent, "blockquote"), text


def _callout(parent: etree.Element, word: str, title: str) -> etree.Element:
    box = etree.SubElement(parent, "div", {"class": f"callout callout-{_KIND_OF[word]}"})
    etree.SubElement(box, "p", {"class": "callout-title"}).text = title or word.capitalize()
    return box


class _Admonitions(Treeprocessor):
    def run(self, root: etree.Element) -> None:
        for box in root.iter("div"):
            words = box.get("class", "").split()
            if words[:1] == ["admonition"]:
                box.set("class", f"callout callout-{_KIND_OF.get(words[1] if words[1:] else 'note', 'note')}")
                self._retitle(box)

    def _retitle(self, box: etree.Element) -> None:
        for paragraph in box.findall("p"):
            if paragraph.get("class") == "admonition-title":
                paragraph.set("class", "callout-title")
