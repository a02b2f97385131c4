"""Cards over HTTP: who may do what, what is answered, and what hostile input does not do."""

from datetime import timedelta
from typing import Any

from tests.site import Site
from tests.world import CAST, START, email

ALL = ("read", "write", "verify", "admin")
CARD = {"id", "title", "url", "collection", "external_id", "language", "tags", "audience", "version", "trust", "owner",
        "updated_at", "snippet", "warning", "withheld"}  # fmt: skip
FULL = CARD | {"body", "html", "verifiers", "assignee", "interval_days", "check_on", "status", "template",
               "replaced_by"}  # fmt: skip
BIDI, NUL = "\u202e", "\x00"


def new(**fields: Any) -> dict[str, Any]:
    return {"title": "Refunds", "body": "Full refund within **30 days**.", "collection": "billing", **fields}


def api(site: Site, name: str = "cora", *scopes: str) -> Any:
    return site.api(name, *(scopes or ALL))


def fields_of(answer: Any) -> list[str]:
    return [error["field"] for error in answer.json["errors"]]


def test_a_card_is_written_as_a_draft_of_its_author(site: Site) -> None:
    answer = api(site, "axel").call("POST", "/cards", new(tags=["Money", "terms"], audience=["sales"]))
    card = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/cards/{card['id']}"
    assert set(card) == FULL
    assert (card["status"], card["version"], card["language"], card["tags"]) == ("draft", 1, "en", ["money", "terms"])
    assert card["owner"]["email"] == email("axel")
    assert card["html"] == "<p>Full refund within <strong>30 days</strong>.</p>"
    assert card["updated_at"] == "2026-11-16T09:00:00Z"


def test_a_card_is_published_with_owner_verifiers_and_interval(site: Site) -> None:
    body = new(owner=email("axel"), verifiers=["group:experts", email("vera")], interval_days=30, publish=True,
               check_on="2026-12-24", external_id="kb-7")  # fmt: skip
    card = api(site).call("POST", "/cards", body).json
    assert (card["status"], card["interval_days"], card["check_on"]) == ("published", 30, "2026-12-24")
    assert [(v["kind"], v["name"]) for v in card["verifiers"]] == [("group", "Experts"), ("person", "Vera")]
    assert card["assignee"]["name"] in ("Axel", "Vera")
    assert card["trust"]["state"] == "unverified"
    assert [reason["kind"] for reason in card["trust"]["reasons"]] == ["never_verified"]


def test_an_external_id_is_used_once_in_a_collection(site: Site) -> None:
    cora = api(site)
    assert cora.call("POST", "/cards", new(external_id="a")).status_code == 201
    assert cora.call("POST", "/cards", new(external_id="a")).status_code == 409


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"), ({"title": "   "}, "title"), ({"title": "x" * 201}, "title"), ({"title": 7}, "title"),
    ({"title": None}, "title"), ({"title": f"a{NUL}b"}, "title"), ({"title": "a\ud800"}, "title"),
    ({"body": f"a{NUL}b"}, "body"), ({"body": "\udfff"}, "body"), ({"body": ["x"]}, "body"),
    ({"body": "x" * (256 * 1024 + 1)}, "body"), ({"collection": 1}, "collection"), ({"tags": "money"}, "tags"),
    ({"tags": [1]}, "tags.0"), ({"tags": ["a,b"]}, "tags.0"), ({"tags": ["t"] * 21}, "tags"),
    ({"language": "xx"}, "language"), ({"audience": ["martians"]}, "audience"),
    ({"owner": "nobody@x.example"}, "owner"), ({"owner": "no address"}, "owner"), ({"owner": True}, "owner"),
    ({"owner": -1}, "owner"), ({"owner": 10**30}, "owner"), ({"verifiers": ["group:none"]}, "verifiers.0"),
    ({"verifiers": [email("vera"), "x"]}, "verifiers.1"), ({"interval_days": 0}, "interval_days"),
    ({"interval_days": "30"}, "interval_days"), ({"interval_days": 30.0}, "interval_days"),
    ({"interval_days": True}, "interval_days"), ({"check_on": "2026-02-30"}, "check_on"),
    ({"check_on": "9999-12-31"}, "check_on"), ({"check_on": 20261224}, "check_on"), ({"publish": "yes"}, "publish"),
    ({"publish": 1}, "publish"), ({"surprise": 1}, "surprise"), ({"external_id": ""}, "external_id"),
]  # fmt: skip


