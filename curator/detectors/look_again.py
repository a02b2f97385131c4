"""Which cards the detectors have to look at: those that changed, those whose day has come, and at night all of them."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from curator.detectors.models import ExaminedCard
from kb.cards.models import Card, Status

NEVER = datetime(1990, 1, 1, tzinfo=UTC)
IS_ANSWER = and_(Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))


def waiting_cards(session: Session, night: datetime, now: datetime, limit: int, after: int = 0) -> list[int]:
    """By number, the next cards to examine. `night` is when the last nightly round began.

    A card that is no answer any more waits, too, until what was found on it is withdrawn.
    """
    row = ExaminedCard
    is_changed = or_(
        row.card_version != Card.version,
        row.card_updated_at != Card.updated_at,
        row.card_verified_at.is_distinct_from(Card.verified_at),
    )
    is_due = or_(row.card_id.is_(None), row.examined_at < night, row.next_due_at <= now, is_changed)
    query = (
        select(Card.id)
        .outerjoin(row, row.card_id == Card.id)
        .where(or_(and_(IS_ANSWER, is_due), and_(~IS_ANSWER, row.card_id.is_not(None))), Card.id > after)
    )
    return list(session.scalars(query.order_by(Card.id).limit(limit)))


def look_again(session: Session, card_ids: Collection[int]) -> None:
    """Something about these cards changed that they do not show: examine them at the next round."""
    if card_ids:
        session.execute(update(ExaminedCard).where(ExaminedCard.card_id.in_(card_ids)).values(examined_at=NEVER))


def look_at_all_again(session: Session) -> None:
    """What the detectors know changed: examine every card."""
    session.execute(update(ExaminedCard).values(examined_at=NEVER))
