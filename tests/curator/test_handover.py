"""Cards are handed over in one go: the load is seen before, no check moves, and doing it twice is doing it once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.absences.away import Leave, plan_absence
from curator.notices.models import Notice
from curator.owners.handing import Duty, Handover, Why, hand_over, plan, read_order
from curator.owners.load import load_of
from kb.cards.models import Card
from kb.errors import Forbidden, Invalid
from kb.people.commands import deactivate_person
from kb.people.models import AuditEntry
from tests.infra.cases import in_one_world
from tests.kb.test_assignee import assignee, orphans
from tests.site import Site
from tests.world import World


def give(
    world: World, giver: str, *takers: str, duty: Duty = Duty.BOTH, shelf: str = "", by: str = "cora"
) -> Handover:  # fmt: skip
    """Hand over, as a curator."""
    with world.transaction() as session:
        actor = world.actor(session, by)
        ids = [world.person(session, name).id for name in takers]
        order = read_order(session, actor, world.person(session, giver).id, duty, ids, shelf)
        return hand_over(session, actor, order, world.settings, world.now)


def names(world: World, card: int) -> tuple[str, list[str], str | None]:
    """Owner, verifiers and assignee of a card."""
    with world.read() as session:
        found = session.get_one(Card, card)
        verifiers = [_name(session, row) for row in found.verifiers]
        owner = found.owner.name.lower() if found.owner else ""
    return owner, verifiers, assignee(world, card)


def _name(session: Session, row: Any) -> str:
    from_group = session.get_one(Card, row.card_id).verifiers
    assert from_group
    return "group" if row.group_id else str(row.person_id)


def facts(world: World) -> dict[int, tuple[Any, ...]]:
    """All that a handover must not touch."""
    with world.read() as session:
        return {
            card.id: (card.verified_at, card.verify_by, card.verified_by_id, card.version, card.check_on, card.status)
            for card in session.scalars(select(Card))
        }


@pytest.mark.parametrize(
    ("duty", "owner", "waits_for"),
    [(Duty.BOTH, "cora", "cora"), (Duty.OWNING, "cora", "vera"), (Duty.VERIFYING, "vera", "cora")],
)
def test_ownership_the_verifiers_place_or_both_go(world: World, duty: Duty, owner: str, waits_for: str) -> None:
    card = world.card(verifiers=("vera", "experts"), owner="vera", verified=True)
    before = facts(world)
    done = give(world, "vera", "cora", duty=duty)
    assert [each.card.id for each in done.handed] == [card]
    assert names(world, card)[0] == owner
    assert assignee(world, card) == waits_for
    assert facts(world) == before


def test_whoever_verifies_already_is_not_named_twice(world: World) -> None:
    card = world.card(verifiers=("vera", "axel"), owner="axel")
    give(world, "vera", "axel")
    with world.read() as session:
        axel = world.person(session, "axel").id
        assert [row.person_id for row in session.get_one(Card, card).verifiers] == [axel]
    assert assignee(world, card) == "axel"


def test_several_takers_get_about_as_much_and_only_what_they_may_read(world: World) -> None:
    cards = [world.card(verifiers=(), owner="vera", collection="deals") for _ in range(2)]
    cards += [world.card(verifiers=(), owner="vera") for _ in range(6)]
    done = give(world, "vera", "axel", "ada", by="ada")
    takers = {each.card.id: each.taker.name for each in done.handed}
    assert {takers[card] for card in cards[:2]} == {"Ada"}  # Axel may not read Deals
    assert sorted(list(takers.values()).count(name) for name in ("Axel", "Ada")) == [4, 4]
    with world.read() as session:
        assert orphans(session) == []


def test_what_nobody_may_read_or_the_actor_may_not_change_stays_and_says_so(world: World) -> None:
    secret = world.card(verifiers=("vera",), owner="vera", collection="deals")
    own = world.card(verifiers=("vera",), owner="vera")
    with world.read() as session:
        vera, axel = world.actor(session, "vera"), world.person(session, "axel").id
        order = read_order(session, vera, world.person(session, "vera").id, Duty.BOTH, [axel], "")
        found = plan(session, vera, order, world.settings.freshness)
        assert [card.id for card in found.stays[Why.NOBODY_ABLE]] == [secret]
        assert [each.card.id for each in found.handed] == [own]
    other = world.card(verifiers=("vera",), owner="axel")
    done = give(world, "vera", "axel", by="vera")
    assert [card.id for card in done.stays[Why.NOT_ALLOWED]] == [other]
    assert names(world, other)[2] == "vera"


def test_one_collection_alone_can_be_handed_over(world: World) -> None:
    billing, deals = (world.card(owner="vera", collection=shelf) for shelf in ("billing", "deals"))
    give(world, "vera", "cora", shelf="billing", by="ada")
    assert (names(world, billing)[0], names(world, deals)[0]) == ("cora", "vera")


def test_doing_it_again_does_nothing_more(world: World) -> None:
    world.card(verifiers=("vera",), owner="vera")
    assert len(give(world, "vera", "cora").handed) == 1
    assert give(world, "vera", "cora").handed == ()
    with world.read() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "handed_over")).all()) == 1


def test_it_is_recorded_per_card_and_doubted_cards_are_told(world: World) -> None:
    good, doubted = (world.card(verifiers=("vera",), owner="vera", verified=True) for _ in range(2))
    world.flag(doubted)
    give(world, "vera", "axel")
    with world.read() as session:
        axel = world.person(session, "axel").id
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == "card", AuditEntry.subject_id == good)
        ).all()
        assert [action for action in actions if action in ("owner", "verifiers")] == ["owner", "verifiers"]
        assert session.execute(select(Notice.card_id, Notice.person_id)).all() == [(doubted, axel)]


def test_a_handover_after_somebody_left_finds_their_cards_too(world: World) -> None:
    card = world.card(verifiers=("vera",), owner="vera")
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    give(world, "vera", "axel")
    assert (names(world, card)[0], assignee(world, card)) == ("axel", "axel")


@pytest.mark.parametrize(("taker", "field"), [("rita", "to"), ("vera", "to")])
def test_a_taker_who_cannot_is_refused(world: World, taker: str, field: str) -> None:
    world.card(owner="vera")
    with pytest.raises(Invalid) as refused:
        give(world, "vera", taker)
    assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(Invalid, match="Choose who"):
        give(world, "vera")


@pytest.mark.parametrize("by", ["axel", "rita"])
def test_only_curators_and_the_person_may_hand_over(world: World, by: str) -> None:
    world.card(owner="vera")
    with pytest.raises(Forbidden):
        give(world, "vera", "cora", by=by)


def test_the_load_that_is_shown_is_the_load_that_comes(world: World) -> None:
    """What the preview says of each card's next assignee is what the handover does."""
    for number in range(9):
        verifiers = [("vera",), ("experts", "vera"), ("axel", "vera"), ()][number % 4]
        world.card(verifiers=verifiers, owner=("vera", "axel", "cora")[number % 3], verified=number % 2 == 0)
    late = world.card(verifiers=("vera",), owner="axel", verified=True, interval_days=1)
    world.later(days=2)
    world.flag(world.card(verifiers=("vera",), owner="vera", verified=True))
    for duty in Duty:
        with world.read() as session:
            ada = world.actor(session, "ada")
            ids = [world.person(session, name).id for name in ("cora", "ada")]
            order = read_order(session, ada, world.person(session, "vera").id, duty, ids, "")
            loads = load_of(
                session, ada, plan(session, ada, order, world.settings.freshness), world.settings, world.now
            )
            said = {load.person.name.lower(): load for load in loads.takers}
            before = _assigned(session)
            hand_over(session, ada, order, world.settings, world.now)  # in a read session: nothing of it is kept
            session.flush()
            after = _assigned(session)
        for name in ("cora", "ada"):
            gained = {card for card, has in after.items() if has == name and before[card] != name}
            assert said[name].assigned == len(gained), (duty, name)
        if duty is Duty.BOTH:
            assert sum(load.overdue for load in loads.takers) >= 2
    assert names(world, late)[2] == "vera"


