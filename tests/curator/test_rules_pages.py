"""Rules on the page and over the API: seen by those who curate, looked at first, applied as looked at."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from kb.cards.models import Card, Collection
from kb.trust.rules import Rule
from kb.trust.state import TrustState
from tests.curator.test_simulator import dues, rules
from tests.infra.cases import in_one_world
from tests.site import Site, Visitor


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the form that applies the change."""
    form = page[page.index('action="/admin/rules/changes"') :].split("</form>")[0]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def look(visitor: Visitor, **change: object) -> str:
    return visitor.get("/admin/rules/preview?" + urlencode(change)).text


def shelf(site: Site) -> tuple[int | None, bool]:
    with site.world.read() as session:
        found = site.world.collection(session, "billing")
        return found.interval_days, found.is_adaptive


def test_a_rule_is_looked_at_and_then_applied(site: Site) -> None:
    cards = [site.world.card(f"Price {number}", verified=True, tags=("pricing",)) for number in range(3)]
    site.world.later(days=40)
    cora = site.page("cora")
    assert "There are no rules yet" in cora.get("/admin/rules").text
    before = dues(site.world)
    page = look(cora, kind="add", collection="billing", tag="pricing", interval_days=30)
    assert "This makes 3 verified cards overdue today." in page
    assert "Cards of Billing tagged pricing: checked every 30 days." in page
    assert "Spread over 4 weeks" in page
    assert "Price 2" in page
    assert "In the last twelve weeks 3 checks would have been due" in page
    assert dues(site.world) == before
    applied = cora.post("/admin/rules/changes", {**fields_of(page), "when": "now"})
    assert (applied.status_code, applied.headers["Location"]) == (303, "/admin/rules")
    again = cora.post("/admin/rules/changes", {**fields_of(page), "when": "now"})
    assert again.status_code == 303
    listed = cora.get("/admin/rules").text
    assert "Applied. 3 checks moved." in listed
    assert "New rule, applied now: 3 checks moved" in listed
    assert listed.count("Cards of Billing tagged pricing") == listed.count('aria-label="Change: ') + 2
    assert {site.world.trust(card).state for card in cards} == {TrustState.OVERDUE}


def test_facts_that_changed_meanwhile_show_the_new_effect_instead(site: Site) -> None:
    card = site.world.card(verified=True)
    site.world.later(days=40)
    cora = site.page("cora")
    page = look(cora, kind="add", collection="billing", interval_days=30)
    site.world.verify(card)
    before = dues(site.world)
    refused = cora.post("/admin/rules/changes", {**fields_of(page), "when": "now"})
    assert refused.status_code == 409
    assert "changed since this was shown" in refused.text
    assert "This makes no card overdue." in refused.text
    assert (rules(site.world), dues(site.world)) == ([], before)
    assert cora.post("/admin/rules/changes", {**fields_of(refused.text), "when": "now"}).status_code == 303


def test_another_interval_of_a_collection_is_shown_before_it_counts(site: Site) -> None:
    site.world.card(verified=True)
    site.world.later(days=40)
    cora = site.page("cora")
    fields = {"name": "Billing", "about": "Money", "is_open": "1", "interval_days": "30", "adaptive": "1"}
    saved = cora.post("/admin/collections/billing", fields)
    assert shelf(site) == (None, False)
    assert "Money" in cora.get("/admin/collections/billing").text
    page = cora.get(saved.headers["Location"]).text
    assert "This makes 1 verified card overdue today." in page
    applied = cora.post("/admin/rules/changes", {**fields_of(page), "when": "next"})
    assert applied.headers["Location"] == "/admin/collections/billing"
    assert shelf(site) == (30, True)
    assert cora.post("/admin/collections/billing", fields).headers["Location"] == "/admin/collections/billing"


def test_without_pending_checks_a_collections_interval_is_saved_at_once(site: Site) -> None:
    cora = site.page("cora")
    fields = {"name": "Billing", "is_open": "1", "interval_days": "30"}
    assert cora.post("/admin/collections/billing", fields).headers["Location"] == "/admin/collections/billing"
    assert shelf(site) == (30, False)


