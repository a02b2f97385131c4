"""Tables of hooks and of what was delivered to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Hook(Base):
    """An address another program may tell of changes. Its secret is derived from the installation's key and `salt`."""

    __tablename__ = "hook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    salt: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    used_at: Mapped[datetime | None]


class HookDelivery(Base):
    """One delivery that was carried out: the same id again gets the same answer and does nothing."""

    __tablename__ = "hook_delivery"

    hook_id: Mapped[int] = mapped_column(ForeignKey("hook.id", ondelete="CASCADE"), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any]]