def _assigned(session: Session) -> dict[int, str]:
    cards = session.scalars(select(Card).execution_options(populate_existing=True))
    return {card.id: card.assignee.name.lower() if card.assignee else "" for card in cards}


def test_the_page_shows_the_load_hands_over_and_lists_what_was_done(site: Site) -> None:
    world = site.world
    card = world.card("Refund window", verifiers=("vera",), owner="vera", verified=True)
    with world.read() as session:
        vera, axel = (world.person(session, name).id for name in ("vera", "axel"))
    before, ada = facts(world), site.page("ada")
    assert f"/people/{vera}/handover" in ada.get(f"/admin/people/{vera}").text
    page = ada.get(f"/people/{vera}/handover").text
    assert "1 card" in page
    assert "Hand over 1 card" not in page
    shown = ada.get(f"/people/{vera}/handover?duty=both&collection=&to={axel}&to=").text
    assert "1 card would go, 1 to own, 1 to verify." in shown
    assert re.search(r"<b>Axel</b> gets 1 card", shown)
    assert facts(world) == before
    assert assignee(world, card) == "vera"
    done = ada.post(f"/people/{vera}/handover", {"duty": "both", "to": str(axel)}).text
    assert "1 card handed over" in done
    assert f"/admin/people/{vera}#deactivate" in done
    assert assignee(world, card) == "axel"
    assert facts(world) == before
    assert "nothing left" in ada.post(f"/people/{vera}/handover", {"duty": "both", "to": str(axel)}).text


