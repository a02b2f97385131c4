"""The table of what people follow."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Follow(Base):
    """A person wants to hear what becomes of a card, or of all cards with a tag or in a collection."""

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("person_id", "card_id"),
        UniqueConstraint("person_id", "tag"),
        UniqueConstraint("person_id", "collection_id"),
        CheckConstraint(
            "(card_id IS NOT NULL AND tag IS NULL AND collection_id IS NULL)"
            " OR (card_id IS NULL AND tag IS NOT NULL AND collection_id IS NULL)"
            " OR (card_id IS NULL AND tag IS NULL AND collection_id IS NOT NULL)",
            name="one_of",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    tag: Mapped[str | None] = mapped_column(String(60), index=True)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
