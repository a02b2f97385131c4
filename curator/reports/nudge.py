"""Remind the assignee of one card by mail: once per card and day, whoever asks, and not in their quiet hours. What is
answered before they end is not sent."""

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
from kb.people.languages import language_of
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.wording import _, speaking
from kb.words import first_name

_STEM = "nudge:"


class Nudged(NamedTuple):
    """Who was reminded, and when the mail goes: later than now if it waits for the end of their quiet hours."""

    person: Person
    at: datetime


def nudge(session: Session, actor: Actor, card: Card, settings: Settings, policy: Policy, now: datetime) -> Nudged:
    """Queue a mail to the card's assignee. A second time on the same day changes nothing."""
    demand(actor, Right.CURATE, card)
    if not card.is_servable or card.assignee is None:
        raise Conflict(_("Nobody checks this card: it is a draft, archived or replaced."))
    with speaking(language_of(card.assignee, settings)):
        trust = trust_of_card(session, card, policy, now)
        written = letter("digest", _mail(actor, card, card.assignee, trust.reasons[0].detail, settings))
    key = _key(card.id, policy, now)
    at = mail_when_awake(session, card.assignee, key, written, settings, now)
    return Nudged(card.assignee, at)


def _mail(actor: Actor, card: Card, to: Person, reason: str, settings: Settings) -> DigestMail:
    item = DigestItem(card.title, settings.public_url + card_path(card), reason)
    return DigestMail(
        workspace_name=settings.workspace.name,
        subject=_("%(name)s asks you to check “%(title)s”", name=actor.name, title=card.title),
        greeting=_("Hello %(name)s,", name=first_name(to.name)),
        sentence=_("%(name)s asks you to check this card.", name=actor.name),
        groups=(DigestGroup(_("To check"), (item,)),),
        url=f"{settings.public_url}/verify?card={card.id}",
        stop_url=f"{settings.public_url}/account",
    )


def withdraw_answered(session: Session, now: datetime) -> int:
    """Take back what still waits for the end of quiet hours and was answered meanwhile: the card was checked, or is no
    answer any more. Returns how many."""
    waiting = session.scalars(
        select(OutgoingMail).where(
            OutgoingMail.key.startswith(_STEM), OutgoingMail.state == "new", OutgoingMail.next_try_at > now,
            OutgoingMail.tries == 0,
        )
    ).all()  # fmt: skip
    answered = 0
    for mail in waiting:
        card = session.get(Card, int(mail.key.split(":")[1]))
        checked = card.verified_at if card is not None and card.unverified_at is None else None
        if card is None or not card.is_servable or (checked is not None and checked > mail.created_at):
            session.delete(mail)
            answered += 1
    return answered


def nudged_today(session: Session, card_ids: Iterable[int], policy: Policy, now: datetime) -> frozenset[int]:
    """Which of these cards somebody was reminded of today."""
    keys = {_key(card_id, policy, now): card_id for card_id in card_ids}
    return frozenset(keys[key] for key in session.scalars(select(OutgoingMail.key).where(OutgoingMail.key.in_(keys))))


def nudgeable(session: Session, actor: Actor, card_ids: Iterable[int]) -> frozenset[int]:
    """Which of these cards the actor may send reminders for."""
    cards = session.scalars(select(Card).where(Card.id.in_(list(card_ids))))
    return frozenset(card.id for card in cards if card.is_servable and may(actor, Right.CURATE, card))


def _key(card_id: int, policy: Policy, now: datetime) -> str:
    return f"{_STEM}{card_id}:{now.astimezone(policy.zone).date().isoformat()}"
