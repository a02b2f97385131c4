"""Each transition is noticed once, whenever and however often somebody looks, and told to whom it waits for."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from curator import jobs
from curator.notices.models import Notice
from curator.notices.transitions import notice_changes
from kb.cards import commands, replacements
from kb.cards.models import Card
from kb.people.commands import deactivate_person
from kb.trust.commands import unverify
from tests.curator.cast import context, mails
from tests.world import START, World

DAY = 86400


def look(world: World) -> list[tuple[int, str]]:
    """Notice what changed by now; return the new notices as (card, kind)."""
    with world.transaction() as session:
        seen = set(session.scalars(select(Notice.id)))
        notice_changes(session, world.policy, world.now)
        return [(n.card_id, n.kind) for n in session.scalars(select(Notice).order_by(Notice.id)) if n.id not in seen]


@pytest.mark.parametrize(
    ("seconds", "kinds"),
    [(-14 * DAY - 1, []), (-14 * DAY, ["due_soon"]), (-1, ["due_soon"]), (0, ["overdue"]), (1, ["overdue"])],
)
def test_a_deadline_is_noticed_in_its_very_second(world: World, seconds: int, kinds: list[str]) -> None:
    card = world.card(verified=True, interval_days=90)
    world.now = START + timedelta(days=90, seconds=seconds)
    assert look(world) == [(card, kind) for kind in kinds]


def test_looking_again_notices_nothing_new(world: World) -> None:
    card = world.card(verified=True, interval_days=30)
    world.later(days=20)
    assert look(world) == [(card, "due_soon")]
    assert look(world) == []
    world.later(days=15)
    assert look(world) == [(card, "overdue")]
    world.later(days=300)
    assert look(world) == []


def test_every_flag_and_every_loss_of_verification_is_a_transition_of_its_own(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    world.flag(card, "And this too", by="vera")
    assert look(world) == [(card, "flagged"), (card, "flagged")]
    world.verify(card)
    for reason in ("No longer sold", "Not again"):
        world.later(days=1)
        with world.transaction() as session:
            actor, loaded = world.actor(session, "vera"), session.get_one(Card, card)
            unverify(session, actor, loaded, reason, world.now)
        assert look(world) == [(card, "unverified")]
        world.verify(card)


def test_a_card_that_nobody_verified_is_noticed_when_it_is_a_day_old(world: World) -> None:
    card = world.card()
    draft = world.card(publish=False)
    world.later(seconds=DAY - 1)
    assert look(world) == []
    world.later(seconds=1)
    assert look(world) == [(card, "never_verified")]
    assert draft != card


def test_archived_and_replaced_cards_are_not_noticed(world: World) -> None:
    old, gone, head = world.card(), world.card(), world.card(verified=True)
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        commands.archive_card(session, cora, session.get_one(Card, gone), world.now)
        replacements.replace_card(session, cora, session.get_one(Card, old), session.get_one(Card, head), world.now)
    world.later(days=2)
    assert look(world) == []


def test_the_digest_tells_the_assignee_once_a_day(world: World) -> None:
    world.card("Refund rules <b>", verified=True)
    world.later(days=90)
    jobs.notice(context(world))
    assert jobs.digest(context(world)) == "1 mail queued"
    assert jobs.digest(context(world)) == "nothing due"
    with world.read() as session:
        vera = world.person(session, "vera")
    mail = mails(world)[f"digest:{vera.id}:2027-02-14"]
    assert mail.to_address == "vera@northwind.example"
    assert mail.subject == "Vitrine: 1 card waits for your check"
    assert "Refund rules <b>" in mail.text
    assert "Refund rules &lt;b&gt;" in mail.html
    assert "<b>" not in mail.html
    world.later(days=1)
    assert jobs.digest(context(world)) == "nothing due"
    assert len(mails(world)) == 1


def test_what_was_settled_before_the_digest_is_not_told(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    jobs.notice(context(world))
    world.verify(card)
    world.later(days=1)
    jobs.digest(context(world))
    assert mails(world) == {}


def test_a_notice_follows_the_card_to_its_new_assignee(world: World) -> None:
    world.card("Refund rules", verified=True)
    world.later(days=90)
    jobs.notice(context(world))
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    jobs.notice(context(world))
    jobs.digest(context(world))
    assert [mail.to_address for mail in mails(world).values()] == ["axel@northwind.example"]


def test_who_wants_no_digest_gets_none_and_misses_nothing_later(world: World) -> None:
    world.card(verified=True)
    with world.transaction() as session:
        world.person(session, "vera").daily_digest = False
    world.later(days=90)
    jobs.notice(context(world))
    jobs.digest(context(world))
    assert mails(world) == {}
    with world.transaction() as session:
        world.person(session, "vera").daily_digest = True
    world.later(days=1)
    jobs.digest(context(world))
    assert len(mails(world)) == 1
