"""Near-duplicates from the save to the decision: noticed at once, shown to whom it concerns, decided once."""

import re
import threading
from typing import Any

import pytest
from sqlalchemy import select

from curator.duplicates.checking import check_cards, unchecked
from curator.jobs import near_duplicates
from kb.cards import commands
from kb.cards.models import Card
from kb.lines.models import CardAlias, CardSketch, NearDuplicate
from kb.use.models import SearchClick, SearchQuery
from tests.curator.cast import context
from tests.site import Site
from tests.world import START, World

REFUND = """Annual plans are refunded in full within thirty days of the purchase. After that the customer keeps the plan
until the end of the term. Refunds go back to the card that was charged and take up to ten days to arrive.

Resellers refund their own customers. Ask the deal desk about anything above five thousand euros."""
SETUP = "Plug the hub in, open the app on your phone and follow the light: green is good, red needs a call to support."


def pairs(world: World) -> set[tuple[int, int]]:
    with world.read() as session:
        return {(row.card_id, row.other_id) for row in session.scalars(select(NearDuplicate))}


def pair_id(world: World) -> int:
    with world.read() as session:
        return session.scalars(select(NearDuplicate.id)).one()


def two(world: World, **more: Any) -> tuple[int, int]:
    """Two cards that look alike, the second one younger."""
    old = world.card("Refunds for annual plans", REFUND, tags=("refunds",))
    world.later(days=1)
    return old, world.card("Refund rules", REFUND.replace("thirty", "fourteen"), **more)


def titles(site: Site, name: str, words: str = "refunds annual plans") -> list[str]:
    site.index()
    found = site.api(name, "read").get(f"/search?q={words}").get_json()
    return [item["title"] for item in found["items"]]


def text(site: Site, name: str, path: str) -> str:
    response = site.page(name).get(path)
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


def test_who_saves_a_copy_is_told_at_once(site: Site) -> None:
    old = site.world.card("Refunds for annual plans", REFUND)
    axel = site.page("axel")
    axel.get("/cards/new")
    fields = {"title": "Money back", "body": REFUND, "collection": "billing", "step": "draft"}
    saved = axel.post("/cards/new", fields)
    assert saved.status_code == 303, saved.get_data(as_text=True)[:500]
    with site.world.read() as session:
        new = session.scalars(select(Card.id).where(Card.title == "Money back")).one()
    page = axel.get(f"/cards/{new}").get_data(as_text=True)
    assert "This looks like" in page
    assert f'href="/cards/{old}/refunds-for-annual-plans"' in page
    assert axel.get(f"/duplicates/{pair_id(site.world)}").status_code == 200


def test_a_card_written_over_the_api_is_compared_too(site: Site) -> None:
    old = site.world.card("Refunds for annual plans", REFUND)
    body = {"title": "Money back", "body": REFUND, "collection": "billing", "publish": True}
    new = site.api("axel", "write").call("POST", "/cards", body).get_json()["id"]
    assert pairs(site.world) == {(old, new)}


def test_readers_are_told_nothing(site: Site) -> None:
    old, new = two(site.world)
    assert pairs(site.world) == {(old, new)}
    for card in (old, new):
        assert "looks like" not in text(site, "rita", f"/cards/{card}")
    rita = site.page("rita")
    assert rita.get("/duplicates").status_code == 403
    assert rita.get(f"/duplicates/{pair_id(site.world)}").status_code == 404
    assert site.api("rita", "read").get("/duplicates").status_code == 403


def test_search_serves_one_of_them_and_shows_the_other_on_demand(site: Site) -> None:
    old, _ = two(site.world)
    assert titles(site, "rita") == ["Refund rules"]
    page = text(site, "rita", "/?q=refunds+annual+plans")
    assert "1 older answer hidden." in page
    shown = text(site, "rita", "/?q=refunds+annual+plans&older=1")
    assert f"/cards/{old}/" in shown
    assert "hidden." not in shown
    site.world.verify(old)
    assert titles(site, "rita") == ["Refunds for annual plans"]


def test_an_old_title_finds_the_card_that_is_served(site: Site) -> None:
    two(site.world)
    assert titles(site, "rita", "refund rules fourteen") == ["Refund rules"]
    with site.world.transaction() as session:
        rules = session.scalars(select(Card).where(Card.title == "Refund rules")).one()
        rules.updated_at = site.world.later(days=-30)
    assert titles(site, "rita", "fourteen") == ["Refunds for annual plans"]
    assert titles(site, "rita", "fourteen -thirty") == ["Refund rules"]


