"""Settle what nobody needs to hear any more: the card was checked, went, or waits for somebody else."""

from datetime import datetime

from sqlalchemy import String, and_, cast, exists, func, or_, select, update
from sqlalchemy.orm import Session

from curator.notices.kinds import ESCALATED, FLAGGED, FOLLOW_THE_CARD
from curator.notices.models import Notice
from kb.cards.models import Card, Status
from kb.trust.models import Flag


def settle(session: Session, now: datetime) -> None:
    """Mark unread tasks as read, and as told, whose reason is gone."""
    waits = exists(
        select(Card.id).where(
            Card.id == Notice.card_id,
            Card.status == Status.PUBLISHED,
            Card.replaced_by_id.is_(None),
            or_(Card.verified_at.is_(None), Card.verified_at <= Notice.at, Card.unverified_at.is_not(None)),
            or_(Card.assignee_id == Notice.person_id, Notice.kind == ESCALATED),
        )
    )
    answered = and_(
        Notice.kind == FLAGGED,
        exists(select(Flag.id).where(cast(Flag.id, String) == Notice.slot, Flag.resolved_at.is_not(None))),
    )
    session.execute(
        update(Notice)
        .where(Notice.kind.in_([*FOLLOW_THE_CARD, ESCALATED]), Notice.read_at.is_(None), or_(~waits, answered))
        .values(read_at=now, told_at=func.coalesce(Notice.told_at, now))
        .execution_options(synchronize_session=False)
    )
