"""What is searched for is noted once, without the passing stages of typing, and nobody stays named for long."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.jobs import JobContext
from kb.cards import commands
from kb.cards.models import Card
from kb.use.models import SearchClick, SearchQuery
from kb.use.searches import WAITING_LIMIT, Asked, Waiting, query_id
from tests.site import Site

_QUERY_ID = re.compile(r"query_id=([a-z]{24})")


def noted(site: Site) -> dict[str, SearchQuery]:
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        return {row.words: row for row in session.scalars(select(SearchQuery))}


def clicks(site: Site) -> set[tuple[str, int, str]]:
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        query = select(SearchQuery.words, SearchClick.card_id, SearchClick.kind).join(
            SearchClick, SearchClick.query_id == SearchQuery.id
        )
        return {tuple(row) for row in session.execute(query)}  # type: ignore[misc]


def api(site: Site, name: str) -> Any:
    return site.api(name, "read")


def test_a_search_is_noted_with_what_it_found(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.world.card("Refund form")
    site.index()
    for path in ("/search?q=Refund", "/lookup?q=refund+", "/lookup?q=%20REFUND&collection=deals"):
        answer = api(site, "rita").get(path).json
        assert re.fullmatch("[a-z]{24}", answer["query_id"])
    assert api(site, "rita").get("/lookup?q=").json["query_id"] is None
    site.page("stan").get("/?q=zebra")
    rows = noted(site)
    assert set(rows) == {"refund", "zebra"}
    refund, zebra = rows["refund"], rows["zebra"]
    assert (refund.id, refund.results, refund.first_card_id) == (answer["query_id"], 2, card)
    assert (refund.best_trust, zebra.results, zebra.first_card_id, zebra.best_trust) == ("verified", 0, None, None)
    assert refund.person_id != zebra.person_id


def test_the_same_words_of_the_same_person_on_the_same_day_are_one_query(site: Site) -> None:
    first = api(site, "rita").get("/search?q=refund").json["query_id"]
    site.world.later(seconds=3600)
    assert api(site, "rita").get("/search?q=refund").json["query_id"] == first
    row = noted(site)["refund"]
    assert row.last_at - row.at == timedelta(hours=1)
    others = {api(site, "stan").get("/search?q=refund").json["query_id"]}
    site.world.later(days=1)
    others |= {api(site, "rita").get("/search?q=refund").json["query_id"]}
    assert len(others | {first}) == 3


@pytest.mark.parametrize("flushed", [False, True], ids=["in memory", "written already"])
def test_what_one_types_on_the_way_is_not_noted(site: Site, flushed: bool) -> None:
    site.world.card("Refund window")
    site.index()
    rita = site.page("rita")
    for typed in ("r", "ref", "refund", "refund wi", "refund window", "x", "xy"):
        site.world.later(seconds=1)
        rita.get("/", query_string={"q": typed}, headers={"X-Fragment": "1"})
        site.page("stan").get("/?q=re")
        if flushed:
            site.runtime.services.recorder.flush()
    assert set(noted(site)) == {"refund window", "xy", "re"}


def test_what_one_types_after_a_pause_is_another_search(site: Site) -> None:
    rita = site.page("rita")
    for typed, pause in (("refund", 0), ("refund window", 31), ("refund windows", 30)):
        site.world.later(seconds=pause)
        rita.get("/", query_string={"q": typed})
        site.runtime.services.recorder.flush()
    assert set(noted(site)) == {"refund", "refund windows"}


def test_a_morning_search_outlives_being_typed_through_later(site: Site) -> None:
    rita = site.page("rita")
    rita.get("/?q=refund")
    noted(site)
    site.world.later(seconds=7200)
    rita.get("/?q=refund")
    rita.get("/?q=refund+window")
    assert set(noted(site)) == {"refund", "refund window"}


def test_opening_and_copying_from_the_results_counts_for_the_search(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    rita = site.page("rita")
    results = rita.get("/?q=ref").text
    asked = set(_QUERY_ID.findall(results))
    assert len(asked) == 1
    link = re.findall(rf'href="(/cards/{card}/refund-window\?query_id=\w+)"', results)[0]
    page = rita.get(link)
    assert page.status_code == 200
    copied = unescape(re.findall(r'data-copy-log="([^"]+)"', page.text)[0])
    assert copied == f"/cards/{card}/copied?version=1&query_id={asked.pop()}"
    site.world.later(seconds=1)
    rita.get("/?q=refund")
    assert rita.post(copied).status_code == 204
    assert clicks(site) == {("ref", card, "view"), ("ref", card, "copy")}
    assert set(noted(site)) == {"ref", "refund"}


def test_an_event_from_another_program_counts_for_its_search(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    rita = api(site, "rita")
    asked = rita.get("/lookup?q=refund").json["query_id"]
    for kind in ("lookup_click", "copy", "copy"):
        body = {"kind": kind, "card_id": card, "query_id": asked}
        assert rita.call("POST", "/events", body).status_code == 204
    assert clicks(site) == {("refund", card, "view"), ("refund", card, "copy")}


def test_nobody_counts_for_anothers_search_and_made_up_ids_count_for_nothing(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    asked = api(site, "rita").get("/lookup?q=refund").json["query_id"]
    for made_up in (asked, "b" * 24, "x", "", None, "é" * 50, "' OR 1=1 --", "\U0001f600"):
        body = {"kind": "view", "card_id": card, "query_id": made_up}
        assert api(site, "stan").call("POST", "/events", body).status_code == 204
    assert site.page("stan").get(f"/cards/{card}?query_id={asked}").status_code == 200
    assert site.page("stan").get(f"/cards/{card}?query_id=%00%ff").status_code == 200
    assert clicks(site) == set()


def test_a_card_that_is_deleted_takes_its_clicks_along_and_leaves_the_query(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    asked = api(site, "rita").get("/lookup?q=refund").json["query_id"]
    api(site, "rita").call("POST", "/events", {"kind": "view", "card_id": card, "query_id": asked})
    assert clicks(site)
    api(site, "stan").get("/lookup?q=refund")
    with site.world.transaction() as session:
        ada, found = site.world.actor(session, "ada"), session.get_one(Card, card)
        commands.archive_card(session, ada, found, site.world.now)
        commands.delete_card(session, ada, found, site.world.now)
    assert clicks(site) == set()
    assert noted(site)["refund"].first_card_id is None


def test_searches_that_could_not_be_written_are_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    api(site, "rita").get("/search?q=refund")
    with monkeypatch.context() as patch:
        patch.setattr("kb.use.searches.write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            site.runtime.services.recorder.flush()
        site.world.later(seconds=60)
        api(site, "rita").get("/search?q=refund")
    row = noted(site)["refund"]
    assert row.last_at - row.at == timedelta(seconds=60)


def test_housekeeping_forgets_who_asked_after_a_month_and_what_after_half_a_year(site: Site) -> None:
    world = site.world
    context = replace(JobContext.of(world), clock=lambda: world.now)
    api(site, "rita").get("/search?q=refund")
    noted(site)
    for days, person, known in ((30, True, True), (1, False, True), (149, False, True), (1, False, False)):
        world.later(days=days)
        jobs.housekeeping(context)
        row = noted(site).get("refund")
        assert (row is not None) == known
        assert (row is not None and row.person_id is not None) == person


def test_what_waits_is_bounded_and_ids_tell_nothing(site: Site) -> None:
    waiting, now = Waiting(), site.world.now
    ids = {query_id(key, person, words, now) for key in (b"a", b"b") for person in (1, 2) for words in ("x", "y")}
    assert len(ids) == 8
    for number in range(WAITING_LIMIT + 100):
        waiting.ask(Asked(str(number), "x", 1, now, now, 0, None, None))
    assert len(waiting.asked) == WAITING_LIMIT
