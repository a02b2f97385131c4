"""Tell webhooks: the installation's what happened to cards, and people's own what they are told.

Questions are announced where they are asked: fewer people may see them than the cards they are about.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.notices import kinds
from curator.notices.choices import manners_of
from curator.notices.models import Notice
from curator.webhooks.events import words_of
from curator.webhooks.outbox import Payload, people_with_own, queue_for_person, queue_webhook
from kb.cards.models import Card
from kb.cards.permissions import published_in
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.words import count

AT_ONCE = 1_000
MOST_SINGLE = 10
_OF_CHECKERS = {
    kinds.DUE_SOON: "due_soon", kinds.OVERDUE: "overdue", kinds.ESCALATED: "escalated", kinds.FLAGGED: "flagged",
    kinds.UNVERIFIED: "unverified", kinds.NEVER_VERIFIED: "unverified", kinds.ASSIGNED: "assigned",
    kinds.REQUESTED: "assigned",
}  # fmt: skip
_OF_CARDS = {
    kinds.CHECKED: "verified", kinds.NEW_VERSION: "corrected", kinds.NEW_CARD: "published",
    kinds.REPLACED: "replaced", kinds.ARCHIVED: "archived",
}  # fmt: skip


def announce_notices(session: Session, settings: Settings, now: datetime) -> int:
    """Queue what webhooks were not told yet of the notices. Returns how many notices that were."""
    notices = session.scalars(
        select(Notice).where(Notice.announced_at.is_(None)).order_by(Notice.id).limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    by_event: dict[str, list[tuple[int, str, str]]] = {}
    for notice in notices:
        notice.announced_at = now
        events = _OF_CARDS if notice.person_id is None and notice.kind in _OF_CARDS else _OF_CHECKERS
        if event := events.get(notice.kind):
            by_event.setdefault(event, []).append((notice.card_id, notice.slot, notice.detail))
    for event, things in by_event.items():
        _queue(session, event, things, now)
    _tell_own(session, notices, settings, now)
    return len(notices)


def _queue(session: Session, event: str, things: Sequence[tuple[int, str, str]], now: datetime) -> None:
    """A few are told one by one; of many, as after an import or a week without power, a channel gets one message."""
    if len(things) <= MOST_SINGLE:
        for card_id, name, detail in things:
            payload = {"card_id": card_id, **({"detail": detail} if detail else {})}
            queue_webhook(session, event, payload, now, key=f"{event}:{card_id}:{name}")
        return
    queue_webhook(session, event, _summary(session, event, [card_id for card_id, *_ in things]), now)


def _summary(session: Session, event: str, card_ids: list[int]) -> Payload:
    def payload(actor: Actor) -> Mapping[str, Any] | None:
        seen = session.scalars(
            select(Card.id).where(Card.id.in_(card_ids), published_in(actor.readable)).order_by(Card.id)
        ).all()
        if not seen:
            return None
        return {
            "title": f"{words_of(event)}: {count(len(seen), 'card')}",
            "cards": [{"card_id": each} for each in seen],
        }

    return payload


def _tell_own(session: Session, notices: Sequence[Notice], settings: Settings, now: datetime) -> None:
    """Only of what the person ticked, and not in their quiet hours."""
    own = people_with_own(session)
    mine = [notice for notice in notices if notice.person_id in own and notice.kind in kinds.EVENT_OF]
    people = session.scalars(select(Person).where(Person.id.in_({n.person_id for n in mine}))).all() if mine else []
    manners = manners_of(session, people, settings)
    for notice in mine:
        manner = manners[notice.person_id or 0]
        if manner.of(notice.kind).webhook:
            payload = {"card_id": notice.card_id, **({"detail": notice.detail} if notice.detail else {})}
            queue_for_person(
                session, notice.person_id or 0, notice.kind, payload, now, key=f"notice:{notice.id}",
                not_before=manner.next_chance(now),
            )  # fmt: skip
