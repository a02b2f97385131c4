"""A curator's Monday in a real browser: a morning's checks by keyboard alone, and the last of them on the phone."""

from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from kb.cards.models import Card, Status
from kb.trust import log
from kb.trust.models import Verification
from tests.infra.accessibility import assert_accessible
from tests.infra.browser import Console
from tests.infra.postgres import ON_POSTGRES
from tests.live import LiveSite
from tests.vitrine.editor.driving import write_markdown

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
BODY = "We refund the full amount within **30 days** of the invoice.\n\n1. Find the invoice\n2. Pay it back\n"


@ON_POSTGRES
def test_a_curators_monday(live: LiveSite, page: Page, browser: Browser, console: Console) -> None:
    cards = _a_morning(live)
    live.sign_in(page.context, "cora")
    page.goto("/verify")
    expect(page.get_by_text("6 to check, most harmful first", exact=False)).to_be_visible()
    assert_accessible(page)
    _a_report_is_answered(live, page, cards)
    _a_card_is_corrected_in_the_editor(live, page, cards)
    _a_card_nobody_needs_is_archived_and_comes_back_by_undo(live, page, cards)
    _one_is_given_away_and_one_is_left_for_later(live, page, cards)
    _a_held_key_decides_once(live, page)
    _the_last_one_is_checked_on_the_phone(live, browser, console)
    with live.world.read() as session:
        assert log.check(session).broken_id is None


def _a_morning(live: LiveSite) -> dict[str, int]:
    world = live.world
    titles = ("Refund window", "Invoices", "Fax numbers", "Resellers", "Bank holidays", "Escalations")
    cards = {title: world.card(title, BODY, verified=True, verifiers=("cora",)) for title in titles}
    world.later(days=100)
    world.flag(cards["Refund window"], "It is 14 days for annual plans")
    return cards


def _press(page: Page, key: str) -> None:
    """As somebody does who has seen that the card is there."""
    page.locator(".queue-card[data-ready]").wait_for()
    page.keyboard.press(key)


def _open(page: Page) -> str:
    page.locator(".queue-card[data-ready]").wait_for()
    return page.locator("#card-title").inner_text()


def _records(live: LiveSite, card_id: int) -> list[Verification]:
    with live.world.read() as session:
        found = select(Verification).where(Verification.card_id == card_id).order_by(Verification.id)
        return list(session.scalars(found))


def _a_report_is_answered(live: LiveSite, page: Page, cards: dict[str, int]) -> None:
    expect(page.get_by_role("heading", name="Refund window")).to_be_visible()
    expect(page.get_by_text("“It is 14 days for annual plans”")).to_be_visible()
    expect(page.get_by_label("What did you check?")).to_be_hidden()
    live.world.later(seconds=35)
    _press(page, "v")
    expect(page.get_by_label("What did you check?")).to_be_focused()
    page.keyboard.type("Asked finance: it is still 30 days")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 6 done")).to_be_visible()
    expect(page.get_by_text("Verified “Refund window”.")).to_be_visible()
    record = _records(live, cards["Refund window"])[-1]
    assert (record.note, record.seconds) == ("Asked finance: it is still 30 days", 35)
    assert record.evidence[0]["words"] == "“It is 14 days for annual plans”"


def _a_card_is_corrected_in_the_editor(live: LiveSite, page: Page, cards: dict[str, int]) -> None:
    title = _open(page)
    _press(page, "e")
    write_markdown(page, BODY.replace("30", "14"))
    page.get_by_label("I checked the whole card").focus()
    page.keyboard.press("Space")
    live.world.later(seconds=120)
    page.get_by_role("button", name="Save and verify").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved and verified.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("2 of 6 done")).to_be_visible()
    record = _records(live, cards[title])[-1]
    assert (record.outcome, record.whole_card, record.seconds) == ("corrected", True, 120)


def _a_card_nobody_needs_is_archived_and_comes_back_by_undo(live: LiveSite, page: Page, cards: dict[str, int]) -> None:
    title = _open(page)
    for _ in range(2):
        _press(page, "a")
        expect(page.get_by_label("Why does nobody need it?")).to_be_focused()
        page.keyboard.type("Nobody faxes")
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"Archived “{title}”.")).to_be_visible()
        with live.world.read() as session:
            assert session.get_one(Card, cards[title]).status == Status.ARCHIVED
        page.locator(".toasts[data-said]").wait_for()
        _press(page, "u")
        expect(page.get_by_text("Undone.")).to_be_visible()
        assert _open(page) == title
    assert [each.outcome for each in _records(live, cards[title])][1:] == ["archived", None, "archived", None]
    assert live.world.trust(cards[title]).state == "overdue"


def _one_is_given_away_and_one_is_left_for_later(live: LiveSite, page: Page, cards: dict[str, int]) -> None:
    title = _open(page)
    _press(page, "r")
    expect(page.get_by_label("Who should check it?")).to_be_focused()
    page.get_by_label("Who should check it?").select_option(label="Vera")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reassigned to Vera.")).to_be_visible()
    with live.world.read() as session:
        assert session.get_one(Card, cards[title]).assignee_id == live.world.person(session, "vera").id
    title = _open(page)
    _press(page, "s")
    expect(page.get_by_role("button", name="Tomorrow")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Later: it is back on", exact=False)).to_be_visible()
    assert _open(page) != title


def _a_held_key_decides_once(live: LiveSite, page: Page) -> None:
    """Two cards are left. A key that is held, or pressed once more at once, is not a second check."""
    expect(page.get_by_text("2 of 4 done")).to_be_visible()
    for key in ("j", "k"):
        title = _open(page)
        _press(page, key)
        expect(page.locator("#card-title")).not_to_have_text(title)
    page.locator(".queue-card[data-ready]").wait_for()
    page.keyboard.down("v")
    page.keyboard.down("v")
    page.keyboard.down("v")
    page.keyboard.up("v")
    expect(page.get_by_text("3 of 4 done")).to_be_visible()
    page.locator(".queue-card[data-ready]").wait_for()
    expect(page.get_by_text("3 of 4 done")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Archive")
    page.keyboard.press("Escape")


def _the_last_one_is_checked_on_the_phone(live: LiveSite, browser: Browser, console: Console) -> None:
    context = browser.new_context(base_url=live.url, **PHONE)
    console.watch(context)
    page = context.new_page()
    live.sign_in(context, "cora")
    page.goto("/verify")
    assert_accessible(page)
    bar = page.locator(".queue-bar").bounding_box()
    tabs = page.locator(".places").bounding_box()
    button = page.get_by_role("button", name="Still correct").bounding_box()
    assert bar is not None
    assert tabs is not None
    assert button is not None
    assert (bar["y"] + bar["height"] <= tabs["y"] + 1, button["height"] >= 44) == (True, True)
    page.get_by_role("button", name="Still correct").tap()
    expect(page.get_by_text("Nothing to check.")).to_be_visible(timeout=20_000)
    context.close()
