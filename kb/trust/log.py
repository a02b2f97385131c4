"""The verification log: an append-only hash chain that anybody can check offline.

Each record's hash is SHA-256 over the previous hash and the record's canonical JSON; the head row is locked while a
record is appended, so the chain never forks, and it makes a cut tail visible. Records of format 1 are proved by the
facts they were written with, and hold nothing in the columns that came later.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card, Revision
from kb.db import take_turns
from kb.people.actor import Actor
from kb.trust.models import Outcome, Shown, Verdict, Verification, VerificationHead

FORMAT = 2
GENESIS = "0" * 64
_TURN = 7_310_004


@dataclass(frozen=True, slots=True)
class LogCheck:
    """The outcome of checking the chain: how many records, and the first broken one with the reason, if any."""

    records: int
    head: str
    broken_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a check was made: its outcome, with how many others, in which time, and what lay before the person."""

    outcome: Outcome | None = None
    batch_size: int = 1
    seconds: int | None = None
    whole_card: bool = False
    evidence: tuple[Shown, ...] = ()


NO_CHECK = Manner()


def append(
    session: Session, actor: Actor, card: Card, verdict: Verdict, basis: str, note: str, now: datetime,
    manner: Manner = NO_CHECK,
) -> Verification:  # fmt: skip
    """Append a record about the card's current revision."""
    take_turns(session, _TURN)
    head = session.scalars(select(VerificationHead).with_for_update()).first()
    if head is None:
        head = VerificationHead(id=1, last_id=0, last_hash=GENESIS)
        session.add(head)
    record = Verification(
        id=head.last_id + 1,
        card_id=card.id,
        version=card.version,
        text_hash=text_hash(card.title, card.body),
        verdict=verdict,
        basis=basis,
        note=str(note),  # what is hashed is plain text
        actor_id=actor.id,
        actor=actor.email,
        at=now,
        verify_by=card.verify_by if verdict == Verdict.VERIFIED else None,
        format=FORMAT,
        outcome=manner.outcome,
        batch_size=manner.batch_size,
        seconds=manner.seconds,
        whole_card=manner.whole_card,
        evidence=list(manner.evidence),
        previous_hash=head.last_hash,
    )
    record.hash = record_hash(record)
    head.last_id, head.last_hash = record.id, record.hash
    session.add(record)
    session.flush()
    return record


def text_hash(title: str, body: str) -> str:
    """SHA-256 of a revision's text: its title, a line feed, its body, in UTF-8."""
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()


def record_hash(record: Verification) -> str:
    """SHA-256 of the previous hash and the record's canonical JSON (sorted keys, no spaces, instants in UTC)."""
    facts: dict[str, Any] = {
        "id": record.id,
        "card_id": record.card_id,
        "version": record.version,
        "text_hash": record.text_hash,
        "verdict": str(record.verdict),
        "basis": record.basis,
        "note": record.note,
        "actor_id": record.actor_id,
        "actor": record.actor,
        "at": record.at.astimezone(UTC).isoformat(),
        "verify_by": record.verify_by.astimezone(UTC).isoformat() if record.verify_by else None,
    }
    if record.format != 1:
        facts |= {
            "format": record.format,
            "outcome": str(record.outcome) if record.outcome is not None else None,
            "batch_size": record.batch_size,
            "seconds": record.seconds,
            "whole_card": record.whole_card,
            "evidence": record.evidence,
        }
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{record.previous_hash}{canonical}".encode()).hexdigest()


def check(session: Session, progress: Callable[[], None] = lambda: None) -> LogCheck:
    """Walk the whole chain; report the first record that was changed, removed, reordered or cut off."""
    every = select(Verification).order_by(Verification.id).execution_options(yield_per=1000)
    with closing(session.scalars(every)) as records:
        return _walk(session, records, progress)


def _walk(session: Session, records: Iterable[Verification], progress: Callable[[], None]) -> LogCheck:
    previous, expected_id = GENESIS, 1
    for record in records:
        if record.id != expected_id:
            return LogCheck(expected_id - 1, previous, expected_id, "the record is missing")
        if record.previous_hash != previous:
            return LogCheck(expected_id - 1, previous, record.id, "it does not follow the record before it")
        if record.hash != record_hash(record) or not fits_format(record):
            return LogCheck(expected_id - 1, previous, record.id, "its content was changed")
        if not _text_matches(session, record):
            return LogCheck(expected_id - 1, previous, record.id, "the revision it speaks of was changed or removed")
        previous, expected_id = record.hash, expected_id + 1
        progress()
    head = session.scalars(select(VerificationHead)).first()
    last_id, last_hash = (head.last_id, head.last_hash) if head else (0, GENESIS)
    if (last_id, last_hash) != (expected_id - 1, previous):
        first = min(last_id + 1, expected_id)
        return LogCheck(expected_id - 1, previous, first, "the end was cut off or added by hand, or the head changed")
    return LogCheck(expected_id - 1, previous)


def fits_format(record: Verification) -> bool:
    """Format 1 proves nothing of the later columns, so nothing may stand in them."""
    if record.format != 1:
        return record.format == FORMAT
    later = (record.outcome, record.batch_size, record.seconds, record.whole_card, record.evidence)
    return later == (None, 1, None, False, [])


def _text_matches(session: Session, record: Verification) -> bool:
    revision = session.get(Revision, (record.card_id, record.version))
    if revision is None:
        return session.get(Card, record.card_id) is None  # an admin deleted the card; its proof stays
    return text_hash(revision.title, revision.body) == record.text_hash
