"""The same form sent twice at once, from two browsers: no 5xx, and the effect of one."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from kb.cards.models import Card, Revision
from kb.comments.models import Comment
from kb.people.models import AuditEntry
from kb.trust.models import Flag, Verification
from tests.site import Site, Visitor


def both(
    site: Site, names: tuple[str, str], path: str, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """Statuses of two submits that start at the same moment."""
    monkeypatch.setattr("kb.clock.now", lambda: site.world.now)  # one clock for both threads
    visitors = [site.page(name) for name in names]
    tokens = [_token(visitor) for visitor in visitors]
    gate, found = threading.Barrier(2), [0, 0]

    def send(at: int) -> None:
        gate.wait()
        found[at] = visitors[at].client.post(path, data={"csrf_token": tokens[at], **fields}).status_code

    threads = [threading.Thread(target=send, args=(at,)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(200 <= status < 500 for status in found), found
    return sorted(found)


def _token(visitor: Visitor) -> str:
    page = visitor.get("/account").get_data(as_text=True)
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def number(site: Site, table: Any, *where: Any) -> int:
    """How many rows there are."""
    with site.world.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def test_publishing_twice_publishes_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card(publish=False)
    both(site, ("cora", "axel"), f"/cards/{card}/publish", {"version": 1}, monkeypatch)
    assert number(site, AuditEntry, AuditEntry.action == "published", AuditEntry.subject_id == card) == 1


def test_archiving_twice_archives_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card()
    both(site, ("cora", "ada"), f"/cards/{card}/archive", {}, monkeypatch)
    assert number(site, AuditEntry, AuditEntry.action == "archived", AuditEntry.subject_id == card) == 1


def test_reporting_the_same_twice_reports_it_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card()
    both(site, ("rita", "rita"), f"/cards/{card}/flags", {"detail": "Wrong now"}, monkeypatch)
    assert number(site, Flag, Flag.card_id == card) == 1


def test_commenting_twice_says_it_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card()
    assert both(site, ("rita", "rita"), f"/cards/{card}/comments", {"text": "Is it so?"}, monkeypatch) == [303, 303]
    assert number(site, Comment, Comment.card_id == card) == 1


def test_verifying_twice_leaves_one_record_of_each_person_at_most(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    card = site.world.card()
    both(site, ("vera", "vera"), f"/verify/{card}", {"version": 1}, monkeypatch)
    assert number(site, Verification, Verification.card_id == card) == 1


def test_two_edits_of_one_version_make_one_version_and_one_conflict(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = site.world.card()
    fields = {"title": "New title", "body": "New words", "collection": "billing", "version": "1", "owner": "4",
              "verifiers": "person:5"}  # fmt: skip
    assert both(site, ("cora", "ada"), f"/cards/{card}/edit", fields, monkeypatch) == [303, 409]
    assert number(site, Revision, Revision.card_id == card) == 2
    assert number(site, Card, Card.id == card, Card.version == 2) == 1


def test_making_the_same_collection_twice_makes_it_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = both(site, ("ada", "ada"), "/admin/collections", {"name": "Legal"}, monkeypatch)
    assert statuses[0] == 303
    assert statuses[1] in (409, 422)
