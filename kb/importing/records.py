"""Reads JSON lines and CSV: an item per line, named by its line number when it is bad."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from kb.errors import invalid
from kb.importing.fields import KNOWN, parsed_card
from kb.importing.parsed import BadItem, Notice, NoticeKind, ParsedCard, Source
from kb.text.slugs import slug

_LONGEST_LINE = 4 * 1024 * 1024
_LONGEST_CELL = 1024 * 1024


def read_jsonl(path: Path) -> Source:
    """One JSON object per line, with the fields of the API."""
    reading = _Reading()
    items = [reading.item(f"line {number}", record) for number, record in _json_lines(path)]
    return Source(items, None, reading.notices())


def read_csv(path: Path) -> Source:
    """A table whose first row names the fields; lists are separated by commas or semicolons."""
    reading = _Reading()
    items = [reading.item(f"line {number}", record) for number, record in _rows(path)]
    return Source(items, None, reading.notices())


class _Reading:
    """Turns records into cards and remembers what is to be said once about the whole file."""

    def __init__(self) -> None:
        self._unknown: dict[str, None] = {}
        self._without_id = 0

    def item(self, where: str, record: Mapping[str, Any] | BadItem) -> ParsedCard | BadItem:
        if isinstance(record, BadItem):
            return record
        self._unknown.update(dict.fromkeys(str(key) for key in record if key not in KNOWN))
        try:
            return self._card(where, record)
        except BadItem as bad:
            return bad

    def notices(self) -> tuple[Notice, ...]:
        said = [f"The field “{key[:60]}” is none of a card and was left out." for key in self._unknown]
        if self._without_id:
            said.append(f"{self._without_id} items have no external_id; they are known again by their title.")
        return tuple(Notice(NoticeKind.FIELD, detail) for detail in said)

    def _card(self, where: str, record: Mapping[str, Any]) -> ParsedCard:
        title, body = record.get("title"), record.get("body")
        if not isinstance(title, str | int | float) or not str(title).strip():
            raise BadItem(where, "it has no title")
        if not isinstance(body, str):
            raise BadItem(where, "it has no body")
        return parsed_card(
            where, self._identity(record, str(title)), title, body, record, more_tags=_shelf_tags(record)
        )

    def _identity(self, record: Mapping[str, Any], title: str) -> str:
        for key in ("external_id", "id"):
            value = record.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value)
        self._without_id += 1
        return f"title:{slug(title, limit=200)}"


def _shelf_tags(record: Mapping[str, Any]) -> list[str]:
    """The collection is decided by the command; the one that the item names lives on in its tags."""
    shelf = record.get("collection")
    if isinstance(shelf, Mapping):
        shelf = shelf.get("slug")
    return [slug(part) for part in shelf.split("/") if part.strip()] if isinstance(shelf, str) else []


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | BadItem]]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            where = f"line {number}"
            if line is None:
                yield number, BadItem(where, f"it is longer than {_LONGEST_LINE // 2**20} MB")
            elif line.strip():
                yield number, _object(where, line)


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines of the file; None for one that is too long to be read."""
    while line := file.readline(_LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < _LONGEST_LINE:
            yield line
            continue
        while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def _object(where: str, line: bytes) -> Mapping[str, Any] | BadItem:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return BadItem(where, f"it is not UTF-8 (byte {error.start})")
    except json.JSONDecodeError as error:
        return BadItem(where, f"it is not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError):
        return BadItem(where, "it is not JSON that can be read: a number is too long or it is nested too deeply")
    return found if isinstance(found, dict) else BadItem(where, "it is not a JSON object")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | BadItem]]:
    csv.field_size_limit(_LONGEST_CELL)
    # Bytes that aren't UTF-8 become lone surrogates, which the fields refuse: only their own row is bad.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = file.readline(_LONGEST_LINE)
        file.seek(0)
        reader = csv.reader(file, delimiter=_delimiter(first))
        header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
        if not {"title", "body"} <= set(header):
            raise invalid("path", "The first row must name the columns, title and body among them.")
        yield from _records(reader, header)


def _records(reader: Any, header: list[str]) -> Iterator[tuple[int, Mapping[str, Any] | BadItem]]:
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, BadItem(f"line {number}", f"it is not CSV: {error}")
            continue
        if any(cell.strip() for cell in row):
            yield number, _record(f"line {number}", header, row)


def _record(where: str, header: list[str], row: list[str]) -> Mapping[str, Any] | BadItem:
    if len(row) > len(header):
        return BadItem(where, f"it has {len(row)} cells, but there are {len(header)} columns")
    cells: Iterable[tuple[str, str]] = zip(header, row, strict=False)
    return {name: cell for name, cell in cells if name and cell.strip()}


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)
