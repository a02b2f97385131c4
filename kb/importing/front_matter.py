"""The YAML block at the top of a Markdown file. One that can't be read stays in the text, with a warning."""

import re
from typing import Any

import yaml

from kb.importing.parsed import Notice, NoticeKind

_BLOCK = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)


def split_front_matter(text: str) -> tuple[dict[str, Any], str, list[Notice]]:
    """The front matter's keys, the text below it, and a warning if there is a block that can't be read."""
    block = _BLOCK.match(text)
    if block is None:
        return {}, text, []
    try:
        values = _load(block[1] or "")
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        detail = f"The front matter can't be read and stays in the text: {_first_line(error)}"
        return {}, text, [Notice(NoticeKind.FIELD, detail)]
    if values is None:
        return {}, text[block.end() :], []
    if not isinstance(values, dict):
        return {}, text, []  # two rules around a sentence, not front matter
    return {str(key).strip().lower(): value for key, value in values.items()}, text[block.end() :], []


class _PlainLoader(yaml.SafeLoader):
    """Without aliases: a few of them, nested, stand for more text than fits into any memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read")
        return super().compose_node(parent, index)


def _load(block: str) -> Any:
    loader = _PlainLoader(block)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error) or "it is nested too deeply"
    return f"{problem.splitlines()[0][:120]}{f' in line {mark.line + 2}' if mark is not None else ''}."
