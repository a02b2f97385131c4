"""Pairs that wait for a decision: a curator sees those of which they may read and curate both cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from kb.cards.models import Card
from kb.cards.permissions import Right, may, servable_to
from kb.cards.queries import LARGEST_ID, card_visible_to
from kb.errors import NotFound
from kb.lines.models import NearDuplicate
from kb.people.actor import Actor
from kb.wording import _


@dataclass(frozen=True, slots=True)
class PairOfCards:
    """A pair with its two cards, the one edited last first."""

    pair: NearDuplicate
    newer: Card
    older: Card

    @property
    def is_open(self) -> bool:
        """Whether both can still be served, so that one of them has to be chosen."""
        return self.newer.is_servable and self.older.is_servable


def waiting_pairs(session: Session, actor: Actor, limit: int, offset: int = 0) -> list[PairOfCards]:
    """The pairs this actor may decide, the likest first."""
    query = _waiting(select(NearDuplicate), actor).order_by(NearDuplicate.score.desc(), NearDuplicate.id)
    pairs = session.scalars(query.limit(limit).offset(offset)).all()
    ids = {card_id for pair in pairs for card_id in (pair.card_id, pair.other_id)}
    rows = session.scalars(select(Card).where(Card.id.in_(ids)).options(joinedload(Card.collection)))
    cards = {card.id: card for card in rows.unique()}
    return [_ordered(pair, cards[pair.card_id], cards[pair.other_id]) for pair in pairs]


def count_pairs(session: Session, actor: Actor) -> int:
    """How many pairs wait for this actor."""
    if not actor.curated:
        return 0
    return session.scalar(_waiting(select(func.count(NearDuplicate.id)), actor)) or 0


def pair_of_cards(session: Session, actor: Actor, pair_id: int) -> PairOfCards:
    """The pair, if the actor may see both cards and write in one of them. Else there is none."""
    pair = session.get(NearDuplicate, pair_id) if 0 < pair_id <= LARGEST_ID else None
    if pair is None:
        raise NotFound(_("There is no such pair."))
    try:
        cards = [card_visible_to(session, actor, card_id) for card_id in (pair.card_id, pair.other_id)]
    except NotFound:
        raise NotFound(_("There is no such pair.")) from None
    if not any(may(actor, Right.EDIT, card) for card in cards) and not may_decide(actor, cards):
        raise NotFound(_("There is no such pair."))
    return _ordered(pair, *cards)


def may_decide(actor: Actor, cards: Sequence[Card]) -> bool:
    """Deciding is for whoever curates both collections."""
    return all(card.collection_id in actor.curated for card in cards)


def _waiting(query: Select[Any], actor: Actor) -> Select[Any]:
    ends = (NearDuplicate.card_id, NearDuplicate.other_id)
    decidable = select(Card.id).where(servable_to(actor), Card.collection_id.in_(actor.curated))
    return query.where(NearDuplicate.decision.is_(None), *(end.in_(decidable) for end in ends))


def _ordered(pair: NearDuplicate, one: Card, other: Card) -> PairOfCards:
    newer, older = sorted((one, other), key=lambda card: (card.updated_at, card.id), reverse=True)
    return PairOfCards(pair, newer, older)
