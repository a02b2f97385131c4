"""When a check falls due, and that settings never change trust by stealth."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kb.cards import commands
from kb.cards.collections import CollectionFields, change_collection
from kb.cards.fields import VerifierRef
from kb.cards.models import Card
from kb.errors import Forbidden
from kb.people.commands import deactivate_person
from kb.trust.policy import Policy
from kb.trust.state import TrustState
from tests.world import START, World

BERLIN = ZoneInfo("Europe/Berlin")


def facts(world: World, card_id: int) -> tuple[datetime | None, datetime | None]:
    with world.read() as session:
        card = session.get_one(Card, card_id)
        return card.verified_at, card.verify_by


def test_no_change_of_settings_moves_a_verification_date(world: World) -> None:
    card_id = world.card(verified=True)
    before = facts(world, card_id)
    world.later(days=20)
    with world.transaction() as session:
        card, cora, ada = session.get_one(Card, card_id), world.actor(session, "cora"), world.actor(session, "ada")
        rita, axel, vera = (world.person(session, name) for name in ("rita", "axel", "vera"))
        commands.set_interval(session, cora, card, 7, None, world.now)
        commands.set_interval(session, cora, card, None, date(2026, 12, 1), world.now)
        commands.set_owner(session, cora, card, rita.id, world.now)
        commands.set_owner(session, cora, card, None, world.now)
        commands.set_verifiers(session, cora, card, [], world.now)
        commands.set_verifiers(session, cora, card, [VerifierRef(person_id=axel.id)], world.now)
        fields = CollectionFields("Billing", interval_days=1, steward_id=axel.id)
        change_collection(session, cora, world.collection(session, "billing"), fields, world.now)
        deactivate_person(session, ada, vera, world.now)
        deactivate_person(session, ada, axel, world.now)
    assert facts(world, card_id) == before
    assert world.trust(card_id).state is TrustState.VERIFIED


def test_only_an_explicit_second_step_moves_the_pending_check(world: World) -> None:
    card_id = world.card(verified=True)
    due = START + timedelta(days=3)
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.apply_interval_now(session, world.actor(session, "cora"), card, due, world.now)
    assert facts(world, card_id) == (START, due)
    with pytest.raises(Forbidden), world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.apply_interval_now(session, world.actor(session, "vera"), card, due, world.now)


@pytest.mark.parametrize(
    ("card_days", "shelf_days", "expected"), [(None, None, 90), (None, 30, 30), (7, 30, 7), (3650, 1, 3650)]
)
def test_the_nearest_interval_counts(
    world: World, card_days: int | None, shelf_days: int | None, expected: int
) -> None:
    with world.transaction() as session:
        world.collection(session, "billing").interval_days = shelf_days
    card = world.card(verified=True, interval_days=card_days)
    assert facts(world, card)[1] == START + timedelta(days=expected)


def test_a_fixed_date_begins_at_midnight_in_the_installations_zone_and_counts_once(world: World) -> None:
    world.policy = Policy(90, 14, BERLIN)
    card_id = world.card()
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.set_interval(session, world.actor(session, "cora"), card, 30, date(2026, 12, 24), world.now)
    world.verify(card_id)
    midnight = datetime(2026, 12, 23, 23, 0, tzinfo=UTC)
    assert facts(world, card_id)[1] == midnight
    for instant, state in ((midnight - timedelta(seconds=1), "due_soon"), (midnight, "overdue")):
        world.now = instant
        assert world.trust(card_id).state == state
    assert "24 Dec 2026" in world.trust(card_id).reasons[0].detail
    world.verify(card_id)
    assert facts(world, card_id)[1] == midnight + timedelta(days=30)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_a_day_begins_right_around_the_change_of_clocks(day: date, begins: datetime) -> None:
    assert Policy(90, 14, BERLIN).start_of(day) == begins