def test_the_checks_come_earlier_where_a_week_has_too_many_if_that_is_chosen(site: Site) -> None:
    world = site.world
    cards = [world.card(f"Price {n}", verifiers=("vera",), verified=True, interval_days=40) for n in range(6)]
    with world.transaction() as session:
        vera, axel = (world.person(session, name) for name in ("vera", "axel"))
        axel.minutes_per_week = 5
        path, to = f"/people/{vera.id}/handover", axel.id
    before, ada = facts(world), site.page("ada")
    shown = ada.get(f"{path}?duty=verifying&collection=&to={to}").text
    assert "Spread the checks within their time" in shown
    assert "Axel, spread" in shown
    promised = dict(re.findall(r'">(Price \d)</a><span class="dim">(\d+ \w+) instead of 26 Dec, Axel', shown))
    assert promised
    assert facts(world) == before
    done = ada.post(path, {"duty": "verifying", "to": str(to), "spread": "1"}).text
    with world.read() as session:
        zone = world.policy.zone
        moved = {
            card.title: f"{due.day} {due:%b}"
            for card in session.scalars(select(Card))
            if card.verify_by is not None and (due := card.verify_by.astimezone(zone)) and due.day != 26
        }
    assert moved == promised
    assert "came earlier, to weeks with time." in done
    assert facts(world) != before
    with world.read() as session:
        dues = [session.get_one(Card, card).verify_by for card in cards]
    assert len(set(dues)) > 1
    assert all(due is not None and world.now < due <= world.now + timedelta(days=40) for due in dues)


@in_one_world(("who", "status"), [("cora", 200), ("vera", 200), ("axel", 403), ("rita", 403)])
def test_who_may_open_the_page(site: Site, who: str, status: int) -> None:
    with site.world.read() as session:
        vera = site.world.person(session, "vera").id
    assert site.page(who).get(f"/people/{vera}/handover").status_code == status


def test_a_wrong_form_is_a_page_that_says_so(site: Site) -> None:
    with site.world.read() as session:
        vera, rita = (site.world.person(session, name).id for name in ("vera", "rita"))
    ada = site.page("ada")
    for path in (f"?to={rita}", "?collection=none", "?duty=none", "?to=x"):
        assert ada.get(f"/people/{vera}/handover{path}").status_code == 422
    wrong = ada.post(f"/people/{vera}/handover", {"duty": "both"})
    assert (wrong.status_code, "Choose who takes the cards" in wrong.text) == (422, True)
    assert ada.get("/people/9999/handover").status_code == 404


def test_where_every_week_has_room_spreading_would_move_nothing_and_the_page_says_so(site: Site) -> None:
    world = site.world
    world.card("Refund window", verifiers=("vera",), verified=True)
    with world.read() as session:
        vera, axel = (world.person(session, name).id for name in ("vera", "axel"))
    shown = site.page("ada").get(f"/people/{vera}/handover?duty=verifying&collection=&to={axel}").text
    assert "Spreading would move nothing." in shown
    assert "If the checks are spread" not in shown


def test_whoever_gives_their_own_cards_away_is_promised_no_move_they_may_not_make(site: Site) -> None:
    world = site.world
    for number in range(6):
        world.card(f"Price {number}", owner="vera", verifiers=("vera",), verified=True, interval_days=40)
    with world.transaction() as session:
        vera, axel = (world.person(session, name) for name in ("vera", "axel"))
        axel.minutes_per_week = 5
        path, to = f"/people/{vera.id}/handover", axel.id
    page = site.page("vera")
    assert "Spreading would move nothing." in page.get(f"{path}?duty=both&collection=&to={to}").text
    assert "No check moved its date." in page.post(path, {"duty": "both", "to": str(to), "spread": "1"}).text


def test_takers_who_are_away_are_marked_and_who_could_have_none_of_the_cards_is_not_offered(site: Site) -> None:
    world = site.world
    world.card("Deep discounts", collection="deals", owner="vera", verifiers=("vera",))
    with world.transaction() as session:
        cora = world.person(session, "cora")
        vera, axel = (world.person(session, name).id for name in ("vera", "axel"))
        leave = Leave(world.now.date(), world.now.date() + timedelta(days=9), None)
        plan_absence(session, world.actor(session, "cora"), cora, leave, world.policy, world.now)
    page = site.page("ada").get(f"/people/{vera}/handover").text
    assert "away until 25 Nov" in page
    assert f'value="{axel}"' not in page  # Axel may not read Deals


def test_the_weeks_of_a_taker_who_is_away_are_those_once_they_are_back(world: World) -> None:
    world.card("Refund window", owner="vera", verifiers=("vera",), verified=True, interval_days=30)
    with world.transaction() as session:
        cora, ada = world.person(session, "cora"), world.actor(session, "ada")
        leave = Leave(world.now.date(), world.now.date() + timedelta(days=9))
        plan_absence(session, ada, cora, leave, world.policy, world.now)
        order = read_order(session, ada, world.person(session, "vera").id, Duty.BOTH, [cora.id], "")
        made = plan(session, ada, order, world.settings.freshness)
        (load,) = load_of(session, ada, made, world.settings, world.now).takers
    assert (load.is_away, load.assigned) == (True, 0)
    assert sum(week.checks for week in load.before) == 0
    assert sum(week.checks for week in load.after) == 2
