"""The estimate as people and programs meet it: the panel beside a card, the API, the freshness report."""

import pytest

from kb.cards.models import Card
from kb.trust.rules import Rule
from kb.trust.state import TrustState
from tests.curator.cast import read
from tests.site import Site


def page(site: Site, name: str, path: str) -> str:
    answer = site.page(name).get(path, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_verifier_sees_how_likely_the_card_is_still_right_and_a_reader_does_not(site: Site) -> None:
    card_id = site.world.card(verified=True)
    site.world.later(days=70)
    for name in ("vera", "axel", "cora"):
        shown = page(site, name, f"/cards/{card_id}")
        assert "How likely is it still right?" in shown
        assert "Not checked for 70 days" in shown
        assert "Every " in shown
    assert "How likely is it still right?" not in page(site, "rita", f"/cards/{card_id}")


def test_the_evidence_beside_a_reported_card_does_not_say_that_nothing_speaks_against_it(site: Site) -> None:
    card_id = site.world.card(verified=True)
    assert "Nothing speaks against it." in page(site, "axel", f"/cards/{card_id}")
    site.world.flag(card_id)
    reported = page(site, "axel", f"/cards/{card_id}")
    assert ("Nothing speaks against it." in reported, "Only the reports above." in reported) == (False, True)


def test_a_draft_has_no_estimate(site: Site) -> None:
    card_id = site.world.card(publish=False, author="axel")
    assert "How likely is it still right?" not in page(site, "axel", f"/cards/{card_id}")


def test_the_api_says_it_to_verifiers_only_and_hides_what_is_hidden(site: Site) -> None:
    world = site.world
    card_id, secret = world.card(verified=True), world.card(collection="deals", verified=True)
    world.later(days=70)
    answer = site.api("vera").get(f"/cards/{card_id}/freshness").get_json()
    assert 0 < answer["p_stale"] < 1
    assert answer["band"] in ("likely_current", "worth_a_look")
    assert answer["days_since_check"] == 70
    assert answer["suggested_interval_days"] <= answer["unlimited_interval_days"]
    assert answer["minutes"] == 2
    assert "Not checked for 70 days" in answer["reasons"]
    assert site.api("rita").get(f"/cards/{card_id}/freshness").status_code == 403
    assert site.api("stan").get(f"/cards/{secret}/freshness").status_code == 404
    assert site.api("vera").get("/cards/999999/freshness").status_code == 404
    assert site.api(None).get(f"/cards/{card_id}/freshness").status_code == 401


def p_of(site: Site, card_id: int) -> float:
    p: float = site.api("cora").get(f"/cards/{card_id}/freshness").get_json()["p_stale"]
    return p


def test_it_moves_with_edits_reports_and_checks_and_never_touches_trust(site: Site) -> None:
    world = site.world
    card_id = world.card(title="Refunds", body="Refund within 30 days.", verified=True, interval_days=365)
    world.later(days=100)
    at_rest = p_of(site, card_id)
    change = {"version": 1, "body": "Refund within 45 days."}
    assert site.api("axel", "read", "write").call("PATCH", f"/cards/{card_id}", json=change).status_code == 200
    edited = p_of(site, card_id)
    assert edited > at_rest, "an edit is evidence of change and no check"
    said = {"kind": "reported", "detail": "It is 60 now."}
    assert site.api("rita", "read", "write").call("POST", f"/cards/{card_id}/flags", json=said).status_code == 201
    assert p_of(site, card_id) > edited
    verified = {"version": 2, "note": "Read the contract."}
    scopes = ("read", "write", "verify")
    answer = site.api("vera", *scopes).call("POST", f"/cards/{card_id}/verification", json=verified)
    assert answer.status_code in (200, 201)
    assert p_of(site, card_id) == 0
    world.later(days=364)
    assert p_of(site, card_id) > 0
    assert world.trust(card_id).state is not TrustState.UNVERIFIED
    assert world.trust(card_id).state is not TrustState.OVERDUE


def test_the_report_counts_what_its_reader_may_see(site: Site) -> None:
    world = site.world
    billing, deals = world.card(verified=True), world.card(collection="deals", verified=True)
    world.later(days=90)
    read(world, billing, shown=280)
    read(world, deals, shown=2800)
    everything = site.api("rita").get("/reports/freshness").get_json()
    assert [row["collection"] for row in everything["collections"]] == ["deals", "billing"]
    assert everything["views_per_week"] == 770
    assert 0 < everything["stale_per_week"] < 770
    assert sum(row["cards"] for row in everything["bands"]) == everything["cards"] == 2
    some = site.api("stan").get("/reports/freshness").get_json()
    assert [row["collection"] for row in some["collections"]] == ["billing"]
    assert some["views_per_week"] == 70
    shown = page(site, "stan", "/reports/freshness")
    assert "Deals" not in shown
    assert "Most worth a check" not in shown, "reasons are for those who may verify"
    assert "Workload" not in shown
    assert "Most worth a check" in page(site, "cora", "/reports/freshness")
    assert '/reports/freshness"' in page(site, "cora", "/reports/weekly")


def test_the_report_says_what_was_said_and_what_was_found(site: Site) -> None:
    world = site.world
    assert "Nothing was checked yet" in page(site, "cora", "/reports/freshness")
    cards = [world.card(body="Refund within 30 days.", verified=True) for _ in range(4)]
    world.later(days=100)
    for card_id in cards[1:]:
        world.verify(card_id)
    change = {"version": 1, "body": "Refund within 45 days.", "checked": True}
    answer = site.api("vera", "read", "write", "verify").call("PATCH", f"/cards/{cards[0]}", json=change)
    assert answer.status_code == 200
    rows = site.api("cora").get("/reports/freshness").get_json()["reliability"]
    assert sum(row["checks"] for row in rows) == 4
    assert sum(row["checks"] * row["found"] for row in rows) == pytest.approx(1)
    assert "Said and found" in page(site, "cora", "/reports/freshness")


def test_an_empty_installation_has_a_report(site: Site) -> None:
    assert "There are no cards yet." in page(site, "rita", "/reports/freshness")
    answer = site.api("rita").get("/reports/freshness").get_json()
    assert (answer["cards"], answer["stale_per_week"], answer["reliability"]) == (0, 0, [])


def test_a_collections_target_is_chosen_on_its_page_and_over_the_api(site: Site) -> None:
    world = site.world
    card_id = world.card(verified=True)
    assert "Suggest a check when" in page(site, "cora", "/admin/collections/billing")
    usual = site.api("cora").get(f"/cards/{card_id}/freshness").get_json()["suggested_interval_days"]
    sent = site.page("cora").post(
        "/admin/collections/billing", {"name": "Billing", "is_open": "yes", "stale_target": "0.1"}
    )
    assert sent.status_code == 303
    assert site.api("cora").get("/collections/billing").get_json()["stale_target"] == 0.1
    strict = site.api("cora").get(f"/cards/{card_id}/freshness").get_json()["suggested_interval_days"]
    assert strict < usual
    patched = site.api("cora", "read", "admin").call("PATCH", "/collections/billing", json={"stale_target": 0.42})
    assert patched.get_json()["stale_target"] == 0.42
    assert "42% are likely stale" in page(site, "cora", "/admin/collections/billing")
    for wrong in (0, 1, "much"):
        answer = site.api("cora", "read", "admin").call("PATCH", "/collections/billing", json={"stale_target": wrong})
        assert answer.status_code == 422
    assert (
        site.page("cora").post("/admin/collections/billing", {"name": "Billing", "stale_target": "7"}).status_code
        == 422
    )


def test_a_card_that_is_archived_while_it_is_looked_at_is_no_trouble(site: Site) -> None:
    card_id = site.world.card(verified=True)
    with site.world.transaction() as session:
        session.get_one(Card, card_id).status = "archived"
    assert site.api("cora").get(f"/cards/{card_id}/freshness").status_code == 403


def test_what_is_suggested_keeps_within_a_rule(site: Site) -> None:
    card_id = site.world.card(verified=True, tags=("price",))
    with site.world.transaction() as session:
        session.add(Rule(position=1, tag="price", interval_days=21, created_at=site.world.now))
    answer = site.api("cora").get(f"/cards/{card_id}/freshness").get_json()
    assert answer["suggested_interval_days"] == 21 < answer["unlimited_interval_days"]
    assert "Every 21 days" in page(site, "cora", f"/cards/{card_id}")
