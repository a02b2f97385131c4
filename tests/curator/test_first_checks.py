"""First checks of new cards are laid out within people's time; dates of verified cards only ever come nearer."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from curator.capacity.layout import Laid, move_checks, plan_first_checks, spread_within_capacity
from curator.notices.kinds import NEVER_VERIFIED
from curator.notices.models import Notice
from curator.notices.transitions import notice_changes
from curator.queue.queue import Scope, queue_of
from curator.rules.terms import policy_cards
from kb.cards.models import Card
from kb.errors import Forbidden
from kb.people.models import AuditEntry
from kb.trust.state import TrustState
from tests.kb.together import Meet, at_once
from tests.world import START, World


def lay_first(world: World, imported: Iterable[int] = ()) -> list[Laid]:
    with world.transaction() as session:
        laid = plan_first_checks(session, world.settings, world.now, set(imported))
        move_checks(session, world.actor(session, "system"), laid, world.now)
    return laid


def give_time(world: World, minutes: int) -> None:
    with world.transaction() as session:
        world.person(session, "vera").minutes_per_week = minutes


def weeks(laid: Iterable[Laid]) -> Counter[int]:
    """How many checks go to which week, counted from the next."""
    return weeks_of(each.after for each in laid)


def weeks_of(days: Iterable[datetime]) -> Counter[int]:
    return Counter((day.date() - START.date()).days // 7 - 1 for day in days)


def test_never_verified_cards_get_a_first_day_and_stay_unverified(world: World) -> None:
    cards = [world.card() for _ in range(6)]
    minutes = lay_first(world)[0].minutes
    with world.read() as session:
        found = [session.get_one(Card, card) for card in cards]
        assert all(card.verify_by is not None and card.verify_by >= START + timedelta(days=6) for card in found)
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id.in_(cards))))
    assert "first_check" in actions
    assert "next_check" not in actions
    assert world.trust(cards[0]).state is TrustState.UNVERIFIED
    assert world.trust(cards[0]).verify_by is None
    assert lay_first(world) == []
    assert minutes >= 1


def test_no_week_holds_more_than_the_assignee_has_time_for(world: World) -> None:
    for _ in range(7):
        world.card()
    with world.read() as session:
        minutes = plan_first_checks(session, world.settings, world.now)[0].minutes
    give_time(world, 2 * minutes)
    assert weeks(lay_first(world)) == {0: 2, 1: 2, 2: 2, 3: 1}


def test_what_waits_already_comes_first(world: World) -> None:
    late = [world.card(verified=True, interval_days=1) for _ in range(4)]
    world.later(days=2)
    world.card()
    with world.read() as session:
        minutes = plan_first_checks(session, world.settings, world.now)[0].minutes
    give_time(world, 2 * minutes)
    assert weeks(lay_first(world)) == {2: 1}
    assert all(world.trust(card).state is TrustState.OVERDUE for card in late)


def test_imported_checks_that_pile_up_on_a_day_come_earlier_and_never_later(world: World) -> None:
    cards = [world.card(verified=True, interval_days=40) for _ in range(6)]
    with world.read() as session:
        minutes = policy_cards(session, Card.id == cards[0], world.settings.freshness, world.now)[0].minutes
        before = {card: session.get_one(Card, card).verify_by for card in cards}
    give_time(world, 2 * minutes)
    assert lay_first(world) == []
    laid = lay_first(world, cards)
    assert len(laid) == 4
    with world.read() as session:
        after = {card: session.get_one(Card, card).verify_by for card in cards}
    assert all(after[card] <= before[card] for card in cards)  # type: ignore[operator]
    assert max(weeks_of(due for due in after.values() if due).values()) == 2
    assert all(world.trust(card).is_good for card in cards)


def spread(world: World, cards: Iterable[int], *, may_postpone: bool = False) -> list[Laid]:
    with world.read() as session:
        return spread_within_capacity(session, set(cards), world.settings, world.now, may_postpone=may_postpone)


def test_a_handover_may_postpone_only_where_that_is_chosen_and_never_helps_an_overdue_card(world: World) -> None:
    near = [world.card(verified=True, interval_days=10) for _ in range(3)]
    late = world.card(verified=True, interval_days=1)
    world.later(days=2)
    give_time(world, 3)
    assert spread(world, [*near, late]) == []
    laid = spread(world, [*near, late], may_postpone=True)
    assert laid
    assert all(each.card_id in near and each.before and each.after > each.before for each in laid)
    with pytest.raises(Forbidden), world.transaction() as session:
        move_checks(session, world.actor(session, "rita"), laid, world.now)


def test_a_card_that_was_verified_meanwhile_keeps_its_date(world: World) -> None:
    card = world.card()
    with world.read() as session:
        laid = plan_first_checks(session, world.settings, world.now)
    world.verify(card)
    with world.transaction() as session:
        assert move_checks(session, world.actor(session, "system"), laid, world.now) == 0
    with world.read() as session:
        assert session.get_one(Card, card).verify_by == START + timedelta(days=90)


def test_two_at_once_lay_each_card_out_once(world: World) -> None:
    cards = [world.card() for _ in range(5)]

    def lay(meet: Meet) -> int:
        with world.transaction() as session:
            laid = plan_first_checks(session, world.settings, world.now)
            meet()
            return move_checks(session, world.actor(session, "system"), laid, world.now)

    assert sorted(str(each) for each in at_once(lay, lay)) == ["0", "5"]
    with world.read() as session:
        entries = select(func.count()).where(AuditEntry.action == "first_check", AuditEntry.subject_id.in_(cards))
        assert session.scalar(entries) == 5


def test_what_was_laid_out_for_later_weeks_waits_for_nobody_until_then(world: World) -> None:
    give_time(world, 10)
    cards = [world.card() for _ in range(12)]
    lay_first(world)
    with world.read() as session:
        first = {card: session.get_one(Card, card).verify_by for card in cards}

    def waiting() -> set[int]:
        with world.read() as session:
            vera, freshness = world.actor(session, "vera"), world.settings.freshness
            return {row.card.id for row in queue_of(session, vera, Scope.MINE, world.policy, freshness, world.now).rows}

    soon = {card for card, day in first.items() if day is not None and day <= START + timedelta(days=7)}
    assert 0 < len(soon) < len(cards)
    assert waiting() == soon
    world.flag(later := next(card for card in cards if card not in soon))
    assert waiting() == soon | {later}
    world.later(days=2)
    with world.transaction() as session:
        notice_changes(session, world.policy, world.now)
    with world.read() as session:
        told = set(session.scalars(select(Notice.card_id).where(Notice.kind == NEVER_VERIFIED)))
    assert later not in told
    assert soon <= told < set(cards)
    world.later(days=60)
    assert waiting() == set(cards)
