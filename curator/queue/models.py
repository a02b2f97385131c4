"""Checks put off for later."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Snooze(Base):
    """A person put a card's check off until an instant. It hides the row from that person's queue, nothing else."""

    __tablename__ = "snooze"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    until: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
