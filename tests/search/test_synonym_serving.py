"""Every search knows the synonyms at once, and finds nothing through them that its reader may not see."""

from typing import Any

import pytest

from tests.site import Site


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *(scopes or ("read", "admin")))


def found(site: Site, words: str, name: str = "rita") -> list[int]:
    return [card["id"] for card in api(site, name, "read").get("/search", query_string={"q": words}).json["items"]]


def test_who_searches_for_one_finds_the_others(site: Site) -> None:
    home = site.world.card("Working from home", "Ask your lead.")
    bill = site.world.card("Rechnungen an Behörden", "Mit Leitweg-ID.", language="de")
    wfh = site.world.card("Rules for WFH days", "Two a week.")
    site.index()
    assert (found(site, "wfh"), found(site, "invoices")) == ([wfh], [])
    for words in (["WFH", "working from home", "home office"], ["Rechnung", "invoice"]):
        assert api(site, "cora").call("POST", "/synonyms", {"words": words}).status_code == 201
    assert set(found(site, "wfh")) == set(found(site, "home office")) == {home, wfh}
    assert set(found(site, "working from home")) == {home, wfh}
    assert found(site, "wfh")[0] == wfh
    assert found(site, "invoices") == found(site, "rechnung") == [bill]
    assert found(site, "wfh ask")[0] == home


def test_one_way_synonyms_lead_one_way_and_nothing_is_chained(site: Site) -> None:
    card = {name: site.world.card(name, "Words.") for name in ("Phone", "Handset", "Receiver")}
    site.index()
    for words, one_way in ((["phone", "handset"], True), (["handset", "receiver"], False)):
        api(site, "ada").call("POST", "/synonyms", {"words": words, "one_way": one_way})
    assert set(found(site, "phone")) == {card["Phone"], card["Handset"]}
    assert set(found(site, "handset")) == {card["Handset"], card["Receiver"]}


def test_a_synonym_finds_nothing_that_its_reader_may_not_see(site: Site) -> None:
    secret = site.world.card("Quorzel discount", collection="deals")
    site.index()
    api(site, "ada").call("POST", "/synonyms", {"words": ["rebate", "quorzel"]})
    assert (found(site, "rebate"), found(site, "rebate", "stan")) == ([secret], [])


def test_another_process_takes_new_synonyms_up_within_a_second(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card("Working from home")
    site.index()
    other = Site(site.world)
    assert found(other, "wfh") == []
    api(site, "cora").call("POST", "/synonyms", {"words": ["wfh", "working from home"]})
    monkeypatch.setattr("search.synonyms.queries._SECONDS", 0.0)
    assert found(other, "wfh") == [card]
    other.runtime.services.recorder.flush()
    other.runtime.backend.close()
