"""Gives checks their days within people's time: first checks of what was imported, and dates after a handover.

A first check is only planned for a card that nobody ever verified and that has no date; its trust stays as it is. Of
cards that are verified, those of an import that pile up are checked earlier than they would be due, never later; only
`spread_within_capacity` may postpone, where somebody chose that. What is overdue keeps its date: only a check helps it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.capacity.spreading import Check, Rooms, days_of_week, in_order, lay_out, settle
from curator.capacity.time import Calendar, weekly_budgets
from curator.rules.terms import PolicyCard, policy_cards
from kb.cards.models import Card, Status
from kb.cards.permissions import Right, demand
from kb.db import take_turns
from kb.people import audit
from kb.people.actor import Actor
from kb.settings import Settings

AT_ONCE = 2000
_HELD_AT_ONCE = 1000
POSTPONED_WEEKS = 12
_TURN = 7_310_020
_AS_THEY_ARE: Mapping[int, int | None] = MappingProxyType({})
SERVABLE = (Card.status == Status.PUBLISHED) & Card.replaced_by_id.is_(None)


@dataclass(frozen=True, slots=True)
class Laid:
    """Where a card's check goes, and where it was."""

    card_id: int
    person_id: int | None
    minutes: int
    before: datetime | None
    after: datetime

    @property
    def is_first(self) -> bool:
        """Whether the card had no date."""
        return self.before is None


def plan_first_checks(
    session: Session, settings: Settings, now: datetime, imported: Collection[int] = ()
) -> list[Laid]:
    """Days for cards that nobody ever verified and that have none, and earlier ones for those of the `imported` that
    pile up beyond somebody's time. At most so many at once, the most used first."""
    calendar = Calendar.from_next_week(now, settings.schedule.zone)
    cards = policy_cards(session, SERVABLE, settings.freshness, now)
    piled = {card.id for card in cards if card.id in imported and _is_ahead(card, now)}
    new = sorted((card for card in cards if _is_new(card)), key=lambda card: (-card.use, card.id))[:AT_ONCE]
    moving = piled | {card.id for card in new}
    rooms = rooms_beside(session, settings, calendar, [card for card in cards if card.id not in moving], now)
    settled = _settle([card for card in cards if card.id in piled], rooms, calendar, may_postpone=False)
    return settled + dated(new, lay_out(map(check_of, new), rooms), calendar)


def any_without_day(session: Session) -> bool:
    """Whether any answer was never verified and has no day for it: a cheap look before all cards are read."""
    new = select(Card.id).where(SERVABLE, Card.verified_at.is_(None), Card.verify_by.is_(None))
    return session.scalars(new.limit(1)).first() is not None


def spread_within_capacity(
    session: Session, card_ids: Collection[int], settings: Settings, now: datetime, *,
    may_postpone: bool = False, assigned: Mapping[int, int | None] = _AS_THEY_ARE,
) -> list[Laid]:  # fmt: skip
    """New days for these cards' checks, so that no week of their assignees holds more than they have time for, as far
    as possible. Only what would move is returned. Never overdue cards; later than the policy says only with
    `may_postpone`, by twelve weeks at most. `assigned` says whom cards will wait for, if that is to change.
    Nothing is written: show it, then `move_checks`."""
    calendar = Calendar.from_next_week(now, settings.schedule.zone)
    cards = [
        replace(card, assignee_id=assigned.get(card.id, card.assignee_id))
        for card in policy_cards(session, SERVABLE, settings.freshness, now)
    ]
    moving = [card for card in cards if card.id in card_ids and _is_ahead(card, now)]
    chosen = {card.id for card in moving}
    rooms = rooms_beside(session, settings, calendar, [card for card in cards if card.id not in chosen], now)
    return _settle(moving, rooms, calendar, may_postpone=may_postpone)


