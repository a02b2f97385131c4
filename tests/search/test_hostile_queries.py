"""Whatever is sent as a query is answered or cleanly refused by every road, with bounded work.

How long it takes is measured by `./dev bench hostile`, which sends the same.
"""

from collections import Counter
from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from benchmarks.hostile import FORM_LIMIT, ROADS, queries
from search.arrays import matching
from search.query import TEXT_LIMIT, TOKENS_LIMIT, parse
from search.whoosh_index.segments import Segment
from tests.site import Site

_WORDS = """refund window annual plan invoice payment renewal shipping warranty password customer account contract
    the and for with that this from have will your international responsibilities"""
WORDS = _WORDS.split()
HOSTILE = queries(WORDS)
LOOKUPS = 400
"""Of terms in one segment: twelve words, each as five languages stem it, its parts, beginnings and joined forms."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many terms were looked up and words corrected."""
    calls: Counter[str] = Counter()
    extent, corrected = Segment.extent, matching.spelt_otherwise

    def counting_extent(self: Segment, field: str, term: str) -> tuple[int, int]:
        calls["lookups"] += 1
        return extent(self, field, term)

    def counting_corrected(*arguments: Any) -> str | None:
        calls["corrections"] += 1
        return corrected(*arguments)

    monkeypatch.setattr(Segment, "extent", counting_extent)
    monkeypatch.setattr(matching, "spelt_otherwise", counting_corrected)
    return calls


@pytest.mark.parametrize("name", HOSTILE)
def test_no_query_has_more_parts_than_people_type(name: str) -> None:
    query = parse(HOSTILE[name].decode(errors="replace"))
    parts = (*query.words, *query.phrases, *query.excluded, *query.collections)
    assert sum(len(part.split()) or 1 for part in parts) + len(query.tags) <= TOKENS_LIMIT
    assert len(query.raw) <= TEXT_LIMIT


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_road_answers_or_names_the_field_and_looks_up_a_bounded_number_of_terms(
    site: Site, counted: Counter[str]
) -> None:
    for number in range(12):
        site.world.card(f"{WORDS[number]} {WORDS[-number]}".title(), " ".join(WORDS), tags=(WORDS[number],))
    site.index()
    rita, token = site.page("rita"), {"Authorization": f"Bearer {site.token('rita', 'read')}"}
    for name, query in HOSTILE.items():
        for road, path in ROADS.items():
            counted.clear()
            response = rita.get(path + quote_from_bytes(query), headers=token if road != "page" else {})
            is_refused = len(query.decode(errors="replace")) > FORM_LIMIT or b"\0" in query
            assert response.status_code == (422 if is_refused else 200), (name, road)
            if is_refused and road != "page":
                assert response.json is not None
                assert [error["field"] for error in response.json["errors"]] == ["q"]
            assert counted["lookups"] <= LOOKUPS, (name, road)
            assert counted["corrections"] <= TOKENS_LIMIT, (name, road)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lone_surrogates_in_json_are_refused_or_kept_out(site: Site) -> None:
    cora = site.api("cora", "read", "write", "admin")
    card_id = site.world.card("Refunds")
    site.index()
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/synonyms", {"words": ["\ud800", "refund"]}),
        ("/golden-queries", {"query": "refund \udfff", "card_id": card_id, "grade": 3}),
        ("/events", {"kind": "lookup_click", "card_id": card_id, "query_id": "\ud800"}),
        ("/cards", {"title": "\ud83d", "body": "\udc00", "collection": "billing"}),
    ]
    for path, body in bodies:
        assert cora.call("POST", path, body).status_code < 500, path
    assert cora.get("/search?q=refunds").status_code == 200