def test_each_bad_field_is_named(site: Site) -> None:
    cora = api(site)
    for fields, field in BAD_FIELDS:
        answer = cora.call("POST", "/cards", new(**fields))
        assert (fields, answer.status_code, answer.mimetype) == (fields, 422, "application/problem+json")
        assert (fields, fields_of(answer)) == (fields, [field])
        assert {"type", "title", "status", "detail"} <= answer.json.keys()


def test_all_bad_fields_are_named_at_once_and_nothing_is_echoed(site: Site) -> None:
    answer = api(site).call("POST", "/cards", {"title": 1, "body": 2, "secret": "hunter2"})
    assert fields_of(answer) == ["title", "body", "collection", "secret"]
    assert "hunter2" not in answer.text


def test_a_body_of_400_kb_is_refused_with_the_limit_and_a_remedy(site: Site) -> None:
    answer = api(site).call("POST", "/cards", new(body="long " * 80 * 1024))
    assert answer.status_code == 422
    assert "limit is 256 KB" in answer.json["detail"]


NO_OBJECTS: list[tuple[bytes, str, int]] = [
    (b'{"title": ', "application/json", 400), (b"\xff\xfe", "application/json", 400),
    (b"[" * 100_000, "application/json", 400), (b'{"version": NaN}', "application/json", 400),
    (b'{"version": ' + b"9" * 5000 + b"}", "application/json", 400), (b"[]", "application/json", 422),
    (b"null", "application/json", 422), (b'"x"', "application/json", 422), (b"", "application/json", 422),
    (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json", 422), (b"title=x", "text/plain", 415),
    (b"title=x", "application/x-www-form-urlencoded", 415), (b" " * (1024 * 1024 + 1), "application/json", 413),
]  # fmt: skip


def test_what_is_no_json_object_is_refused(site: Site) -> None:
    cora = api(site)
    for data, kind, status in NO_OBJECTS:
        answer = cora.call("POST", "/cards", data=data, content_type=kind)
        assert (data[:20], answer.status_code, answer.mimetype) == (data[:20], status, "application/problem+json")
        assert answer.json["status"] == status


ODD_TEXTS = (
    "🇫🇮 Palautukset 👩‍👩‍👧", "'; DROP TABLE card; --", "{{ 7 * 7 }} {% raw %}", "<script>alert(1)</script>", "%s %(x)s",
)  # fmt: skip


def test_odd_text_stays_text(site: Site) -> None:
    cora = api(site)
    for text in ODD_TEXTS:
        card = cora.call("POST", "/cards", new(title=text, body=f"`{text}`")).json
        again = cora.get(f"/cards/{card['id']}").json
        assert (again["title"], again["body"]) == (text, f"`{text}`")
        assert "<script" not in again["html"]


def test_direction_overrides_are_taken_out(site: Site) -> None:
    card = api(site).call("POST", "/cards", new(title=f"inv{BIDI}oice", body=f"a{BIDI}b")).json
    assert (card["title"], card["body"]) == ("invoice", "ab")


def test_an_id_that_is_none_is_not_found(site: Site) -> None:
    cora = api(site)
    for card_id in ("0", "-1", "99999", "2147483648", "9" * 40, "9" * 5000, "abc", "1.5", "%00"):
        for path in (f"/cards/{card_id}", f"/people/{card_id}", f"/cards/{card_id}/revisions/{card_id}"):
            assert (card_id, cora.get(path).status_code) == (card_id, 404)
        assert cora.call("PATCH", f"/flags/{card_id}", {"resolution": "x"}).status_code == 404


def test_invisible_is_answered_like_missing(site: Site) -> None:
    hidden, draft = site.world.card(collection="deals"), site.world.card(publish=False)
    stan = api(site, "stan")
    missing = stan.get("/cards/99999")
    for path in (f"/cards/{hidden}", f"/cards/{draft}"):
        for more in ("", "/revisions", "/revisions/1", "/verifications", "/flags", "/similar"):
            answer = stan.get(path + more)
            assert (answer.status_code, answer.data) == (404, missing.data)
        assert stan.call("PATCH", path, {"version": 1, "title": "x"}).data == missing.data
        assert stan.call("POST", f"{path}/flags", {"detail": "x"}).data == missing.data
        assert stan.call("POST", f"{path}/feedback", {"helpful": True}).data == missing.data
    assert stan.call("POST", "/events", {"kind": "view", "card_id": hidden}).data == missing.data
    assert stan.call("POST", "/cards", new(collection="deals")).status_code == 404


MATRIX: list[tuple[str, str, Any, dict[str, int]]] = [
    ("GET", "", None, {"rita": 200, "stan": 404, "vera": 200, "cora": 200, "ada": 200}),
    ("PATCH", "", {"version": 1, "title": "New"}, {"rita": 403, "stan": 404, "vera": 200, "cora": 200, "ada": 200}),
    ("POST", "/verification", {"version": 1}, {"rita": 403, "stan": 404, "vera": 200, "cora": 200, "ada": 200}),
    ("POST", "/flags", {"detail": "No"}, {"rita": 201, "stan": 404, "vera": 201, "cora": 201, "ada": 201}),
    ("PUT", "/owner", {"owner": email("vera")}, {"rita": 403, "stan": 404, "vera": 403, "cora": 200, "ada": 200}),
    ("PUT", "/verifiers", {"verifiers": []}, {"rita": 403, "stan": 404, "vera": 403, "cora": 200, "ada": 200}),
    ("PUT", "/interval", {"interval_days": 7}, {"rita": 403, "stan": 404, "vera": 403, "cora": 200, "ada": 200}),
    ("POST", "/archive", None, {"rita": 403, "stan": 404, "vera": 403, "cora": 200, "ada": 200}),
    ("DELETE", "", None, {"rita": 403, "stan": 404, "vera": 403, "cora": 403, "ada": 409}),
]


def test_each_role_may_what_the_table_says(site: Site) -> None:
    clients = {name: api(site, name) for name in CAST}
    for method, path, body, expected in MATRIX:
        for name, status in expected.items():
            card = site.world.card(collection="deals", owner="cora")
            answer = clients[name].call(method, f"/cards/{card}{path}", body)
            assert (method, path, name, answer.status_code) == (method, path, name, status)


SCOPES: list[tuple[str, str, Any, str]] = [
    ("GET", "/cards", None, "read"), ("GET", "/cards/{}", None, "read"), ("GET", "/cards/{}/flags", None, "read"),
    ("POST", "/cards", new(), "write"), ("PATCH", "/cards/{}", {"version": 1, "title": "New"}, "write"),
    ("POST", "/cards/{}/publication", {}, "write"), ("POST", "/cards/{}/verification", {"version": 1}, "verify"),
    ("POST", "/cards/{}/flags", {"detail": "x"}, "read"), ("POST", "/cards/{}/feedback", {"helpful": True}, "read"),
    ("POST", "/cards/{}/archive", None, "verify"), ("PUT", "/cards/{}/interval", {"interval_days": 7}, "verify"),
    ("PUT", "/cards/{}/owner", {"owner": email("vera")}, "verify"),
]  # fmt: skip


def test_a_token_needs_the_scope(site: Site) -> None:
    clients = {scope: api(site, "cora", scope) for scope in ALL[:3]}
    for method, path, body, scope in SCOPES:
        card = site.world.card()
        answers = {name: client.call(method, path.format(card), body) for name, client in clients.items()}
        assert (path, [name for name, answer in answers.items() if answer.status_code < 300]) == (path, [scope])
        assert {answer.status_code for name, answer in answers.items() if name != scope} == {403}


def test_the_list_shows_what_may_be_answered(site: Site) -> None:
    world = site.world
    first, second = world.card("One", tags=("a", "b")), world.card("Two", tags=("a",))
    world.card(collection="deals"), world.card("Draft", publish=False)
    stan = api(site, "stan")
    assert [card["id"] for card in stan.get("/cards").json["items"]] == [first, second]
    assert [card["id"] for card in stan.get("/cards?tag=a&tag=b").json["items"]] == [first]
    assert stan.get("/cards?collection=deals").json["items"] == []
    assert stan.get("/cards?status=draft").json["items"] == []
    assert [card["title"] for card in api(site, "axel").get("/cards?status=draft").json["items"]] == ["Draft"]


def test_pages_follow_each_other_without_gap_or_repeat(site: Site) -> None:
    ids, found = [site.world.card() for _ in range(5)], []
    cursor: str | None = ""
    while cursor is not None:
        page = api(site).get(f"/cards?limit=2&cursor={cursor}").json
        found += [card["id"] for card in page["items"]]
        cursor = page["next_cursor"]
    assert found == ids


WRONG_PARAMETERS = (
    "cursor=abc", "cursor=%00", "cursor=AAAA%FF", "limit=0", "limit=101", "limit=x", "limit=1&limit=2", "status=gone",
    "unknown=1", "tag=%00", "collection=a%00",
)  # fmt: skip


def test_a_wrong_parameter_is_named(site: Site) -> None:
    cora = api(site)
    for query in WRONG_PARAMETERS:
        answer = cora.get(f"/cards?{query}")
        assert (query, answer.status_code) == (query, 422)
        assert fields_of(answer)[0].split(".")[0] == query.partition("=")[0]


def test_a_cursor_works_only_where_it_was_given(site: Site) -> None:
    for _ in range(2):
        card = site.world.card()
    cursor = api(site).get("/cards?limit=1").json["next_cursor"]
    assert api(site).get(f"/cards/{card}/revisions?cursor={cursor}").status_code == 422


def test_an_edit_unverifies_and_a_whole_check_verifies(site: Site) -> None:
    card, vera = site.world.card(verified=True), api(site, "vera")
    edited = vera.call("PATCH", f"/cards/{card}", {"version": 1, "body": "New text.", "note": "Terms"}).json
    assert (edited["version"], edited["trust"]["state"], edited["title"][:4]) == (2, "unverified", "Card")
    assert edited["trust"]["reasons"][0]["kind"] == "edited"
    checked = vera.call("PATCH", f"/cards/{card}", {"version": 2, "body": "Newer.", "checked": True}).json
    assert (checked["version"], checked["trust"]["state"]) == (3, "verified")
    assert checked["trust"]["verified_by"]["email"] == email("vera")


def test_an_edit_keeps_what_it_does_not_name(site: Site) -> None:
    card, cora = site.world.card("Refunds", tags=("money",)), api(site)
    edited = cora.call("PATCH", f"/cards/{card}", {"version": 1, "title": "Refund terms"}).json
    assert (edited["title"], edited["tags"], edited["body"]) == (
        "Refund terms", ["money"], "Full refund within 30 days.",
    )  # fmt: skip


def test_a_conflict_carries_the_current_card(site: Site) -> None:
    card, cora = site.world.card(), api(site)
    cora.call("PATCH", f"/cards/{card}", {"version": 1, "body": "Second text."})
    for method, path, body in (
        ("PATCH", "", {"version": 1, "body": "Lost text."}),
        ("POST", "/verification", {"version": 1}),
    ):
        answer = cora.call(method, f"/cards/{card}{path}", body)
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert set(answer.json["card"]) == FULL
        assert (answer.json["card"]["body"], answer.json["card"]["version"]) == ("Second text.", 2)


def test_an_edit_needs_a_version(site: Site) -> None:
    card, cora = site.world.card(), api(site)
    for body in ({"title": "x"}, {"version": 0}, {"version": "1"}, {"version": 10**30}, {"version": None}):
        answer = cora.call("PATCH", f"/cards/{card}", body)
        assert (body, answer.status_code, fields_of(answer)) == (body, 422, ["version"])


def test_verifying_twice_leaves_two_records(site: Site) -> None:
    card, vera = site.world.card(), api(site, "vera")
    for note in ("First", "Second"):
        verified = vera.call("POST", f"/cards/{card}/verification", {"version": 1, "note": note})
        assert (verified.status_code, verified.json["trust"]["state"]) == (200, "verified")
    records = vera.get(f"/cards/{card}/verifications").json["items"]
    assert [(record["verdict"], record["note"], record["by"]["name"]) for record in records] == [
        ("verified", "Second", "Vera"), ("verified", "First", "Vera"),
    ]  # fmt: skip
    assert records[0]["previous_hash"] == records[1]["hash"]
    manner = {
        name: records[0][name] for name in ("format", "outcome", "batch_size", "seconds", "whole_card", "evidence")
    }
    assert manner == {
        "format": 2, "outcome": "still_right", "batch_size": 1, "seconds": None, "whole_card": False, "evidence": [],
    }  # fmt: skip


def test_a_verification_is_taken_back_with_a_reason(site: Site) -> None:
    card, vera = site.world.card(verified=True), api(site, "vera")
    assert vera.call("DELETE", f"/cards/{card}/verification").status_code == 422
    doubted = vera.call("DELETE", f"/cards/{card}/verification", {"reason": "The price changed"}).json
    assert doubted["trust"]["reasons"][0]["detail"] == "The price changed"
    assert vera.call("DELETE", f"/cards/{card}/verification", {"reason": "Again"}).status_code == 409


def test_a_flag_is_raised_once_listed_and_resolved(site: Site) -> None:
    card, rita, vera = site.world.card(verified=True), api(site, "rita"), api(site, "vera")
    report = {"kind": "dead_link", "detail": "404 here", "url": "https://x.example/a"}
    flag = rita.call("POST", f"/cards/{card}/flags", report)
    assert (flag.status_code, flag.json["raised_by"]["name"], flag.json["url"]) == (201, "Rita", "https://x.example/a")
    site.world.later(seconds=1)
    again = rita.call("POST", f"/cards/{card}/flags", report)
    assert (again.status_code, again.json["id"]) == (200, flag.json["id"])
    assert rita.get(f"/cards/{card}").json["trust"]["state"] == "flagged"
    rita.call("POST", f"/cards/{card}/flags", {"detail": "And wrong"})
    resolved = vera.call("PATCH", f"/flags/{flag.json['id']}", {"resolution": "Fixed"})
    assert (resolved.status_code, resolved.json["resolved_by"]["name"]) == (200, "Vera")
    assert vera.call("PATCH", f"/flags/{flag.json['id']}", {"resolution": "Fixed"}).status_code == 409
    listed = rita.get(f"/cards/{card}/flags").json["items"]
    assert [(row["detail"], row["resolution"]) for row in listed] == [("And wrong", None), ("404 here", "Fixed")]


def test_a_bad_report_is_refused(site: Site) -> None:
    card, rita = site.world.card(), api(site, "rita")
    bad: list[dict[str, Any]] = [{}, {"detail": ""}, {"detail": "x", "kind": "low_rating"},
                                 {"detail": "x", "url": "javascript:alert(1)"}]  # fmt: skip
    assert [rita.call("POST", f"/cards/{card}/flags", report).status_code for report in bad] == [422] * len(bad)


def test_policy_changes_move_no_date(site: Site) -> None:
    card, cora = site.world.card(verified=True, interval_days=90), api(site)
    due = cora.get(f"/cards/{card}").json["trust"]["verify_by"]
    owned = cora.call("PUT", f"/cards/{card}/owner", {"owner": email("vera")}).json
    named = cora.call("PUT", f"/cards/{card}/verifiers", {"verifiers": ["group:experts", email("vera")]}).json
    timed = cora.call("PUT", f"/cards/{card}/interval", {"interval_days": 7}).json
    assert (owned["owner"]["name"], named["verifiers"][0]["slug"], timed["interval_days"]) == ("Vera", "experts", 7)
    assert named["assignee"]["name"] == "Axel"
    assert timed["trust"]["verify_by"] == due == (START + timedelta(days=90)).isoformat().replace("+00:00", "Z")


def test_a_replaced_card_leads_to_the_head_of_its_line_in_one_hop(site: Site) -> None:
    cora, rita = api(site), api(site, "rita")
    oldest, older, head = (site.world.card() for _ in range(3))
    for card, by in ((oldest, older), (older, head)):
        assert cora.call("PUT", f"/cards/{card}/replacement", {"card_id": by}).json["replaced_by"] == by
    moved = rita.get(f"/cards/{oldest}")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"/api/v1/cards/{head}")
    assert moved.json == {"id": oldest, "replaced_by": head, "url": f"/api/v1/cards/{head}"}
    assert cora.call("PUT", f"/cards/{head}/replacement", {"card_id": oldest}).status_code == 422
    assert [card["id"] for card in rita.get("/cards").json["items"]] == [head]
    assert cora.call("DELETE", f"/cards/{oldest}/replacement").json["replaced_by"] is None
    assert rita.get(f"/cards/{oldest}").status_code == 200


