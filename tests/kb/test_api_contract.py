"""What holds for the whole API: its description is true, errors are problems, and nothing sent to it makes a 5xx."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kb.openapi_check import NUMBERS, TEXTS, Json, faults, operations, values
from tests.site import Program, Site
from tests.world import World

ALL = ("read", "write", "verify", "admin")
PROMISED = {
    "GET /lookup", "GET /search", "GET /suggest", "POST /cards", "GET /cards", "GET /cards/{}", "PATCH /cards/{}",
    "DELETE /cards/{}", "POST /cards/{}/verification", "DELETE /cards/{}/verification", "POST /cards/{}/flags",
    "GET /cards/{}/flags", "PATCH /flags/{}", "PUT /cards/{}/owner", "PUT /cards/{}/verifiers",
    "PUT /cards/{}/interval", "PUT /cards/{}/replacement", "DELETE /cards/{}/replacement", "POST /cards/{}/archive",
    "DELETE /cards/{}/archive",
    "POST /cards/{}/publication", "GET /cards/{}/revisions", "GET /cards/{}/revisions/{}",
    "GET /cards/{}/verifications", "GET /cards/{}/similar", "POST /cards/{}/feedback", "POST /events", "GET /queue",
    "GET /reports/weekly", "GET /reports/gaps",
    "GET /reports/weekly.csv", "GET /collections", "POST /collections", "GET /collections/{}", "PATCH /collections/{}",
    "DELETE /collections/{}", "GET /groups", "POST /groups", "PATCH /groups/{}", "GET /people", "POST /people",
    "GET /people/{}", "PATCH /people/{}", "GET /me", "GET /openapi.json", "GET /docs", "GET /client.py",
    "GET /reports/workload", "GET /triggers", "POST /triggers",
    "GET /questions", "POST /questions", "POST /questions/{}/answer", "GET /groups/{}",
    "GET /webhooks", "POST /webhooks", "DELETE /webhooks/{}",
}  # fmt: skip


def api(site: Site, name: str | None, *scopes: str) -> Any:
    return site.api(name, *scopes)


def described(site: Site) -> Json:
    document: Json = api(site, None).get("/openapi.json").json
    return document


def test_the_description_is_sound(site: Site) -> None:
    assert faults(described(site)) == []


def test_every_promised_operation_and_every_route_is_described_and_nothing_else(site: Site) -> None:
    document = described(site)
    paths = {f"{method.upper()} {path.removeprefix('/api/v1')}" for method, path, _ in operations(document)}
    bare = {"".join(part if part[0] != "{" else "{}" for part in _parts(path)) for path in paths}
    assert bare >= PROMISED
    routes = {
        f"{method} {rule.rule.removeprefix('/api/v1')}"
        for rule in site.app.url_map.iter_rules() if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }  # fmt: skip
    assert len(routes) == len(paths)
    assert all(path.startswith("/api/v1/") for path in document["paths"])


@pytest.mark.parametrize("harm", ["reference", "path", "answer"])
def test_a_planted_fault_is_seen(site: Site, harm: str) -> None:
    document = described(site)
    operation = document["paths"]["/api/v1/cards/{card_id}"]["get"]
    if harm == "reference":
        operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] += "x"
    elif harm == "path":
        operation["parameters"] = []
    else:
        operation["responses"] = {"404": {"description": "Not Found"}}
    assert faults(document)


def test_the_page_tells_the_same_without_anything_foreign(site: Site) -> None:
    page = api(site, None).get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for _, path, operation in operations(described(site)):
        assert path in page.text
        assert f'id="{operation["operationId"]}"' in page.text
    assert "//" not in page.text.replace("http://www.w3.org/2000/svg", "").replace("//TOKEN", "").split("<main")[0]
    assert "csrf" not in page.text
    assert "Set-Cookie" not in page.headers


def test_every_operation_but_the_public_ones_needs_a_token(site: Site) -> None:
    document = described(site)
    public = [path for _, path, operation in operations(document) if {} in operation.get("security", [])]
    named = (
        "suggest",
        "hooks/{name}",
        "tokens/exchange",
        "openapi.json",
        "docs",
        "client.py",
    )  # signed, or with a code, or for all
    assert set(public) == {f"/api/v1/{path}" for path in named}
    for token in (None, "vit_wrong", "x" * 5000, "a b", "ÿ"):
        stranger: Any = Program(site, token)
        for method, path, operation in operations(document):
            if {} not in operation.get("security", []):
                answer = stranger.call(method.upper(), _path(path, "1"))
                assert (path, answer.status_code, answer.mimetype) == (path, 401, "application/problem+json")
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_cookies_are_ignored(site: Site) -> None:
    visitor = site.page("ada")
    assert visitor.get("/account").status_code == 200
    assert visitor.get("/api/v1/me").status_code == 401
    assert "Set-Cookie" not in api(site, "rita", "read").get("/me").headers


def test_other_sites_may_call_with_a_token(site: Site) -> None:
    asked = api(site, None).call("OPTIONS", "/cards/1", headers={"Origin": "https://crm.example"})
    assert asked.status_code == 200
    answer = api(site, "rita", "read").get("/me", headers={"Origin": "https://crm.example"})
    for response in (asked, answer, api(site, None).get("/me"), api(site, None).get("/nope")):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


def test_what_is_not_there_is_a_problem_too(site: Site) -> None:
    assert api(site, None).get("/nope").status_code == 404
    wrong = api(site, "ada", *ALL).call("DELETE", "/cards")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")
    assert "POST" in wrong.headers["Allow"]


def test_the_queue_says_what_to_verify_and_why(site: Site) -> None:
    card = site.world.card()
    site.world.flag(card, "Wrong price")
    waiting = api(site, "vera", "read").get("/queue").json
    assert (waiting["scope"], waiting["total"], waiting["next_cursor"]) == ("mine", 1, None)
    item = waiting["items"][0]
    assert (item["id"], item["section"], item["trust"]["reasons"][0]["detail"]) == (card, "flagged", "Wrong price")
    assert item["minutes"] >= 1
    assert api(site, "rita", "read").get("/queue?scope=all").json["items"] == []
    assert api(site, "vera", "read").get("/queue?scope=theirs").status_code == 422


def test_the_weekly_report_is_json_and_csv(site: Site) -> None:
    site.world.card("=Formula", collection="deals")
    rita = api(site, "rita", "read")
    report = rita.get("/reports/weekly?week=2026-W47").json
    assert (report["week"], [row["title"] for row in report["fix_first"]]) == ("2026-W47", ["=Formula"])
    table = rita.get("/reports/weekly.csv")
    assert table.mimetype == "text/csv"
    assert "'=Formula" in table.text
    assert api(site, "stan", "read").get("/reports/weekly").json["fix_first"] == []
    for week in ("2026-W60", "2027-W01", "x", "2026-W4\x00"):
        assert rita.get("/reports/weekly", query_string={"week": week}).status_code == 422


def test_nothing_that_is_sent_makes_an_undocumented_answer(site: Site) -> None:
    document = described(site)
    listed = list(operations(document))
    _furnish(site.world)
    site.index()
    clients = [api(site, name, *ALL) for name in ("ada", "cora", "vera", "stan")]

    @settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        method, path, operation = data.draw(st.sampled_from(listed))
        sent = _request(data, path, operation, document["components"]["schemas"])
        answer = data.draw(st.sampled_from(clients)).call(method.upper(), **sent)
        assert str(answer.status_code) in operation["responses"], (method, sent, answer.status_code, answer.text)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"

    fuzz()


def _furnish(world: World) -> None:
    for collection in ("billing", "deals", "billing"):
        card = world.card(collection=collection)
    world.card(publish=False)
    world.flag(card, by="rita")


def _request(data: st.DataObject, path: str, operation: Json, schemas: Json) -> dict[str, Any]:
    """A request that mostly fits the description."""
    query: dict[str, Any] = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            pool = [1, 2, 3, 4, *NUMBERS] if parameter["schema"]["type"] == "integer" else TEXTS[1:]
            value = quote(str(data.draw(st.sampled_from(pool))), safe="", errors="surrogatepass")
            path = path.replace("{" + parameter["name"] + "}", value)
        elif parameter["required"] or data.draw(st.booleans()):
            value = data.draw(values(parameter["schema"], schemas))
            query[parameter["name"]] = _printed(value)
    sent: dict[str, Any] = {"path": path.removeprefix("/api/v1"), "query_string": query}
    if "requestBody" in operation:
        sent["json"] = data.draw(values(operation["requestBody"]["content"]["application/json"]["schema"], schemas))
    return sent


def _printed(value: Any) -> Any:
    parts = value if isinstance(value, list) else [value]
    return [str(part).encode("utf-8", "replace").decode() for part in parts]


def _path(path: str, value: str) -> str:
    return "".join(value if part[0] == "{" else part for part in _parts(path)).removeprefix("/api/v1")


def _parts(path: str) -> list[str]:
    return [part for piece in path.split("{") for part in _halves(piece)]


def _halves(piece: str) -> list[str]:
    name, brace, rest = piece.partition("}")
    return [part for part in ("{" + name, rest) if part] if brace else [piece] if piece else []
