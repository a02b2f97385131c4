"""Since when a card is with its assignee and in whose place, and past whom it was escalated: tables and reading."""

from collections.abc import Collection as Several
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, and_, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.cards.models import Card
from kb.db import Base
from kb.people.models import Person
from kb.wording import _


class Assignment(Base):
    """Since when a card is with its assignee; `instead_of_id` is who is away, so that the card finds its way back."""

    __tablename__ = "assignment"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    since: Mapped[datetime]
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)


class Escalation(Base):
    """A card moved on because nobody acted. While it is open, `passed` (people's numbers) are passed over."""

    __tablename__ = "escalation"
    __table_args__ = (Index("ix_escalation_card_id_ended_at", "card_id", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    passed: Mapped[list[Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def passed_over(session: Session, card_ids: Several[int]) -> dict[int, frozenset[int]]:
    """Whom open escalations pass over, by card. A verification since then ends one, also before that is noted."""
    rows = session.execute(
        select(Escalation.card_id, Escalation.passed)
        .join(Card, Card.id == Escalation.card_id)
        .where(
            Escalation.card_id.in_(card_ids),
            Escalation.ended_at.is_(None),
            or_(Card.verified_at.is_(None), Escalation.at > Card.verified_at),
        )
    )
    found: dict[int, frozenset[int]] = {}
    for card_id, passed in rows:
        found[card_id] = found.get(card_id, frozenset()) | frozenset(passed)
    return found


def end_escalations(session: Session, card_ids: Several[int], now: datetime) -> None:
    """From now on these cards go by their line again."""
    is_open = and_(Escalation.card_id.in_(card_ids), Escalation.ended_at.is_(None))
    session.execute(update(Escalation).where(is_open).values(ended_at=now))


def seat_words(session: Session, card: Card) -> str:
    """What stands behind the assignee's name where the card is not with the first in its line: in whose place, or past
    whom it went."""
    held = session.get(Assignment, card.id)
    if held is None or held.person_id != card.assignee_id:
        return ""
    if held.instead_of_id is not None:
        return _(", while %(name)s is away", name=session.get_one(Person, held.instead_of_id).name)
    if card.id not in passed_over(session, [card.id]):
        return ""
    latest = select(Escalation.from_id).where(Escalation.card_id == card.id, Escalation.to_id == card.assignee_id)
    from_id = session.scalar(latest.order_by(Escalation.id.desc()))
    return _(", moved on from %(name)s", name=session.get_one(Person, from_id).name) if from_id is not None else ""