def test_a_replacement_that_is_invisible_is_not_told(site: Site) -> None:
    card, hidden = site.world.card(), site.world.card(collection="deals")
    api(site).call("PUT", f"/cards/{card}/replacement", {"card_id": hidden})
    assert api(site, "stan").get(f"/cards/{card}").data == api(site, "stan").get("/cards/99999").data
    assert api(site, "axel").get(f"/cards/{card}").json["replaced_by"] is None


def test_an_archived_card_is_gone_for_readers_and_can_be_restored_and_deleted(site: Site) -> None:
    card, cora, rita = site.world.card(), api(site), api(site, "rita")
    assert cora.call("POST", f"/cards/{card}/archive").json["status"] == "archived"
    assert cora.get(f"/cards/{card}").json["status"] == "archived"
    assert [rita.get(f"/cards/{card}{path}").status_code for path in ("", "/revisions", "/flags")] == [410] * 3
    assert rita.get("/cards?status=archived").json["items"] == []
    assert [row["id"] for row in cora.get("/cards?status=archived").json["items"]] == [card]
    assert cora.call("DELETE", f"/cards/{card}/archive").json["status"] == "published"
    assert cora.call("DELETE", f"/cards/{card}/archive").status_code == 409
    cora.call("POST", f"/cards/{card}/archive")
    deleted = api(site, "ada").call("DELETE", f"/cards/{card}")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert cora.get(f"/cards/{card}").status_code == 404


