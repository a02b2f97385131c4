"""What every format is read into: a card as its source describes it, or an item that can't be one, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class NoticeKind(StrEnum):
    """What was not taken over as it stood."""

    LINK = "link"
    SECTION = "section"
    PICTURE = "picture"
    CUT = "cut"
    FIELD = "field"
    PERSON = "person"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning about an item that was imported all the same."""

    kind: NoticeKind
    detail: str


@dataclass(frozen=True, slots=True)
class ParsedCard:
    """A card as its source describes it. `where` names the source for people: a path or a line.

    `headline` is the first heading where it became the title and left the body: links to it lead to the card itself.
    `extra` holds what the source says beyond the fields of a card.
    """

    where: str
    external_id: str
    title: str
    body: str
    headline: str | None = None
    tags: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    language: str | None = None
    template: str | None = None
    owner: str | None = None
    verifiers: tuple[str, ...] | None = None
    interval_days: int | None = None
    replaced_by: str | None = None
    updated_at: datetime | None = None
    verified_at: datetime | None = None
    verified_by: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


class BadItem(Exception):
    """An item that can't be a card. It is named in the report and skipped."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where, self.reason = where, reason


@dataclass(frozen=True, slots=True)
class Source:
    """Everything found at the path, in its order; `root` is where pictures may lie beside the texts."""

    items: list[ParsedCard | BadItem]
    root: Path | None = None
    notices: tuple[Notice, ...] = ()
