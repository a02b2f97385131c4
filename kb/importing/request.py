"""What an import is asked to do, and how its path is read."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kb.errors import invalid
from kb.importing.markdown_files import ENDINGS, read_markdown
from kb.importing.parsed import Source
from kb.importing.records import read_csv, read_jsonl
from kb.settings import KNOWN_LANGUAGES


class Format(StrEnum):
    """What can be read."""

    AUTO = "auto"
    MARKDOWN = "markdown"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """An import. `collection` is a slug or a name; it is made if there is none.

    `owner_email` owns new cards whose source names no owner. `languages` are those to choose from where the source
    names none; the first is taken when it is unclear.
    """

    path: Path
    collection: str
    format: Format = Format.AUTO
    owner_email: str | None = None
    publish: bool = False
    dry_run: bool = False
    languages: tuple[str, ...] = KNOWN_LANGUAGES


def read_source(request: ImportRequest) -> Source:
    """Everything at the path. Raises Invalid when there is nothing that can be read at all."""
    path = request.path
    if not path.exists():
        raise invalid("path", f"There is no file or folder {path}.")
    kind = _guess(path) if request.format is Format.AUTO else request.format
    if kind is not Format.MARKDOWN and not path.is_file():
        raise invalid("path", f"{path} is a folder; the format {kind} needs a file.")
    try:
        return {Format.MARKDOWN: read_markdown, Format.JSONL: read_jsonl, Format.CSV: read_csv}[kind](path)
    except OSError as error:
        raise invalid("path", f"{path} can't be read: {error.strerror}.") from error


def _guess(path: Path) -> Format:
    ending = path.suffix.lower()
    if path.is_dir() or ending in ENDINGS:
        return Format.MARKDOWN
    if ending in (".jsonl", ".ndjson"):
        return Format.JSONL
    if ending in (".csv", ".tsv"):
        return Format.CSV
    choices = ", ".join(choice for choice in Format if choice is not Format.AUTO)
    raise invalid("format", f"The format of {path.name} is unclear. Name it with --format: {choices}.")
