"""Cards that need a check and that nobody acted on move to the next in line: verifier, owner, steward.

A card's time begins when it fell overdue or was flagged, and anew with every assignee and every edit; what its assignee
put off waits until that day. With the steward it stays. Once it is verified, or doubted no more, it goes by its line
again.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select
from sqlalchemy.orm import Session

from curator.notices.transitions import ESCALATED, Transition, write
from curator.queue.models import Snooze
from kb.cards.models import Card, Collection, Status
from kb.db import Database
from kb.people import audit
from kb.people.actor import system_actor
from kb.trust.assignee import assign_all, escalate, let_nobody_leave
from kb.trust.duties import Assignment, Escalation, end_escalations
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.trust.queries import in_state
from kb.trust.state import TrustState

AT_ONCE = 100


def escalate_all(database: Database, days: int, policy: Policy, now: datetime) -> tuple[int, int]:
    """Pass on what nobody acted on, and end what is settled. Returns how many cards moved on and how many back."""
    with database.transaction() as session:
        back = _end_settled(session, policy, now)
    moved, after = 0, 0
    while True:
        with database.transaction() as session:
            let_nobody_leave(session)
            cards = _neglected(session, days, policy, now, after)
            moved += sum(_pass_on(session, card, now) for card in cards)
        if len(cards) < AT_ONCE:
            return moved, back
        after = cards[-1].id


def neglected(session: Session, days: int, policy: Policy, now: datetime) -> ColumnElement[bool]:
    """Cards that were overdue or flagged for so many days with one assignee who did nothing; 0 is never. A collection
    may have other days than the installation."""
    allowed: dict[int, list[int]] = {}
    for shelf_id, own in session.execute(select(Collection.id, Collection.escalate_days)):
        allowed.setdefault(days if own is None else own, []).append(shelf_id)
    rules = [
        and_(Card.collection_id.in_(shelves), _idle_since(now - timedelta(days=number), policy, now))
        for number, shelves in allowed.items()
        if number > 0
    ]
    return or_(false(), *rules)


def _idle_since(instant: datetime, policy: Policy, now: datetime) -> ColumnElement[bool]:
    flagged = exists(
        select(Flag.id).where(Flag.card_id == Card.id, Flag.resolved_at.is_(None), Flag.raised_at <= instant)
    )
    overdue = and_(in_state(TrustState.OVERDUE, policy, now), Card.verify_by <= instant)
    has_had_it = exists(
        select(Assignment.card_id).where(
            Assignment.card_id == Card.id, Assignment.person_id == Card.assignee_id, Assignment.since <= instant
        )
    )
    put_off = exists(
        select(Snooze.card_id).where(
            Snooze.card_id == Card.id, Snooze.person_id == Card.assignee_id, Snooze.until > now
        )
    )
    return and_(or_(overdue, flagged), has_had_it, Card.updated_at <= instant, ~put_off)


def _neglected(session: Session, days: int, policy: Policy, now: datetime, after: int) -> list[Card]:
    is_one = and_(Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None), Card.id > after)
    query = select(Card).where(is_one, neglected(session, days, policy, now)).order_by(Card.id).limit(AT_ONCE)
    held = query.with_for_update(of=Card, key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(held))


def _pass_on(session: Session, card: Card, now: datetime) -> bool:
    made = escalate(session, card, now)
    if made is None:
        return False
    session.flush()
    system = system_actor(session)
    audit.record(session, system, "escalated", "card", card.id, now, before=made.from_id, after=made.to_id)
    write(session, [Transition(card.id, made.to_id, ESCALATED, now.isoformat())], now)
    return True


def _end_settled(session: Session, policy: Policy, now: datetime) -> int:
    let_nobody_leave(session)
    in_doubt = or_(in_state(TrustState.OVERDUE, policy, now), in_state(TrustState.FLAGGED, policy, now))
    ids = session.scalars(
        select(Escalation.card_id)
        .join(Card, Card.id == Escalation.card_id)
        .where(Escalation.ended_at.is_(None), or_(not_(in_doubt), Escalation.at <= Card.verified_at))
        .distinct()
    ).all()
    if not ids:
        return 0
    end_escalations(session, ids, now)
    return len(assign_all(session, Card.id.in_(ids), now))