def test_an_invisible_partner_changes_nothing_and_is_never_named(site: Site) -> None:
    site.world.card("Refunds for annual plans", REFUND, author="axel")
    before = text(site, "stan", "/?q=refunds+annual"), titles(site, "stan")
    secret = site.world.card("Secret refund rules", REFUND, collection="deals", verified=True)
    assert len(pairs(site.world)) == 1
    site.index()
    assert titles(site, "stan") == before[1]
    with site.world.transaction() as session:
        site.world.person(session, "stan").role = "curator"
        site.world.collection(session, "deals").steward_id = site.world.person(session, "vera").id
        mine = session.scalars(select(Card).where(Card.id != secret)).one().id
    ids = pair_id(site.world)
    with site.world.transaction() as session:
        site.world.person(session, "stan").role = "author"
    assert "Secret" not in text(site, "stan", f"/cards/{mine}")
    assert site.page("stan").get(f"/duplicates/{ids}").status_code == 404
    for body in ({"resolution": "keep"}, {"resolution": "merge", "survivor_id": mine}, {"resolution": "merge"}):
        answer = site.api("stan", "verify").call("POST", f"/duplicates/{ids}/resolution", body)
        assert answer.status_code == 404
        assert "Secret" not in answer.get_data(as_text=True)


def test_siblings_are_not_folded(site: Site) -> None:
    for name in ("EMEA", "APAC"):
        site.world.card(f"Refunds in {name}", f"{REFUND}\n\nIn {name} the desk is open all week. {name} refunds daily.")
    assert pairs(site.world) == set()
    site.index()
    assert len(titles(site, "rita", "refunds")) == 2


def test_a_curator_finds_the_pair_and_what_differs(site: Site) -> None:
    two(site.world)
    listed = text(site, "cora", "/duplicates")
    assert "1 pair of cards" in listed
    assert "looks like Refunds for annual plans" in listed
    assert "/duplicates" in text(site, "cora", "/verify")
    page = text(site, "cora", f"/duplicates/{pair_id(site.world)}")
    assert "<del>thirty</del>" in page
    assert "<ins>fourteen</ins>" in page
    assert "Keep both" in page


def test_an_author_compares_but_does_not_decide(site: Site) -> None:
    two(site.world)
    number = pair_id(site.world)
    page = text(site, "axel", f"/duplicates/{number}")
    assert "Keep both" not in page
    assert site.page("axel").post(f"/duplicates/{number}", {"resolution": "keep"}).status_code == 403
    assert len(pairs(site.world)) == 1


def test_both_are_kept_until_a_text_changes(site: Site) -> None:
    old, new = two(site.world)
    number = pair_id(site.world)
    cora = site.page("cora")
    assert cora.post(f"/duplicates/{number}", {"resolution": "keep"}).status_code == 303
    assert len(titles(site, "rita")) == 2
    assert "No two cards look alike" in text(site, "cora", "/duplicates")
    assert "looks like" not in text(site, "axel", f"/cards/{new}")
    edit(site.world, new, tags=("money",))  # a new version, the same text
    assert len(titles(site, "rita")) == 2
    edit(site.world, old, body=REFUND + " Since May.")
    assert len(titles(site, "rita")) == 1
    assert "1 pair of cards" in text(site, "cora", "/duplicates")


def test_keeping_both_can_be_taken_back(site: Site) -> None:
    two(site.world)
    number, cora = pair_id(site.world), site.page("cora")
    cora.post(f"/duplicates/{number}", {"resolution": "keep"})
    assert "Decide again" in text(site, "cora", f"/duplicates/{number}")
    cora.post(f"/duplicates/{number}/reopen")
    assert len(titles(site, "rita")) == 1


def test_a_pair_ends_when_the_texts_part(site: Site) -> None:
    _, new = two(site.world)
    edit(site.world, new, body=SETUP, title="Set up a hub")
    assert pairs(site.world) == set()


