"""Reads watched sources once a day, one for each host at a time, and notices when one says something else."""

import hashlib
import mimetypes
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from curator.detectors.look_again import look_again
from curator.detectors.models import WatchedSource
from curator.detectors.source_text import text_of
from curator.detectors.sources import file_at, is_address
from kb.db import Database
from kb.outbound.client import MOST_BYTES, fetch
from kb.outbound.errors import OutboundError, Refused, Unreachable
from kb.sentences import sentence, shortened
from kb.settings import Outbound

AT_ONCE = 20
_LOOKED_AT = 500
_DAY = timedelta(days=1)


def check_sources(database: Database, rules: Outbound, clock: Callable[[], datetime]) -> int:
    """Read those that are due. Returns how many were tried. Claimed first, as links are."""
    now = clock()
    with database.transaction() as session:
        due = session.scalars(
            select(WatchedSource)
            .where(WatchedSource.next_try_at <= now)
            .order_by(WatchedSource.next_try_at, WatchedSource.id)
            .limit(_LOOKED_AT)
            .with_for_update(skip_locked=True)
        )
        first: dict[str, WatchedSource] = {}
        for source in due:
            host = urlsplit(source.place).hostname if is_address(source.place) else None
            first.setdefault(host or source.place, source)
        claimed = list(first.values())[:AT_ONCE]
        for source in claimed:
            source.next_try_at = now + _DAY
        places = [(source.id, source.place) for source in claimed]
    for source_id, place in places:
        try:
            _record(database, source_id, _read(place, rules), clock())
        except OutboundError as error:
            _note_trouble(database, source_id, error.why, clock())
    return len(places)


def _read(place: str, rules: Outbound) -> tuple[str, str | None]:
    """The hash of what a source says, and its text if it has any. Raises OutboundError."""
    content, media_type = _fetched(place, rules) if is_address(place) else _from_file(place, rules)
    text = text_of(content, media_type)
    said = content if text is None else text.encode()
    return hashlib.sha256(said).hexdigest(), text


def _fetched(url: str, rules: Outbound) -> tuple[bytes, str]:
    answer = fetch(url, rules)
    if not answer.is_success:
        raise Unreachable(sentence("It answers %(status)s.", status=answer.status))
    return answer.body, answer.headers.get("content-type", "")


def _from_file(place: str, rules: Outbound) -> tuple[bytes, str]:
    path = file_at(place, rules)
    try:
        if not path.is_file():
            raise Refused(sentence("There is no such file."))
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
    except OSError as error:
        raise Unreachable(sentence("The file can't be read: %(reason)s.", reason=error.strerror or "")) from error
    return content, mimetypes.guess_type(path.name)[0] or "text/plain"


def _record(database: Database, source_id: int, said: tuple[str, str | None], now: datetime) -> None:
    digest, text = said
    with database.transaction() as session:
        source = session.get(WatchedSource, source_id, with_for_update=True)
        if source is None:
            return
        source.tried_at, source.trouble = now, ""
        if source.seen_hash is None:
            source.seen_at, source.seen_hash, source.seen = now, digest, text
        elif digest == source.seen_hash:
            if source.changed_at is not None:  # it was changed back
                source.changed_at = source.now_hash = source.now_says = None
                look_again(session, [source.card_id])
        elif digest != source.now_hash:
            source.changed_at, source.now_hash, source.now_says = now, digest, text
            look_again(session, [source.card_id])


def _note_trouble(database: Database, source_id: int, why: str, now: datetime) -> None:
    with database.transaction() as session:
        source = session.get(WatchedSource, source_id, with_for_update=True)
        if source is not None:
            source.tried_at, source.trouble = now, shortened(why, 200)