def move_checks(session: Session, actor: Actor, laid: Iterable[Laid], now: datetime) -> int:
    """Write these days, each with an audit record. A card whose date is not what it was keeps what it has."""
    take_turns(session, _TURN)
    planned = {each.card_id: each for each in laid}
    moved = 0
    for card in held_cards(session, planned):
        plan = planned[card.id]
        demand(actor, Right.CURATE, card)
        if card.verify_by != plan.before or (plan.is_first and card.verified_at is not None):
            continue
        action = "first_check" if plan.is_first else "next_check"
        audit.record(session, actor, action, "card", card.id, now, after=plan.after.isoformat())
        card.verify_by = plan.after
        moved += 1
    return moved


def held_cards(session: Session, card_ids: Iterable[int]) -> Iterator[Card]:
    """These cards as they are at this moment, by number, and nobody else's to change until the transaction ends."""
    ordered = sorted(card_ids)
    for start in range(0, len(ordered), _HELD_AT_ONCE):
        part = Card.id.in_(ordered[start : start + _HELD_AT_ONCE])
        held = select(Card).where(part, SERVABLE).order_by(Card.id).with_for_update()
        yield from session.scalars(held.execution_options(populate_existing=True)).all()


def _is_new(card: PolicyCard) -> bool:
    return card.verified_at is None and card.verify_by is None


def _is_ahead(card: PolicyCard, now: datetime) -> bool:
    return card.is_verified and not card.is_flagged and card.verify_by is not None and card.verify_by > now


def rooms_beside(
    session: Session, settings: Settings, calendar: Calendar, others: Sequence[PolicyCard], now: datetime
) -> Rooms:
    """What is left of everybody's weeks beside these cards: those that wait already come first of all."""
    rooms = Rooms(weekly_budgets(session, settings.freshness.minutes_per_week, calendar))
    dated = [card for card in others if _is_ahead(card, now) or (card.verified_at is None and card.verify_by)]
    for card in dated:
        week = calendar.week_of(card.verify_by) if card.verify_by else 0
        if week >= 0:
            rooms.take(card.assignee_id, week, card.minutes)
    waiting: dict[int | None, int] = {}
    for card in set(others) - set(dated):
        if not _is_new(card):
            waiting[card.assignee_id] = waiting.get(card.assignee_id, 0) + card.minutes
    for person_id, minutes in waiting.items():
        rooms.work_off(person_id, minutes)
    return rooms


def check_of(card: PolicyCard) -> Check:
    """The card's check, without a week."""
    return Check(card.id, card.assignee_id, card.minutes, card.use)


def _settle(cards: Sequence[PolicyCard], rooms: Rooms, calendar: Calendar, *, may_postpone: bool) -> list[Laid]:
    """Only what changes its week gets another day. What is due this week stays where it is."""
    weeks = {card.id: calendar.week_of(card.verify_by) for card in cards if card.verify_by is not None}
    later = POSTPONED_WEEKS if may_postpone else 0
    checks = [
        Check(card.id, card.assignee_id, card.minutes, card.use, weeks[card.id], weeks[card.id] + later)
        for card in cards
        if weeks[card.id] >= 0
    ]
    settled = settle(checks, rooms)
    moved = {card_id: week for card_id, week in settled.items() if week != weeks[card_id]}
    return dated([card for card in cards if card.id in moved], moved, calendar)


def dated(cards: Sequence[PolicyCard], weeks: dict[int, int], calendar: Calendar) -> list[Laid]:
    """A day for each card in its week, Monday to Friday."""
    by_id = {card.id: card for card in cards}
    found = []
    ordered = sorted(by_id.values(), key=lambda card: (weeks[card.id], card.assignee_id or 0, card.id))
    for (week, _), group in groupby(ordered, key=lambda card: (weeks[card.id], card.assignee_id or 0)):
        days = days_of_week(calendar.monday_of(week), in_order(map(check_of, group)))
        for card_id, day in days.items():
            card = by_id[card_id]
            found.append(Laid(card_id, card.assignee_id, card.minutes, card.verify_by, calendar.start_of(day)))
    return found
