"""People, groups and collections over HTTP: who may see and change them, and what follows from a change."""

from typing import Any

from tests.site import Site
from tests.world import email

ALL = ("read", "write", "verify", "admin")


def api(site: Site, name: str = "ada", *scopes: str) -> Any:
    return site.api(name, *(scopes or ALL))


def names(answer: Any) -> list[str]:
    return [item["name"] for item in answer.json["items"]]


def person_id(site: Site, name: str) -> int:
    with site.world.read() as session:
        return site.world.person(session, name).id


def test_a_token_says_whose_it_is_and_what_it_may(site: Site) -> None:
    me = api(site, "rita", "read", "write").get("/me").json
    assert (me["email"], me["role"], me["groups"], me["scopes"]) == (
        email("rita"), "rep", ["deal-desk"], ["read", "write"],
    )  # fmt: skip


def test_people_are_listed_for_authors_and_in_full_for_admins(site: Site) -> None:
    api(site).call("PATCH", f"/people/{person_id(site, 'stan')}", {"active": False})
    assert "Stan" in names(api(site).get("/people?limit=100"))
    assert "Stan" not in names(api(site, "axel").get("/people?limit=100"))
    assert api(site, "axel").get(f"/people/{person_id(site, 'stan')}").status_code == 404
    assert api(site, "rita").get("/people").status_code == 403
    assert api(site, "rita").get(f"/people/{person_id(site, 'rita')}").json["name"] == "Rita"


def test_a_person_is_added_and_changed_by_admins(site: Site) -> None:
    added = api(site).call("POST", "/people", {"email": "New@Northwind.example", "name": "New", "groups": ["experts"]})
    assert (added.status_code, added.json["email"], added.json["role"]) == (201, "new@northwind.example", "rep")
    path = added.headers["Location"].removeprefix("/api/v1")
    changed = api(site).call("PATCH", path, {"role": "author", "groups": []}).json
    assert (changed["name"], changed["role"], changed["groups"], changed["active"]) == ("New", "author", [], True)
    assert api(site).call("POST", "/people", {"email": "new@northwind.example", "name": "Twice"}).status_code == 422
    for name in ("cora", "axel", "rita"):
        assert api(site, name).call("POST", "/people", {"email": "x@y.example", "name": "X"}).status_code == 403
        assert api(site, name).call("PATCH", path, {"role": "admin"}).status_code == 403
        assert api(site, name).call("PATCH", "/people/99999", {"role": "admin"}).status_code == 403
    assert api(site, "ada", "read", "write", "verify").call("PATCH", path, {"role": "rep"}).status_code == 403


def test_deactivating_hands_cards_on_and_ends_access(site: Site) -> None:
    card, vera = site.world.card(verifiers=("vera", "axel")), api(site, "vera", "read")
    path = f"/people/{person_id(site, 'vera')}"
    assert vera.get(f"/cards/{card}").json["assignee"]["name"] == "Vera"
    assert api(site).call("PATCH", path, {"active": False}).json["active"] is False
    assert vera.get(f"/cards/{card}").status_code == 401
    assert api(site).get(f"/cards/{card}").json["assignee"]["name"] == "Axel"
    assert api(site).call("PATCH", path, {"active": True, "name": "Vera B."}).json["name"] == "Vera B."


def test_the_last_admin_stays(site: Site) -> None:
    path = f"/people/{person_id(site, 'ada')}"
    admins = [row for row in api(site).get("/people?limit=100").json["items"] if row["role"] == "admin"]
    for other in admins:
        if other["email"] != email("ada"):
            api(site).call("PATCH", f"/people/{other['id']}", {"active": False})
    assert api(site).call("PATCH", path, {"active": False}).status_code == 409
    assert api(site).call("PATCH", path, {"role": "rep"}).status_code == 409


def test_a_group_is_made_and_changed(site: Site) -> None:
    made = api(site).call("POST", "/groups", {"name": "Night shift", "members": [email("rita"), email("rita")]})
    assert (made.status_code, made.json["slug"]) == (201, "night-shift")
    assert [member["name"] for member in made.json["members"]] == ["Rita"]
    path = made.headers["Location"].removeprefix("/api/v1")
    assert api(site).call("PATCH", path, {"name": "Late shift"}).json["members"] == made.json["members"]
    assert api(site).call("PATCH", path, {"members": []}).json == made.json | {"name": "Late shift", "members": []}
    assert api(site).call("POST", "/groups", {"name": "Night shift"}).status_code == 422
    assert api(site).call("PATCH", path, {"members": ["nobody@x.example"]}).json["errors"][0]["field"] == "members.0"
    assert "Late shift" in names(api(site, "axel").get("/groups"))
    assert api(site, "rita").get("/groups").status_code == 403
    assert api(site, "cora").call("PATCH", path, {"name": "Mine"}).status_code == 403


