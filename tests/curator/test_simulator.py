"""A change of the policy moves no date until it is applied, and then exactly as its preview said."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from curator.rules.applying import Preview, apply, preview
from curator.rules.changes import Change, Kind
from curator.rules.simulator import When
from kb.cards.models import Breach, Card
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.people.models import AuditEntry
from kb.trust.rules import Clause, Rule, RuleChange
from kb.trust.state import TrustState
from kb.trust.timing import Shelf
from tests.kb.together import Meet, at_once
from tests.world import START, World


def adding(**says: Any) -> Change:
    return Change(Kind.ADD, clause=Clause(**says))


def look(world: World, change: Change, by: str = "ada", weeks: int = 4) -> Preview:
    with world.read() as session:
        actor = world.actor(session, by)
        return preview(session, actor, change, weeks, world.settings, world.now, world.now)


def do(world: World, seen: Preview, when: When, by: str = "ada") -> int:
    with world.transaction() as session:
        actor, simulation = world.actor(session, by), seen.simulation
        return apply(
            session, actor, seen.change, when, simulation.weeks, world.settings, world.now,
            token=seen.token, at=simulation.at,
        )  # fmt: skip


def dues(world: World) -> dict[int, datetime | None]:
    with world.read() as session:
        return dict(session.execute(select(Card.id, Card.verify_by)).all())


def rules(world: World) -> list[int | None]:
    with world.read() as session:
        return list(session.scalars(select(Rule.interval_days).order_by(Rule.position)))


def billing(world: World) -> int:
    with world.read() as session:
        return world.collection(session, "billing").id


def test_a_rule_says_what_it_makes_overdue_before_any_date_moves(world: World) -> None:
    cards = [world.card(verified=True, tags=("pricing",)) for _ in range(3)]
    other = world.card(verified=True)
    world.later(days=40)
    before = dues(world)
    seen = look(world, adding(tag="pricing", interval_days=30))
    assert {card.id for card in seen.simulation.overdue} == set(cards)
    assert dues(world) == before
    assert do(world, seen, When.NEXT) == 0
    assert dues(world) == before
    assert rules(world) == [30]
    assert other not in {each.card.id for each in seen.simulation.touched}


@pytest.mark.parametrize("when", [When.NOW, When.SPREAD])
def test_applied_now_or_spread_each_check_goes_where_the_preview_said(world: World, when: When) -> None:
    cards = [world.card(verified=True) for _ in range(6)]
    world.later(days=20)
    fresh = world.card(verified=True)
    world.later(days=20)
    seen = look(world, adding(interval_days=30))
    moves = seen.simulation.moves[when]
    assert do(world, seen, when) == len(moves) == 7
    after = dues(world)
    assert {card: after[card] for card in moves} == dict(moves)
    assert after[fresh] == START + timedelta(days=50)
    assert {world.trust(card).state is TrustState.OVERDUE for card in cards} == {when is When.NOW}
    with world.read() as session:
        entries = list(session.scalars(select(AuditEntry).where(AuditEntry.action == "next_check")))
    assert {entry.subject_id for entry in entries} == set(moves)
    assert all(datetime.fromisoformat(entry.detail["after"]) == after[entry.subject_id or 0] for entry in entries)


def test_spread_checks_go_evenly_over_the_weeks_the_most_used_first_and_never_later_than_today(world: World) -> None:
    cards = [world.card(verified=True, interval_days=None) for _ in range(8)]
    world.later(days=40)
    seen = look(world, adding(interval_days=30))
    spread = seen.simulation.moves[When.SPREAD]
    mondays = {due - timedelta(days=due.weekday()) for due in spread.values()}
    assert len(mondays) == 4
    assert all(world.now < spread[card] <= START + timedelta(days=90) for card in cards)
    world.later(days=40)  # due in ten days: four weeks would be later than that
    soon = look(world, adding(interval_days=30)).simulation.moves[When.SPREAD]
    assert all(due <= START + timedelta(days=90) for due in soon.values())


def test_an_overdue_card_is_never_made_good_by_a_longer_interval(world: World) -> None:
    late = world.card(verified=True)
    world.later(days=100)
    early = world.card(verified=True)
    seen = look(world, adding(interval_days=365))
    assert [card.id for card in seen.simulation.kept] == [late]
    do(world, seen, When.NOW)
    assert world.trust(late).state is TrustState.OVERDUE
    assert dues(world)[early] == world.now + timedelta(days=365)


def test_applying_twice_is_applying_once(world: World) -> None:
    world.card(verified=True)
    world.later(days=40)
    seen = look(world, adding(interval_days=30))
    assert do(world, seen, When.NOW) == do(world, seen, When.NOW) == 1
    assert rules(world) == [30]


def test_what_changed_since_the_preview_is_a_conflict_and_nothing_is_done(world: World) -> None:
    card = world.card(verified=True)
    world.later(days=40)
    seen = look(world, adding(interval_days=30))
    world.verify(card)
    with pytest.raises(Conflict, match="Look at the effect again"):
        do(world, seen, When.NOW)
    seen = look(world, adding(interval_days=20))
    do(world, look(world, adding(interval_days=10)), When.NEXT)
    with pytest.raises(Conflict):
        do(world, seen, When.NOW)
    assert rules(world) == [10]


def test_a_preview_is_good_for_an_hour(world: World) -> None:
    world.card(verified=True)
    seen = look(world, adding(interval_days=30))
    world.later(seconds=3600)
    assert do(world, seen, When.NEXT) == 0
    seen = look(world, adding(interval_days=20))
    world.later(seconds=3601)
    with pytest.raises(Conflict, match="an hour"):
        do(world, seen, When.NEXT)
    seen = look(world, adding(interval_days=20))
    world.now -= timedelta(seconds=1)
    with pytest.raises(Conflict):
        do(world, seen, When.NEXT)


def test_two_at_once_apply_one_preview_once(world: World) -> None:
    card = world.card(verified=True)
    world.later(days=40)
    seen = look(world, adding(interval_days=30))

    def go(meet: Meet) -> int:
        with world.transaction() as session:
            actor = world.actor(session, "ada")
            meet()
            return apply(
                session, actor, seen.change, When.NOW, 4, world.settings, world.now,
                token=seen.token, at=seen.simulation.at,
            )  # fmt: skip

    assert at_once(go, go) == [1, 1]
    assert rules(world) == [30]
    with world.read() as session:
        assert len(session.scalars(select(RuleChange)).all()) == 1
        moved = select(AuditEntry.id).where(AuditEntry.action == "next_check", AuditEntry.subject_id == card)
        assert len(session.scalars(moved).all()) == 1


def test_of_two_changes_at_once_one_is_a_conflict(world: World) -> None:
    world.card(verified=True)
    world.later(days=40)
    seen = [look(world, adding(interval_days=days)) for days in (20, 30)]

    def going(one: Preview) -> Any:
        def go(meet: Meet) -> int:
            with world.transaction() as session:
                actor = world.actor(session, "ada")
                meet()
                return apply(
                    session, actor, one.change, When.NOW, 4, world.settings, world.now,
                    token=one.token, at=one.simulation.at,
                )  # fmt: skip

        return go

    outcomes = at_once(*map(going, seen))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "int"]
    assert len(rules(world)) == 1


def test_a_collections_interval_and_pace_are_simulated_like_a_rule(world: World) -> None:
    card, ruled = world.card(verified=True), world.card(verified=True, tags=("pricing",))
    do(world, look(world, adding(tag="pricing", interval_days=60)), When.NEXT)
    world.later(days=40)
    change = Change(Kind.COLLECTION, collection_id=billing(world), shelf=Shelf(30, is_adaptive=True))
    seen = look(world, change, by="cora")
    assert [each.id for each in seen.simulation.overdue] == [card]
    assert do(world, seen, When.NOW, by="cora") == 1
    with world.read() as session:
        shelf = world.collection(session, "billing")
        assert (shelf.interval_days, shelf.is_adaptive) == (30, True)
    assert world.trust(ruled).state is TrustState.VERIFIED


def test_dates_that_are_not_what_the_policy_says_are_caught_up_with_but_for_those_moved_on_purpose(
    world: World,
) -> None:
    """So it is after the installation's own interval was changed in its settings."""
    card, moved = world.card(verified=True), world.card(verified=True)
    world.later(days=1)
    do(world, look(world, adding(interval_days=40)), When.NEXT)
    with world.transaction() as session:
        entry = {"at": world.now, "action": "next_check", "subject": "card", "subject_id": moved}
        session.add(AuditEntry(**entry, actor_id=None, detail={"after": (START + timedelta(days=50)).isoformat()}))
    seen = look(world, Change(Kind.CATCH_UP))
    assert [each.card.id for each in seen.simulation.touched] == [card]
    assert do(world, seen, When.NOW) == 1
    assert dues(world)[card] == START + timedelta(days=40)
    assert look(world, Change(Kind.CATCH_UP)).simulation.touched == ()


