"""A story in a real browser: a colleague leaves, and their cards go to somebody who knows them, without a gap."""

import re
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from kb.cards import commands
from kb.cards.models import Card
from kb.people.models import Person
from tests.infra.accessibility import assert_accessible
from tests.infra.postgres import ON_POSTGRES
from tests.live import LiveSite
from tests.world import World


@ON_POSTGRES
def test_a_colleague_leaves_and_a_successor_finds_the_cards(live: LiveSite, page: Page) -> None:
    stale, fresh = _vera_keeps_two_cards(live.world)
    before = _dates(live.world)
    _an_admin_sees_what_would_move(live, page)
    _hands_over_to_the_suggested_one_after_seeing_the_load(page)
    _and_deactivates_her(page)
    _the_successor_finds_the_stale_card_in_the_queue(live, page)
    _the_report_of_owners_has_nothing_to_say(live, page)
    assert _dates(live.world) == before
    assert _people(live.world, stale) == _people(live.world, fresh) == ("Axel", "Axel")


def _vera_keeps_two_cards(world: World) -> tuple[int, int]:
    """One needs a check by now; Axel helped with both."""
    stale = world.card("Refund after a chargeback", owner="vera", author="vera", verified=True, interval_days=1)
    fresh = world.card("Refund window for annual plans", owner="vera", author="vera", verified=True)
    with world.transaction() as session:
        axel = world.actor(session, "axel")
        for card_id in (stale, fresh):
            card = session.get_one(Card, card_id)
            text = world.text(card.title, f"{card.body} Ask finance first.")
            commands.edit_card(session, axel, card, text, commands.Edit(1), world.policy, world.now)
    for card_id in (stale, fresh):
        world.verify(card_id, by="vera")
    world.later(days=3)
    return stale, fresh


def _an_admin_sees_what_would_move(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "ada")
    page.goto("/admin/people")
    page.get_by_role("link", name="Vera").click()
    expect(page.get_by_text("These move at the same moment")).to_be_visible()
    page.get_by_role("link", name="hand the cards over").click()
    expect(page.get_by_role("heading", name="Hand over the cards of Vera")).to_be_visible()
    expect(page.get_by_text("They own or verify 2 cards.")).to_be_visible()


def _hands_over_to_the_suggested_one_after_seeing_the_load(page: Page) -> None:
    expect(page.get_by_text("edited 2 of the 2 cards this year").first).to_be_visible()
    page.get_by_label("Axel").check()
    page.get_by_role("button", name="Show the load").click()
    expect(page.get_by_text("2 cards would go, 2 to own, 2 to verify.")).to_be_visible()
    expect(page.get_by_text("2 of them wait for Axel from then on, 1 to check at once")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Hand over 2 cards").click()
    expect(page.get_by_role("heading", name="2 cards handed over")).to_be_visible()
    expect(page.get_by_text("Axel, to own and verify")).to_have_count(2)
    assert_accessible(page)


def _and_deactivates_her(page: Page) -> None:
    page.get_by_role("link", name="Deactivate Vera").click()
    expect(page.get_by_text("These move at the same moment")).to_have_count(0)
    page.get_by_label("Type the e-mail to confirm").fill("vera@northwind.example")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Deactivated Vera. 0 cards went to the next in line.")).to_be_visible()


def _the_successor_finds_the_stale_card_in_the_queue(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "axel")
    page.goto("/verify")
    expect(page.get_by_role("heading", name="Refund after a chargeback")).to_be_visible()
    expect(page.get_by_text("Overdue", exact=False).first).to_be_visible()


def _the_report_of_owners_has_nothing_to_say(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "cora")
    page.goto("/reports/owners")
    expect(page.get_by_text("All 2 cards are owned by somebody who is there.")).to_be_visible()
    expect(page.get_by_text(re.compile("^Every published card has exactly one able person"))).to_be_visible()
    assert_accessible(page)


def _dates(world: World) -> list[tuple[Any, ...]]:
    with world.read() as session:
        rows = session.execute(select(Card.id, Card.verified_at, Card.verify_by, Card.verified_by_id).order_by(Card.id))
        return [tuple(row) for row in rows]


def _people(world: World, card: int) -> tuple[str, str]:
    with world.read() as session:
        found = session.get_one(Card, card)
        assert found.owner_id is not None
        assert found.assignee_id is not None
        return session.get_one(Person, found.owner_id).name, session.get_one(Person, found.assignee_id).name
