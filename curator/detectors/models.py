"""Tables of findings and of what they are found with: examined cards, dates ahead, links, sources, the registry."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Card
from kb.db import Base
from kb.people.models import Person
from kb.sentences import StoredSentence

WORDS_LIMIT = 300
DETAIL_LIMIT = 500
URL_LIMIT = 2000


class Finding(Base):
    """Something in or about a card that speaks against it, with the very words. One row for each wording.

    It is open until it is no longer true (`gone_at`) or somebody dismisses it; then it stays silent until those words
    change, because other words make another fingerprint.
    """

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("card_id", "detector", "fingerprint"),
        Index("ix_finding_card_id_gone_at", "card_id", "gone_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    detector: Mapped[str] = mapped_column(String(30))
    fingerprint: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(StoredSentence(WORDS_LIMIT))
    detail: Mapped[str] = mapped_column(StoredSentence(DETAIL_LIMIT))
    url: Mapped[str | None] = mapped_column(String(URL_LIMIT))
    version: Mapped[int]
    found_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    dismissal: Mapped[str | None] = mapped_column(StoredSentence(DETAIL_LIMIT))
    flag_id: Mapped[int | None] = mapped_column(ForeignKey("flag.id", ondelete="SET NULL"), index=True)

    dismissed_by: Mapped[Person | None] = relationship()


class ExaminedCard(Base):
    """What a card was like when the detectors last looked at it; any difference makes them look again."""

    __tablename__ = "examined_card"

    card_id: Mapped[int] = mapped_column(
        ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    examined_at: Mapped[datetime] = mapped_column(index=True)
    card_version: Mapped[int]
    card_updated_at: Mapped[datetime]
    card_verified_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)


class RegistryKind(StrEnum):
    """What a curator's registry knows."""

    TOOL = "tool"
    VERSION = "version"
    VALUE = "value"
    RENAMED = "renamed"


class RegistryEntry(Base):
    """A name that cards use and, but for tools, what is current of it: a version, a price or limit, a new name."""

    __tablename__ = "registry_entry"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    current: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ExternalLink(Base):
    """An address elsewhere that cards link to, and how it answered: tried at most once a day.

    `days_failing` and `days_moved` count different days in a row on which it answered so.
    """

    __tablename__ = "external_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    url_hash: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(String(URL_LIMIT))
    host: Mapped[str] = mapped_column(String(255), index=True)
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    tried_on: Mapped[date | None]
    outcome: Mapped[str] = mapped_column(String(10), default="")
    detail: Mapped[str] = mapped_column(StoredSentence(200), default="")
    days_failing: Mapped[int] = mapped_column(default=0)
    days_moved: Mapped[int] = mapped_column(default=0)
    moved_to: Mapped[str | None] = mapped_column(String(URL_LIMIT))


class CardExternalLink(Base):
    """A card links there."""

    __tablename__ = "card_external_link"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    link_id: Mapped[int] = mapped_column(
        ForeignKey("external_link.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class WatchedSource(Base):
    """Where a card's facts come from: an address or a file. `seen` is what it said when the card was last checked,
    `now_says` what it says since `changed_at`, when that is something else."""

    __tablename__ = "watched_source"
    __table_args__ = (UniqueConstraint("card_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(500))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    tried_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(StoredSentence(200), default="")
    seen_at: Mapped[datetime | None]
    seen_hash: Mapped[str | None] = mapped_column(String(64))
    seen: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime | None]
    now_hash: Mapped[str | None] = mapped_column(String(64))
    now_says: Mapped[str | None] = mapped_column(Text)

    card: Mapped[Card] = relationship()
