"""Notices and follows over HTTP: what the pages do, for the person whose token it is, and nobody else's."""

from typing import Any

import pytest

from tests.curator.test_telling import choose, follow, kinds, run
from tests.infra.cases import in_one_world
from tests.kb.comments.test_comments import say
from tests.site import Site


@pytest.fixture
def told(site: Site) -> int:
    """A card about which Vera was told three things."""
    card = site.world.card("Refund rules", verified=True)
    for text in ("@vera one", "@vera two", "@vera three"):
        site.world.later(seconds=1)
        say(site, "rita", card, text)
    run(site.world)
    return card


def items(site: Site, name: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.api(name, "read").get(f"/notices{query}").json["items"]
    return found


def test_notices_are_listed_newest_first_with_where_they_lead(site: Site, told: int) -> None:
    answer = site.api("vera", "read").get("/notices").json
    assert [each["words"] for each in answer["items"]] == ["Rita: @vera three", "Rita: @vera two", "Rita: @vera one"]
    assert (answer["unread"], answer["next_cursor"]) == (3, None)
    first = answer["items"][0]
    assert (first["kind"], first["event"], first["heading"]) == ("mentioned", "mentioned", "You were mentioned")
    assert first["card"]["id"] == told
    assert first["url"].endswith(f"?comments=1#comment-{first['comment_id']}")
    assert first["read_at"] is None


def test_pages_of_notices_follow_one_another(site: Site, told: int) -> None:
    api = site.api("vera", "read")
    first = api.get("/notices?limit=2").json
    second = api.get(f"/notices?limit=2&cursor={first['next_cursor']}").json
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [2, 1, None]
    assert len({each["id"] for each in first["items"] + second["items"]}) == 3


def test_notices_are_read_one_by_one_or_up_to_one(site: Site, told: int) -> None:
    api = site.api("vera", "read")
    newest, middle, oldest = (each["id"] for each in items(site, "vera"))
    assert api.call("PUT", f"/notices/{newest}/read").status_code == 204
    assert [each["id"] for each in items(site, "vera", "?unread=true")] == [middle, oldest]
    assert api.call("POST", "/notices/read", {"last_id": middle}).status_code == 204
    assert items(site, "vera", "?unread=true") == []
    assert "Nothing unread" in site.page("vera").get("/notices").text
    assert api.get("/notices").json["unread"] == 0


def test_nobody_reads_or_marks_what_others_are_told(site: Site, told: int) -> None:
    one = items(site, "vera")[0]["id"]
    stan = site.api("stan", "read", "write", "admin")
    assert items(site, "stan") == []
    assert stan.call("PUT", f"/notices/{one}/read").status_code == 404
    stan.call("POST", "/notices/read", {"last_id": one})
    assert len(items(site, "vera", "?unread=true")) == 3
    assert site.api("vera", "lookup").get("/notices").status_code == 403


def test_what_somebody_does_not_want_on_the_page_is_not_in_the_list(site: Site, told: int) -> None:
    choose(site.world, "axel", commented="none")
    assert [each["kind"] for each in items(site, "axel")] == ["commented"] * 3
    site.page("axel").post("/account/notices", {"page": "overdue", "mail_commented": "none"})
    assert items(site, "axel") == []


@pytest.mark.parametrize("what", [{"card_id": 0}, {"tag": "Refunds"}, {"collection": "billing"}])
def test_a_card_a_tag_and_a_collection_are_followed_and_left(site: Site, what: dict[str, Any]) -> None:
    card = site.world.card("Refund rules", tags=("refunds",))
    body = {"card_id": card} if "card_id" in what else what
    api = site.api("rita", "read")
    made = api.call("POST", "/follows", body)
    assert made.status_code == 201
    assert api.call("POST", "/follows", body).status_code == 200
    listed = api.get("/follows").json["items"]
    assert [each["id"] for each in listed] == [made.json["id"]]
    assert listed[0]["kind"] == next(iter(what)).removesuffix("_id")
    assert listed[0]["name"] in ("Refund rules", "refunds", "Billing")
    assert "Stop following" in site.page("rita").get("/account/notices").text
    assert site.api("stan", "read").call("DELETE", f"/follows/{made.json['id']}").status_code == 404
    assert api.call("DELETE", f"/follows/{made.json['id']}").status_code == 204
    assert api.get("/follows").json["items"] == []
    assert api.call("DELETE", f"/follows/{made.json['id']}").status_code == 404


def test_what_may_not_be_seen_can_not_be_followed_and_looks_like_nothing(site: Site) -> None:
    secret = site.world.card(collection="deals")
    stan = site.api("stan", "read")
    for hidden, missing in (({"card_id": secret}, {"card_id": 999}), ({"collection": "deals"}, {"collection": "none"})):
        answers = [stan.call("POST", "/follows", body) for body in (hidden, missing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({answer.json["detail"] for answer in answers}) == 1
    follow(site, "rita", card=secret)
    with site.world.transaction() as session:
        site.world.person(session, "rita").groups = []
    assert site.api("rita", "read").get("/follows").json["items"] == []


@in_one_world("body", [{}, {"card_id": 1, "tag": "x"}, {"card_id": None}])
def test_exactly_one_thing_is_followed_at_a_time(site: Site, body: dict[str, Any]) -> None:
    site.world.card()
    answer = site.api("rita", "read").call("POST", "/follows", body)
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": "card_id", "message": "Name one card, tag or collection."}]
    assert kinds(site.world, "rita") == []
