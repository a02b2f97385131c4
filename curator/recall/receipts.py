"""What a person was told and what they have seen, and how a recall stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.recall.models import Recall, RecallReceipt
from kb.cards.models import Card
from kb.cards.permissions import visible_to
from kb.people.actor import Actor
from kb.people.models import Named, Person


@dataclass(frozen=True, slots=True)
class Notice:
    """A correction that somebody was told of."""

    recall_id: int
    card: Card
    words: str
    at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A person of a recall: told or not, and when they said that they have seen it."""

    person: Named
    is_told: bool
    at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecallState:
    """A recall with its receipts."""

    recall: Recall
    by: str
    receipts: tuple[Receipt, ...]

    @property
    def told(self) -> tuple[Receipt, ...]:
        """Those who were told."""
        return tuple(receipt for receipt in self.receipts if receipt.is_told)

    @property
    def seen(self) -> int:
        """How many have seen it."""
        return sum(receipt.seen_at is not None for receipt in self.receipts)

    @property
    def hidden(self) -> int:
        """How many may not read the card any more, or are gone."""
        return len(self.receipts) - len(self.told)


def notices_for(session: Session, actor: Actor, *, unseen_only: bool = False) -> list[Notice]:
    """What the actor was told, of cards that they may still read: unseen first, then the newest."""
    if actor.id is None:
        return []
    query = (
        select(Recall.id, Card, Recall.words, RecallReceipt.at, RecallReceipt.seen_at)
        .join(RecallReceipt, RecallReceipt.recall_id == Recall.id)
        .join(Card, Card.id == Recall.card_id)
        .where(RecallReceipt.person_id == actor.id, RecallReceipt.is_told, visible_to(actor))
        .order_by(RecallReceipt.seen_at.is_not(None), Recall.id.desc())
    )
    if unseen_only:
        query = query.where(RecallReceipt.seen_at.is_(None))
    return [Notice(*row) for row in session.execute(query)]


def recalls_of(session: Session, card_id: int) -> Sequence[RecallState]:
    """The recalls of a card, newest first."""
    recalls = session.scalars(select(Recall).where(Recall.card_id == card_id).order_by(Recall.id.desc())).all()
    return [state_of_recall(session, recall) for recall in recalls]


def state_of_recall(session: Session, recall: Recall) -> RecallState:
    """One recall with its receipts: those who have not seen it first, by name."""
    rows = session.execute(
        select(Person.id, Person.name, Person.email, RecallReceipt.is_told, RecallReceipt.at, RecallReceipt.seen_at)
        .join(RecallReceipt, RecallReceipt.person_id == Person.id)
        .where(RecallReceipt.recall_id == recall.id)
        .order_by(RecallReceipt.seen_at.is_not(None), Person.name, Person.id)
    )
    by = session.get(Person, recall.by_id) if recall.by_id is not None else None
    receipts = tuple(Receipt(Named(*row[:3]), *row[3:]) for row in rows)
    return RecallState(recall, by.name if by else "Vitrine", receipts)
