"""Triggers: a rule reads as a sentence, is for whom it says, and shows nobody what they may not see."""

from typing import Any

import pytest

from kb.errors import Invalid
from kb.triggers.rule import Rule, read_rule, sentence
from tests.curator.test_duplicates import pair_id, two
from tests.site import Site


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def make(site: Site, cards: list[int], **more: Any) -> Any:
    body = {"site": "*.crm.example", "texts": ["Enterprise plan"], "label": "Plan", "cards": cards, **more}
    return api(site, "cora", "admin").call("POST", "/triggers", body)


def rules(site: Site, name: str) -> list[int]:
    return [rule["id"] for rule in api(site, name, "lookup").get("/triggers/rules").json["rules"]]


@pytest.mark.parametrize(
    ("site", "path", "where"),
    [
        ("app.example.com", "", ("app.example.com", "")),
        ("*.example.com", "", ("*.example.com", "")),
        ("https://Agent@app.example.com:8443/tickets/", "", ("app.example.com:8443", "/tickets")),
        ("app.example.com/tickets/", "", ("app.example.com", "/tickets")),
        ("localhost", "/a", ("localhost", "/a")),
    ],
)
def test_a_site_is_read_however_it_is_typed(site: str, path: str, where: tuple[str, str]) -> None:
    rule = read_rule(site, path, ["x y", " x  y "], "")
    assert ((rule.site, rule.path), rule.texts) == (where, ("x y",))


@pytest.mark.parametrize(
    ("site", "path", "texts", "label", "field"),
    [
        ("", "", [], "", "site"),
        ("*.com", "", [], "", "site"),
        ("*", "", [], "", "site"),
        ("exa mple.com", "", [], "", "site"),
        ("example.com", "tickets", [], "", "path"),
        ("example.com", "/a?b", [], "", "path"),
        ("example.com", "", ["x"], "", "texts"),
        ("example.com", "", ["x" * 101], "", "texts"),
        ("example.com", "", [f"text {n}" for n in range(11)], "", "texts"),
        ("example.com", "", [], "Plan", "texts"),
        ("example.com", "", ["text"], "x" * 101, "label"),
    ],
)
def test_what_is_no_rule_is_refused_and_named(site: str, path: str, texts: list[str], label: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule(site, path, texts, label)
    assert refused.value.errors[0].field == field


def test_a_rule_reads_as_a_sentence() -> None:
    assert sentence(Rule("app.example.com")) == "On app.example.com"
    rule = Rule("*.crm.example", "/deals", ("Enterprise", "Scale"), "Plan")
    assert sentence(rule, ["Sales", "Success"]) == (
        "On crm.example and all below it, where the address begins with /deals, when any of “Enterprise” and “Scale” "
        "is on the page near “Plan”, for Sales and Success"
    )


def test_an_extension_gets_the_rules_of_its_reader_and_their_cards(site: Site) -> None:
    card, secret = (
        site.world.card("Enterprise plan", verified=True),
        site.world.card("Floor prices", collection="deals"),
    )
    for_all = make(site, [secret, card]).json
    assert for_all["sentence"].startswith("On crm.example and all below it, when “Enterprise plan”")
    for_deal_desk = make(site, [card], groups=["deal-desk"]).json["id"]
    hidden = make(site, [secret]).json["id"]
    assert rules(site, "rita") == [for_all["id"], for_deal_desk, hidden]
    assert rules(site, "stan") == [for_all["id"]]
    stan = api(site, "stan", "lookup")
    assert [found["id"] for found in stan.get(f"/triggers/{for_all['id']}/cards").json["items"]] == [card]
    rita = api(site, "rita", "lookup").get(f"/triggers/{for_all['id']}/cards").json["items"]
    assert [found["id"] for found in rita] == [secret, card]
    missing = stan.get("/triggers/999/cards")
    for other in (for_deal_desk, hidden):
        answer = stan.get(f"/triggers/{other}/cards")
        assert (answer.status_code, answer.json) == (404, missing.json)


def test_what_is_no_answer_any_more_is_not_shown(site: Site) -> None:
    card = site.world.card("Enterprise plan", verified=True)
    trigger = make(site, [card]).json["id"]
    assert api(site, "cora", "verify").call("POST", f"/cards/{card}/archive").status_code == 200
    assert rules(site, "rita") == []
    assert api(site, "rita").get(f"/triggers/{trigger}/cards").status_code == 404
    assert "None of its cards is an answer now." in site.page("cora").get("/admin/triggers").text


def test_only_curators_keep_triggers_and_two_at_once_lose_nothing(site: Site) -> None:
    card = site.world.card("Enterprise plan", verified=True)
    refused = api(site, "axel", "admin").call("POST", "/triggers", {"site": "a.example", "cards": [card]})
    assert refused.status_code == 403
    assert api(site, "rita").get("/triggers").status_code == 403
    assert site.page("rita").get("/admin/triggers").status_code == 403
    trigger = make(site, [card]).json
    cora = api(site, "cora", "admin")
    change = {"site": "b.example", "cards": [card], "version": 1, "on": False}
    assert cora.call("PUT", f"/triggers/{trigger['id']}", change).json["version"] == 2
    assert cora.call("PUT", f"/triggers/{trigger['id']}", change).status_code == 409
    assert rules(site, "rita") == []
    assert [each["site"] for each in cora.get("/triggers").json["items"]] == ["b.example"]
    assert cora.call("DELETE", f"/triggers/{trigger['id']}").status_code == 204
    assert cora.call("DELETE", f"/triggers/{trigger['id']}").status_code == 404


def test_a_card_that_its_maker_cannot_serve_is_refused(site: Site) -> None:
    draft = site.world.card("Draft", publish=False)
    for cards in ([draft], [999]):
        refused = make(site, cards)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "cards")


def test_a_curator_makes_and_changes_one_on_the_page(site: Site) -> None:
    card = site.world.card("Enterprise plan", verified=True)
    page = site.page("cora")
    page.get("/admin/triggers")
    typed = {"site": "https://crm.example/deals", "texts": "Enterprise\nScale", "label": "Plan",
             "cards": f"/cards/{card}/enterprise-plan"}  # fmt: skip
    assert page.post("/admin/triggers", typed).status_code == 303
    shown = page.get("/admin/triggers").text
    assert "On crm.example, where the address begins with /deals" in shown
    failed = page.post("/admin/triggers", typed | {"cards": "nonsense", "site": "kept.example"})
    assert failed.status_code == 422
    assert "“nonsense” is no address of a card." in failed.text
    assert 'value="kept.example"' in failed.text
    (trigger,) = api(site, "cora").get("/triggers").json["items"]
    off = typed | {"version": trigger["version"], "site": "crm.example"}
    assert page.post(f"/admin/triggers/{trigger['id']}", off).status_code == 303
    assert rules(site, "rita") == []
    assert page.post(f"/admin/triggers/{trigger['id']}", off).status_code == 409
    assert page.post(f"/admin/triggers/{trigger['id']}/delete").status_code == 303
    assert "0 triggers" in page.get("/admin/triggers").text


def test_a_merge_passes_triggers_on(site: Site) -> None:
    gone, kept = two(site.world)
    pair = pair_id(site.world)
    make(site, [gone])
    make(site, [gone, kept])
    body = {"resolution": "merge", "survivor_id": kept}
    assert api(site, "cora", "verify").call("POST", f"/duplicates/{pair}/resolution", body).status_code == 200
    shown = [each["cards"] for each in api(site, "cora").get("/triggers").json["items"]]
    assert shown == [[kept], [kept]]
    assert len(rules(site, "rita")) == 2
