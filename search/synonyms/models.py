"""Tables of synonyms: groups of words that mean the same, and suggestions that a curator refused."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Synonym(Base):
    """A group of equivalent words and phrases. One-way: the first finds the others too, they don't find it."""

    __tablename__ = "synonym"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[list[str]]
    is_one_way: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SynonymDismissal(Base):
    """A suggestion that is not to come back, in folded words."""

    __tablename__ = "synonym_dismissal"
    __table_args__ = (UniqueConstraint("asked", "meant"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    asked: Mapped[str] = mapped_column(String(60))
    meant: Mapped[str] = mapped_column(String(60))
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