def test_a_merged_card_leads_to_the_survivor_in_one_hop_and_leaves_it_its_tags_and_its_title(site: Site) -> None:
    old, new = two(site.world, tags=("money",), verified=True)
    oldest = site.world.card("Refunds long ago", SETUP)
    cora = site.page("cora")
    cora.get(f"/cards/{oldest}/replace")
    cora.post(f"/cards/{oldest}/replace", {"card_id": old})
    done = cora.post(f"/duplicates/{pair_id(site.world)}", {"resolution": "merge", "survivor_id": new})
    assert done.headers["Location"] == "/duplicates"
    assert "was merged into" in text_of(cora.get("/duplicates"))
    for card in (old, oldest):
        moved = site.page("rita").get(f"/cards/{card}")
        assert moved.headers["Location"].startswith(f"/cards/{new}/refund-rules")
    with site.world.read() as session:
        survivor = session.get_one(Card, new)
        assert survivor.tags == ["money", "refunds"]
        assert survivor.unverified_at is None
        assert session.scalars(select(CardAlias.words)).all() == ["Refunds for annual plans"]
        assert not session.scalars(select(CardSketch).where(CardSketch.card_id == old)).all()
    assert titles(site, "rita") == ["Refund rules"]


def test_a_merged_card_leaves_the_survivor_the_searches_that_ended_on_it(site: Site) -> None:
    old, new = two(site.world)
    with site.world.transaction() as session:
        for name in ("a", "b"):
            session.add(SearchQuery(id=name, words=name, at=START, last_at=START, results=2))
        session.flush()
        session.add_all(
            SearchClick(query_id=query, card_id=card, kind="view", at=START)
            for query, card in (("a", old), ("b", old), ("b", new))
        )
    site.page("cora").post(f"/duplicates/{pair_id(site.world)}", {"resolution": "merge", "survivor_id": new})
    with site.world.read() as session:
        inherited = session.scalars(select(SearchClick.query_id).where(SearchClick.card_id == new)).all()
        assert sorted(inherited) == ["a", "b"]


def test_a_merge_tells_readers_nothing_of_a_collection_they_can_not_read(site: Site) -> None:
    open_card = site.world.card("Refunds for annual plans", REFUND)
    site.world.card("Secret refund rules", REFUND, collection="deals", tags=("secret",))
    before = text(site, "stan", f"/cards/{open_card}"), text(site, "stan", f"/cards/{open_card}/history")
    fields = {"resolution": "merge", "survivor_id": open_card}
    site.page("cora").post(f"/duplicates/{pair_id(site.world)}", fields)
    assert len(titles(site, "cora")) == 1
    after = text(site, "stan", f"/cards/{open_card}"), text(site, "stan", f"/cards/{open_card}/history")
    assert [stable(page) for page in after] == [stable(page) for page in before]
    with site.world.read() as session:
        assert not session.scalars(select(CardAlias)).all()


def test_undoing_a_merge_brings_the_pair_back(site: Site) -> None:
    old, new = two(site.world)
    cora = site.page("cora")
    cora.post(f"/duplicates/{pair_id(site.world)}", {"resolution": "merge", "survivor_id": new})
    assert "No two cards look alike" in text(site, "cora", "/duplicates")
    assert cora.post(f"/cards/{old}/unreplace").status_code == 303
    assert "1 pair of cards" in text(site, "cora", "/duplicates")


def test_the_older_card_is_replaced_by_the_newer_unless_told_otherwise(site: Site) -> None:
    old, new = two(site.world)
    answer = site.api("cora", "verify").call("POST", f"/duplicates/{pair_id(site.world)}/resolution",
                                             {"resolution": "replace"}).get_json()  # fmt: skip
    assert answer == {"resolution": "replace", "survivor_id": new, "replaced_id": old}
    with site.world.read() as session:
        assert session.get_one(Card, new).tags == []


def test_the_api_lists_pairs_and_says_what_is_missing(site: Site) -> None:
    old, new = two(site.world)
    cora = site.api("cora", "read", "verify")
    listed = cora.get("/duplicates").get_json()
    assert [[card["id"] for card in item["cards"]] for item in listed["items"]] == [[new, old]]
    path = f"/duplicates/{listed['items'][0]['id']}/resolution"
    assert cora.call("POST", path, {"resolution": "merge"}).status_code == 422
    assert cora.call("POST", path, {"resolution": "merge", "survivor_id": 999}).status_code == 422
    assert cora.call("POST", path, {"resolution": "keep"}).status_code == 200
    assert cora.call("POST", path, {"resolution": "keep"}).status_code == 409
    assert cora.call("DELETE", path).status_code == 204
    assert site.api("cora", "read").call("POST", path, {"resolution": "keep"}).status_code == 403


