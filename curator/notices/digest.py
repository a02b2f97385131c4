"""The daily digest: what fell to a person since the last one, in one mail per person and day.

A notice whose reason is gone by then is closed without a word. Mail and mark are one transaction, so whatever is
killed when, nobody is told twice and nothing is left out.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.mail import letter
from curator.notices.models import Notice
from curator.notices.transitions import ASSIGNED, NEVER_VERIFIED, REQUESTED
from curator.reports.pages import DigestGroup, DigestItem, DigestMail
from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.cards.queries import card_path, with_people
from kb.mail.outbox import Letter, enqueue
from kb.people.actor import actor_for
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.trust.state import Trust, TrustState
from kb.words import count, first_name

LONGEST_GROUP = 20
_HEADINGS = {
    TrustState.FLAGGED.value: "Flagged",
    TrustState.OVERDUE.value: "Overdue",
    TrustState.UNVERIFIED.value: "Edited or un-verified since the check",
    NEVER_VERIFIED: "Never verified",
    REQUESTED: "A check was requested",
    ASSIGNED: "New in your queue",
    TrustState.DUE_SOON.value: "Due soon",
}


def people_to_tell(session: Session) -> Sequence[int]:
    """Active people who want the digest and have something in it."""
    waiting = select(Notice.person_id).where(Notice.told_at.is_(None), Notice.person_id.is_not(None))
    return session.scalars(
        select(Person.id)
        .where(Person.id.in_(waiting), Person.deactivated_at.is_(None), Person.daily_digest)
        .order_by(Person.id)
    ).all()


def send_digest(session: Session, person_id: int, day: str, settings: Settings, policy: Policy, now: datetime) -> bool:
    """Queue the person's digest of this day and mark its notices as told. False when there is nothing to tell."""
    person = session.get_one(Person, person_id)
    notices = session.scalars(
        select(Notice).where(Notice.person_id == person.id, Notice.told_at.is_(None)).order_by(Notice.id)
    ).all()
    items = _items(session, person, notices, settings, policy, now)
    if items and not enqueue(session, f"digest:{person.id}:{day}", person.email, _letter(person, items, settings), now):
        return False
    for notice in notices:
        notice.told_at = now
    return bool(items)


def _items(
    session: Session, person: Person, notices: Sequence[Notice], settings: Settings, policy: Policy, now: datetime
) -> dict[str, list[DigestItem]]:
    """By kind, gravest first; a card stands under its gravest kind only."""
    cards = _cards(session, person, {notice.card_id for notice in notices})
    trust = trust_by_card(session, list(cards.values()), policy, now)
    items: dict[str, list[DigestItem]] = {}
    for notice in sorted(notices, key=lambda notice: list(_HEADINGS).index(notice.kind)):
        card = cards.get(notice.card_id)
        if card is not None and _still_holds(notice, card, trust[card.id]):
            del cards[card.id]
            item = DigestItem(card.title, settings.public_url + card_path(card), trust[card.id].reasons[0].detail)
            items.setdefault(notice.kind, []).append(item)
    return items


def _cards(session: Session, person: Person, ids: set[int]) -> dict[int, Card]:
    actor = actor_for(session, person)
    query = select(Card).where(Card.id.in_(ids), Card.assignee_id == person.id, servable_to(actor))
    return {card.id: card for card in session.scalars(query.options(*with_people()))}  # type: ignore[arg-type]


def _still_holds(notice: Notice, card: Card, trust: Trust) -> bool:
    if notice.kind == NEVER_VERIFIED:
        return card.verified_at is None
    if notice.kind in (REQUESTED, ASSIGNED):
        return card.verified_at is None or card.verified_at < notice.at
    return notice.kind == trust.state


def _group(heading: str, items: list[DigestItem]) -> DigestGroup:
    rest = len(items) - LONGEST_GROUP
    return DigestGroup(heading, tuple(items[:LONGEST_GROUP]), f"and {rest:,} more" if rest > 0 else "")


def _letter(person: Person, items: dict[str, list[DigestItem]], settings: Settings) -> Letter:
    number = sum(len(found) for found in items.values())
    words = f"{count(number, 'card')} {'waits' if number == 1 else 'wait'} for your check"
    mail = DigestMail(
        workspace_name=settings.workspace.name,
        subject=f"{settings.workspace.name}: {words}",
        greeting=f"Hello {first_name(person.name)},",
        sentence=f"{words}.",
        groups=tuple(_group(_HEADINGS[kind], found) for kind, found in items.items()),
        url=f"{settings.public_url}/verify",
        stop_url=f"{settings.public_url}/account",
    )
    return letter("digest", mail)
