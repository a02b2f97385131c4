"""Change hooks: signed, fresh and each delivery once; a dry run lists; the command line does the same."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from curator.hooks.models import Hook, HookDelivery
from curator.webhooks.signing import signature
from kb.trust.models import Flag
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.vitrine.test_command_line import CommandLine, vitrine  # noqa: F401  (a fixture)
from tests.world import World

CHANGE = {"delivery_id": "release-5.3", "reason": "Release 5.3 changes the prices", "tags": ["pricing"]}


@pytest.fixture
def secret(site: Site) -> str:
    """The secret of a fresh hook called releases."""
    answer = site.page("ada").post("/admin/hooks", {"name": "Releases"})
    assert answer.status_code == 201
    return answer.get_data(as_text=True).partition('<code id="secret">')[2].partition("</code>")[0]


def send(
    site: Site, secret: str, body: dict[str, Any], *, seconds: int = 0, query: str = "", name: str = "releases",
    forged: dict[str, str] | None = None,
) -> Any:  # fmt: skip
    raw = json.dumps(body).encode()
    timestamp = int(site.world.now.timestamp()) + seconds
    signed = {
        "Vitrine-Timestamp": str(timestamp),
        "Vitrine-Signature": signature(secret, timestamp, raw),
        **(forged or {}),
    }
    path = f"/hooks/{name}{query}"
    return site.api(None).call("POST", path, data=raw, headers=signed, content_type="application/json")


def open_flags(world: World) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    with world.read() as session:
        for flag in session.scalars(select(Flag).where(Flag.resolved_at.is_(None)).order_by(Flag.id)):
            found.setdefault(flag.card_id, []).append(flag.detail)
    return found


def test_a_change_flags_the_cards_it_touches_with_its_reason(site: Site, secret: str) -> None:
    world = site.world
    one = world.card(tags=("pricing",), verified=True)
    two = world.card(tags=("pricing",), collection="deals", verified=True)
    world.card(tags=("refunds",), verified=True)
    world.card(tags=("pricing",), publish=False)
    answer = send(site, secret, {**CHANGE, "source_url": None})
    assert answer.json["flagged"] == 2
    assert [card["id"] for card in answer.json["cards"]] == [one, two]
    assert open_flags(world) == {one: [CHANGE["reason"]], two: [CHANGE["reason"]]}
    assert [reason.kind for reason in world.trust(one).reasons] == ["source_changed"]


def test_a_dry_run_lists_the_cards_and_raises_nothing(site: Site, secret: str) -> None:
    one = site.world.card(tags=("pricing",))
    answer = send(site, secret, CHANGE, query="?dry_run=true")
    assert answer.json == {"dry_run": True, "repeated": False, "flagged": 1, "cards": [{"id": one, "is_new": True}]}
    assert open_flags(site.world) == {}
    assert send(site, secret, CHANGE).json["flagged"] == 1  # the same id is still good


def test_the_same_delivery_again_gets_the_same_answer_and_does_nothing(site: Site, secret: str) -> None:
    world = site.world
    one = world.card(tags=("pricing",))
    first = send(site, secret, CHANGE).json
    world.verify(one)
    world.later(days=40)
    again = send(site, secret, CHANGE).json
    assert again == {**first, "repeated": True}
    assert open_flags(world) == {}
    assert send(site, secret, {**CHANGE, "reason": "Something else"}).status_code == 409


def test_the_same_reason_in_another_delivery_raises_nothing_twice_within_a_week(site: Site, secret: str) -> None:
    world = site.world
    one = world.card(tags=("pricing",))
    send(site, secret, CHANGE)
    assert send(site, secret, {**CHANGE, "delivery_id": "b"}).json["flagged"] == 0
    world.verify(one)
    world.later(days=1)
    assert send(site, secret, {**CHANGE, "delivery_id": "c"}).json["flagged"] == 0
    world.later(days=7)
    assert send(site, secret, {**CHANGE, "delivery_id": "d"}).json["flagged"] == 1
    assert len(open_flags(world)[one]) == 1


@in_one_world("seconds", [-301, 301, -86400])
def test_an_old_or_a_future_message_is_refused(site: Site, secret: str, seconds: int) -> None:
    assert send(site, secret, CHANGE, seconds=seconds).status_code == 401
    assert send(site, secret, CHANGE, seconds=300 if seconds > 0 else -300).status_code == 200


@in_one_world(
    "forged",
    [
        {"Vitrine-Signature": "v1=" + "0" * 64},
        {"Vitrine-Signature": ""},
        {"Vitrine-Signature": "é"},
        {"Vitrine-Timestamp": "now"},
        {"Vitrine-Timestamp": "1" * 5000},
        {"Vitrine-Timestamp": "-1"},
    ],
)
def test_a_forged_message_is_refused_like_one_to_no_hook(site: Site, secret: str, forged: dict[str, str]) -> None:
    site.world.card(tags=("pricing",))
    refused = send(site, secret, CHANGE, forged=forged)
    missing = send(site, secret, CHANGE, name="no-such-hook")
    assert (refused.status_code, refused.json["detail"]) == (missing.status_code, missing.json["detail"])
    assert (refused.status_code, open_flags(site.world)) == (401, {})


def test_a_changed_body_is_refused(site: Site, secret: str) -> None:
    raw = json.dumps(CHANGE).encode()
    timestamp = int(site.world.now.timestamp())
    headers = {"Vitrine-Timestamp": str(timestamp), "Vitrine-Signature": signature(secret, timestamp, raw)}
    other = raw.replace(b"pricing", b"refunds")
    how: dict[str, Any] = {"data": other, "headers": headers, "content_type": "application/json"}
    answer = site.api(None).call("POST", "/hooks/releases", **how)
    assert answer.status_code == 401


@in_one_world(
    ("change", "field"),
    [
        ({"tags": []}, "tags"),
        ({"collection": "no-such"}, "collection"),
        ({"reason": " "}, "reason"),
        ({"delivery_id": ""}, "delivery_id"),
        ({"delivery_id": "a b"}, "delivery_id"),
        ({"source_url": "javascript:x"}, "source_url"),
        ({"term": "…?"}, "term"),
    ],
)
def test_a_mistake_is_named_and_raises_nothing(site: Site, secret: str, change: dict[str, Any], field: str) -> None:
    answer = send(site, secret, {**CHANGE, **change})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert open_flags(site.world) == {}


def test_what_a_change_names_narrows_the_cards(site: Site, secret: str) -> None:
    world = site.world
    pro = world.card("Pro plan", tags=("pricing",))
    deals = world.card("Pro plan for deals", tags=("pricing",), collection="deals")
    world.card("Proplan", tags=("pricing",))

    def touched(**change: Any) -> list[int]:
        body = {"delivery_id": "x", "reason": "r", **change}
        return [card["id"] for card in send(site, secret, body, query="?dry_run=true").json["cards"]]

    assert touched(term="pro plan") == [pro, deals]
    assert touched(term="pro plan", collection="billing") == [pro]
    assert touched(tags=["pricing", "refunds"]) == []
    cora = site.api("cora", "verify")
    cora.call("POST", f"/cards/{pro}/sources", {"place": "https://example.com/prices/pro"})
    assert touched(source_url="https://example.com/prices/") == [pro]
    assert touched(source_url="https://example.com/price") == []


def test_the_secret_is_shown_once_and_is_nowhere_in_the_database(site: Site, secret: str) -> None:
    ada = site.page("ada")
    shown = ada.get("/admin/hooks").get_data(as_text=True)
    assert ("/api/v1/hooks/releases" in shown, secret in shown) == (True, False)
    with site.world.read() as session:
        hook = session.scalars(select(Hook)).one()
        assert secret not in (hook.salt, hook.name)
    assert ada.post(f"/admin/hooks/{hook.id}/delete").status_code == 303
    assert send(site, secret, CHANGE).status_code == 401
    assert ada.post(f"/admin/hooks/{hook.id}/delete").status_code == 404


def test_only_admins_keep_hooks(site: Site) -> None:
    for name in ("cora", "vera", "rita"):
        assert site.page(name).get("/admin/hooks").status_code == 403
        assert site.page(name).post("/admin/hooks", {"name": "Mine"}).status_code == 403
    ada = site.page("ada")
    assert [ada.post("/admin/hooks", {"name": name}).status_code for name in ("CI", "ci", " ", "…")] == [
        201, 422, 422, 422,
    ]  # fmt: skip


def test_old_deliveries_are_forgotten(site: Site, secret: str) -> None:
    site.world.card(tags=("pricing",))
    send(site, secret, CHANGE)
    site.world.later(days=91)
    send(site, secret, {**CHANGE, "delivery_id": "new"})
    with site.world.read() as session:
        assert session.scalars(select(HookDelivery.delivery_id)).all() == ["new"]


def test_the_command_line_does_the_same(vitrine: CommandLine, tmp_path: Any) -> None:  # noqa: F811
    source = tmp_path / "cards.jsonl"
    rows = [{"external_id": str(n), "title": f"Plan {n}", "body": "Costs €49.", "tags": ["pricing"]} for n in range(2)]
    source.write_text("\n".join(json.dumps(row) for row in rows))
    vitrine.run("user", "add", "ada@northwind.example", "--name", "Ada", "--role", "admin")
    vitrine.run("import", str(source), "--collection", "plans", "--publish", "--owner", "ada@northwind.example")
    flag = ("flag", "--tag", "pricing", "--reason", "The Pro plan costs €59")
    dry = vitrine.json(*flag, "--dry-run")
    assert (dry["dry_run"], dry["flagged"], [card["title"] for card in dry["cards"]]) == (True, 2, ["Plan 0", "Plan 1"])
    assert vitrine.json(*flag)["flagged"] == 2
    assert vitrine.json(*flag)["flagged"] == 0
    assert "(flagged already)" in vitrine.run(*flag).stdout
    assert vitrine.json("flag", "--term", "plan 1", "--reason", "x", "--dry-run")["flagged"] == 1
    assert vitrine.run("flag", "--reason", "x", code=1).stderr.startswith("vitrine: tags: Say what it touches")
    assert "no collection" in vitrine.run("flag", "--reason", "x", "--collection", "none", code=1).stderr
    vitrine.run("flag", "--reason", "x", "--source-url", "nonsense", code=2)
