"""Golden queries: curators add them by hand or from real clicks, and they say how good search is."""

import re
from math import log2
from typing import Any

import pytest
from sqlalchemy import select

from kb.cards import commands
from kb.cards.models import Card
from kb.cards.replacements import replace_card
from kb.people.models import Role
from search.golden.models import GoldenQuery
from search.quality import mean, ndcg, reciprocal_rank
from tests.site import Site

HERE = "/admin/golden-queries"


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *(scopes or ("read", "admin")))


def golden(site: Site) -> list[tuple[str, int, int, bool]]:
    with site.world.read() as session:
        rows = session.scalars(select(GoldenQuery).order_by(GoldenQuery.words, GoldenQuery.card_id))
        return [(row.words, row.card_id, row.grade, row.is_from_click) for row in rows]


def figures(page: str) -> list[str]:
    return re.findall(r'<span class="quiet">[^<]* <b>([^<]+)</b></span>', page)


def test_ndcg_is_the_sum_of_discounted_gains_over_the_best_order() -> None:
    grades = {1: 2, 2: 1}
    best = 3 + 1 / log2(3)
    assert ndcg([1, 2], grades) == 1
    assert ndcg([2, 1], grades) == pytest.approx((1 + 3 / log2(3)) / best)
    assert ndcg([9, 8, 1], grades) == pytest.approx((3 / log2(4)) / best)
    assert ndcg([*range(10, 20), 1], grades) == ndcg([], grades) == ndcg([1], {}) == 0
    assert [reciprocal_rank(found, grades) for found in ([2], [9, 1], [9], [])] == [1, 0.5, 0, 0]
    assert (mean([]), mean([1, 0])) == (0, 0.5)


def test_a_golden_query_is_added_by_hand_measured_and_removed(site: Site) -> None:
    window, form = site.world.card("Refund window"), site.world.card("Refund form")
    site.index()
    cora = site.page("cora")
    address = f"https://kb.example/cards/{window}/refund-window"
    for card, words, grade in ((address, " Refund   WINDOW ", 2), (form, "refund form", 1), (window, "zebra", 2)):
        assert cora.post(HERE, {"words": words, "card_id": card, "grade": grade}).status_code == 303
    assert golden(site) == [
        ("refund form", form, 1, False), ("refund window", window, 2, False), ("zebra", window, 2, False)
    ]  # fmt: skip
    page = cora.get(HERE).text
    assert figures(page) == ["3", "0.667", "0.667"]
    assert page.count("Not in the first ten") == 1
    for number in re.findall(rf'action="{HERE}/(\d+)/delete"', page):
        assert cora.post(f"{HERE}/{number}/delete").status_code == 303
    assert golden(site) == []
    assert figures(cora.get(HERE).text) == []


def test_a_real_click_becomes_a_golden_query(site: Site) -> None:
    card, other = site.world.card("Refund window"), site.world.card("Refund form")
    site.index()
    clicks = (("rita", "refund win", card), ("stan", "refund window", card), ("axel", "refund", other))
    for name, words, opened in clicks:
        asked = api(site, name).get("/lookup", query_string={"q": words}).json["query_id"]
        for kind in ("view", "copy"):
            api(site, name).call("POST", "/events", {"kind": kind, "card_id": opened, "query_id": asked})
    site.runtime.services.recorder.flush()
    cora = site.page("cora")
    page = cora.get(HERE).text
    offered = re.findall(r'name="words" value="([^"]*)"><input type="hidden" name="card_id" value="(\d+)"', page)
    assert offered == [("refund window", str(card)), ("refund", str(other))]
    assert "2 times" in page
    cora.post(HERE, {"words": "refund window", "card_id": card, "grade": "2"})
    assert golden(site) == [("refund window", card, 2, True)]
    page = cora.get(HERE).text
    assert "From a click" in page
    assert [("refund", str(other))] == re.findall(
        r'name="words" value="([^"]*)"><input type="hidden" name="card_id" value="(\d+)"', page
    )


def test_adding_it_again_changes_its_grade(site: Site) -> None:
    card = site.world.card("Refund window")
    for grade in (2, 1, 1):
        answer = api(site, "cora").call("POST", "/golden-queries", {"words": "Refund", "card_id": card, "grade": grade})
        assert (answer.status_code, answer.json["grade"], answer.json["origin"]) == (201, grade, "hand")
    assert golden(site) == [("refund", card, 1, False)]
    items = api(site, "cora").get("/golden-queries").json["items"]
    assert [(item["words"], item["card"]["id"]) for item in items] == [("refund", card)]
    assert api(site, "cora").call("DELETE", f"/golden-queries/{items[0]['id']}").status_code == 204
    assert api(site, "cora").call("DELETE", f"/golden-queries/{items[0]['id']}").status_code == 404


