"""The registry: curators keep it, its mistakes are named, and what it says is found in cards at the next round."""

from typing import Any

from tests.curator.detectors.rounds import flags, found
from tests.infra.cases import in_one_world
from tests.site import Site


def add(site: Site, kind: str, name: str, current: str = "", by: str = "cora") -> Any:
    program = site.api(by, "read", "admin")
    return program.call("POST", "/registry", {"kind": kind, "name": name, "current": current})


def test_an_old_version_another_price_and_a_former_name_are_found(site: Site) -> None:
    world = site.world
    body = "Chrome extension 4.9 works with the Pro plan, which costs €39 per month. Ask your Success Manager."
    card = world.card(body=body, verified=True)
    assert found(world, card) == {}
    add(site, "version", "Chrome extension", "5.2")
    add(site, "value", "Pro plan", "€49 per month")
    add(site, "renamed", "Success Manager", "Account Partner")
    assert found(world, card) == {
        "old_version": ["Chrome extension 4.9"],
        "value_changed": ["Pro plan, which costs €39 per month", "Success Manager"],
    }
    assert (flags(world, card), world.trust(card).is_good) == ([], True)


def test_a_dismissal_ends_when_the_registry_says_another_value(site: Site) -> None:
    world = site.world
    card = world.card(body="The Pro plan costs €39.", verified=True)
    entry = add(site, "value", "Pro plan", "€49").json
    found(world, card)
    cora: Any = site.api("cora", "read", "verify", "admin")
    number = cora.get(f"/cards/{card}/findings").json["items"][0]["id"]
    cora.call("POST", f"/findings/{number}/dismissal", {"reason": "An old contract"})
    assert found(world, card) == {}
    change = {"name": "Pro plan", "current": "€59", "version": entry["version"]}
    assert cora.call("PUT", f"/registry/{entry['id']}", change).status_code == 200
    assert cora.call("PUT", f"/registry/{entry['id']}", change).status_code == 409
    assert found(world, card) == {"value_changed": ["Pro plan costs €39"]}
    assert cora.call("DELETE", f"/registry/{entry['id']}").status_code == 204
    assert found(world, card) == {}


@in_one_world(
    ("kind", "name", "current", "field"),
    [
        ("tool", "Okta", "", "name"),
        ("tool", "oKTA", "", "name"),
        ("tool", "Linear", "1.0", "current"),
        ("tool", "x", "", "name"),
        ("tool", "  ", "", "name"),
        ("tool", "(x)", "", "name"),
        ("version", "App", "", "current"),
        ("version", "App", "new", "current"),
        ("version", "App", "5..2", "current"),
        ("value", "Plan", "cheap", "current"),
        ("value", "Plan", "€49 or €59", "current"),
        ("renamed", "Plan", "plan", "current"),
        ("price", "Plan", "€1", "kind"),
    ],
)
def test_a_mistake_is_named(site: Site, kind: str, name: str, current: str, field: str) -> None:
    answer = add(site, kind, name, current)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_only_curators_and_admins_keep_it(site: Site) -> None:
    for name, status in (("vera", 403), ("rita", 403), ("cora", 201), ("ada", 422)):
        assert add(site, "version", "App", "1.0", name).status_code == status
        assert site.page(name).get("/admin/registry").status_code == (200 if name in ("cora", "ada") else 403)


def test_the_page_adds_changes_and_deletes_and_keeps_what_was_typed(site: Site) -> None:
    cora = site.page("cora")
    form = {"kind": "value", "name": "Pro plan", "current": "cheap"}
    refused = cora.post("/admin/registry", form)
    assert refused.status_code == 422
    assert 'value="cheap"' in refused.get_data(as_text=True)
    assert cora.post("/admin/registry", {**form, "current": "€49"}).status_code == 303
    shown = cora.get("/admin/registry?kind=value").get_data(as_text=True)
    assert "Pro plan: €49" in shown
    number = site.api("cora", "read").get("/registry?limit=100").get_json()["items"][-1]["id"]
    change = {**form, "current": "€59", "version": "1"}
    assert cora.post(f"/admin/registry/{number}", change).status_code == 303
    assert cora.post(f"/admin/registry/{number}", {**change, "current": "€69"}).status_code == 409
    assert cora.post(f"/admin/registry/{number}/delete", {"kind": "value"}).status_code == 303
    assert "Pro plan" not in cora.get("/admin/registry?kind=value").get_data(as_text=True)


def test_the_card_shows_its_evidence_to_whoever_may_verify_it_and_to_nobody_else(site: Site) -> None:
    world = site.world
    card = world.card(body="Synced with Salesforce until 5 January 2027.", verified=True)
    found(world, card)
    seen = {name: site.page(name).get(f"/cards/{card}").get_data(as_text=True) for name in ("vera", "axel", "rita")}
    assert "<q>Salesforce</q>" in seen["vera"]
    assert "Look again 6 Jan 2027" in seen["vera"]
    assert ("Watch a source" in seen["vera"], "Watch a source" in seen["axel"]) == (False, True)
    assert 'id="evidence"' not in seen["rita"]


def test_the_forms_beside_a_card_dismiss_take_back_and_watch(site: Site) -> None:
    world = site.world
    card = world.card(body="Synced with Salesforce.", verified=True)
    found(world, card)
    cora, program = site.page("cora"), site.api("cora", "read")
    [finding, *_] = program.get(f"/cards/{card}/findings").get_json()["items"]
    assert cora.post(f"/findings/{finding['id']}/dismiss", {"reason": "  "}).status_code == 422
    assert cora.post(f"/findings/{finding['id']}/dismiss", {"reason": "Only named"}).status_code == 303
    assert "Cora, 16 Nov: Only named" in cora.get(f"/cards/{card}").get_data(as_text=True)
    assert cora.post(f"/findings/{finding['id']}/restore").status_code == 303
    assert found(world, card) == {"names_tool": ["Salesforce"]}
    assert cora.post(f"/cards/{card}/sources", {"place": "https://example.com/prices"}).status_code == 303
    assert "Not read yet" in cora.get(f"/cards/{card}").get_data(as_text=True)
    assert cora.post("/sources/1/remove").status_code == 303
    assert "example.com" not in cora.get(f"/cards/{card}").get_data(as_text=True)
