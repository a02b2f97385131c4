"""The browser's address bar: what it learns of this installation, and what it offers to whom."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from search.suggesting import short_name
from tests.site import Site, Visitor

SPEC = "{http://a9.com/-/spec/opensearch/1.1/}"


def offered(visitor: Visitor, typed: str, **headers: str) -> Any:
    answer = visitor.get("/suggestions", query_string={"q": typed}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/x-suggestions+json")
    return json.loads(answer.text)


def test_the_description_names_whole_addresses_of_this_installation_and_nothing_else(site: Site) -> None:
    answer = site.page(None).get("/opensearch.xml")
    assert answer.mimetype == "application/opensearchdescription+xml"
    root = ElementTree.fromstring(answer.text)  # noqa: S314
    assert 0 < len(root.findtext(f"{SPEC}ShortName") or "") <= 16
    base = site.world.settings.public_url
    assert {url.get("type"): url.get("template") for url in root.iter(f"{SPEC}Url")} == {
        "text/html": f"{base}/?q={{searchTerms}}",
        "application/x-suggestions+json": f"{base}/suggestions?q={{searchTerms}}",
        "application/opensearchdescription+xml": f"{base}/opensearch.xml",
    }
    image = (root.findtext(f"{SPEC}Image") or "").removeprefix(base)
    assert site.page(None).get(image).mimetype == "image/svg+xml"
    assert 'rel="search" type="application/opensearchdescription+xml"' in site.page("rita").get("/").text


def test_it_offers_cards_that_one_may_be_served_and_the_signed_out_nothing(site: Site) -> None:
    world = site.world
    card = world.card("Refund window", verified=True)
    world.card("Refund secret", collection="deals", verified=True)
    site.index()
    rita, stan = offered(site.page("rita"), "refu"), offered(site.page("stan"), "refu")
    assert sorted(rita[1]) == ["Refund secret", "Refund window"]
    assert stan == [
        "refu",
        ["Refund window"],
        ["Verified 16 Nov"],
        [f"{world.settings.public_url}/cards/{card}/refund-window"],
    ]
    assert offered(site.page(None), "refu") == ["refu", [], [], []]
    assert offered(stan_gone(site), "refu") == ["refu", [], [], []]


def stan_gone(site: Site) -> Visitor:
    """A browser whose session was idle for longer than sessions last."""
    visitor = site.page("stan")
    site.world.later(days=40)
    return visitor


def test_another_site_that_asks_in_ones_name_learns_nothing(site: Site) -> None:
    site.world.card("Refund window", verified=True)
    site.index()
    for foreign in ("cross-site", "same-site"):
        assert offered(site.page("rita"), "refu", **{"Sec-Fetch-Site": foreign})[1] == []
    assert offered(site.page("rita"), "refu", **{"Sec-Fetch-Site": "none"})[1] == ["Refund window"]


@pytest.mark.parametrize(
    ("name", "short"),
    [("Northwind Support", "Northwind"), ("Acme", "Acme"), ("Sixteen letters!", "Sixteen letters!"),
     ("Donaudampfschifffahrt", "Donaudampfschiff"), ("A very long name of a company", "A very long name")],
)  # fmt: skip
def test_the_short_name_ends_with_a_word(name: str, short: str) -> None:
    assert short_name(name) == short
