"""Notices: a card's transition, told once."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Notice(Base):
    """A card became due soon, overdue, flagged or unverified. `slot` names the transition, so it is noticed once."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("card_id", "kind", "slot"),
        Index("ix_notice_person_id_told_at", "person_id", "told_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    slot: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
