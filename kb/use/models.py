"""Tables of use: one row per card and day, who saw which version, readers' verdicts, and what was searched for."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
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


class Sighting(Base):
    """A person saw a version of a card: it was shown as an answer, viewed or copied, so many times between two
    instants. The person is forgotten after the term in the settings."""

    __tablename__ = "sighting"
    __table_args__ = (
        UniqueConstraint("card_id", "version", "person_id", "kind"),
        Index("ix_sighting_person_id_last_at", "person_id", "last_at"),
        Index("ix_sighting_last_at", "last_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    version: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]


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


class SearchQuery(Base):
    """One person asking these words on one day: from `at` to `last_at`. The person is forgotten after a month."""

    __tablename__ = "search_query"
    __table_args__ = (Index("ix_search_query_person_id_last_at", "person_id", "last_at"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    words: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    results: Mapped[int]
    first_card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)
    best_trust: Mapped[str | None] = mapped_column(String(12))


class SearchClick(Base):
    """A card that was opened or copied from the results of a query."""

    __tablename__ = "search_click"

    query_id: Mapped[str] = mapped_column(ForeignKey("search_query.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime]
