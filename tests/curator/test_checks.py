"""Quick series of checks are shown to those who curate the cards, who ask or call them fine; in fair words."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from kb.cards.models import Card
from kb.people.models import AuditEntry
from kb.trust import log
from kb.trust.commands import verify
from kb.trust.models import Verification
from tests.site import Site, Visitor
from tests.world import World

BODY = "Whoever pays by invoice waits for thirty days before a refund is made to the bank. " * 12


def check(world: World, card_id: int, seconds: int | None, *, by: str = "vera", batch_size: int = 1) -> None:
    with world.transaction() as session:
        card, actor = session.get_one(Card, card_id), world.actor(session, by)
        verify(session, actor, card, card.version, world.policy, world.now, seconds=seconds, batch_size=batch_size)


def quick(
    world: World, number: int = 5, *, seconds: int = 3, by: str = "vera", collection: str = "billing"
) -> list[int]:
    """So many cards, checked one after the other."""
    cards = [world.card(f"{collection} {n}", BODY, collection=collection, verifiers=(by,)) for n in range(number)]
    for card in cards:
        world.later(seconds=seconds)
        check(world, card, seconds, by=by)
    return cards


def records_on(page: str) -> list[str]:
    return re.findall(r'name="record" value="(\d+)"', page.split("/reports/checks/fine")[1])


def fine(visitor: Visitor) -> None:
    visitor.post("/reports/checks/fine", {"record": records_on(visitor.get("/reports/checks").text)})


def test_a_quick_series_is_shown_with_who_when_and_how_fast(site: Site) -> None:
    quick(site.world, 6)
    page = unescape(site.page("cora").get("/reports/checks").text)
    assert "Vera: 6 cards in 18 seconds" in page
    assert "Reading them takes about 4 minutes." in page
    assert "billing 3" in page
    assert "There may be a good reason" in page


@pytest.mark.parametrize(("number", "seconds"), [(4, 3), (8, 40)])
def test_a_short_series_and_a_careful_one_are_nobodys_business(site: Site, number: int, seconds: int) -> None:
    quick(site.world, number, seconds=seconds)
    assert "No quick series." in site.page("cora").get("/reports/checks").text


def test_batches_are_no_series(site: Site) -> None:
    world = site.world
    for card in [world.card(body=BODY) for _ in range(8)]:
        check(world, card, None, batch_size=8)
    assert "No quick series." in site.page("cora").get("/reports/checks").text


def test_who_checked_the_same_words_before_may_be_faster(site: Site) -> None:
    world = site.world
    cards = quick(world, 5, seconds=90)
    world.later(days=7)
    for card in cards:
        world.later(seconds=8)
        check(world, card, 8)
    assert "No quick series." in site.page("cora").get("/reports/checks").text
    for card in cards:
        world.later(seconds=3)
        check(world, card, 3)
    assert "Vera: 5 cards in 15 seconds" in site.page("cora").get("/reports/checks").text


def test_asking_again_unverifies_what_still_stands_with_the_reason(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    cards = quick(world)
    world.later(seconds=600)
    check(world, cards[0], 90, by="cora")
    page = cora.get("/reports/checks").text
    assert "checked or taken back since" in page
    empty = cora.post("/reports/checks/again", {"record": records_on(page), "reason": " "})
    assert (empty.status_code, "Say why" in empty.text) == (422, True)
    done = cora.post(
        "/reports/checks/again", {"record": records_on(page), "reason": "Read it once more"}, follow_redirects=True
    )
    assert "4 cards wait to be checked again." in done.text
    assert [world.trust(card).state.value for card in cards] == ["verified"] + ["unverified"] * 4
    assert world.trust(cards[1]).reasons[0].detail == "Read it once more"
    assert "No quick series." in cora.get("/reports/checks").text
    with world.read() as session:
        assert log.check(session).broken_id is None
        assert (
            session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "verification")).all()
            == ["check_again"] * 5
        )


def test_what_was_called_fine_does_not_come_up_again(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    quick(world)
    fine(cora)
    assert "No quick series." in cora.get("/reports/checks").text
    again = cora.post("/reports/checks/fine", {"record": ["1"]}, follow_redirects=True)
    assert "Somebody decided about these checks already." in again.text
    assert all(world.trust(card).is_good for card in (1, 2, 3))


def test_nobody_decides_about_their_own_checks(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    cards = quick(world, by="cora")
    page = cora.get("/reports/checks").text
    assert "These are your own checks" in page
    assert 'name="record"' not in page
    with world.read() as session:
        own = [str(record) for record in session.scalars(select(Verification.id))]
    for act in ("fine", "again"):
        assert cora.post(f"/reports/checks/{act}", {"record": own, "reason": "x"}).status_code == 403
    fine(site.page("ada"))
    assert all(world.trust(card).is_good for card in cards)


def test_only_those_who_curate_the_cards_see_or_decide_anything(site: Site) -> None:
    world = site.world
    quick(world, collection="deals", by="cora")
    for name in ("vera", "rita", "stan"):
        visitor = site.page(name)
        assert visitor.get("/reports/checks").status_code == 403
        for act in ("fine", "again"):
            assert visitor.post(f"/reports/checks/{act}", {"record": ["1"], "reason": "x"}).status_code == 404
    assert site.page("ada").post("/reports/checks/fine", {"record": ["999999"]}).status_code == 404
    assert site.page("ada").post("/reports/checks/fine", {"record": []}).status_code == 422
    with world.read() as session:
        assert not session.scalars(select(AuditEntry.id).where(AuditEntry.subject == "verification")).all()
