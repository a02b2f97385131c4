"""The table of golden queries."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class GoldenQuery(Base):
    """These words should find this card. Grade 2: it is the answer; 1: it helps, too."""

    __tablename__ = "golden_query"
    __table_args__ = (UniqueConstraint("words", "card_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(200))
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    grade: Mapped[int]
    is_from_click: Mapped[bool] = mapped_column(default=False)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
