"""The verification log as a file of JSON lines that proves itself: anybody can check it without the database.

A record per line, in order, with all that its hash covers, its text's hash and the hash of the record before; the last
line says where the chain ends. Whoever noted that end elsewhere sees also a tail that was cut off together with it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.trust.log import GENESIS, LogCheck, fits_format, record_hash
from kb.trust.models import Verification, VerificationHead

_INSTANTS = ("at", "verify_by")
_COLUMNS = tuple(column.key for column in Verification.__table__.columns)


def exported(session: Session) -> Iterator[str]:
    """The lines of the file."""
    every = select(Verification).order_by(Verification.id).execution_options(yield_per=1000)
    with closing(session.scalars(every)) as records:
        for record in records:
            yield _line({name: _plain(getattr(record, name)) for name in _COLUMNS})
    head = session.scalars(select(VerificationHead)).first()
    yield _line({"records": head.last_id if head else 0, "head": head.last_hash if head else GENESIS})


def proved(lines: Iterable[str]) -> LogCheck:
    """Walk the chain of such a file; report the first line that was changed, removed, reordered, or the cut end."""
    previous, done, is_ended = GENESIS, 0, False
    for line in lines:
        facts = _facts(line)
        if facts is None or is_ended:
            return LogCheck(done, previous, done + 1, "the line is not a record of this log")
        if "head" in facts:
            is_ended = True
            if (facts.get("records"), facts["head"]) != (done, previous):
                return LogCheck(done, previous, done + 1, "the end was cut off or added by hand")
            continue
        reason = _fault(facts, done + 1, previous)
        if reason:
            return LogCheck(done, previous, done + 1, reason)
        previous, done = facts["hash"], done + 1
    if not is_ended:
        return LogCheck(done, previous, done + 1, "the line that ends the file is missing")
    return LogCheck(done, previous)


def _fault(facts: dict[str, Any], expected_id: int, previous: str) -> str:
    try:
        instants = {name: datetime.fromisoformat(facts[name]) for name in _INSTANTS if facts[name] is not None}
        record = Verification(**{**facts, **instants})
        is_same = set(facts) == set(_COLUMNS) and record.hash == record_hash(record) and fits_format(record)
    except (KeyError, TypeError, ValueError, AttributeError):
        return "the line is not a record of this log"
    if record.id != expected_id:
        return "the record is missing"
    if record.previous_hash != previous:
        return "it does not follow the record before it"
    return "" if is_same else "its content was changed"


def _facts(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
