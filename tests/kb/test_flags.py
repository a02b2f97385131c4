"""A flag is a reason to doubt a card, with its evidence, open until somebody says what was done."""

import pytest

from kb.cards import commands
from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.trust import commands as trust
from kb.trust.models import Flag, FlagKind
from kb.trust.state import TrustState
from tests.world import World


def resolve(world: World, flag_id: int, by: str, words: str = "Fixed.") -> None:
    with world.transaction() as session:
        trust.resolve_flag(session, world.actor(session, by), flag_id, words, world.now)


def test_a_flag_outweighs_everything_and_carries_its_words_person_and_instant(world: World) -> None:
    card = world.card(verified=True)
    world.later(days=1)
    world.flag(card, "The price is from last year", by="stan")
    trust_now = world.trust(card)
    reason = trust_now.reasons[0]
    assert (trust_now.state, trust_now.is_good) == (TrustState.FLAGGED, False)
    assert (reason.kind, reason.detail, reason.person) == ("reported", "The price is from last year", "Stan")
    assert reason.at == world.now
    assert trust_now.verified_at is not None


def test_each_kind_of_flag_is_a_typed_reason_and_a_detector_is_no_person(world: World) -> None:
    card_id, url = world.card(), "https://example.com/gone"
    with world.transaction() as session:
        card, system = session.get_one(Card, card_id), world.actor(session, "system")
        for kind in FlagKind:
            trust.raise_flag(session, system, card, kind, "Evidence", world.now, url=url)
    found = [(reason.kind, reason.person, reason.url) for reason in world.trust(card_id).reasons]
    assert found == [*((kind.value, None, url) for kind in FlagKind), ("never_verified", None, None)]


def test_the_same_person_saying_the_same_twice_is_one_flag(world: World) -> None:
    card = world.card()
    first = world.flag(card, "Wrong price")
    assert world.flag(card, " Wrong price ") == first
    assert world.flag(card, "Wrong date") != first
    assert world.flag(card, "Wrong price", by="stan") != first
    resolve(world, first, "vera")
    assert world.flag(card, "Wrong price") != first


def test_a_flag_needs_words_and_so_does_its_resolution(world: World) -> None:
    card = world.card()
    with pytest.raises(Invalid):
        world.flag(card, "  ")
    flag = world.flag(card)
    with pytest.raises(Invalid):
        resolve(world, flag, "vera", " ")
    assert world.trust(card).state is TrustState.FLAGGED


def test_a_verifier_a_curator_the_owner_or_who_raised_it_resolves_a_flag(world: World) -> None:
    card = world.card(verified=True)
    for by in ("vera", "axel", "cora", "ada", "rita"):
        flag_id = world.flag(card, by="rita")
        world.later(seconds=1)
        resolve(world, flag_id, by)
        assert world.trust(card).state is TrustState.VERIFIED
        with world.read() as session:
            flag = session.get_one(Flag, flag_id)
            assert (flag.resolution, flag.resolved_at) == ("Fixed.", world.now)
            assert flag.resolved_by_id == world.person(session, by).id
        with pytest.raises(Conflict, match="resolved already"):
            resolve(world, flag_id, by)


def test_nobody_else_resolves_a_flag_and_a_stranger_does_not_learn_of_it(world: World) -> None:
    flag = world.flag(world.card(), by="rita")
    with pytest.raises(Forbidden):
        resolve(world, flag, "stan")
    hidden = world.flag(world.card(collection="deals"), by="rita")
    for flag_id in (hidden, 4711):
        with pytest.raises(NotFound, match="There is no such flag"):
            resolve(world, flag_id, "stan")


def test_only_a_published_card_that_one_can_see_is_flagged(world: World) -> None:
    draft, hidden, archived = world.card(publish=False), world.card(collection="deals"), world.card()
    with world.transaction() as session:
        commands.archive_card(session, world.actor(session, "cora"), session.get_one(Card, archived), world.now)
    with pytest.raises(Forbidden, match="draft"):
        world.flag(draft, by="cora")
    with pytest.raises(NotFound):
        world.flag(hidden, by="stan")
    with pytest.raises(Forbidden, match="archived"):
        world.flag(archived, by="cora")


def test_a_flag_stays_open_through_an_edit_and_is_answered_by_a_verification(world: World) -> None:
    card_id = world.card(verified=True)
    flag_id = world.flag(card_id)
    text = world.text("Refunds", "Another text.")
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        axel = world.actor(session, "axel")
        commands.edit_card(session, axel, card, text, commands.Edit(1), world.policy, world.now)
    assert [r.kind for r in world.trust(card_id).reasons] == ["reported", "edited"]
    world.verify(card_id)
    with world.read() as session:
        flag = session.get_one(Flag, flag_id)
        assert (flag.version, flag.resolved_at, flag.resolution) == (1, world.now, "Verified again.")
