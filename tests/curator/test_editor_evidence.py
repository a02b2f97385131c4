"""Whoever corrects a card sees beside its text what speaks against it, and what they looked at is in the record."""

from html import unescape
from urllib.parse import parse_qs, urlsplit

from kb.cards.commands import Edit, edit_card
from kb.cards.models import Card
from kb.trust.models import Verification
from tests.site import Site
from tests.world import World

HEAD = "Ready to verify?"


def doubted(world: World) -> tuple[int, int]:
    """A card that was edited and reported since its check, and the report."""
    card = world.card("Refunds", "Full refund within 30 days.", verified=True)
    world.later(days=70)
    with world.transaction() as session:
        loaded = session.get_one(Card, card)
        text = world.text("Refunds", "Full refund within 14 days.")
        edit_card(session, world.actor(session, "cora"), loaded, text, Edit(1), world.policy, world.now)
    return card, world.flag(card, "It is 60 days since May")


def from_queue(site: Site, card: int) -> str:
    """Vera's way from the queue into the editor."""
    page = site.page("vera").get(f"/verify?card={card}").text
    return unescape(page.split("data-edit", 1)[0].rsplit('href="', 1)[1].split('"', 1)[0])


def fields(page: str, **more: object) -> dict[str, object]:
    """What the editor's form would send."""
    reading = unescape(page.split('name="reading" value="', 1)[1].split('"', 1)[0])
    body = "Full refund within 60 days, since May."
    return {"title": "Refunds", "body": body, "collection": "billing", "version": "2", "reading": reading, **more}


def test_the_editor_repeats_what_the_queue_showed(site: Site) -> None:
    card, report = doubted(site.world)
    site.world.later(days=10)
    page = unescape(site.page("vera").get(from_queue(site, card)).text)
    assert HEAD in page
    assert "It is 60 days since May" in page
    assert "What changed since the last check" in page
    assert "Removed: " in page
    assert "open report" in page
    assert "Not checked for 80 days" in page
    assert f'name="opened" value="report-{report}"' in page


def test_what_was_ticked_as_looked_at_is_opened_in_the_record(site: Site) -> None:
    card, report = doubted(site.world)
    cora = site.page("cora")
    page = cora.get(f"/cards/{card}/edit").text
    sent = fields(page, opened=[f"report-{report}"], step="verify")
    refused = cora.post(f"/cards/{card}/edit", sent)
    assert refused.status_code == 422
    assert f'value="report-{report}" checked' in refused.text
    assert 'value="changes" checked' not in refused.text
    assert "I checked the whole card" in refused.text
    assert cora.post(f"/cards/{card}/edit", {**sent, "whole_card_checked": "1"}).status_code == 303
    with site.world.read() as session:
        record = session.query(Verification).order_by(Verification.id.desc()).first()
        assert record is not None
        assert (record.card_id, record.outcome, record.whole_card) == (card, "corrected", True)
        assert {(piece["kind"], piece["opened"]) for piece in record.evidence} >= {
            ("reported", True),
            ("changes", False),
        }


def test_what_was_opened_in_the_queue_comes_ticked(site: Site) -> None:
    card, report = doubted(site.world)
    url = from_queue(site, card)
    assert parse_qs(urlsplit(url).query)["reading"]
    page = site.page("vera").get(f"{url}&opened=report-{report}").text
    assert f'value="report-{report}" checked' in page


def test_a_conflict_and_a_preview_keep_the_evidence_and_the_ticks(site: Site) -> None:
    card, report = doubted(site.world)
    vera = site.page("vera")
    sent = fields(vera.get(f"/cards/{card}/edit").text, opened=[f"report-{report}"], mode="preview")
    page = vera.post(f"/cards/preview?card={card}", sent).text
    assert HEAD in page
    assert f'value="report-{report}" checked' in page


def test_evidence_is_for_those_who_may_verify_and_for_answers_only(site: Site) -> None:
    world = site.world
    card, _ = doubted(world)
    draft = world.card("Draft", publish=False)
    calm = world.card("Calm", "Nothing happened here.", verified=True)
    for who, which, shown in (("vera", card, True), ("cora", draft, False), ("vera", calm, True)):
        page = site.page(who).get(f"/cards/{which}/edit")
        assert page.status_code == 200
        assert (HEAD in page.text) is shown, (who, which)
    assert "Nobody reported anything" in site.page("vera").get(f"/cards/{calm}/edit").text
    assert HEAD not in site.page("vera").get("/cards/new").text
    assert site.page("rita").get(f"/cards/{card}/edit").status_code == 403
