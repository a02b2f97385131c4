"""The table of proposals: texts that wait for a curator's word, apart from the cards that readers see."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Card, Collection
from kb.db import Base
from kb.people.models import Person
from kb.sentences import StoredSentence

WORDS_LIMIT = 1000


class State(StrEnum):
    """Where a proposal is."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"


class Proposal(Base):
    """What somebody wants a card to say. Its text never changes: a better one is another proposal.

    `publishes`: it asks for a draft to become an answer. `collection_id`: where the card is to move, if it is.
    `template`: the one that the card is to have; "" is none, and NULL leaves the card's.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    base_version: Mapped[int]
    publishes: Mapped[bool] = mapped_column(Boolean, default=False)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]]
    language: Mapped[str] = mapped_column(String(8))
    language_chosen: Mapped[bool] = mapped_column(Boolean, default=False)
    audience: Mapped[list[str]]
    template: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(StoredSentence(300), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=State.WAITING, index=True)
    words: Mapped[str] = mapped_column(String(WORDS_LIMIT), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    card: Mapped[Card] = relationship()
    collection: Mapped[Collection | None] = relationship()
    author: Mapped[Person | None] = relationship(foreign_keys=[author_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def is_waiting(self) -> bool:
        """Whether nobody decided yet."""
        return self.state == State.WAITING
