"""Tables of near-duplicates: the pairs and how long each stood, the sketches by which they are found, and the other
names of merged cards."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class Decision(StrEnum):
    """What a curator said of a pair. Merging and replacing leave a replacement instead, which can be undone."""

    KEPT = "kept"


class NearDuplicate(Base):
    """Two cards whose texts are alike. It holds for the versions named here; `card_id` is the smaller of the two.

    It says nothing of who may see them or whether they are published: whoever reads it asks that of the cards.
    """

    __tablename__ = "near_duplicate"
    __table_args__ = (UniqueConstraint("card_id", "other_id"), CheckConstraint("card_id < other_id", name="ordered"))

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    card_version: Mapped[int]
    other_version: Mapped[int]
    score: Mapped[float]
    found_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]


class PairSpan(Base):
    """How long an undecided pair stood, and with which score: what was folded at an earlier instant. Append-only but
    for its end."""

    __tablename__ = "pair_span"
    __table_args__ = (Index("ix_pair_span_card_id_other_id", "card_id", "other_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    score: Mapped[float]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class CardSketch(Base):
    """A hash that a card's text has: cards that share some are compared word by word."""

    __tablename__ = "card_sketch"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, index=True)


class SketchedCard(Base):
    """Which version of a card was compared with the others, and by which method."""

    __tablename__ = "sketched_card"

    card_id: Mapped[int] = mapped_column(
        ForeignKey("card.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]
    method: Mapped[int]


class CardAlias(Base):
    """Another name of a card: the title of one that was merged into it."""

    __tablename__ = "card_alias"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(String(200), primary_key=True)
    since: Mapped[datetime | None]
