"""Tables of triggers, the cards they show and the groups they are for."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.cards.models import Card
from kb.db import Base
from kb.people.models import Group


class Trigger(Base):
    """A rule that a browser extension matches by itself; the page never leaves the browser.

    `site`: a host, or "*.host" for all below it. `path`: how the address begins after the host. `texts`: any of them on
    the page is enough; none means the address alone. `label`: one of the texts must stand near these words.
    """

    __tablename__ = "trigger"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(253), index=True)
    path: Mapped[str] = mapped_column(String(200), default="")
    texts: Mapped[list[str]]
    label: Mapped[str] = mapped_column(String(100), default="")
    is_on: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(default=1)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[datetime]

    cards: Mapped[list[Card]] = relationship(
        secondary="trigger_card", order_by="TriggerCard.position", lazy="selectin", viewonly=True
    )
    shown: Mapped[list["TriggerCard"]] = relationship(
        order_by="TriggerCard.position", cascade="all, delete-orphan", lazy="selectin"
    )
    groups: Mapped[list[Group]] = relationship(secondary="trigger_group", order_by=Group.name, lazy="selectin")


class TriggerCard(Base):
    """A card that a trigger shows, in its place."""

    __tablename__ = "trigger_card"

    trigger_id: Mapped[int] = mapped_column(ForeignKey("trigger.id", ondelete="CASCADE"), primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int]


class TriggerGroup(Base):
    """A group that a trigger is for; without any it is for everybody."""

    __tablename__ = "trigger_group"

    trigger_id: Mapped[int] = mapped_column(ForeignKey("trigger.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("group.id", ondelete="CASCADE"), primary_key=True, index=True)
