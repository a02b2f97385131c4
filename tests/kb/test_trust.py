"""Trust is computed: right the second it changes, and never without a reason."""

from datetime import timedelta

import pytest

from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, NotFound
from kb.trust import commands
from kb.trust.queries import in_state
from kb.trust.state import TrustState
from tests.world import World


def states(world: World, card_id: int) -> list[str]:
    """Every state whose filter finds the card: it must be exactly the computed one."""
    with world.read() as session:
        return [
            state.value
            for state in TrustState
            if session.query(Card.id).filter(Card.id == card_id, in_state(state, world.policy, world.now)).count()
        ]


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (-14 * 86400 - 1, TrustState.VERIFIED),
        (-14 * 86400, TrustState.DUE_SOON),
        (-1, TrustState.DUE_SOON),
        (0, TrustState.OVERDUE),
        (1, TrustState.OVERDUE),
    ],
)
def test_a_state_changes_in_the_very_second_its_date_passes(world: World, seconds: int, state: TrustState) -> None:
    card = world.card(verified=True, interval_days=90)
    world.now += timedelta(days=90, seconds=seconds)
    assert world.trust(card).state is state
    assert states(world, card) == [state.value]


def test_every_state_has_a_typed_reason(world: World) -> None:
    card = world.card()
    assert [r.kind for r in world.trust(card).reasons] == ["never_verified"]
    world.verify(card)
    assert [r.kind for r in world.trust(card).reasons] == ["verified"]
    world.later(days=80)
    assert [r.kind for r in world.trust(card).reasons] == ["due_soon"]
    world.later(days=20)
    assert [r.kind for r in world.trust(card).reasons] == ["expired"]
    world.flag(card)
    trust = world.trust(card)
    assert next((r.kind, r.detail, r.person) for r in trust.reasons) == ("reported", "This is wrong now", "Rita")
    assert (trust.state, trust.reasons[1].kind) == (TrustState.FLAGGED, "expired")
    assert states(world, card) == ["flagged"]


def test_verifying_answers_the_open_flags(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    world.verify(card)
    assert world.trust(card).state is TrustState.VERIFIED


def test_a_version_that_was_not_read_cannot_be_verified(world: World) -> None:
    card_id = world.card()
    with pytest.raises(Conflict, match="version 1 now; you read version 2"), world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.verify(session, world.actor(session, "vera"), card, 2, world.policy, world.now)
    assert world.trust(card_id).state is TrustState.UNVERIFIED


def test_a_rep_cannot_verify_and_a_stranger_does_not_learn_that_the_card_exists(world: World) -> None:
    card_id = world.card(collection="deals")
    with pytest.raises(Forbidden), world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.verify(session, world.actor(session, "rita"), card, 1, world.policy, world.now)
    with pytest.raises(NotFound), world.transaction() as session:
        card = session.get_one(Card, card_id)
        commands.verify(session, world.actor(session, "stan"), card, 1, world.policy, world.now)