def test_a_draft_is_published_when_the_version_is_the_one_that_was_read(site: Site) -> None:
    card, cora = site.world.card(publish=False), api(site)
    assert cora.call("POST", f"/cards/{card}/publication", {"version": 2}).status_code == 409
    assert cora.call("POST", f"/cards/{card}/publication").json["status"] == "published"


def test_revisions_are_kept_newest_first(site: Site) -> None:
    card, cora = site.world.card("First"), api(site)
    cora.call("PATCH", f"/cards/{card}", {"version": 1, "title": "Second", "note": "Renamed"})
    rows = cora.get(f"/cards/{card}/revisions").json["items"]
    assert [(row["number"], row["title"], row["note"]) for row in rows] == [(2, "Second", "Renamed"), (1, "First", "")]
    assert cora.get(f"/cards/{card}/revisions/1").json["body"] == "Full refund within 30 days."
    assert cora.get(f"/cards/{card}/revisions/3").status_code == 404


def test_feedback_and_events_are_recorded(site: Site) -> None:
    card, rita = site.world.card(), api(site, "rita")
    given = rita.call("POST", f"/cards/{card}/feedback", {"helpful": False, "comment": "Too long"})
    assert (given.status_code, given.json["helpful"], given.json["comment"]) == (201, False, "Too long")
    for kind in ("view", "copy", "lookup_click"):
        assert rita.call("POST", "/events", {"kind": kind, "card_id": card, "query_id": "q1"}).status_code == 204
    assert rita.call("POST", "/events", {"kind": "stare", "card_id": card}).status_code == 422
    site.world.card()
    assert rita.call("POST", f"/cards/{site.world.card(publish=False)}/feedback", {"helpful": True}).status_code == 404
