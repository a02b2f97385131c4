"""Connecting an extension: a code that a person reads off a page becomes a token that can only look up."""

import base64
import hashlib
import re
from typing import Any

from tests.infra.cases import in_one_world
from tests.site import Site

VERIFIER = "v" * 43


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def code(site: Site, name: str = "rita", verifier: str = VERIFIER) -> str:
    page = site.page(name)
    asked = page.get("/extension/connect", query_string={"challenge": challenge(verifier), "name": "Chromium"})
    assert "can change no card" in asked.text
    shown = page.post("/extension/connect", {"challenge": challenge(verifier), "name": "Extension in Chromium"})
    found = re.search(r'id="code"[^>]*>([A-Z2-9]{8})<', shown.text)
    assert found is not None
    return found[1]


def exchange(site: Site, given: str, verifier: str = VERIFIER) -> Any:
    return site.api(None).call("POST", "/tokens/exchange", {"code": given, "verifier": verifier})


def test_a_code_becomes_a_token_that_can_look_up_and_nothing_more(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.index()
    given = exchange(site, code(site)).json
    assert (given["scopes"], given["person"]["name"]) == (["lookup"], "Rita")
    rita: Any = site.api(None)
    rita.headers = {"Authorization": f"Bearer {given['token']}"}
    assert rita.get("/lookup", query_string={"q": "refund"}).json["answer"]["id"] == card
    assert rita.get(f"/cards/{card}").status_code == 200
    assert rita.call("POST", f"/cards/{card}/flags", {"kind": "reported", "detail": "Wrong"}).status_code == 201
    assert rita.call("POST", "/events", {"kind": "copy", "card_id": card}).status_code == 204
    for path in ("/cards", "/search?q=refund", "/people", "/queue", "/reports/weekly"):
        assert rita.get(path).status_code == 403
    assert "Extension in Chromium" in site.page("rita").get("/account").text
    site.world.later(days=90)
    assert rita.get("/lookup", query_string={"q": "refund"}).status_code == 401


def test_a_code_works_once_soon_and_for_who_asked_for_it(site: Site) -> None:
    used = code(site)
    assert exchange(site, f" {used[:4]}-{used[4:].lower()} "[:12].strip()).status_code == 200
    assert exchange(site, used).status_code == 422
    stolen = code(site)
    assert exchange(site, stolen, "w" * 43).status_code == 422
    assert exchange(site, stolen).status_code == 422  # the wrong try has used it up
    late = code(site)
    site.world.later(seconds=300)
    refused = exchange(site, late)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "code")


def test_guessing_is_slowed_down(site: Site) -> None:
    for _ in range(10):
        assert exchange(site, "AAAAAAAA").status_code == 422
    refused = exchange(site, "AAAAAAAA")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    site.world.later(seconds=601)
    assert exchange(site, code(site)).status_code == 200


@in_one_world("wrong", ["", "short", "x" * 44, "ü" * 43])
def test_without_a_challenge_there_is_no_code(site: Site, wrong: str) -> None:
    page = site.page("rita")
    assert page.get("/extension/connect", query_string={"challenge": wrong}).status_code == 422
    assert page.post("/extension/connect", {"challenge": wrong}).status_code == 422


def test_nobody_signed_out_gets_a_code_or_the_package(site: Site) -> None:
    page = site.page(None)
    for path in (f"/extension/connect?challenge={challenge()}", "/extension", "/extension/vitrine.zip"):
        assert page.get(path).status_code in (302, 303)