def test_what_becomes_of_overdue_answers_is_said_beforehand(world: World) -> None:
    card = world.card(verified=True, interval_days=5)
    world.later(days=10)
    seen = look(world, adding(collection_id=billing(world), expiry=Breach.WITHHOLD), by="cora")
    assert [(each.card.id, each.expiry) for each in seen.simulation.answers] == [(card, Breach.WITHHOLD)]
    assert world.trust(card).expiry is None
    do(world, seen, When.NEXT, by="cora")
    assert world.trust(card).expiry is Breach.WITHHOLD


def test_rules_are_edited_moved_and_removed(world: World) -> None:
    for days in (10, 20, 30):
        do(world, look(world, adding(interval_days=days)), When.NEXT)
    with world.read() as session:
        ten, twenty, thirty = session.scalars(select(Rule.id).order_by(Rule.position))
    do(world, look(world, Change(Kind.MOVE, rule_id=thirty, before_id=ten)), When.NEXT)
    assert rules(world) == [30, 10, 20]
    do(world, look(world, Change(Kind.MOVE, rule_id=thirty)), When.NEXT)
    assert rules(world) == [10, 20, 30]
    do(world, look(world, Change(Kind.EDIT, rule_id=twenty, clause=Clause(interval_days=21))), When.NEXT)
    removing = look(world, Change(Kind.REMOVE, rule_id=ten))
    do(world, removing, When.NEXT)
    do(world, removing, When.NEXT)
    assert rules(world) == [21, 30]


