"""Card templates over the API: kept by whom the page lets keep them, read by everybody."""

from typing import Any

import pytest

from tests.site import Site

RECIPE: dict[str, Any] = {
    "name": "Recipe", "about": "How to cook it", "most_words": 300,
    "parts": [{"heading": "Steps", "hint": "One at a time", "required": True}, {"heading": "Why"}],
}  # fmt: skip


def test_a_curator_makes_reads_changes_and_an_admin_deletes_a_template(site: Site) -> None:
    cora, ada = site.api("cora", "read", "admin"), site.api("ada", "admin")
    made = cora.call("POST", "/card-templates", RECIPE)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/card-templates/recipe")
    parts = [*RECIPE["parts"][:1], {"heading": "Why", "hint": "", "required": False}]
    assert made.json == {**RECIPE, "parts": parts, "slug": "recipe", "version": 1}
    assert site.api("stan", "read").get("/card-templates/recipe").json == made.json
    changed = cora.call("PUT", "/card-templates/recipe", {**RECIPE, "name": "Dish", "version": 1})
    assert (changed.json["slug"], changed.json["name"], changed.json["version"]) == ("recipe", "Dish", 2)
    assert cora.call("PUT", "/card-templates/recipe", {**RECIPE, "version": 1}).status_code == 409
    assert "Dish" in site.page("cora").get("/admin/card-templates").text
    assert cora.call("DELETE", "/card-templates/recipe").status_code == 403
    assert ada.call("DELETE", "/card-templates/recipe").status_code == 204
    assert ada.call("DELETE", "/card-templates/recipe").status_code == 404
    assert site.api("stan", "read").get("/card-templates/recipe").status_code == 404


def test_a_template_that_a_card_names_is_not_deleted(site: Site) -> None:
    cora = site.api("cora", "read", "write", "admin")
    card = {"title": "A rule", "body": "## What\n\nNothing", "collection": "billing", "template": "policy"}
    assert cora.call("POST", "/cards", card).status_code == 201
    refused = site.api("ada", "admin").call("DELETE", "/card-templates/policy")
    assert (refused.status_code, refused.json["detail"][:23]) == (409, "Cards use this template")


@pytest.mark.parametrize(("name", "scopes"), [("axel", ("admin",)), ("stan", ("admin",)), ("cora", ("read", "write"))])
def test_whoever_keeps_no_templates_on_the_page_keeps_none_here(site: Site, name: str, scopes: tuple[str, ...]) -> None:
    person = site.api(name, *scopes)
    assert person.call("POST", "/card-templates", RECIPE).status_code == 403
    assert person.call("PUT", "/card-templates/policy", {**RECIPE, "version": 1}).status_code == 403
    assert person.call("DELETE", "/card-templates/policy").status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parts": []}, "parts"),
        ({"parts": [{"heading": "Steps"}, {"heading": "steps!"}]}, "parts"),
        ({"parts": [{"heading": "!!"}]}, "parts"),
        ({"parts": [{"heading": "x" * 81}]}, "parts.0.heading"),
        ({"parts": [{"heading": "A", "extra": 1}]}, "parts.0.extra"),
        ({"most_words": 1}, "most_words"),
        ({"name": "Policy"}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_what_is_wrong_is_named(site: Site, change: dict[str, Any], field: str) -> None:
    refused = site.api("cora", "admin").call("POST", "/card-templates", {**RECIPE, **change})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json["errors"]] == [field]
