"""Search over HTTP: the one answer, its contract, filters, paging, and nothing of what a reader can't open."""

from typing import Any

from kb.cards.models import Card
from kb.use.models import CardUse
from tests.site import Site
from tests.world import email

CARD = {"id", "title", "url", "collection", "external_id", "language", "tags", "audience", "version", "trust", "owner",
        "updated_at", "snippet", "warning", "withheld"}  # fmt: skip
FOUND = CARD | {"ask"}


def ids(answer: Any, key: str = "items") -> list[int]:
    return [card["id"] for card in answer.json[key]]


def api(site: Site, name: str | None, *scopes: str) -> Any:
    return site.api(name, *scopes)


def rita(site: Site) -> Any:
    return api(site, "rita", "read")


def test_lookup_gives_the_one_answer(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    answer = rita(site).get("/lookup?q=refund&url=&limit=5&min_trust=&max_age_days=&collection=&lang=")
    assert (answer.status_code, set(answer.json)) == (
        200, {"query", "answer", "results", "hidden", "did_you_mean", "withheld", "no_answer", "query_id", "generation",
              "took_ms"},
    )  # fmt: skip
    found = answer.json["answer"]
    assert (set(found), found["id"], found["trust"]["state"]) == (FOUND, card, "verified")
    assert found == answer.json["results"][0]
    assert found["url"].endswith(f"/cards/{card}/refund-window")
    assert any(is_match for _, is_match in found["snippet"])
    assert (answer.json["no_answer"], answer.json["withheld"], answer.json["query"]) == (None, 0, "refund")


def test_lookup_withholds_what_the_contract_does_not_accept(site: Site) -> None:
    card = site.world.card("Refund window")
    site.index()
    answer = rita(site).get("/lookup?q=refund&min_trust=verified").json
    assert (answer["answer"], answer["withheld"], ids_of(answer)) == (None, 1, [card])
    assert "unverified" in answer["no_answer"]
    site.world.verify(card)
    site.world.later(days=10)
    assert rita(site).get("/lookup?q=refund&max_age_days=10").json["answer"]["id"] == card
    site.world.later(seconds=1)
    assert rita(site).get("/lookup?q=refund&max_age_days=10").json["withheld"] == 1


def test_lookup_says_why_there_is_no_answer(site: Site) -> None:
    site.index()
    for query in ("q=unicorn", "q=", "", "url=https://crm.example/7", "q=%FF"):
        answer = rita(site).get(f"/lookup?{query}").json
        assert (answer["answer"], answer["results"]) == (None, [])
        assert answer["no_answer"]


def test_an_answer_that_was_looked_up_is_an_impression(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.world.card("Refund form")
    site.index()
    rita(site).get("/lookup?q=refund")
    rita(site).get("/lookup?q=refund&max_age_days=0&min_trust=verified&collection=none")
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        used = session.get(CardUse, (card, site.world.now.date()))
        assert used is not None
        assert (used.impressions, used.stale_impressions, used.views) == (1, 0, 0)


def test_search_pages_without_gap_or_repeat(site: Site) -> None:
    cards = {site.world.card(f"Refund {number}") for number in range(5)}
    site.index()
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = rita(site).get(f"/search?q=refund&limit=2&cursor={cursor}")
        assert page.json["total"] == 5
        found += ids(page)
        cursor = page.json["next_cursor"]
    assert (len(found), set(found)) == (5, cards)


def test_parts_of_a_score_sum_to_it_when_they_are_asked_for(site: Site) -> None:
    site.world.card("Refund window", verified=True)
    site.world.card("Refund form")
    site.index()
    for item in rita(site).get("/search?q=refund&explain=true").json["items"]:
        assert abs(sum(item["explain"].values()) - item["score"]) < 1e-9
    assert set(rita(site).get("/search?q=refund").json["items"][0]) == FOUND


def test_filters_narrow_a_search(site: Site) -> None:
    world = site.world
    money = world.card("Refund one", tags=("money",), verified=True)
    deal = world.card("Refund two", collection="deals", owner="vera", language="de")
    world.later(days=1)
    late = world.card("Refund three")
    site.index()
    me = rita(site)
    expected = {
        "collection=deals": {deal}, "collection=deals&collection=billing": {money, deal, late}, "tag=money": {money},
        "tag=Money": {money}, "trust=verified": {money}, "trust=verified&trust=unverified": {money, deal, late},
        f"owner={email('vera')}": {deal}, "owner=nobody@x.example": set(), "owner=2147483647": set(),
        "language=de": {deal}, "updated=2026-11-17": {late}, "updated=2026-11-17T09:00:00Z": {late},
        "updated=2026-11-17T10:00:00+01:00": {late}, "updated=2026-11-17T09:00:01Z": set(), "collection=none": set(),
    }  # fmt: skip
    for query, wanted in expected.items():
        assert (query, set(ids(me.get(f"/search?q=refund&{query}")))) == (query, wanted)


def test_a_wrong_parameter_is_named(site: Site) -> None:
    me = rita(site)
    for query in ("limit=21", "limit=0", "max_age_days=-1", "max_age_days=99999999999", "min_trust=good", "nope=1",
                  "q=a%00b", "q=a&q=b", "collection=%00", f"q={'x' * 2001}"):  # fmt: skip
        assert (query, me.get(f"/lookup?{query}").status_code) == (query, 422)
    for query in ("trust=good", "owner=x", "owner=0", "updated=yesterday", "updated=0001-01-01T00:00:00%2B14:00",
                  "updated=9999-12-31T23:59:59-14:00", "explain=perhaps", "cursor=x", "language=%00"):  # fmt: skip
        assert (query, me.get(f"/search?q=a&{query}").status_code) == (query, 422)


def test_hostile_words_find_nothing_and_break_nothing(site: Site) -> None:
    site.world.card("Refund window")
    site.index()
    for words in ('"', "-", "tag:", 'tag:"', "?*", "*" * 300, "a" * 2000, "\u202e", "🇫🇮", "' OR 1=1 --", "{{7*7}}"):
        for path in ("/lookup", "/search", "/suggest"):
            assert rita(site).get(path, query_string={"q": words}).status_code == 200


def test_what_a_reader_cannot_open_leaves_no_trace(site: Site) -> None:
    hidden = site.world.card("Quorzel discount", collection="deals", tags=("quorzel",))
    site.world.card("Quorzel draft", publish=False)
    site.index()
    stan = api(site, "stan", "read")
    for query in ("q=quorzel", "q=quorzle", "q=tag:quorzel", "q=quorzel&collection=deals"):
        answer = stan.get(f"/search?{query}").json
        told = (answer["items"], answer["total"], answer["hidden"], answer["did_you_mean"])
        assert (query, told) == (query, ([], 0, 0, None))
        assert stan.get(f"/lookup?{query}").json["results"] == []
    assert stan.get("/suggest?q=quor").json[1] == []
    assert ids(rita(site).get("/search?q=quorzel")) == [hidden]


def test_a_replaced_card_is_hidden_and_counted(site: Site) -> None:
    old, head = site.world.card("Refund window 2025"), site.world.card("Refund window 2026")
    api(site, "cora", "verify").call("PUT", f"/cards/{old}/replacement", {"card_id": head})
    for is_indexed in (False, True):
        if is_indexed:
            site.index()
        else:
            site.runtime.indexer.rebuild()
            with site.world.transaction() as session:
                session.get_one(Card, old).replaced_by_id = head
        answer = rita(site).get("/search?q=refund").json
        assert (ids_of(answer, "items"), answer["hidden"]) == ([head], 1)


def test_suggestions_are_opensearch_and_empty_for_strangers(site: Site) -> None:
    site.world.card("Refund window", verified=True)
    site.index()
    answer = rita(site).get("/suggest?q=refu")
    assert answer.mimetype == "application/x-suggestions+json"
    query, titles, descriptions, urls = answer.get_json(force=True)
    assert (query, titles, descriptions) == ("refu", ["Refund window"], ["Verified 16 Nov"])
    assert urls[0].endswith("refund-window")
    stranger = api(site, None).get("/suggest?q=refu")
    assert (stranger.status_code, stranger.get_json(force=True)) == (200, ["refu", [], [], []])
    assert api(site, "rita", "write").get("/suggest?q=refu").status_code == 403


def test_similar_cards_leave_out_the_card_itself(site: Site) -> None:
    card, twin = site.world.card("Refund window -for tag:money"), site.world.card("Refund window in Finland")
    site.world.card("Refund window secret", collection="deals")
    site.world.card("Office hours")
    site.index()
    answer = api(site, "stan", "read").get(f"/cards/{card}/similar")
    assert (answer.status_code, ids(answer), set(answer.json["items"][0])) == (200, [twin], CARD)


def ids_of(answer: dict[str, Any], key: str = "results") -> list[int]:
    return [card["id"] for card in answer[key]]


def test_a_card_with_few_of_the_words_is_a_result_and_no_answer(site: Site) -> None:
    card = site.world.card("Refund window", "Fourteen days.", verified=True)
    site.index()
    rita: Any = site.api("rita")
    asked = rita.get("/lookup", query_string={"q": "refund warehouse customs Norway"}).json
    assert asked["answer"] is None
    assert asked["no_answer"] == "No card has most of these words; the results have some of them."
    assert [found["id"] for found in asked["results"]] == [card]
    assert rita.get("/lookup", query_string={"q": "refund Norway"}).json["answer"]["id"] == card