def test_collections_are_listed_for_those_who_may_read_them(site: Site) -> None:
    assert names(api(site, "rita").get("/collections")) == ["Billing", "Deals"]
    assert names(api(site, "stan").get("/collections")) == ["Billing"]
    missing = api(site, "stan").get("/collections/nope")
    assert missing.status_code == 404
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert api(site, "stan").call(method, "/collections/deals", body).data == missing.data
    assert api(site, "rita").get("/collections/deals").json["readers"][0]["slug"] == "deal-desk"


def test_a_collection_is_made_changed_and_deleted(site: Site) -> None:
    fields = {"name": "Höhere Preise", "is_open": False, "readers": ["deal-desk"], "authors": ["experts"],
              "verifiers": ["group:experts", email("vera")], "interval_days": 30}  # fmt: skip
    made = api(site, "cora").call("POST", "/collections", fields)
    shelf = made.json
    assert (made.status_code, shelf["slug"], shelf["steward"]["name"]) == (201, "hohere-preise", "Cora")
    assert [verifier["kind"] for verifier in shelf["verifiers"]] == ["group", "person"]
    path = made.headers["Location"].removeprefix("/api/v1")
    assert api(site, "cora").call("PATCH", path, {"description": "Prices"}).json == shelf | {"description": "Prices"}
    changed = api(site, "cora").call("PATCH", path, {"steward": None, "interval_days": None, "is_open": True}).json
    assert (changed["steward"], changed["interval_days"], changed["is_open"]) == (None, None, True)
    assert api(site, "rita").call("PATCH", path, {"name": "Mine"}).status_code == 403
    assert api(site, "cora").call("DELETE", "/collections/billing").status_code == 204
    assert api(site, "cora").call("DELETE", path).data == b""
    assert api(site, "axel").call("POST", "/collections", {"name": "Mine"}).status_code == 403


def test_a_collection_with_cards_stays(site: Site) -> None:
    site.world.card()
    assert api(site, "cora").call("DELETE", "/collections/billing").status_code == 409


def test_bad_fields_are_named(site: Site) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("/collections", {"name": ""}, "name"), ("/collections", {"name": "a\x00"}, "name"),
        ("/collections", {"name": "X", "slug": "No slug"}, "slug"),
        ("/collections", {"name": "Billing"}, "slug"), ("/collections", {"name": "X", "readers": ["no"]}, "readers.0"),
        ("/collections", {"name": "X", "steward": email("rita")}, "steward"), ("/people", {"name": "X"}, "email"),
        ("/people", {"name": "X", "email": "none"}, "email"), ("/people", {"name": "X", "email": "a@\ud800"}, "email"),
        ("/people", {"name": "X", "email": "x@y.example", "role": "king"}, "role"), ("/groups", {"name": 5}, "name"),
        ("/groups", {"name": "X", "members": "rita"}, "members"), ("/groups", {"name": "X", "admin": True}, "admin"),
    ]  # fmt: skip
    for path, body, field in cases:
        answer = api(site).call("POST", path, body)
        assert (path, body, answer.status_code) == (path, body, 422)
        assert [error["field"] for error in answer.json["errors"]] == [field]
    for slug in ("a%00b", "%F0%9F%87%AB", "x" * 500):
        assert api(site).get(f"/collections/{slug}").status_code == 404
        assert api(site).get(f"/groups/{slug}").status_code == 404


def test_an_empty_group_that_nothing_refers_to_is_deleted(site: Site) -> None:
    ada = site.api("ada", "admin")
    assert ada.call("POST", "/groups", {"name": "Night shift"}).status_code == 201
    assert site.api("cora", "admin").call("DELETE", "/groups/night-shift").status_code == 403
    assert ada.call("DELETE", "/groups/experts").status_code == 409
    assert ada.call("DELETE", "/groups/night-shift").status_code == 204
    assert ada.call("GET", "/groups/night-shift").status_code == 404
