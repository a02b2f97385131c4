"""Remind the assignee of one card by mail: once per card and day, whoever asks, and not in their quiet hours."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.personal import mail_when_awake
from curator.reports.pages import DigestGroup, DigestItem, DigestMail
from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.cards.queries import card_path
from kb.errors import Conflict
from kb.mail.models import OutgoingMail
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.words import first_name


class Nudged(NamedTuple):
    """Who was reminded, and when the mail goes: later than now if it waits for the end of their quiet hours."""

    person: Person
    at: datetime


def nudge(session: Session, actor: Actor, card: Card, settings: Settings, policy: Policy, now: datetime) -> Nudged:
    """Queue a mail to the card's assignee. A second time on the same day changes nothing."""
    demand(actor, Right.CURATE, card)
    if not card.is_servable or card.assignee is None:
        raise Conflict("Nobody checks this card: it is a draft, archived or replaced.")
    trust = trust_of_card(session, card, policy, now)
    item = DigestItem(card.title, settings.public_url + card_path(card), trust.reasons[0].detail)
    mail = DigestMail(
        workspace_name=settings.workspace.name,
        subject=f"{actor.name} asks you to check “{card.title}”",
        greeting=f"Hello {first_name(card.assignee.name)},",
        sentence=f"{actor.name} asks you to check this card.",
        groups=(DigestGroup("To check", (item,)),),
        url=f"{settings.public_url}/verify?card={card.id}",
        stop_url=f"{settings.public_url}/account",
    )
    key = _key(card.id, policy, now)
    at = mail_when_awake(session, card.assignee, key, letter("digest", mail), settings, now)
    return Nudged(card.assignee, at)


def nudged_today(session: Session, card_ids: Iterable[int], policy: Policy, now: datetime) -> frozenset[int]:
    """Which of these cards somebody was reminded of today."""
    keys = {_key(card_id, policy, now): card_id for card_id in card_ids}
    return frozenset(keys[key] for key in session.scalars(select(OutgoingMail.key).where(OutgoingMail.key.in_(keys))))


def nudgeable(session: Session, actor: Actor, card_ids: Iterable[int]) -> frozenset[int]:
    """Which of these cards the actor may send reminders for."""
    cards = session.scalars(select(Card).where(Card.id.in_(list(card_ids))))
    return frozenset(card.id for card in cards if card.is_servable and may(actor, Right.CURATE, card))


def _key(card_id: int, policy: Policy, now: datetime) -> str:
    return f"nudge:{card_id}:{now.astimezone(policy.zone).date().isoformat()}"
