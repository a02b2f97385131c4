"""Notices, and how far was looked. How a person is told of them stands in kb.people.quiet."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base
from kb.sentences import StoredSentence


class Notice(Base):
    """Something happened to a card that a person is to hear of. `slot` names the happening, so it is noticed once.

    `told_at`: it was mailed, or is not to be. `read_at`: the person saw it on the page, or it was settled before.
    `announced_at`: webhooks were told. What a comment says is read from it when it is told, so that what was deleted
    is told to nobody.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("card_id", "kind", "slot"),
        Index("ix_notice_person_id_told_at", "person_id", "told_at"),
        Index("ix_notice_person_id_read_at", "person_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    slot: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    detail: Mapped[str] = mapped_column(StoredSentence(500), default="", server_default="")
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None] = mapped_column(index=True)


class NoticeMark(Base):
    """Up to which instant what happens to cards was looked through."""

    __tablename__ = "notice_mark"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
