"""A check ends with an outcome: still correct, corrected or archived, with what was seen and how long it took."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from kb.cards.models import Card, Status
from kb.trust import log
from kb.trust.models import Flag, Verification
from tests.site import Site, Visitor
from tests.world import World


def records(world: World, card_id: int) -> list[Verification]:
    with world.read() as session:
        found = select(Verification).where(Verification.card_id == card_id).order_by(Verification.id)
        return list(session.scalars(found))


def last(world: World, card_id: int) -> Verification:
    return records(world, card_id)[-1]


def hidden(visitor: Visitor, card_id: int, form: str = "") -> dict[str, str]:
    """The hidden fields of a form on the queue's page, as a browser would send them."""
    page = visitor.get(f"/verify?scope=mine&card={card_id}").text
    found = re.search(rf'<form[^>]*action="/verify/{card_id}{form}">(.*?)</form>', page, re.DOTALL)
    assert found is not None, page
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[1])
    return {name: unescape(value) for name, value in pairs}


def edit_fields(page: str, **changes: Any) -> dict[str, Any]:
    """The editor's fields as they stand on its page: what it carries unseen, and the evidence that is ticked."""
    fields: dict[str, Any] = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    }
    ticked = [tag for tag in re.findall(r'<input type="checkbox"[^>]*name="opened"[^>]*>', page) if " checked" in tag]
    fields["opened"] = [re.search(r'value="([^"]*)"', tag)[1] for tag in ticked]  # type: ignore[index]
    return {"title": "Refunds", "body": "Within 14 days.", "collection": "billing", "verifiers": "", "owner": "",
            **fields, **changes}  # fmt: skip


