"""The card manager finds what was asked and no more, and changes many cards in two steps without surprises."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from curator.cards import carry as carry_module
from curator.cards.carry import BulkResult, carry_out
from curator.cards.filters import Filters, read_filters
from curator.cards.listing import Listing, listing
from curator.cards.orders import BulkOrder, read_order
from curator.cards.plan import BulkPlan, plan
from curator.notices.models import Notice
from kb.cards.models import Card
from kb.errors import Invalid
from kb.people.commands import deactivate_person
from kb.trust.models import Verification
from kb.trust.state import TrustState
from tests.curator.cast import read
from tests.infra.cases import in_one_world
from tests.world import START, World


def find(world: World, who: str = "cora", **values: str) -> Listing:
    with world.read() as session:
        actor = world.actor(session, who)
        return listing(session, actor, read_filters(session, actor, values), world.policy, world.now)


def titles(world: World, who: str = "cora", **values: str) -> list[str]:
    return [row.card.title for row in find(world, who, **{"sort": "title", **values}).rows]


def make_plan(
    world: World, selection: Sequence[int] | Filters, who: str = "cora", *,
    versions: dict[int, int] | None = None, **values: str,
) -> BulkPlan:  # fmt: skip
    with world.read() as session:
        actor = world.actor(session, who)
        order = read_order(session, actor, values)
        return plan(session, actor, order, selection, world.policy, world.now, versions=versions)


def carry(world: World, made: BulkPlan, who: str = "cora") -> BulkResult:
    with world.read() as session:
        person_id = world.person(session, who).id
    return carry_out(world.database, person_id, made, world.policy, world.now)


def get(world: World, card_id: int) -> Card:
    with world.read() as session:
        card = session.get_one(Card, card_id)
        assert card.collection.slug
        return card


def test_each_filter_finds_its_cards(world: World) -> None:
    world.card("Alpha", tags=("vat",), verified=True)
    world.card("Beta", owner=None, verifiers=("experts",))
    world.card("Gamma", collection="deals", language="de", verifiers=("cora",))
    world.card("Delta", publish=False)
    for values, expected in (
        ({}, ["Alpha", "Beta", "Delta", "Gamma"]),
        ({"q": "alp"}, ["Alpha"]),
        ({"collection": "deals"}, ["Gamma"]),
        ({"tag": "VAT"}, ["Alpha"]),
        ({"trust": "verified"}, ["Alpha"]),
        ({"trust": "unverified"}, ["Beta", "Gamma"]),
        ({"status": "draft"}, ["Delta"]),
        ({"owner": "none"}, ["Beta"]),
        ({"owner": "axel@northwind.example"}, ["Alpha", "Delta", "Gamma"]),
        ({"assignee": "me"}, ["Gamma"]),
        ({"verifier": "experts"}, ["Beta"]),
        ({"language": "de"}, ["Gamma"]),
        ({"updated_since": "2026-11-17"}, []),
        ({"q": "100%", "page": "3"}, []),
    ):
        assert titles(world, **values) == expected, values


def test_words_are_found_whatever_their_case_also_in_cyrillic_and_wildcards_mean_themselves(world: World) -> None:
    for title in ("Возврат за год", "Zürich 100%", "Plain_one", "Plainxone"):
        world.card(title)
    assert titles(world, q="ВОЗВРАТ год") == ["Возврат за год"]
    assert titles(world, q="%") == ["Zürich 100%"]
    assert titles(world, q="plain_one") == ["Plain_one"]


def test_a_stranger_finds_nothing_of_what_is_closed_to_them(world: World) -> None:
    world.card("Deep discounts", collection="deals")
    assert find(world, "stan").total == 0
    with pytest.raises(Invalid, match="no such collection"):
        find(world, "stan", collection="deals")


def test_every_bad_filter_is_named_at_once(world: World) -> None:
    bad = {"trust": "green", "status": "gone", "owner": "x@y", "sort": "colour", "page": "0", "language": "xx",
           "updated_since": "yesterday", "verifier": "nobody"}  # fmt: skip
    with pytest.raises(Invalid) as error:
        find(world, **bad)
    assert {each.field for each in error.value.errors} == set(bad)


@in_one_world("value", ["\x00", "' OR 1=1 --", "%" * 300, "9" * 400, "‮", "²"])
def test_hostile_filters_are_answered_not_obeyed(world: World, value: str) -> None:
    world.card("Alpha")
    for field in ("q", "tag", "owner", "collection", "page", "updated_since", "sort"):
        with contextlib.suppress(Invalid):
            assert find(world, **{field: value}).total in (0, 1)


def test_pages_are_of_fifty_and_do_not_overlap(world: World) -> None:
    with world.transaction() as session:
        shelf = world.collection(session, "billing")
        session.add_all(
            Card(title=f"{n:03}", collection_id=shelf.id, status="draft", body="", html="", text="", renderer_version=1,
                 language="en", audience=[], created_at=START, updated_at=START)
            for n in range(101)
        )  # fmt: skip
    pages = [find(world, sort="title", page=str(number)) for number in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [50, 50, 1, 0]
    assert (pages[0].total, pages[0].pages) == (101, 3)
    assert [row.card.title for page in pages for row in page.rows] == [f"{n:03}" for n in range(101)]


def test_sorting_by_views_and_by_next_check(world: World) -> None:
    often, never, soon = world.card("Often"), world.card("Never"), world.card("Soon", verified=True)
    read(world, often, shown=5)
    read(world, soon, shown=1)
    assert titles(world, sort="-views") == ["Often", "Soon", "Never"]
    assert titles(world, sort="next_check")[0] == "Soon"
    assert never


def test_unowned_includes_cards_whose_owner_has_left(world: World) -> None:
    world.card("Left behind")
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "axel"), world.now)
    assert titles(world, owner="none") == ["Left behind"]


def test_bulk_verify_leaves_out_reported_cards_and_says_so(world: World) -> None:
    fine, reported = [world.card() for _ in range(2)], [world.card() for _ in range(3)]
    for card in reported:
        world.flag(card)
    made = make_plan(world, [*fine, *reported], do="verify")
    assert {each.card_id for each in made.planned} == set(fine)
    assert made.left_out_words == "3 of 5 left out: they have open reports."
    result = carry(world, made)
    assert (set(result.done), result.failed) == (set(fine), ())
    assert [world.trust(card).state for card in (*fine, reported[0])] == ["verified", "verified", "flagged"]
    with world.read() as session:
        records = session.query(Verification).all()
        assert {(r.basis, r.batch_size, r.outcome) for r in records} == {("bulk", 2, "still_right")}


def test_a_card_that_was_reported_or_edited_after_the_plan_fails_by_name_and_spoils_nothing(world: World) -> None:
    first, second, third = (world.card(title) for title in ("One", "Two", "Three"))
    made = make_plan(world, [first, second, third], do="verify")
    world.flag(second)
    with world.transaction() as session:
        session.get_one(Card, third).version = 2
    result = carry(world, made)
    assert result.done == (first,)
    assert [(failed.title, failed.why.split(".")[0]) for failed in result.failed] == [
        ("Three", "The card is at version 2 now; you read version 1"), ("Two", "It has open reports"),
    ]  # fmt: skip
    assert world.trust(second).state is TrustState.FLAGGED


def test_bulk_verify_needs_the_version_that_was_on_the_screen(world: World) -> None:
    card = world.card()
    made = make_plan(world, [card], do="verify", versions={card: 7})
    assert made.left_out_words == "1 of 1 left out: it changed since you opened the list."


def test_others_cards_and_invisible_cards_are_not_touched(world: World) -> None:
    theirs, hidden = world.card(owner="vera"), world.card(collection="deals")
    made = make_plan(world, [theirs, hidden], "axel", do="archive")
    assert made.planned == ()
    assert made.left_out_words == "1 of 1 left out: you may not change it."  # the other does not exist for Axel


def test_rights_are_decided_again_when_it_is_carried_out(world: World) -> None:
    card = world.card()
    made = make_plan(world, [card], do="archive")
    result = carry(world, made, "rita")
    assert (result.done, len(result.failed)) == ((), 1)
    assert get(world, card).status == "published"


def test_a_tag_is_added_and_removed_without_un_verifying(world: World) -> None:
    tagged, bare = world.card(tags=("vat",), verified=True), world.card(verified=True)
    made = make_plan(world, [tagged, bare], do="add_tag", value="VAT ")
    assert [each.card_id for each in made.planned] == [bare]
    assert carry(world, made).done == (bare,)
    assert (get(world, bare).tags, world.trust(bare).state) == (["vat"], TrustState.VERIFIED)
    carry(world, make_plan(world, [tagged, bare], do="remove_tag", value="vat"))
    assert [get(world, card).tags for card in (tagged, bare)] == [[], []]


def test_moving_leaves_out_cards_whose_external_id_is_taken_there(world: World) -> None:
    world.card(collection="deals", external_id="a")
    clash, free = world.card(external_id="a"), world.card(external_id="b")
    made = make_plan(world, [clash, free], do="move", value="deals")
    assert made.left_out_words == "1 of 2 left out: its external id is taken there."
    assert carry(world, made).done == (free,)
    assert get(world, free).collection.slug == "deals"


def test_owner_archive_and_request_check(world: World) -> None:
    card, other = world.card(), world.card()
    carry(world, make_plan(world, [card], do="owner", value="vera@northwind.example"))
    with world.read() as session:
        assert session.get_one(Card, card).owner_id == world.person(session, "vera").id
    for _ in range(2):
        carry(world, make_plan(world, [card, other], do="request_check"))
    with world.read() as session:
        assert sorted((n.card_id, n.kind) for n in session.query(Notice)) == [(card, "requested"), (other, "requested")]
    carry(world, make_plan(world, [card], do="archive"))
    assert get(world, card).status == "archived"
    assert make_plan(world, [card], do="archive").left_out_words == "1 of 1 left out: it is like that already."


def test_a_new_interval_moves_no_date_unless_it_is_asked_to(world: World) -> None:
    cards = [world.card(verified=True) for _ in range(4)]
    world.later(days=40)
    fresh = world.card(verified=True)
    made = make_plan(world, [*cards, fresh], do="interval", value="30")
    assert (made.overdue_if_now, made.effect) == (4, "Applied now, 4 cards become overdue at once.")
    carry(world, made)
    assert get(world, cards[0]).interval_days == 30
    assert [world.trust(card).state for card in (*cards, fresh)] == [TrustState.VERIFIED] * 5
    world.verify(cards[0])
    assert get(world, cards[0]).verify_by == world.now + timedelta(days=30)


def test_a_new_interval_can_be_applied_now_or_spread_over_four_weeks(world: World) -> None:
    cards = [world.card(verified=True) for _ in range(4)]
    world.later(days=40)
    read(world, cards[2], shown=9)
    carry(world, make_plan(world, cards, do="interval", value="30", spread="spread"))
    dues = [get(world, card).verify_by for card in (cards[2], cards[0], cards[1], cards[3])]
    assert dues == [world.now + timedelta(days=days) for days in (7, 14, 21, 28)]
    carry(world, make_plan(world, cards, do="interval", value="30", spread="now"))
    assert {world.trust(card).state for card in cards} == {TrustState.OVERDUE}


def test_nothing_is_carried_out_before_it_was_said_what_the_cards_should_get(world: World) -> None:
    card = world.card()
    made = make_plan(world, [card], do="owner")
    assert [each.card_id for each in made.planned] == [card]
    with pytest.raises(Exception, match="Say first"):
        carry(world, made)


@in_one_world(
    "values",
    [{"do": "explode"}, {"do": "interval", "value": "0"}, {"do": "interval", "value": "3651"},
     {"do": "interval", "value": "١"}, {"do": "interval", "value": "30", "spread": "never"},
     {"do": "owner", "value": "x@y"}, {"do": "move", "value": "nowhere"}, {"do": "add_tag", "value": "a,b"}],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_refused_with_words(world: World, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        make_plan(world, [world.card()], "cora", versions=None, **values)


def test_at_most_five_hundred_cards_and_at_least_one(world: World) -> None:
    for selection in ([], list(range(1, 502))):
        with pytest.raises(Invalid):
            make_plan(world, selection, do="verify")


def test_all_that_match_can_be_chosen(world: World) -> None:
    cards = {world.card(f"Refund {n}") for n in range(3)}
    world.card("Other")
    with world.read() as session:
        filters = read_filters(session, world.actor(session, "cora"), {"q": "refund"})
    assert {each.card_id for each in make_plan(world, filters, do="archive").planned} == cards


def test_parts_that_are_done_stay_done_when_a_later_part_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [world.card(f"{n}") for n in range(3)]
    made = make_plan(world, cards, do="archive")
    monkeypatch.setattr(carry_module, "AT_ONCE", 2)
    real, calls = carry_module._do_part, []

    def dies_in_the_second(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(carry_module, "_do_part", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        carry(world, made)
    assert [get(world, card).status for card in cards] == ["archived", "archived", "published"]


def test_the_order_is_plain_data(world: World) -> None:
    with world.read() as session:
        order = read_order(session, world.actor(session, "cora"), {"do": "interval", "value": "default"})
    assert order == BulkOrder(order.action, is_complete=True, interval_days=None)
