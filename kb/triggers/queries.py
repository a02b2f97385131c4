"""Triggers as they are kept, and as a reader's extension gets them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.triggers.models import Trigger, TriggerCard, TriggerGroup
from kb.triggers.rule import Rule
from kb.wording import _


@dataclass(frozen=True, slots=True)
class ReaderRule:
    """A trigger that is on for a reader, with how many of its cards they may be served; never none."""

    id: int
    rule: Rule
    cards: int


def rule_of(trigger: Trigger) -> Rule:
    """What the trigger says."""
    return Rule(trigger.site, trigger.path, tuple(trigger.texts), trigger.label)


def kept_triggers(session: Session, query: str = "") -> Sequence[Trigger]:
    """All triggers by site; with a query, those whose site holds it."""
    kept = select(Trigger).order_by(Trigger.site, Trigger.path, Trigger.id)
    if query:
        kept = kept.where(Trigger.site.contains(query.lower(), autoescape=True))
    return session.scalars(kept).all()


def rules_for(session: Session, actor: Actor) -> list[ReaderRule]:
    """The rules of a reader's extension: on, for one of their groups or for all, and with a card they may be served.

    A rule whose cards they can't see is not among them: its site and texts could tell what those are about.
    """
    rows = session.execute(
        select(Trigger.id, Trigger.site, Trigger.path, Trigger.texts, Trigger.label, func.count(Card.id))
        .join(TriggerCard, TriggerCard.trigger_id == Trigger.id)
        .join(Card, Card.id == TriggerCard.card_id)
        .where(Trigger.is_on, _is_for(actor), servable_to(actor))
        .group_by(Trigger.id)
        .order_by(Trigger.id)
    )
    return [
        ReaderRule(id_, Rule(site, path, tuple(texts), label), cards) for id_, site, path, texts, label, cards in rows
    ]


def cards_of(session: Session, actor: Actor, trigger_id: int) -> Sequence[Card]:
    """The cards of a rule that this reader may be served, in their order; NotFound where there are none for them."""
    cards = session.scalars(
        select(Card)
        .join(TriggerCard, TriggerCard.card_id == Card.id)
        .join(Trigger, Trigger.id == TriggerCard.trigger_id)
        .where(Trigger.id == trigger_id, Trigger.is_on, _is_for(actor), servable_to(actor))
        .order_by(TriggerCard.position, Card.id)
    ).all()
    if not cards:
        raise NotFound(_("There is no such trigger."))
    return cards


def _is_for(actor: Actor) -> ColumnElement[bool]:
    named = select(TriggerGroup.trigger_id).where(TriggerGroup.trigger_id == Trigger.id)
    return or_(~exists(named), exists(named.where(TriggerGroup.group_id.in_(actor.group_ids))))
