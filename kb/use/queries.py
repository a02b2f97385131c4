"""How much cards were used lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.people.actor import Actor
from kb.use.models import CardUse, RecentUse


@dataclass(frozen=True, slots=True)
class UseOf:
    """How often a card was opened, copied, and shown as the answer of a search or a lookup."""

    views: int = 0
    copies: int = 0
    shown: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.views + self.copies + self.shown


def use_of(session: Session, card_id: int, today: date, days: int = 28) -> UseOf:
    """The use of one card in the last `days` days, today included."""
    sums = (func.coalesce(func.sum(column), 0) for column in (CardUse.impressions, CardUse.views, CardUse.copies))
    row = session.execute(select(*sums).where(CardUse.card_id == card_id, CardUse.day > today - timedelta(days=days)))
    impressions, views, copies = (int(each) for each in row.one())
    return UseOf(views, copies, max(impressions - views - copies, 0))


def impressions_by_card(session: Session, card_ids: Iterable[int], today: date, days: int = 28) -> dict[int, int]:
    """Impressions of these cards in the last `days` days, today included."""
    rows = session.execute(
        select(CardUse.card_id, func.sum(CardUse.impressions))
        .where(CardUse.card_id.in_(list(card_ids)), CardUse.day > today - timedelta(days=days))
        .group_by(CardUse.card_id)
    )
    return {card_id: int(total) for card_id, total in rows}


def recently_used(session: Session, actor: Actor, limit: int = 6) -> list[tuple[Card, datetime]]:
    """The cards this person opened or copied last, if they may still be served."""
    rows = session.execute(
        select(Card, RecentUse.at)
        .join(RecentUse, RecentUse.card_id == Card.id)
        .where(RecentUse.person_id == actor.id, servable_to(actor))
        .order_by(RecentUse.at.desc())
        .limit(limit)
    )
    return [(card, at) for card, at in rows]
