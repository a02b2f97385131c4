"""Reads Markdown files: a whole folder or one file. A file's path from the root is its identity."""

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from kb.cards.fields import BODY_LIMIT
from kb.errors import invalid
from kb.importing.fields import parsed_card
from kb.importing.front_matter import split_front_matter
from kb.importing.markup import headings_of
from kb.importing.parsed import BadItem, ParsedCard, Source
from kb.importing.targets import BOILERPLATE, INDEX_NAMES
from kb.text.characters import clean
from kb.text.slugs import slug

ENDINGS = (".md", ".markdown")


def read_markdown(path: Path) -> Source:
    """Every Markdown file below a folder, or the one file."""
    if path.is_file():
        return Source([_read_or_name(path.parent, path)], path.parent.resolve())
    if not path.is_dir():
        raise invalid("path", f"There is no file or folder {path}.")
    found = [item if isinstance(item, BadItem) else _read_or_name(path, item) for item in _files(path)]
    return Source(found, path.resolve())


def read_markdown_file(root: Path, path: Path) -> ParsedCard:
    """The card in one file below `root`. Raises BadItem.

    Its title is that of the front matter, else its first heading (which then leaves the text), else the file's name,
    or the folder's for an index file. Its tags are those of the front matter and the names of its folders. Keys of
    the front matter that are no fields of a card are in `extra`.
    """
    where = external_id = path.relative_to(root).as_posix()
    values, text, notices = split_front_matter(_text_of(where, path))
    if not text.strip() and not values:
        raise BadItem(where, "it is empty")
    headline, body = _cut_headline(text)
    given = values.get("title")
    if given not in (None, ""):
        # The heading stays unless it repeats the title: then the card would show it twice.
        is_repeated = headline is not None and slug(str(given)) == slug(headline)
        headline, body = (headline, body) if is_repeated else (None, text)
    title = given if given not in (None, "") else headline or _name(path, root)
    return parsed_card(
        where, external_id, title, body.strip("\n"), values,
        more_tags=_folder_tags(external_id), headline=headline, notices=notices,
    )  # fmt: skip


def _read_or_name(root: Path, path: Path) -> ParsedCard | BadItem:
    try:
        return read_markdown_file(root, path)
    except BadItem as bad:
        return bad


def _files(root: Path) -> Iterator[Path | BadItem]:
    """Markdown files in order of their paths. Links out of the root are named, hidden folders passed over."""
    inside = root.resolve()
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
        here = Path(folder)
        yield from (
            BadItem(_relative(root, here / name), "it is a link to another folder; links to folders are not followed")
            for name in names if (here / name).is_symlink()
        )  # fmt: skip
        for name in sorted(files):
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield _checked(root, inside, here / name)


def _checked(root: Path, inside: Path, path: Path) -> Path | BadItem:
    where = _relative(root, path)
    try:
        where.encode()
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(inside):
            return BadItem(where, "it is a link to a file outside of the folder")
        if not path.is_file():
            return BadItem(where, "it is not a file")
    except UnicodeEncodeError:
        return BadItem(where.encode(errors="replace").decode(), "its name is not UTF-8")
    except (OSError, RuntimeError):
        return BadItem(where, "it is a link that leads nowhere")
    return path


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _text_of(where: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(BODY_LIMIT + 1)
    except OSError as error:
        raise BadItem(where, f"it can't be read: {error.strerror}") from error
    if len(content) > BODY_LIMIT:
        raise BadItem(where, f"it is larger than {BODY_LIMIT // 1024} KB. Split it into several cards")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadItem(where, f"it is not UTF-8 (byte {error.start})") from error
    if "\x00" in text:
        raise BadItem(where, "it contains a NUL character; it is no text file")
    return clean(text)


def _cut_headline(text: str) -> tuple[str | None, str]:
    """The text's first heading of the first level, and the text without it if no other heading stands above."""
    headings = headings_of(text)
    for place, heading in enumerate(headings):
        if heading.level == 1 and heading.title:
            lines = text.split("\n")
            if place == 0:
                del lines[heading.first_line : heading.last_line + 1]
            return heading.title, "\n".join(lines)
    return None, text


def _name(path: Path, root: Path) -> str:
    is_index = path.stem.lower() in INDEX_NAMES
    name = (path.parent.name or root.resolve().name) if is_index else path.stem
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else path.stem


def _folder_tags(external_id: str) -> list[str]:
    folders = posixpath.dirname(external_id).split("/")
    return [slug(name) for name in folders if name and name.casefold() not in BOILERPLATE]
