"""Tables of collections, cards, revisions, tags, verifiers, replacements and attachments."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.db import Base
from kb.people.models import Group, Person
from kb.sentences import StoredSentence


class Status(StrEnum):
    """Where a card is in its life. Trust is another thing: it is computed for published cards."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Breach(StrEnum):
    """What happens to an answer that is below its collection's freshness contract."""

    SERVE = "serve"
    WARN = "warn"
    WITHHOLD = "withhold"


class Collection(Base):
    """A shelf of cards with its own readers, authors, steward and policy."""

    __tablename__ = "collection"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)
    steward_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    interval_days: Mapped[int | None]
    is_adaptive: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    contract: Mapped[str] = mapped_column(String(10), default=Breach.SERVE, server_default=Breach.SERVE.value)
    min_trust: Mapped[str | None] = mapped_column(String(12))
    max_age_days: Mapped[int | None]
    stale_target: Mapped[float | None]
    escalate_days: Mapped[int | None]
    is_reviewed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime]

    steward: Mapped[Person | None] = relationship()
    readers: Mapped[list[Group]] = relationship(secondary="collection_reader")
    authors: Mapped[list[Group]] = relationship(secondary="collection_author")
    verifiers: Mapped[list["CollectionVerifier"]] = relationship(
        order_by="CollectionVerifier.position", cascade="all, delete-orphan"
    )


class CollectionReader(Base):
    """A group that may read a collection which isn't open to everybody."""

    __tablename__ = "collection_reader"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"), primary_key=True, index=True)


class CollectionAuthor(Base):
    """A group whose authors may write in a collection; without any, every author who can read it may."""

    __tablename__ = "collection_author"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"), primary_key=True, index=True)


class CollectionVerifier(Base):
    """Default verifiers of new cards in a collection, in order: a person or a group each."""

    __tablename__ = "collection_verifier"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (group_id IS NULL)", name="one_of"),)

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"))


class Card(Base):
    """One answer. `version` is the number of its current revision; trust is computed from the facts kept here."""

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("collection_id", "external_id"),
        Index("ix_card_status_verify_by", "status", "verify_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(10), default=Status.DRAFT)
    version: Mapped[int] = mapped_column(default=1)

    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    headings: Mapped[str] = mapped_column(Text, default="")
    renderer_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    language_chosen: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[list[str]]
    template: Mapped[str | None] = mapped_column(ForeignKey("card_template.slug"), index=True)
    # The headings with text below them, while there is a template that asks for some: kb.card_templates.sections.
    written_parts: Mapped[str] = mapped_column(Text, default="", server_default="")

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    interval_days: Mapped[int | None]
    check_on: Mapped[date | None]

    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verified_version: Mapped[int | None]
    verify_by: Mapped[datetime | None]
    unverified_at: Mapped[datetime | None]
    unverified_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unverified_kind: Mapped[str | None] = mapped_column(String(20))
    unverified_reason: Mapped[str | None] = mapped_column(StoredSentence(500))

    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[datetime] = mapped_column(index=True)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"), index=True)

    collection: Mapped[Collection] = relationship()
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    assignee: Mapped[Person | None] = relationship(foreign_keys=[assignee_id])
    verified_by: Mapped[Person | None] = relationship(foreign_keys=[verified_by_id])
    unverified_by: Mapped[Person | None] = relationship(foreign_keys=[unverified_by_id])
    tag_rows: Mapped[list["CardTag"]] = relationship(
        cascade="all, delete-orphan", order_by="CardTag.tag", lazy="selectin"
    )
    verifiers: Mapped[list["CardVerifier"]] = relationship(
        cascade="all, delete-orphan", order_by="CardVerifier.position", lazy="selectin"
    )

    @property
    def tags(self) -> list[str]:
        """The card's tags, sorted."""
        return sorted(row.tag for row in self.tag_rows)

    @property
    def is_servable(self) -> bool:
        """Whether this member of its answer line may be shown as an answer at all."""
        return self.status == Status.PUBLISHED and self.replaced_by_id is None


class CardTag(Base):
    """A tag on a card."""

    __tablename__ = "card_tag"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True, index=True)


class CardVerifier(Base):
    """Who may verify a card, in order: a person or a group each."""

    __tablename__ = "card_verifier"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (group_id IS NULL)", name="one_of"),)

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"), index=True)


class Revision(Base):
    """One state of a card's text. Append-only. `corrects`: it took back something that the one before it said."""

    __tablename__ = "revision"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]]
    language: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(StoredSentence(300), default="")
    is_minor: Mapped[bool] = mapped_column(default=False)
    corrects: Mapped[bool] = mapped_column(default=False, server_default=false())
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    # What was searched and shown then. Empty in revisions from before it was kept.
    text: Mapped[str | None] = mapped_column(Text, deferred=True)
    headings: Mapped[str | None] = mapped_column(Text, deferred=True)
    audience: Mapped[list[str] | None]
    collection_id: Mapped[int | None]

    author: Mapped[Person | None] = relationship()


class Replacement(Base):
    """Append-only: a card was replaced by another (perhaps deleted since), or is no longer (`is_undone`)."""

    __tablename__ = "replacement"

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    is_undone: Mapped[bool] = mapped_column(default=False)


class Attachment(Base):
    """A picture that belongs to a card, named by the hash of its re-encoded content."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("card_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class IndexOutbox(Base):
    """A card whose index entry may be out of date; written in the transaction that changed the card."""

    __tablename__ = "index_outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    card_id: Mapped[int] = mapped_column(index=True)
