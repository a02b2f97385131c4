"""A card that nobody acts on moves on: verifier, owner, steward, and there it stays until somebody checks it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.notices.models import Notice
from curator.notices.transitions import ESCALATED
from curator.owners import escalating
from curator.queue import commands as queue
from kb.cards import commands
from kb.cards.models import Card
from kb.people.commands import deactivate_person
from kb.people.models import AuditEntry
from kb.trust.commands import resolve_flag
from kb.trust.duties import Escalation
from tests.curator.cast import context
from tests.kb.test_assignee import assignee, orphans
from tests.site import Site
from tests.world import World


def escalate(world: World) -> str:
    """The job, now."""
    outcome = jobs.escalate(context(world))
    with world.read() as session:
        assert orphans(session) == []
    return outcome


def late(world: World, **how: Any) -> int:
    """A card of Vera's whose check is overdue since this instant."""
    card = world.card(verified=True, interval_days=1, **how)
    world.later(days=1)
    return card


def test_the_way_is_assignee_next_verifier_owner_steward_and_there_it_ends(world: World) -> None:
    card = late(world, verifiers=("vera", "ada"), owner="axel")
    way = []
    for _ in range(6):
        way.append(assignee(world, card))
        world.later(days=14)
        escalate(world)
    assert way == ["vera", "ada", "axel", "cora", "cora", "cora"]


@pytest.mark.parametrize(("seconds", "mover"), [(-1, "vera"), (0, "axel")])
def test_it_moves_in_the_second_the_days_are_over(world: World, seconds: int, mover: str) -> None:
    card = late(world)
    world.later(days=14, seconds=seconds)
    escalate(world)
    assert assignee(world, card) == mover


def test_a_flag_counts_as_an_overdue_check_does(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    world.later(days=14)
    assert (escalate(world), assignee(world, card)) == ("1 card moved on, 0 back", "axel")


def test_a_card_that_is_verified_goes_by_its_line_again(world: World) -> None:
    card = late(world)
    world.later(days=14)
    escalate(world)
    world.verify(card, by="axel")
    assert escalate(world) == "0 cards moved on, 1 back"
    assert assignee(world, card) == "vera"
    with world.read() as session:
        assert session.scalars(select(Escalation.ended_at)).one() == world.now


def test_a_report_that_was_resolved_ends_it_too(world: World) -> None:
    card = world.card(verified=True)
    flag = world.flag(card)
    world.later(days=14)
    escalate(world)
    with world.transaction() as session:
        resolve_flag(session, world.actor(session, "axel"), flag, "It was right.", world.now)
    assert (escalate(world), assignee(world, card)) == ("0 cards moved on, 1 back", "vera")


@pytest.mark.parametrize("act", ["edit", "later", "new assignee", "new owner", "nothing"])
def test_whoever_acts_gets_their_time_anew(world: World, act: str) -> None:
    card = late(world, verifiers=("vera", "ada"))
    world.later(days=13)
    with world.transaction() as session:
        found, cora, vera = session.get_one(Card, card), world.actor(session, "cora"), world.actor(session, "vera")
        if act == "edit":
            step = commands.Edit(1, is_minor=True)
            text = world.text(found.title, found.body, tags=("a",))
            commands.edit_card(session, cora, found, text, step, world.policy, world.now)
        elif act == "later":
            queue.put_off(session, vera, found, 3, world.now)
        elif act == "new assignee":
            queue.reassign(session, cora, found, world.person(session, "axel").id, world.now)
        elif act == "new owner":
            commands.set_owner(session, cora, found, world.person(session, "cora").id, world.now)
    world.later(days=1)
    escalate(world)
    still = {"new assignee": "axel", "nothing": "ada", "new owner": "ada"}
    assert assignee(world, card) == still.get(act, "vera")


def test_reassigning_gives_it_to_somebody_it_went_past(world: World) -> None:
    card = late(world, verifiers=("vera", "ada"))
    world.later(days=14)
    escalate(world)
    with world.transaction() as session:
        vera = world.person(session, "vera").id
        queue.reassign(session, world.actor(session, "cora"), session.get_one(Card, card), vera, world.now)
    assert assignee(world, card) == "vera"
    assert escalate(world) == "0 cards moved on, 0 back"


def test_when_the_one_it_went_to_leaves_it_goes_on_and_not_back(world: World) -> None:
    card = late(world, verifiers=("vera", "ada"), owner="axel")
    world.later(days=14)
    escalate(world)
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "system"), world.person(session, "ada"), world.now)
    assert assignee(world, card) == "axel"


def test_a_group_had_its_turn_as_one(world: World) -> None:
    card = late(world, verifiers=("experts", "ada"), owner="axel")
    world.later(days=14)
    escalate(world)
    assert assignee(world, card) == "ada"
    world.later(days=14)
    escalate(world)
    assert assignee(world, card) == "cora"  # the owner was one of the group


def test_a_steward_who_verifies_first_is_also_last(world: World) -> None:
    card = late(world, verifiers=("cora",), owner="axel")
    for _ in range(2):
        world.later(days=14)
        escalate(world)
    assert assignee(world, card) == "cora"
    world.later(days=14)
    assert escalate(world) == "0 cards moved on, 0 back"


def test_it_is_recorded_told_once_and_moves_no_date(world: World) -> None:
    card = late(world)
    world.later(days=14)
    with world.read() as session:
        before = session.get_one(Card, card).verify_by
    escalate(world)
    assert escalate(world) == "0 cards moved on, 0 back"
    with world.read() as session:
        axel, vera = (world.person(session, name).id for name in ("axel", "vera"))
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "escalated")).one()
        assert (entry.subject_id, entry.actor_id, entry.detail) == (card, None, {"before": vera, "after": axel})
        notice = session.scalars(select(Notice)).one()
        assert (notice.card_id, notice.person_id, notice.kind) == (card, axel, ESCALATED)
        assert session.get_one(Card, card).verify_by == before


@pytest.mark.parametrize(("own", "mover"), [(0, "vera"), (3, "axel"), (20, "vera"), (None, "axel")])
def test_a_collection_may_have_days_of_its_own_and_0_is_never(world: World, own: int | None, mover: str) -> None:
    card = late(world)
    with world.transaction() as session:
        world.collection(session, "billing").escalate_days = own
    world.later(days=14)
    escalate(world)
    assert assignee(world, card) == mover


def test_the_card_and_its_history_say_that_it_moved_on(site: Site) -> None:
    card = late(site.world)
    site.world.later(days=14)
    escalate(site.world)
    page = site.page("rita").get(f"/cards/{card}").text
    assert "Axel, moved on from Vera" in page
    assert "Moved on, because nobody acted on it" in page


def test_many_cards_move_in_parts_and_nothing_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalating, "AT_ONCE", 10)
    cards = [world.card(verified=True, interval_days=1) for _ in range(23)]
    world.now += timedelta(days=15)
    assert escalate(world) == "23 cards moved on, 0 back"
    assert {assignee(world, card) for card in cards} == {"axel"}
