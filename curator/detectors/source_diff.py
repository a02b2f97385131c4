"""What a card's watched sources say now beside what they said when the card was last checked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.detectors.models import WatchedSource
from kb.text.diff import DiffLine, diff


@dataclass(frozen=True, slots=True)
class SourceDiff:
    """One source that changed. `url` is empty for a file; `lines` are empty where it is not text."""

    place: str
    url: str
    changed_at: datetime
    lines: tuple[DiffLine, ...]


def source_diff(session: Session, card_id: int) -> list[SourceDiff]:
    """The sources of a card that changed since its last check, the latest change first."""
    rows = session.scalars(
        select(WatchedSource)
        .where(WatchedSource.card_id == card_id, WatchedSource.changed_at.is_not(None))
        .order_by(WatchedSource.changed_at.desc(), WatchedSource.id)
    )
    return [_shown(row, row.changed_at) for row in rows if row.changed_at is not None]


def _shown(source: WatchedSource, changed_at: datetime) -> SourceDiff:
    lines = tuple(diff(source.seen, source.now_says)) if source.seen and source.now_says else ()
    url = source.place if source.place.startswith(("http://", "https://")) else ""
    return SourceDiff(source.place, url, changed_at, lines)
