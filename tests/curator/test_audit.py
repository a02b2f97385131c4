"""An audit tells those who may read it who saw which version when, how trusted it was then, and what was done."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kb.past.records import records_of
from kb.past.trust import trust_at
from kb.trust.models import Verification
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.world import email


@pytest.fixture
def story(site: Site) -> int:
    """A verified card, seen by Rita; corrected without a check, seen by Stan; flagged, checked, seen by Rita again."""
    world, ada = site.world, site.api("ada", "admin")
    card = world.card("Refund window", "Thirty days.", verified=True)
    site.index()
    world.later(days=1)
    site.page("rita").get(f"/cards/{card}")
    world.later(days=1)
    patch = {"version": 1, "body": "Fourteen days.", "note": "New terms"}
    assert ada.call("PATCH", f"/cards/{card}", patch).status_code == 200
    world.later(days=1)
    site.page("stan").post(f"/cards/{card}/copied?version=2")
    world.later(seconds=60)
    flag = {"kind": "reported", "detail": "Which customers?"}
    assert site.api("rita").call("POST", f"/cards/{card}/flags", flag).status_code == 201
    world.later(days=1)
    site.api("vera", "verify").call("POST", f"/cards/{card}/verification", {"version": 2, "note": "Asked finance"})
    ada.call("PUT", f"/cards/{card}/owner", {"owner": email("cora")})
    world.later(days=1)
    site.page("rita").get(f"/cards/{card}")
    return card


def audit(site: Site, card: int, name: str = "cora", **query: Any) -> list[dict[str, Any]]:
    reply = site.api(name, "verify").get(f"/cards/{card}/audit", query_string=query)
    assert reply.status_code == 200, reply.json
    items: list[dict[str, Any]] = reply.get_json()["items"]
    return items


def test_who_saw_which_version_when_and_whether_it_was_verified_then(site: Site, story: int) -> None:
    seen = [
        (item["person"]["name"], item["version"], item["sighting"]["seen"], item["sighting"]["trust_last"])
        for item in audit(site, story, scope="seen")
    ]
    assert seen == [("Rita", 2, "view", "verified"), ("Stan", 2, "copy", "unverified"), ("Rita", 1, "view", "verified")]


def test_what_was_done_is_told_with_its_record(site: Site, story: int) -> None:
    done = audit(site, story, scope="done")
    words = [item["words"] for item in done]
    assert "Owner: Axel → Cora" in words
    assert "Flagged: Which customers?" in words
    assert "Report resolved: Asked finance" in words
    assert [item["version"] for item in done if item["kind"] == "revision"] == [2, 1]
    checks = [item["check"] for item in done if item["kind"] == "verification"]
    with site.world.read() as session:
        records = session.scalars(select(Verification).order_by(Verification.id.desc())).all()
        assert [(check["record"], check["hash"], check["text_hash"]) for check in checks] == [
            (record.id, record.hash, record.text_hash) for record in records
        ]
    assert any(f"(record {checks[0]['record']}, {checks[0]['hash'][:12]})" in word for word in words)


@in_one_world(("query", "kinds"), [
    ({"person": email("stan")}, {"sighting"}), ({"person": "tan@northwind.example"}, set()),
    ({"person": email("nobody")}, set()), ({"until": "2026-11-16"}, set()), ({"since": "2026-11-21T10:00Z"}, set()),
    ({"since": "2026-11-18", "until": "2026-11-18T23:00Z", "scope": "done"}, {"revision", "verification"}),
])  # fmt: skip
def test_entries_of_one_person_or_one_time(site: Site, story: int, query: dict[str, Any], kinds: set[str]) -> None:
    assert {item["kind"] for item in audit(site, story, **query)} == kinds


def test_only_those_who_answer_for_the_card_may_read_it(site: Site, story: int) -> None:
    secret = site.world.card("Discount floor", collection="deals", owner="axel", verifiers=("deal-desk",))
    for name, sees, sees_secret in (
        ("ada", 200, 200), ("cora", 200, 200), ("axel", 403, 404), ("vera", 200, 200), ("rita", 403, 403),
        ("stan", 403, 404),
    ):  # fmt: skip
        for path in ("audit", "audit.csv"):
            assert site.page(name).get(f"/cards/{story}/{path}").status_code == sees, (name, path)
            assert site.page(name).get(f"/cards/{secret}/{path}").status_code == sees_secret, (name, path)
        assert site.api(name, "verify").get(f"/cards/{story}/audit").status_code == sees, name
        assert site.api(name, "verify").get(f"/cards/{secret}/audit").status_code == sees_secret, name
    assert site.api("cora", "read").get(f"/cards/{story}/audit").status_code == 403, "a token that may only read"


def test_the_page_and_the_file_say_the_same(site: Site, story: int) -> None:
    cora = site.page("cora")
    page = cora.get(f"/cards/{story}/audit")
    assert page.status_code == 200
    for words in (
        "copied version 2",
        "Owner: Axel → Cora",
        "Asked finance",
        "What would a rep have been told?",
        "/as-of",
    ):
        assert words in page.text, words
    assert f"/cards/{story}/audit" in cora.get(f"/cards/{story}/history").text
    assert f"/cards/{story}/audit" in cora.get(f"/cards/{story}").text
    assert "/audit" not in site.page("rita").get(f"/cards/{story}").text
    mine = cora.get(f"/cards/{story}/audit", query_string={"person": "sta", "scope": "seen"}).text
    assert "Stan" in mine
    assert "Rita" not in mine
    rows = list(csv.DictReader(io.StringIO(cora.get(f"/cards/{story}/audit.csv?scope=seen").text)))
    assert [(row["person"], row["version"], row["trust_last"]) for row in rows] == [
        ("Cora", "2", "verified"), ("Rita", "2", "verified"), ("Stan", "2", "unverified"), ("Rita", "1", "verified"),
    ]  # fmt: skip


def test_no_cell_of_the_file_starts_a_formula(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    site.page("cora").post(f"/cards/{card}/unverify", {"reason": "=1+1"})
    with site.world.transaction() as session:
        site.world.person(session, "cora").name = "=cmd()"
    rows = list(csv.reader(io.StringIO(site.page("cora").get(f"/cards/{card}/audit.csv").text)))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_many_sightings_come_in_pages(site: Site, story: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curator.proof.views.PAGE", 3)
    monkeypatch.setattr("curator.proof.shown.PAGE", 3)
    first = site.page("cora").get(f"/cards/{story}/audit").text
    assert "1 to 3 of" in first
    assert "page=2" in first
    last = site.page("cora").get(f"/cards/{story}/audit?page=999")
    assert "page=1" in last.text or "Previous" in last.text


@pytest.mark.parametrize(("seconds", "state"), [(-1, "due_soon"), (0, "overdue"), (1, "overdue")])
def test_trust_is_replayed_to_the_second(site: Site, seconds: int, state: str) -> None:
    world = site.world
    card = world.card("Refund window", verified=True, interval_days=10)
    due = world.now + timedelta(days=10)
    world.later(days=20)
    world.verify(card)
    with world.read() as session:
        records = records_of(session, [card])[card]
    assert trust_at(records, due + timedelta(seconds=seconds), world.policy) == state
