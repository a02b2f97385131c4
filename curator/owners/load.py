"""The load a handover makes: for each taker, cards, overdue ones and twelve weeks of minutes, before and after, and as
they would be with the checks spread; and which checks that would move."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from curator.capacity.forecast import NOTHING, WEEKS, Weeks, forecast, is_waiting
from curator.capacity.layout import Laid, spread_within_capacity
from curator.capacity.time import Calendar, weekly_budgets
from curator.owners.handing import Handed, Handover, verifiers_after
from curator.rules.terms import policy_cards, servable, terms_in_force
from kb.cards.models import Status
from kb.people.absences import absent
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.assignee import foresee
from kb.trust.duties import passed_over
from kb.trust.policy import Policy


@dataclass(frozen=True, slots=True)
class Load:
    """What one taker gets: cards by name, cards that wait for them from then on, and the weeks before and after; of
    somebody who is away now, after means once they are back."""

    person: Person
    cards: int
    assigned: int
    overdue: int
    minutes: int
    is_away: bool
    before: Weeks
    after: Weeks
    spread: Weeks


@dataclass(frozen=True, slots=True)
class Loads:
    """All takers', with the Mondays of the weeks, and the checks that spreading would move, the earliest first."""

    mondays: tuple[date, ...]
    takers: tuple[Load, ...]
    moves: tuple[Laid, ...]


def load_of(session: Session, actor: Actor, handover: Handover, settings: Settings, now: datetime) -> Loads:
    """The load this handover would make, of the cards that the actor may see."""
    policy = Policy.of(settings)
    calendar = Calendar.from_this_week(now, policy.zone)
    cards = policy_cards(session, servable(actor.readable), settings.freshness, now)
    away = absent(session, now)
    there = {person_id: by for person_id, by in away.items() if person_id not in {t.id for t in handover.order.takers}}
    will_have, back = _assignees(session, handover, away), _assignees(session, handover, there)
    changed = [replace(card, assignee_id=back.get(card.id, card.assignee_id)) for card in cards]
    terms = terms_in_force(session, policy)
    budgets = weekly_budgets(session, settings.freshness.minutes_per_week, calendar)
    moves = _moves(session, actor, handover, settings, will_have, now)
    day = {each.card_id: each.after for each in moves}
    spread = [replace(card, verify_by=day.get(card.id, card.verify_by)) for card in changed]
    before, after, laid = (forecast(each, terms, calendar, budgets, 0.0, now) for each in (cards, changed, spread))
    had = {card.id: card.assignee_id for card in cards}
    loads = []
    for taker in handover.order.takers:
        new = [card for card in cards if will_have.get(card.id) == taker.id and had[card.id] != taker.id]
        loads.append(
            Load(
                person=taker,
                cards=sum(each.taker.id == taker.id for each in handover.handed),
                assigned=len(new),
                overdue=sum(is_waiting(card, now) for card in new),
                minutes=sum(card.minutes for card in new),
                is_away=taker.id in away,
                before=before.get(taker.id, NOTHING),
                after=after.get(taker.id, NOTHING),
                spread=laid.get(taker.id, NOTHING),
            )
        )
    return Loads(tuple(calendar.monday_of(week) for week in range(WEEKS)), tuple(loads), moves)


def _moves(
    session: Session, actor: Actor, handover: Handover, settings: Settings, will_have: Mapping[int, int | None],
    now: datetime,
) -> tuple[Laid, ...]:  # fmt: skip
    """What `level` would move once all is handed over."""
    ids = {each.card.id for each in handover.handed if _will_curate(actor, each)}
    laid = spread_within_capacity(session, ids, settings, now, assigned=will_have) if ids else []
    return tuple(sorted(laid, key=lambda each: (each.after, each.card_id)))


def _will_curate(actor: Actor, each: Handed) -> bool:
    """Whoever gives away a card of their own may not move its check any more."""
    owner_id = each.taker.id if each.owns else each.card.owner_id
    return each.card.collection_id in actor.curated or (actor.id is not None and actor.id == owner_id)


def _assignees(session: Session, handover: Handover, away: Mapping[int, int | None]) -> dict[int, int | None]:
    """Whom each published card would wait for while these people are away."""
    giver = handover.order.giver.id
    found = {}
    passed = passed_over(session, [each.card.id for each in handover.handed])
    for each in handover.handed:
        card = each.card
        if card.status != Status.PUBLISHED:
            continue
        verifiers = verifiers_after(card, giver, each.taker.id) if each.verifies else card.verifiers
        owner_id = each.taker.id if each.owns else card.owner_id
        went_past = frozenset() if card.assignee_id == giver else passed.get(card.id, frozenset())
        found[card.id] = foresee(session, card, verifiers, owner_id, away, went_past)
    return found