def test_rules_are_moved_changed_and_removed_by_their_buttons(site: Site) -> None:
    ada = site.page("ada")
    for days in (10, 20, 30):
        ada.post("/admin/rules/changes", fields_of(look(ada, kind="add", interval_days=days)))
    assert rules(site.world) == [10, 20, 30]

    def press(label: str, place: int) -> None:
        page = ada.get("/admin/rules").text
        forms = [
            form for form in re.findall(r"<form method=\"get\".*?</form>", page, re.DOTALL) if f">{label}<" in form
        ]
        found = re.findall(r'name="([^"]+)" value="([^"]*)"', forms[place])
        ada.post("/admin/rules/changes", fields_of(look(ada, **dict(found))))

    press("Up", 1)
    assert rules(site.world) == [10, 30, 20]
    press("Down", 0)
    assert rules(site.world) == [30, 10, 20]
    press("Remove", 1)
    assert rules(site.world) == [30, 20]
    edit = re.findall(r'href="(/admin/rules\?edit=\d+)#rule"', ada.get("/admin/rules").text)[0]
    form = ada.get(edit).text
    assert 'value="30"' in form
    assert "Change the rule" in form


@in_one_world(
    ("change", "field"),
    [
        ({"kind": "add", "interval_days": "0"}, "interval_days"),
        ({"kind": "add", "interval_days": "soon"}, "interval_days"),
        ({"kind": "add", "check_on": "tomorrow"}, "check_on"),
        ({"kind": "add", "check_on": "2026-02-30"}, "check_on"),
        ({"kind": "add", "expiry": "burn"}, "expiry"),
        ({"kind": "add", "audience": "martians", "interval_days": "3"}, "audience"),
        ({"kind": "add", "tag": "a,b", "interval_days": "3"}, "tag"),
        ({"kind": "add"}, "interval_days"),
        ({"kind": "add", "interval_days": "3", "weeks": "99"}, "weeks"),
        ({"kind": "explode"}, "kind"),
        ({}, "kind"),
        ({"kind": "edit", "interval_days": "3"}, "rule"),
        ({"kind": "collection"}, "collection"),
        ({"kind": "add", "tag": "\x00", "interval_days": "3"}, "tag"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_is_named_with_its_field(site: Site, change: dict[str, str], field: str) -> None:
    refused = site.page("ada").get("/admin/rules/preview?" + urlencode(change))
    assert refused.status_code == 422
    assert f'href="#f-{field}"' in refused.text
    assert rules(site.world) == []


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("rita", {"kind": "add", "interval_days": "3"}, 403),
        ("axel", {"kind": "add", "collection": "billing", "interval_days": "3"}, 403),
        ("cora", {"kind": "add", "interval_days": "3"}, 403),
        ("cora", {"kind": "add", "collection": "none", "interval_days": "3"}, 404),
        ("stan", {"kind": "add", "collection": "deals", "interval_days": "3"}, 404),
        ("ada", {"kind": "remove", "rule": "999"}, 404),
        ("ada", {"kind": "add", "interval_days": "3"}, 200),
        ("cora", {"kind": "catch_up"}, 200),
        ("rita", {"kind": "catch_up"}, 403),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_those_who_curate_may_look_and_change(site: Site, name: str, change: dict[str, str], status: int) -> None:
    visitor = site.page(name)
    assert visitor.get("/admin/rules/preview?" + urlencode(change)).status_code == status
    sent = visitor.post("/admin/rules/changes", {**change, "token": "0" * 64})
    assert sent.status_code == (409 if status == 200 else status)
    number = {key: int(value) if value.isdigit() else value for key, value in change.items()}
    assert site.api(name, "read").call("POST", "/rules/preview", number).status_code == status


def test_rules_of_other_collections_are_not_shown(site: Site) -> None:
    world = site.world
    with world.transaction() as session:
        deals, billing = (world.collection(session, slug).id for slug in ("deals", "billing"))
        for position, (collection_id, tag) in enumerate(((deals, "zanzibar"), (billing, "pricing"), (None, "legal"))):
            rule = {"collection_id": collection_id, "tag": tag, "interval_days": 30, "created_at": world.now}
            session.add(Rule(position=position, **rule))
        world.collection(session, "deals").steward_id = None
    page = site.page("cora").get("/admin/rules").text
    assert "zanzibar" not in page
    assert "tagged pricing" in page
    assert "All cards" not in page
    answer: Any = site.api("cora").get("/rules").json
    assert [(rule["collection"], rule["tag"]) for rule in answer["items"]] == [("billing", "pricing"), (None, "legal")]
    assert site.page("rita").get("/admin/rules").status_code == 403
    assert site.api("rita").get("/rules").status_code == 403


def test_the_api_looks_and_applies(site: Site) -> None:
    world = site.world
    card = world.card("Price", verified=True)
    world.later(days=40)
    api = site.api("cora", "admin")
    change = {"kind": "add", "collection": "billing", "interval_days": 30, "expiry": "warn", "pace": "adaptive"}
    seen: Any = api.call("POST", "/rules/preview", change).json
    assert seen["overdue"] == 1
    assert seen["moves"][0] | {"now": "", "spread": "", "due": ""} == {
        "card_id": card, "title": "Price", "overdue": True, "now": "", "spread": "", "due": "",
    }  # fmt: skip
    assert len(seen["loads"]) == len(seen["replay"]) == 12
    assert api.call("POST", "/rules/changes", {**change, "when": "now"}).status_code == 422
    proof = {"when": "now", "token": seen["token"], "at": seen["at"]}
    assert api.call("POST", "/rules/changes", {**change, **proof, "interval_days": 20}).status_code == 409
    assert api.call("POST", "/rules/changes", {**change, **proof}).json == {"moved": 1}
    assert api.call("POST", "/rules/changes", {**change, **proof}).json == {"moved": 1}
    assert site.api("cora", "read").call("POST", "/rules/changes", {**change, **proof}).status_code == 403
    answer: Any = api.get("/rules").json
    assert len(answer["items"]) == 1
    rule = answer["items"][0]
    assert (rule["interval_days"], rule["expiry"], rule["pace"]) == (30, "warn", "adaptive")
    assert api.call("POST", "/rules/changes", {"kind": "remove", "rule": rule["id"]}).json == {"moved": 0}
    assert api.get("/rules").json == {"items": [], "next_cursor": None}


def test_a_collection_is_adaptive_over_the_api_and_no_date_moves(site: Site) -> None:
    card = site.world.card(verified=True)
    before = dues(site.world)
    changed: Any = site.api("cora", "admin").call("PATCH", "/collections/billing", {"adaptive": True}).json
    assert changed["adaptive"] is True
    assert dues(site.world) == before
    with site.world.read() as session:
        assert session.get_one(Collection, session.get_one(Card, card).collection_id).is_adaptive


def test_dates_are_caught_up_with_after_the_settings_changed(site: Site) -> None:
    card = site.world.card(verified=True)
    with site.world.transaction() as session:
        session.get_one(Card, card).verify_by = site.world.now.replace(year=2027)
    ada = site.page("ada")
    assert "1 pending check has another date than the policy says today" in ada.get("/admin/rules").text
    page = look(ada, kind="catch_up")
    assert "Catching up makes no card overdue." in page
    ada.post("/admin/rules/changes", {**fields_of(page), "when": "now"})
    assert "Every pending check has the date" in ada.get("/admin/rules").text


def test_what_is_overdue_already_is_nothing_to_catch_up_with(site: Site) -> None:
    card = site.world.card(verified=True)
    with site.world.transaction() as session:
        session.get_one(Card, card).verify_by = site.world.now + timedelta(days=100)
    site.world.later(days=101)
    assert "Every pending check has the date" in site.page("ada").get("/admin/rules").text


def test_the_editor_names_the_interval_that_a_rule_gives_the_card(site: Site) -> None:
    card = site.world.card(tags=("pricing",))
    cora = site.page("cora")
    assert "90 days (as the collection)" in cora.get(f"/cards/{card}/edit").text
    page = look(cora, kind="add", collection="billing", tag="pricing", interval_days=30)
    cora.post("/admin/rules/changes", {**fields_of(page), "when": "next"})
    assert "30 days (as a rule)" in cora.get(f"/cards/{card}/edit").text
