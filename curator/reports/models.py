"""What was expected of each card at the end of a week, for comparing weeks without hindsight; and dismissed gaps."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class CardWeek(Base):
    """How likely the card was stale when the week ended, how often it was read a week and corrected a year."""

    __tablename__ = "card_week"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    monday: Mapped[date] = mapped_column(primary_key=True, index=True)
    p_stale: Mapped[float]
    views_per_week: Mapped[float]
    stale_per_week: Mapped[float]
    rate_per_year: Mapped[float]


class DismissedGap(Base):
    """A question that no card shall answer here, as the beginnings of its words: however it is worded, it is no gap.

    `words`: how it read when it was dismissed; "" for those of before that was kept.
    """

    __tablename__ = "dismissed_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    stems: Mapped[str] = mapped_column(String(200), unique=True)
    words: Mapped[str] = mapped_column(String(300), default="", server_default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
