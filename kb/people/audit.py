"""The append-only record of who changed what."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.people.actor import Actor
from kb.people.models import AuditEntry


def record(
    session: Session, actor: Actor, action: str, subject: str, subject_id: int | None, now: datetime, **detail: Any
) -> None:
    """Write one entry in the change's own transaction."""
    session.add(
        AuditEntry(at=now, actor_id=actor.id, action=action, subject=subject, subject_id=subject_id, detail=detail)
    )
