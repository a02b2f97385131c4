"""Tables of drafts and of pictures on their way into a card."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class EditDraft(Base):
    """What stood in somebody's editor: one per person and card; for a card that is not written yet, one per person and
    collection. It publishes nothing, and only its author ever sees it.

    `version`: the card's, from which it was drawn. `number` counts the saves, so that two windows don't overwrite
    each other.
    """

    __tablename__ = "edit_draft"
    __table_args__ = (UniqueConstraint("person_id", "card_id"), UniqueConstraint("person_id", "collection_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    number: Mapped[int]
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(index=True)


class Upload(Base):
    """A picture that somebody sent while writing. It is its sender's alone until a card that shows it is saved."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("person_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
