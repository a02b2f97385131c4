"""A collection says what its answers must be, on its page and over HTTP; below that it warns or withholds."""

from datetime import timedelta
from typing import Any

import pytest

from kb.cards.answers import Shelf
from kb.cards.models import Card
from kb.trust.contract import Contract, contract_words, standing
from kb.trust.state import Trust, TrustState
from tests.site import Site
from tests.world import START, World

STATES = list(TrustState)


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def trust(state: str, days_ago: int | None = 1) -> Trust:
    checked_at = START - timedelta(days=days_ago) if days_ago is not None else None
    return Trust(TrustState(state), (), checked_at, "Vera", None, checked_at)


def shelf(contract: str, min_trust: str | None = None, max_age_days: int | None = None) -> Shelf:
    return Shelf(1, "billing", "Billing", contract, min_trust, max_age_days)


def patch(site: Site, body: dict[str, Any], name: str = "cora") -> Any:
    return api(site, name, "read", "admin").call("PATCH", "/collections/billing", body)


@pytest.mark.parametrize(
    ("least", "accepted"),
    [("verified", 2), ("due_soon", 2), ("overdue", 3), ("flagged", 4), ("unverified", 5)],
)
def test_a_state_is_accepted_with_all_that_are_better_and_due_soon_is_verified(least: str, accepted: int) -> None:
    asks = Contract(TrustState(least))
    assert [state for state in STATES if not asks.refuses(trust(state), "Billing", START)] == STATES[:accepted]


@pytest.mark.parametrize(("days", "is_accepted"), [(0, True), (10, True), (11, False), (None, False)])
def test_an_age_counts_from_the_last_check_to_the_second(days: int | None, is_accepted: bool) -> None:
    asks = Contract(max_age_days=10)
    assert bool(asks.refuses(trust("verified", days), "Billing", START)) is not is_accepted
    if days == 10:
        assert asks.refuses(trust("verified", days), "Billing", START + timedelta(seconds=1))


def test_an_edit_that_nobody_verified_has_no_age(world: World) -> None:
    card = world.card(verified=True)
    world.flag(card)
    with world.transaction() as session:
        loaded = session.get_one(Card, card)
        loaded.unverified_at, loaded.unverified_kind, loaded.unverified_reason = world.now, "edited", "New text"
    assert world.trust(card).verified_at is not None
    assert Contract(max_age_days=10).refuses(world.trust(card), "Billing", world.now)


def test_the_stricter_of_collection_and_request_counts() -> None:
    overdue = trust("overdue", 100)
    asked = Contract(TrustState.VERIFIED)
    for kind, demand, request, expected in (
        ("serve", "verified", None, (False, False)), ("serve", "verified", asked, (True, True)),
        ("warn", "verified", None, (False, True)), ("warn", "verified", asked, (True, True)),
        ("warn", "overdue", asked, (True, True)), ("withhold", "verified", None, (True, True)),
        ("withhold", "overdue", None, (False, False)), ("withhold", "overdue", Contract(max_age_days=99), (True, True)),
        ("withhold", "verified", Contract(TrustState.FLAGGED, 1000), (True, True)),
    ):  # fmt: skip
        stands = standing(shelf(kind, demand), overdue, START, request or Contract())
        assert (kind, demand, (stands.is_withheld, bool(stands.reason))) == (kind, demand, expected)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (("withhold", "verified", 180), "Answers must be verified, checked within 180 days; others are withheld."),
        (("warn", "overdue", None), "Answers must be overdue at worst; others carry a warning."),
        (("withhold", None, 1), "Answers must be checked within 1 day; others are withheld."),
        (("serve", "verified", 180), "Answers are given whatever their trust, which they show."),
    ],
)
def test_a_contract_reads_as_a_sentence(terms: tuple[str, str | None, int | None], words: str) -> None:
    assert contract_words(shelf(*terms)) == words


def test_it_is_set_and_taken_back_over_http(site: Site) -> None:
    before = api(site, "rita").get("/collections/billing").json
    assert (before["contract"], before["min_trust"], before["max_age_days"]) == ("serve", None, None)
    changed = patch(site, {"contract": "withhold", "min_trust": "verified", "max_age_days": 180})
    assert changed.status_code == 200
    assert patch(site, {"description": "Money"}).json["contract"] == "withhold"
    after = api(site, "rita").get("/collections").json["items"][0]
    assert (after["contract"], after["min_trust"], after["max_age_days"]) == ("withhold", "verified", 180)
    assert patch(site, {"max_age_days": None}).json["max_age_days"] is None
    refused = patch(site, {"min_trust": None})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "contract")
    assert patch(site, {"contract": "serve", "min_trust": None}).json["contract"] == "serve"
    made = api(site, "cora", "admin").call(
        "POST", "/collections", {"name": "Legal", "contract": "warn", "max_age_days": 7}
    )
    assert (made.status_code, made.json["contract"], made.json["max_age_days"]) == (201, "warn", 7)


def test_nonsense_is_refused_and_only_curators_change_it(site: Site) -> None:
    for body, field in (
        ({"contract": "hide"}, "contract"), ({"contract": "withhold"}, "contract"),
        ({"min_trust": "good"}, "min_trust"),
        ({"max_age_days": 0}, "max_age_days"), ({"max_age_days": 3651}, "max_age_days"),
        ({"max_age_days": "7"}, "max_age_days"), ({"contract": 1}, "contract"),
    ):  # fmt: skip
        answer = patch(site, body)
        assert (body, answer.status_code) == (body, 422)
        assert answer.json["errors"][0]["field"].startswith(field)
    assert patch(site, {"contract": "warn", "min_trust": "verified"}, "axel").status_code == 403
    hidden = api(site, "stan", "admin").call("PATCH", "/collections/deals", {"contract": "serve"})
    assert hidden.status_code == 404


def test_its_page_shows_it_as_a_sentence_with_what_falls_short(site: Site) -> None:
    world = site.world
    world.card("Refund window", verified=True)
    world.card("Refund form")
    world.card("A draft", publish=False)
    old = world.card("Refund rules", verified=True)
    world.later(days=40)
    world.verify(old)
    cora = site.page("cora")
    fields = {"name": "Billing", "is_open": "1", "steward": "", "contract": "withhold"}
    refused = cora.post("/admin/collections/billing", fields)
    assert refused.status_code == 422
    assert "Say what an answer must be" in refused.text
    assert 'value="withhold" checked' in refused.text
    wrong = cora.post("/admin/collections/billing", {**fields, "max_age_days": "soon"})
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    cora.post("/admin/collections/billing", {**fields, "min_trust": "verified", "max_age_days": "30"})
    page = cora.get("/admin/collections/billing").text
    assert "Answers must be verified, checked within 30 days; others are withheld." in page
    assert "2 answers fall short of that today." in page
    sentence = "Answers must be verified, checked within 30 days; others are withheld."
    assert sentence in site.page("rita").get("/collections/billing").text
    cora.post("/admin/collections/billing", {**fields, "contract": "serve"})
    assert sentence not in site.page("rita").get("/collections/billing").text
