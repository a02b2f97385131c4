"""Claim a slot of a job: one row, inserted in the transaction of the effect, so that both happen or neither."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.schedule.models import JobRun


def claim(session: Session, job: str, slot: str, now: datetime) -> bool:
    """Whether this transaction may do the slot. A second process waits for the first to end, then gets False."""
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(JobRun).values(job=job, slot=slot, at=now, outcome="")
    return bool(session.execute(statement.on_conflict_do_nothing().returning(JobRun.job)).first())


def is_claimed(session: Session, job: str, slot: str) -> bool:
    """Whether the slot was done, for a cheap look before the work is prepared."""
    return session.get(JobRun, (job, slot)) is not None


def note_outcome(session: Session, job: str, slot: str, outcome: str) -> None:
    """Write down what the claimed slot did."""
    session.get_one(JobRun, (job, slot)).outcome = outcome[:500]
