"""What was expected of each card at the end of a week, so that weeks can be compared without hindsight."""

from datetime import date

from sqlalchemy import ForeignKey
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
