"""Tables of use: one row per card and day, and readers' verdicts."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class CardUse(Base):
    """How often a card was shown on one UTC day. An impression is an answer shown, viewed or copied;
    it is stale when the card's trust was not good at that moment."""

    __tablename__ = "card_use"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    impressions: Mapped[int] = mapped_column(default=0)
    stale_impressions: Mapped[int] = mapped_column(default=0)
    views: Mapped[int] = mapped_column(default=0)
    copies: Mapped[int] = mapped_column(default=0)


class RecentUse(Base):
    """When a person last opened or copied a card: "You used recently"."""

    __tablename__ = "recent_use"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[datetime]


class Feedback(Base):
    """A reader says whether a card answered the question."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_card_id_at", "card_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int]
    is_helpful: Mapped[bool]
    comment: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
