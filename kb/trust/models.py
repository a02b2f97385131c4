"""Tables of verifications (a hash chain) and flags."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypedDict

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.db import Base
from kb.people.models import Named, Person
from kb.sentences import StoredSentence


class Verdict(StrEnum):
    """What a record of the verification log states about a revision."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class Outcome(StrEnum):
    """What a check of a card led to. An un-verification is no check and has none."""

    STILL_RIGHT = "still_right"
    CORRECTED = "corrected"
    ARCHIVED = "archived"


class Shown(TypedDict):
    """A piece of evidence as it stood before the person who decided; `opened`: whether they looked behind it."""

    kind: str
    words: str
    opened: bool


class FlagKind(StrEnum):
    """Why somebody or something doubts a card."""

    REPORTED = "reported"
    DEAD_LINK = "dead_link"
    DATE_PASSED = "date_passed"
    SOURCE_CHANGED = "source_changed"
    DUPLICATE = "duplicate"
    LOW_RATING = "low_rating"


class Verification(Base):
    """A person states that one revision is true, or no longer known to be. Append-only and hash-chained.

    `card_id` is deliberately no foreign key: the proof outlives the card. `actor` is the person's e-mail at that time.
    `format` says which columns the hash covers: 1 knows neither outcome, batch, seconds, tick nor evidence.
    `batch_size` counts the cards that were checked in one go, 1 stands for a check of its own; `seconds` is the time
    between page and decision where it is known; `whole_card` the tick "I checked the whole card" that edits ask for.
    """

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_card_id_at", "card_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    card_id: Mapped[int]
    version: Mapped[int]
    text_hash: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(12))
    basis: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500))
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]
    verify_by: Mapped[datetime | None]
    format: Mapped[int] = mapped_column(default=2)
    outcome: Mapped[str | None] = mapped_column(String(12))
    batch_size: Mapped[int] = mapped_column(default=1)
    seconds: Mapped[int | None]
    whole_card: Mapped[bool] = mapped_column(default=False)
    evidence: Mapped[list[Shown]] = mapped_column(JSON, default=list)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class VerificationHead(Base):
    """The single row that says where the chain ends; locked while a record is appended."""

    __tablename__ = "verification_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))


class OpenFlag(NamedTuple):
    """What an answer says of an open flag, read only."""

    kind: str
    detail: str
    raised_at: datetime
    url: str | None
    raised_by: Named | None


class Flag(Base):
    """A reason to doubt a card, with its evidence; open until resolved."""

    __tablename__ = "flag"
    __table_args__ = (Index("ix_flag_card_id_resolved_at", "card_id", "resolved_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(StoredSentence(500))
    url: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int]
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    raised_at: Mapped[datetime]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(StoredSentence(500))

    raised_by: Mapped[Person | None] = relationship(foreign_keys=[raised_by_id], lazy="selectin")
