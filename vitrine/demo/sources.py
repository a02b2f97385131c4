"""A source of the sample that changed: what it said at the card's check, what it says since, and the finding of it."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from curator.detectors.models import Finding, WatchedSource
from curator.detectors.sources import change_in
from kb.trust.models import Flag
from kb.words import Words

_DAY = timedelta(days=1)


def add_changed_source(session: Session, flag: Flag, facts: dict[str, Any], checked_at: datetime, words: Words) -> None:
    """The source that this flag is about, as the jobs would have left it. It is read again tomorrow at the earliest."""
    source = WatchedSource(
        card_id=flag.card_id, place=facts["url"], added_at=checked_at, next_try_at=words.now + _DAY, tried_at=words.now,
        seen_at=checked_at, seen_hash=_hash(facts["seen"]), seen=facts["seen"],
        changed_at=flag.raised_at, now_hash=_hash(facts["says"]), now_says=facts["says"],
    )  # fmt: skip
    said = change_in(source, flag.raised_at, words)
    finding = Finding(
        card_id=flag.card_id, detector=said.detector, fingerprint=said.fingerprint, words=said.words,
        detail=said.detail, url=said.url, version=flag.version, found_at=flag.raised_at, flag_id=flag.id,
    )  # fmt: skip
    session.add_all((source, finding))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