def test_curators_change_rules_of_their_collections_only(world: World) -> None:
    with world.transaction() as session:
        world.collection(session, "deals").steward_id = world.person(session, "vera").id
        deals = world.collection(session, "deals").id
    look(world, adding(collection_id=deals, interval_days=30), by="vera")
    with pytest.raises(Forbidden):
        look(world, adding(collection_id=billing(world), interval_days=30), by="vera")
    with pytest.raises(NotFound):
        look(world, adding(collection_id=deals, interval_days=30), by="cora")
    with pytest.raises(Forbidden, match="Only admins"):
        look(world, adding(interval_days=30), by="cora")
    with pytest.raises(Forbidden):
        look(world, Change(Kind.CATCH_UP), by="rita")
    do(world, look(world, adding(collection_id=deals, interval_days=30)), When.NEXT)
    with world.read() as session:
        rule = session.scalars(select(Rule.id)).one()
    for change in (Change(Kind.REMOVE, rule_id=rule), Change(Kind.MOVE, rule_id=rule)):
        with pytest.raises(NotFound):
            look(world, change, by="cora")


@pytest.mark.parametrize(
    ("says", "field"),
    [
        ({}, "interval_days"),
        ({"tag": "x"}, "interval_days"),
        ({"is_yearly": True}, "interval_days"),
        ({"is_yearly": True, "expiry": Breach.WARN}, "check_on"),
        ({"is_yearly": True, "check_on": START.date(), "interval_days": 3}, "interval_days"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_field(world: World, says: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        look(world, adding(**says))
    assert refused.value.errors[0].field == field


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    ages=st.lists(st.tuples(st.integers(0, 120), st.none() | st.integers(1, 120)), min_size=1, max_size=6),
    days=st.integers(1, 200), when=st.sampled_from(When), weeks=st.integers(1, 12),
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_the_cards_applying_does_what_the_preview_says(
    world: World, ages: list[tuple[int, int | None]], days: int, when: When, weeks: int
) -> None:
    for age, own in ages:
        card = world.card(verified=True, interval_days=own)
        with world.transaction() as session:
            row = session.get_one(Card, card)
            row.verified_at = world.now - timedelta(days=age)
            row.verify_by = row.verified_at + timedelta(days=own or 90)
    before = dues(world)
    seen = look(world, adding(interval_days=days), weeks=weeks)
    moves = seen.simulation.moves[when]
    assert dues(world) == before
    assert do(world, seen, when) == len(moves)
    assert dues(world) == before | dict(moves)
    for card_id, due in dues(world).items():
        was = before[card_id]
        if was is not None and due is not None:
            assert due == was or was > world.now, "an overdue card keeps its date"
            assert due <= was or when is not When.SPREAD or due > world.now