def test_only_curators_and_admins_keep_golden_queries(site: Site) -> None:
    card = site.world.card("Refund window")
    made = api(site, "ada").call("POST", "/golden-queries", {"words": "refund", "card_id": card}).json["id"]
    for name in ("rita", "axel"):
        page, program = site.page(name), api(site, name)
        fields = {"words": "x", "card_id": card}
        assert [page.get(HERE).status_code, page.post(HERE, fields).status_code] == [403, 403]
        assert page.post(f"{HERE}/{made}/delete").status_code == 403
        assert program.get("/golden-queries").status_code == 403
        assert program.call("POST", "/golden-queries", fields).status_code == 403
        assert program.call("DELETE", f"/golden-queries/{made}").status_code == 403
    assert len(golden(site)) == 1


def test_what_cannot_be_golden_is_refused_with_the_remedy(site: Site) -> None:
    card, draft = site.world.card("Refund window"), site.world.card("Draft", publish=False)
    cora, program = site.page("cora"), api(site, "cora")
    for words, card_id, remedy in (
        ("", card, "needed"), ("x", "", "needed"), ("x", "x", "number or its address"), ("x", 999, "no such card"),
        ("x", draft, "not an answer"), ("!!!", card, "words that people"), ("a\x00", card, "NUL"),
        ("x" * 201, card, "too long"), ("x", "9" * 30, "number or its address"),
    ):  # fmt: skip
        answer = cora.post(HERE, {"words": words, "card_id": card_id})
        assert (words[:9], answer.status_code, remedy in answer.text) == (words[:9], 422, True)
    assert cora.post(HERE, {"words": "x", "card_id": card, "grade": "3"}).status_code == 422
    bodies: tuple[dict[str, Any], ...] = (
        {}, {"words": "x"}, {"words": "x", "card_id": 999}, {"words": "x", "card_id": "1"},
        {"words": "x", "card_id": card, "grade": 3}, {"words": "\x00", "card_id": card},
    )  # fmt: skip
    for body in bodies:
        assert program.call("POST", "/golden-queries", body).status_code == 422
    assert golden(site) == []


def test_a_curator_sees_nothing_of_cards_they_may_not_open(site: Site) -> None:
    secret = site.world.card("Quorzel discount", collection="deals")
    site.index()
    made = api(site, "ada").call("POST", "/golden-queries", {"words": "quorzel", "card_id": secret}).json["id"]
    asked = api(site, "rita").get("/lookup?q=quorzel+disc").json["query_id"]
    api(site, "rita").call("POST", "/events", {"kind": "view", "card_id": secret, "query_id": asked})
    site.runtime.services.recorder.flush()
    with site.world.transaction() as session:
        site.world.person(session, "stan").role = Role.CURATOR
    stan = site.page("stan")
    assert "uorzel" not in stan.get(HERE).text
    assert figures(stan.get(HERE).text) == []
    assert stan.post(f"{HERE}/{made}/delete").status_code == 404
    assert stan.post(HERE, {"words": "x", "card_id": secret}).status_code == 422
    assert api(site, "stan").get("/golden-queries").json["items"] == []
    assert api(site, "stan").call("DELETE", f"/golden-queries/{made}").status_code == 404
    assert "quorzel discount" in site.page("ada").get(HERE).text


def test_a_replaced_card_passes_its_query_on_and_an_archived_one_is_not_measured(site: Site) -> None:
    old, new, gone = (site.world.card(title) for title in ("Refund window 2025", "Refund window 2026", "Old form"))
    for card, words in ((old, "refund window"), (gone, "old form")):
        api(site, "cora").call("POST", "/golden-queries", {"words": words, "card_id": card})
    with site.world.transaction() as session:
        cora = site.world.actor(session, "cora")
        replace_card(session, cora, session.get_one(Card, old), session.get_one(Card, new), site.world.now)
        commands.archive_card(session, cora, session.get_one(Card, gone), site.world.now)
    site.index()
    page = site.page("cora").get(HERE).text
    assert figures(page) == ["1", "1.000", "1.000"]
    assert page.count("No answer any longer") == 1


def test_there_is_a_limit_to_golden_queries(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.golden.commands.QUERIES_LIMIT", 1)
    card = site.world.card("Refund window")
    bodies = [{"words": words, "card_id": card} for words in ("a", "b", "a")]
    assert [api(site, "cora").call("POST", "/golden-queries", body).status_code for body in bodies] == [201, 409, 201]
