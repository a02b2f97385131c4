"""The load a handover makes: for each taker, cards, overdue ones and twelve weeks of minutes, before and after."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from curator.capacity.forecast import NOTHING, WEEKS, Weeks, forecast, is_waiting
from curator.capacity.time import Calendar, weekly_budgets
from curator.owners.handing import Handover, verifiers_after
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
    """What one taker gets: cards by name, cards that wait for them from then on, and the weeks before and after."""

    person: Person
    cards: int
    assigned: int
    overdue: int
    minutes: int
    is_away: bool
    before: Weeks
    after: Weeks


@dataclass(frozen=True, slots=True)
class Loads:
    """All takers', with the Mondays of the weeks."""

    mondays: tuple[date, ...]
    takers: tuple[Load, ...]


def load_of(session: Session, actor: Actor, handover: Handover, settings: Settings, now: datetime) -> Loads:
    """The load this handover would make, of the cards that the actor may see."""
    policy = Policy.of(settings)
    calendar = Calendar.from_this_week(now, policy.zone)
    cards = policy_cards(session, servable(actor.readable), settings.freshness, now)
    will_have = _assignees(session, handover, now)
    changed = [replace(card, assignee_id=will_have.get(card.id, card.assignee_id)) for card in cards]
    terms = terms_in_force(session, policy)
    budgets = weekly_budgets(session, settings.freshness.minutes_per_week, calendar)
    before, after = (forecast(each, terms, calendar, budgets, 0.0, now) for each in (cards, changed))
    had = {card.id: card.assignee_id for card in cards}
    away = absent(session, now)
    loads = []
    for taker in handover.order.takers:
        new = [card for card in changed if card.assignee_id == taker.id and had[card.id] != taker.id]
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
            )
        )
    return Loads(tuple(calendar.monday_of(week) for week in range(WEEKS)), tuple(loads))


def _assignees(session: Session, handover: Handover, now: datetime) -> dict[int, int | None]:
    """Whom each published card would wait for."""
    giver = handover.order.giver.id
    found = {}
    away = absent(session, now)
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
