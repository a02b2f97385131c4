"""Webhooks and their outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Collection
from kb.db import Base
from kb.people.models import Person
from kb.sentences import StoredSentence


class BodyForm(StrEnum):
    """How a message is written: our own signed JSON, or what the two chat programs take."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"


class DeliveryState(StrEnum):
    """Where a delivery is. Skipped: when its turn came, its scope might not see the card any more."""

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    SKIPPED = "skipped"


class Webhook(Base):
    """An address that is told events, with the eyes of `person` and, if set, in one collection only.

    The address may itself be a secret, so it is shown in part. The signing secret is not kept at all: it is derived
    from `salt` and the installation's key. A personal webhook gets its person's own notices and nothing else.
    """

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(2000))
    form: Mapped[str] = mapped_column(String(10))
    events: Mapped[list[str]]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    is_personal: Mapped[bool] = mapped_column(default=False)
    salt: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    paused_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str | None] = mapped_column(StoredSentence(300))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    collection: Mapped[Collection | None] = relationship()

    @property
    def is_on(self) -> bool:
        """Whether it is told anything now."""
        return self.paused_at is None and self.disabled_at is None


class WebhookDelivery(Base):
    """One event for one webhook. `key` makes it unique there; `delivery` is its name on the wire, the same each try."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "key"),
        Index("ix_webhook_delivery_state_next_try_at", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    delivery: Mapped[str] = mapped_column(String(32), unique=True)
    event: Mapped[str] = mapped_column(String(30))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=DeliveryState.NEW)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(StoredSentence(300))
