"""Tables of questions and of who asked them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Card, Collection
from kb.db import Base
from kb.people.models import Person
from kb.sentences import StoredSentence

TEXT_LIMIT = 300
DETAIL_LIMIT = 2_000


class Question(Base):
    """What somebody needs to know and found no answer to. It is open until `closed_at`.

    `card_id`: the card it is about, if any. `answer_id`: the card that answers it; none if it was withdrawn.
    """

    __tablename__ = "question"
    __table_args__ = (Index("ix_question_assignee_id_closed_at", "assignee_id", "closed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(StoredSentence(TEXT_LIMIT))
    detail: Mapped[str] = mapped_column(StoredSentence(DETAIL_LIMIT), default="")
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[datetime]
    assignee_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    assigned_at: Mapped[datetime]
    why_assigned: Mapped[str] = mapped_column(StoredSentence(200), default="")
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"), index=True)

    assignee: Mapped[Person] = relationship(foreign_keys=[assignee_id])
    closed_by: Mapped[Person | None] = relationship(foreign_keys=[closed_by_id])
    collection: Mapped[Collection | None] = relationship()
    card: Mapped[Card | None] = relationship(foreign_keys=[card_id])
    answer: Mapped[Card | None] = relationship(foreign_keys=[answer_id])
    askers: Mapped[list["Asker"]] = relationship(order_by="Asker.at", cascade="all, delete-orphan", lazy="selectin")

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.closed_at is None


class Asker(Base):
    """Somebody who asked it; who asks what is open already joins in and is told, too."""

    __tablename__ = "question_asker"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="selectin")
