"""Tables of comments and of whom they mention."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Card
from kb.db import Base
from kb.people.models import Person

TEXT_LIMIT = 2000


class Comment(Base):
    """What somebody said about a card. One without a parent begins a thread; only threads are resolved.

    A deleted comment keeps its place, without its words, while it has replies.
    """

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_card_id_parent_id", "card_id", "parent_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(String(TEXT_LIMIT))
    at: Mapped[datetime] = mapped_column(index=True)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    card: Mapped[Card] = relationship()
    author: Mapped[Person | None] = relationship(foreign_keys=[author_id])
    resolved_by: Mapped[Person | None] = relationship(foreign_keys=[resolved_by_id])
    mentions: Mapped[list["Mention"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def is_deleted(self) -> bool:
        """Whether only its place is left."""
        return self.deleted_at is not None


class Mention(Base):
    """A comment names a person who could read the card when it was said."""

    __tablename__ = "comment_mention"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)

    person: Mapped[Person] = relationship(lazy="selectin")
