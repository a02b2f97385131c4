"""Tables of what was learnt: a row for the whole installation, a row for each collection. Made anew every night."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Learnt(Base):
    """The single row: how P is calibrated here, how often readers report, and what is usual for a card unknown."""

    __tablename__ = "freshness_learnt"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    calibration: Mapped[float]
    report_rate: Mapped[float]
    checks: Mapped[int]
    median_words: Mapped[float]
    rate_per_day: Mapped[float]
    at: Mapped[datetime]


class ShelfRate(Base):
    """How often a card of ordinary length changes in this collection."""

    __tablename__ = "freshness_shelf_rate"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    rate_per_day: Mapped[float]