def test_still_correct_records_the_time_and_the_evidence_that_was_shown_and_opened(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card("Refunds", verified=True)
    flag = world.flag(card, "It is 14 days")
    fields = hidden(vera, card)
    world.later(seconds=73)
    sent = {**fields, "note": "Asked finance", "opened": [f"report-{flag}", "made-up"]}
    assert vera.post(f"/verify/{card}", sent).status_code == 303
    record = last(world, card)
    assert (record.outcome, record.seconds, record.batch_size, record.whole_card) == ("still_right", 73, 1, False)
    assert record.evidence[0] == {"kind": "reported", "words": "“It is 14 days”", "opened": True}
    with world.read() as session:
        assert log.check(session).broken_id is None


def test_a_page_that_was_left_open_for_hours_counts_half_an_hour(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card()
    fields = hidden(vera, card)
    world.later(seconds=3 * 3600)
    vera.post(f"/verify/{card}", fields)
    assert last(world, card).seconds == 1800


@pytest.mark.parametrize("note", ["", "x", "%00", "A" * 900, "é"])
def test_without_an_honest_note_the_check_counts_and_its_record_says_less(site: Site, note: str) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card()
    vera.post(f"/verify/{card}", {"version": 1, "reading": note})
    record = last(world, card)
    assert (record.outcome, record.seconds, record.evidence) == ("still_right", None, [])


def test_somebody_elses_note_tells_nothing(site: Site) -> None:
    world, vera, cora = site.world, site.page("vera"), site.page("cora")
    card = world.card()
    fields = hidden(vera, card)
    cora.get("/verify")
    cora.post(f"/verify/{card}", {**fields, "csrf_token": cora._csrf})
    record = last(world, card)
    assert (record.actor, record.seconds) == ("cora@northwind.example", None)


def test_a_report_that_comes_in_while_somebody_reads_is_not_answered_by_their_check(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card(verified=True)
    first = world.flag(card, "It is 14 days")
    fields = hidden(vera, card)
    world.later(seconds=30)
    second = world.flag(card, "And not for resellers")
    page = vera.post(f"/verify/{card}", {**fields, "note": "Asked finance"}, follow_redirects=True)
    assert "A report that came in meanwhile is open." in page.text
    with world.read() as session:
        open_ = session.scalars(select(Flag.id).where(Flag.resolved_at.is_(None))).all()
    assert (open_, first != second) == ([second], True)
    assert world.trust(card).state == "flagged"


def test_a_report_that_comes_in_before_a_check_without_reports_needs_no_note(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card()
    fields = hidden(vera, card)
    world.flag(card)
    assert vera.post(f"/verify/{card}", fields).status_code == 303
    assert (last(world, card).outcome, world.trust(card).state) == ("still_right", "flagged")


def test_archive_is_an_outcome_with_its_own_record_and_can_be_undone(site: Site) -> None:
    world = site.world
    card = world.card("Fax numbers", verified=True, interval_days=30, verifiers=("cora",))
    world.flag(card, "Nobody faxes")
    world.later(days=31)
    cora = site.page("cora")
    before = world.trust(card)
    fields = hidden(cora, card, "/archive")
    world.later(seconds=12)
    page = cora.post(f"/verify/{card}/archive", {**fields, "note": "Nobody faxes"}, follow_redirects=True)
    assert "Archived “Fax numbers”." in page.text
    record = last(world, card)
    stated = (record.verdict, record.basis, record.outcome, record.note, record.seconds, record.verify_by)
    assert stated == ("unverified", "archived", "archived", "Nobody faxes", 12, None)
    with world.read() as session:
        assert session.get_one(Card, card).status == Status.ARCHIVED
        assert session.scalars(select(Flag.id).where(Flag.resolved_at.is_(None))).all()
    cora.post(f"/verify/{card}/undo", {"scope": "mine"})
    after = world.trust(card)
    assert (after.state, after.verified_at, after.verify_by) == (before.state, before.verified_at, before.verify_by)
    assert [each.basis for each in records(world, card)] == ["checked", "archived", "undo"]
    with world.read() as session:
        assert log.check(session).broken_id is None
        assert session.get_one(Card, card).assignee_id is not None


def test_a_card_that_was_archived_at_its_check_and_comes_back_counts_as_not_verified(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card(verified=True)
    cora.post(f"/verify/{card}/archive", {"version": 1, "note": "Nobody faxes"})
    cora.post(f"/cards/{card}/unarchive")
    trust = world.trust(card)
    assert (trust.state, trust.reasons[0].detail) == ("unverified", "Nobody faxes")


def test_archiving_needs_the_right_and_is_offered_only_with_it(site: Site) -> None:
    world, vera = site.world, site.page("vera")
    card = world.card()
    assert f"/verify/{card}/archive" not in vera.get("/verify").text
    assert vera.post(f"/verify/{card}/archive", {"version": 1}).status_code == 403
    hidden_card = world.card(collection="deals", verifiers=("cora",))
    assert site.page("stan").post(f"/verify/{hidden_card}/archive", {"version": 1}).status_code == 404
    with world.read() as session:
        assert session.get_one(Card, card).status == Status.PUBLISHED


def test_archiving_a_text_that_moved_on_or_twice_changes_nothing(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card()
    page = cora.post(f"/verify/{card}/archive", {"version": 7}, follow_redirects=True)
    assert "yours was drawn from version 7" in page.text
    assert records(world, card) == []
    for _ in range(2):
        assert cora.post(f"/verify/{card}/archive", {"version": 1}).status_code == 303
    assert [each.outcome for each in records(world, card)] == ["archived"]


def test_what_a_colleague_archived_meanwhile_is_said_and_the_next_card_opens(site: Site) -> None:
    world, vera, cora = site.world, site.page("vera"), site.page("cora")
    first, second = world.card("First"), world.card("Second")
    fields = hidden(vera, first)
    assert fields["after"] == str(second)
    cora.post(f"/verify/{first}/archive", {"version": 1})
    page = vera.post(f"/verify/{first}", fields, follow_redirects=True)
    assert "is no answer any more" in page.text
    assert 'id="card-title"><a href="/cards/' + str(second) in page.text
    assert [each.outcome for each in records(world, first)] == ["archived"]


def test_an_edit_from_the_queue_takes_along_what_was_read_and_leads_back_to_the_next_card(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card, following = (world.card(title, verified=True, verifiers=("cora",)) for title in ("Refunds", "Invoices"))
    flag = world.flag(card, "It is 14 days")
    world.flag(following, "Old")
    queue = cora.get(f"/verify?card={card}").text
    found = re.search(r'href="(/cards/\d+/edit\?[^"]+)"', queue)
    assert found is not None
    editor = cora.get(unescape(found[1]) + f"&opened=report-{flag}")
    world.later(seconds=240)
    sent = edit_fields(editor.text, step="verify", whole_card_checked="1", what_changed="14 days", version=1)
    response = cora.post(f"/cards/{card}/edit", sent)
    assert response.headers["Location"].startswith("/verify?scope=mine")
    assert f'id="card-title"><a href="/cards/{following}/' in cora.get(response.headers["Location"]).text
    record = last(world, card)
    assert (record.outcome, record.whole_card, record.seconds, record.basis) == ("corrected", True, 240, "edited")
    assert record.evidence[0] == {"kind": "reported", "words": "“It is 14 days”", "opened": True}


def test_an_edit_without_the_tick_does_not_verify_whatever_its_form_says(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card("Refunds", verified=True, verifiers=("cora",))
    sent = edit_fields(cora.get(f"/cards/{card}/edit").text, step="verify", version=1)
    answer = cora.post(f"/cards/{card}/edit", sent)
    assert (answer.status_code, "Tick “I checked the whole card”" in answer.text) == (422, True)
    cora.post(f"/cards/{card}/edit", {**sent, "step": "save", "whole_card_checked": "1"})
    assert (last(world, card).verdict, last(world, card).outcome) == ("unverified", None)


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_the_editor_leads_nowhere_else(site: Site, back: str) -> None:
    world, cora = site.world, site.page("cora")
    card = world.card("Refunds")
    page = cora.get(f"/cards/{card}/edit", query_string={"back": back}).text
    assert f'formaction="/cards/{card}/draft/discard?next=/cards/{card}"' in page
    response = cora.post(f"/cards/{card}/edit", edit_fields(page, step="save", version=1, back=back))
    assert response.headers["Location"] == f"/cards/{card}"


def test_over_the_api_a_check_may_name_its_outcome(site: Site) -> None:
    world = site.world
    vera: Any = site.api("vera", "read", "verify", "write")
    cora: Any = site.api("cora", "read", "verify")
    card = world.card("Refunds", verified=True)
    path = f"/cards/{card}/verification"
    refused = vera.call("POST", path, {"version": 1, "outcome": "corrected", "whole_card": True})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "outcome")
    vera.call("PATCH", f"/cards/{card}", {"version": 1, "body": "Within 14 days."})
    refused = vera.call("POST", path, {"version": 2, "outcome": "corrected"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "whole_card")
    body = {"version": 2, "outcome": "corrected", "whole_card": True, "seconds": 90_00}
    assert vera.call("POST", path, body).json["trust"]["state"] == "verified"
    record = last(world, card)
    assert (record.outcome, record.whole_card, record.seconds) == ("corrected", True, 1800)
    assert vera.call("POST", path, {"version": 2, "outcome": "archived"}).status_code == 403
    gone = cora.call("POST", path, {"version": 2, "outcome": "archived", "note": "Old"})
    assert (gone.status_code, gone.json["status"]) == (200, "archived")
    assert (last(world, card).outcome, last(world, card).note) == ("archived", "Old")
    for bad in ({"outcome": "fine"}, {"seconds": -1}, {"seconds": "4"}, {"outcome": None}):
        assert vera.call("POST", path, {"version": 2, **bad}).status_code == 422
