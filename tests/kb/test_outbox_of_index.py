"""Whatever changes what is found leaves a row for the indexer, in the change's own transaction and in order."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards import commands
from kb.cards.models import Card, IndexOutbox
from kb.cards.replacements import replace_card, undo_replacement
from kb.people.actor import Actor
from kb.people.commands import deactivate_person
from kb.trust import commands as trust
from tests.kb.together import Meet, at_once
from tests.world import World

Work = Callable[[World, Session, Actor, Card], object]


def rows(world: World) -> list[tuple[int, int]]:
    with world.read() as session:
        return [(row.seq, row.card_id) for row in session.scalars(select(IndexOutbox).order_by(IndexOutbox.seq))]


def edited(title: str, body: str, *tags: str) -> Work:
    def work(world: World, session: Session, actor: Actor, card: Card) -> object:
        text = world.text(title, body, tags=tags)
        return commands.edit_card(session, actor, card, text, commands.Edit(1), world.policy, world.now)

    return work


def _other(session: Session, card: Card) -> Card:
    return session.scalars(select(Card).where(Card.id != card.id)).one()


BODY = "Full refund within 30 days."
CHANGES: dict[str, Work] = {
    "body": edited("Refunds", "Within 14 days.", "vat"),
    "title": edited("Refund", BODY, "vat"),
    "tag added": edited("Refunds", BODY, "vat", "b2b"),
    "tag removed": edited("Refunds", BODY),
    "verified": lambda w, s, a, c: trust.verify(s, a, c, 1, w.policy, w.now),
    "owner": lambda w, s, a, c: commands.set_owner(s, a, c, a.id, w.now),
    "interval": lambda w, s, a, c: commands.set_interval(s, a, c, 3, date(2027, 1, 1), w.now),
    "archived": lambda w, s, a, c: commands.archive_card(s, a, c, w.now),
    "replaced": lambda w, s, a, c: replace_card(s, a, c, _other(s, c), w.now),
}


@pytest.fixture
def card(world: World) -> int:
    world.card("Another")
    return world.card("Refunds", BODY, tags=("vat",))


def test_every_change_of_a_card_leaves_a_row_and_a_change_undone_leaves_none(world: World, card: int) -> None:
    for name, change in CHANGES.items():
        before = rows(world)
        with suppress(ZeroDivisionError), world.transaction() as session:
            found = session.get_one(Card, card)
            change(world, session, world.actor(session, "cora"), found)
            session.flush()
            queued = session.scalars(select(IndexOutbox.card_id).where(IndexOutbox.seq > before[-1][0])).all()
            assert set(queued) == {card}, name
            _ = 1 / 0
        assert rows(world) == before, name


def test_a_life_from_the_first_draft_to_the_deletion_leaves_its_rows(world: World, card: int) -> None:
    draft = world.card(publish=False)
    steps: list[tuple[str, Work]] = [
        ("cora", lambda w, s, a, c: commands.publish_card(s, a, c, w.now)),
        ("vera", lambda w, s, a, c: trust.verify(s, a, c, 1, w.policy, w.now)),
        ("vera", lambda w, s, a, c: trust.unverify(s, a, c, "Wrong", w.now)),
        ("cora", lambda w, s, a, c: replace_card(s, a, c, s.get_one(Card, card), w.now)),
        ("cora", lambda w, s, a, c: undo_replacement(s, a, c, w.now)),
        ("cora", lambda w, s, a, c: commands.archive_card(s, a, c, w.now)),
        ("cora", lambda w, s, a, c: commands.restore_card(s, a, c, w.now)),
        ("cora", lambda w, s, a, c: commands.archive_card(s, a, c, w.now)),
        ("ada", lambda w, s, a, c: commands.delete_card(s, a, c, w.now)),
    ]
    assert rows(world)[-1][1] == draft
    for name, step in steps:
        before = rows(world)[-1][0]
        with world.transaction() as session:
            step(world, session, world.actor(session, name), session.get_one(Card, draft))
        assert (rows(world)[-1][0] > before, rows(world)[-1][1]) == (True, draft)


def test_a_card_that_moves_on_because_somebody_left_leaves_a_row(world: World, card: int) -> None:
    before = rows(world)[-1][0]
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    assert card in {card_id for seq, card_id in rows(world) if seq > before}


def test_a_query_between_two_changes_loses_no_row(world: World, card: int) -> None:
    before = rows(world)[-1][0]
    with world.transaction() as session:
        found = session.get_one(Card, card)
        found.title = "One"
        session.scalars(select(Card)).all()
        found.tag_rows.pop()
        session.scalars(select(Card)).all()
        session.scalars(select(Card).where(Card.id != card)).one().title = "Two"
    assert {card_id for seq, card_id in rows(world) if seq > before} == {card, card - 1}


def test_reading_leaves_no_row(world: World, card: int) -> None:
    before = rows(world)
    with world.transaction() as session:
        found = session.get_one(Card, card)
        found.title = found.title + ""
        _ = (found.verifiers, found.tags)
    assert rows(world) == before


def test_a_number_is_never_given_twice_even_after_the_table_was_emptied(world: World, card: int) -> None:
    last = rows(world)[-1][0]
    with world.transaction() as session:
        for row in session.scalars(select(IndexOutbox)):
            session.delete(row)
    world.card()
    assert rows(world)[0][0] > last


def test_whoever_reads_up_to_a_number_has_seen_all_below_it(world: World) -> None:
    """A row that became visible late, below one that was read already, would never be indexed."""
    cards = [world.card() for _ in range(3)]
    seen: list[list[int]] = []

    def change(card_id: int) -> Callable[[Meet], None]:
        def work(meet: Meet) -> None:
            for title in ("One", "Two"):
                with world.transaction() as session:
                    session.get_one(Card, card_id).title = f"{title} {card_id}"
                    session.flush()
                    meet()
                seen.append([seq for seq, _ in rows(world)])

        return work

    assert at_once(*(change(card_id) for card_id in cards), patience=0.05) == [None] * 3
    final = [seq for seq, _ in rows(world)]
    for numbers in seen:
        assert numbers == [seq for seq in final if seq <= numbers[-1]]