def test_two_curators_at_once_decide_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = two(site.world)
    monkeypatch.setattr("kb.clock.now", lambda: site.world.now)
    number = pair_id(site.world)
    path, gate, found = f"/duplicates/{number}/resolution", threading.Barrier(2), [0, 0]
    programs = [site.api(name, "verify") for name in ("cora", "ada")]

    def decide(at: int, survivor: int) -> None:
        gate.wait()
        found[at] = (
            programs[at]
            .client.post(
                f"/api/v1{path}", json={"resolution": "merge", "survivor_id": survivor}, headers=programs[at].headers
            )
            .status_code
        )

    threads = [threading.Thread(target=decide, args=each) for each in ((0, old), (1, new))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200, 409]
    with site.world.read() as session:
        assert [session.get_one(Card, card).is_servable for card in (old, new)].count(True) == 1


def test_what_a_crash_left_unchecked_the_job_catches(world: World) -> None:
    old, new = two(world)  # no service runs, so nothing happens after the save
    assert pairs(world) == set()
    assert near_duplicates(context(world)) == "2 cards compared"
    assert pairs(world) == {(old, new)}
    assert near_duplicates(context(world)) == "0 cards compared"


def test_checking_again_changes_nothing(world: World) -> None:
    old, new = two(world)
    for _ in range(2):
        with world.transaction() as session:
            check_cards(session, [new, old], world.now)
    assert pairs(world) == {(old, new)}


def test_an_archived_card_is_forgotten_and_compared_anew_when_it_is_back(site: Site) -> None:
    old, new = two(site.world)
    cora = site.page("cora")
    cora.post(f"/cards/{old}/archive")
    assert "looks like" not in text(site, "axel", f"/cards/{new}")
    with site.world.read() as session:
        assert not session.scalars(select(CardSketch).where(CardSketch.card_id == old)).all()
        assert unchecked(session, 10) == []
    cora.post(f"/cards/{old}/unarchive")
    assert "looks like" in text(site, "axel", f"/cards/{new}")


def test_a_hundred_copies_stay_manageable(world: World) -> None:
    cards = [world.card(f"Refund copy {chr(97 + n % 26)}{n}", REFUND) for n in range(100)]
    assert near_duplicates(context(world)) == "100 cards compared"
    with world.read() as session:
        most = max(len(session.scalars(select(CardSketch).where(CardSketch.hash == value)).all())
                   for value in session.scalars(select(CardSketch.hash).distinct().limit(5)))  # fmt: skip
    assert most <= 64
    assert len(pairs(world)) <= 100 * 20
    assert {card for pair in pairs(world) for card in pair} <= set(cards)


def test_a_poisoned_card_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = two(world)
    bad = world.card("Poison", SETUP)
    honest = check_cards

    def refuse(session: Any, card_ids: list[int], now: Any) -> None:
        if bad in card_ids:
            raise ValueError("poison")
        honest(session, card_ids, now)

    monkeypatch.setattr("curator.jobs.check_cards", refuse)
    with pytest.raises(Exception, match=f"card {bad}: ValueError"):
        near_duplicates(context(world))
    assert pairs(world) == {(old, new)}


def test_hostile_texts_are_shown_as_words(site: Site) -> None:
    body = REFUND + "\n\n<script>alert(1)</script> `</textarea>`"
    for title in ("<b>Refunds</b> for plans", "<b>Refunds</b> for plans (old)"):
        site.world.card(title, body)
    for path in ("/duplicates", f"/duplicates/{pair_id(site.world)}"):
        page = text(site, "cora", path)
        assert "<b>Refunds" not in page
        assert "<script>alert" not in page
    cora = site.page("cora")
    for number in ("0", "999", str(2**31), str(10**30)):
        assert cora.get(f"/duplicates/{number}").status_code == 404
    for fields in ({}, {"resolution": "burn"}, {"resolution": "merge"}, {"resolution": "merge", "survivor_id": "x"}):
        assert cora.post(f"/duplicates/{pair_id(site.world)}", fields).status_code == 422
    assert cora.get("/duplicates?page=99999999999").status_code == 200


def edit(world: World, card_id: int, **changes: Any) -> None:
    """A new version of the card."""
    with world.read() as session:
        card = session.get_one(Card, card_id)
        title, body, tags = card.title, card.body, tuple(card.tags)
    rendered = world.text(changes.get("title", title), changes.get("body", body), tags=changes.get("tags", tags))
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        step = commands.Edit(card.version)
        commands.edit_card(session, world.actor(session, "cora"), card, rendered, step, world.policy, world.now)


def stable(page: str) -> str:
    return re.sub(r'(name="csrf_token" value="|name="csrf-token" content=")[^"]*', "", page)


def text_of(response: Any) -> str:
    return str(response.get_data(as_text=True))
