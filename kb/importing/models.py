"""What the last import of a card saw, so that the next one knows whether the file or the card has changed since."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class ImportedSource(Base):
    """The source of an imported card as it was last seen: three hashes, because each has a consequence of its own.

    A changed text makes a revision and un-verifies; links that merely lead elsewhere make a minor one; a changed
    policy (owner, verifiers, interval, verification) makes none. `version` is the card's after that import.
    """

    __tablename__ = "imported_source"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]
    text_hash: Mapped[str] = mapped_column(String(64))
    links_hash: Mapped[str] = mapped_column(String(64))
    policy_hash: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]
