"""Tables of card templates and their parts. A card names its template; its text stays plain Markdown."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.db import Base

LONGEST_HEADING = 80


class CardTemplate(Base):
    """A kind of card. Its slug never changes: cards, rules and imports name it so. `most_words`: a hint, no limit."""

    __tablename__ = "card_template"

    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    about: Mapped[str] = mapped_column(String(200), default="")
    most_words: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]

    parts: Mapped[list["TemplatePart"]] = relationship(
        cascade="all, delete-orphan", order_by="TemplatePart.position", lazy="selectin"
    )


class TemplatePart(Base):
    """One part: the heading under which it stands in a card. `key` is the heading as it is compared."""

    __tablename__ = "template_part"

    template: Mapped[str] = mapped_column(ForeignKey("card_template.slug", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    heading: Mapped[str] = mapped_column(String(LONGEST_HEADING))
    key: Mapped[str] = mapped_column(String(LONGEST_HEADING))
    hint: Mapped[str] = mapped_column(String(200), default="")
    is_required: Mapped[bool] = mapped_column(Boolean, default=False)
