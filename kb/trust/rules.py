"""Rules of the verification policy: which cards they are about, and what they say of those.

They stand in an order. Of each thing a rule can say (when the next check falls due, adaptive or fixed, what happens
to an overdue answer) the first matching rule that says it decides, for what the card itself does not set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kb.cards.models import Breach
from kb.db import Base
from kb.prepared import Prepared
from kb.sentences import StoredSentence

_KEPT = "rules"


class Pace(StrEnum):
    """Whether the next check comes after the whole interval, or as early as the card's own history suggests."""

    FIXED = "fixed"
    ADAPTIVE = "adaptive"


class Rule(Base):
    """One rule. Its conditions are the columns that name cards; all that are set must hold."""

    __tablename__ = "rule"
    __table_args__ = (CheckConstraint("interval_days IS NULL OR check_on IS NULL OR NOT is_yearly", name="one_rhythm"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    tag: Mapped[str | None] = mapped_column(String(60))
    audience: Mapped[str | None] = mapped_column(String(60))
    interval_days: Mapped[int | None]
    check_on: Mapped[date | None]
    is_yearly: Mapped[bool] = mapped_column(default=False)
    pace: Mapped[str | None] = mapped_column(String(10))
    expiry: Mapped[str | None] = mapped_column(String(10))
    template: Mapped[str | None] = mapped_column(ForeignKey("card_template.slug"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class RuleChange(Base):
    """A change of the policy that was carried out. The token of its preview is the claim: it happens once."""

    __tablename__ = "rule_change"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(StoredSentence(500))
    moved: Mapped[int]


class SuggestedInterval(Base):
    """Days after which a check of this card is worth its time, as estimated last night; for the adaptive pace."""

    __tablename__ = "suggested_interval"

    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), primary_key=True)
    days: Mapped[int]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class About:
    """What rules look at in a card."""

    collection_id: int
    tags: frozenset[str] = frozenset()
    audience: frozenset[str] = frozenset()
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule as plain values: its conditions, and what it says."""

    collection_id: int | None = None
    tag: str | None = None
    audience: str | None = None
    interval_days: int | None = None
    check_on: date | None = None
    is_yearly: bool = False
    pace: Pace | None = None
    expiry: Breach | None = None
    template: str | None = None

    def is_about(self, card: About) -> bool:
        """Whether all conditions hold. An audience means cards written for it, not those for everybody."""
        return (
            self.collection_id in (None, card.collection_id)
            and (self.tag is None or self.tag in card.tags)
            and (self.audience is None or self.audience in card.audience)
            and self.template in (None, card.template)
        )

    @property
    def says_when(self) -> bool:
        """Whether it says when the next check falls due."""
        return self.interval_days is not None or self.check_on is not None


def clause_of(rule: Rule) -> Clause:
    """The rule as plain values."""
    return _clause(*(getattr(rule, name) for name in Clause.__dataclass_fields__))


def about(card: Any) -> About:
    """What rules look at in a card or an answer."""
    return About(card.collection.id, frozenset(card.tags), frozenset(card.audience or ()), card.template)


def matching(clauses: Iterable[Clause], card: About) -> list[Clause]:
    """The clauses about this card, in their order."""
    return [clause for clause in clauses if clause.is_about(card)]


def expiry_of(clauses: Iterable[Clause], card: About) -> Breach | None:
    """What happens to this card's answer while its check is overdue; None leaves it to the collection's contract."""
    return next((clause.expiry for clause in matching(clauses, card) if clause.expiry is not None), None)


def rules_in_order(session: Session) -> Sequence[Rule]:
    """All rules, first to last."""
    return session.scalars(select(Rule).order_by(Rule.position, Rule.id)).all()


def clauses_in_force(session: Session) -> tuple[Clause, ...]:
    """All rules as plain values, read once per transaction."""
    kept: tuple[Clause, ...] | None = session.info.get(_KEPT)
    if kept is None:
        kept = session.info[_KEPT] = tuple(_clause(*row) for row in _CLAUSES.rows(session))
    return kept


def forget_clauses(session: Session) -> None:
    """After rules were changed in this transaction: read them anew."""
    session.flush()
    session.info.pop(_KEPT, None)


def _clause(*values: Any) -> Clause:
    named = dict(zip(Clause.__dataclass_fields__, values, strict=True))
    named["is_yearly"] = bool(named["is_yearly"])
    named["pace"] = Pace(named["pace"]) if named["pace"] else None
    named["expiry"] = Breach(named["expiry"]) if named["expiry"] else None
    return Clause(**named)


_CLAUSES = Prepared(
    select(*(getattr(Rule, name) for name in Clause.__dataclass_fields__)).order_by(Rule.position, Rule.id)
)
