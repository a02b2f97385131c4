"""Tables of recalls: what was wrong, in which words people are told, and who has seen it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Recall(Base):
    """Versions of a card were wrong from an instant on. The same recall again is this row, so nobody is told twice."""

    __tablename__ = "recall"
    __table_args__ = (UniqueConstraint("card_id", "first_version", "last_version", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    first_version: Mapped[int]
    last_version: Mapped[int]
    since: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(2000))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]


class RecallReceipt(Base):
    """A person saw a wrong version. `is_told`: they may still read the card, so they were told of the correction."""

    __tablename__ = "recall_receipt"
    __table_args__ = (Index("ix_recall_receipt_person_id_seen_at", "person_id", "seen_at"),)

    recall_id: Mapped[int] = mapped_column(ForeignKey("recall.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    is_told: Mapped[bool]
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
