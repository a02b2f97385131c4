"""Every screen in a real browser: axe finds nothing, nothing scrolls sideways, nothing is hidden, light and dark."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from curator.duplicates.checking import check_cards
from curator.notices.transitions import Transition, write
from curator.reports.mailed.links import CheckLink, sign
from kb.cards.models import Card
from kb.reviewing.models import Proposal
from kb.trust.commands import raise_flag
from kb.trust.models import FlagKind
from tests.infra.accessibility import (
    assert_accessible,
    assert_focus_visible,
    assert_readable_in_the_dark,
    assert_reflows,
    assert_text_spacing,
)
from tests.infra.browser import Console
from tests.live import LiveSite

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCREENS = {
    "home": "/",
    "results": "/?q=refund",
    "corrected": "/?q=refnud+",
    "withheld": "/?q=discount",
    "withheld card": "/cards/{withheld}",
    "nothing found": "/?q=zebra",
    "card": "/cards/{flagged}",
    "overdue card": "/cards/{overdue}",
    "comments": "/cards/{overdue}?comments=1",
    "archived card": "/cards/{archived}",
    "editor": "/cards/{flagged}/edit",
    "new card": "/cards/new",
    "history": "/cards/{flagged}/history",
    "comparison": "/cards/{flagged}/diff?from=1&to=2",
    "audit": "/cards/{flagged}/audit",
    "recall": "/cards/{flagged}/recall",
    "corrections": "/recalls",
    "looking back": "/as-of?q=refund&at=2026-11-20T09:00",
    "replace": "/cards/{flagged}/replace?q=refund",
    "queue": "/verify?scope=all",
    "near-duplicates": "/duplicates",
    "pair": "/duplicates/1",
    "card manager": "/cards",
    "report": "/reports/weekly",
    "quick checks": "/reports/checks",
    "report of a collection": "/reports/weekly?collection=billing",
    "schedules": "/reports/schedules?open=1",
    "gaps": "/reports/gaps",
    "check by mail": "{check}",
    "used link": "{used}",
    "workload": "/reports/workload",
    "freshness": "/reports/freshness",
    "collection": "/collections/billing",
    "account": "/account",
    "people": "/admin/people",
    "person": "/admin/people/2",
    "groups": "/admin/groups",
    "collections": "/admin/collections",
    "one collection": "/admin/collections/billing",
    "rules": "/admin/rules",
    "effect of a rule": "/admin/rules/preview?kind=add&interval_days=5&expiry=withhold",
    "synonyms": "/admin/synonyms?open=1",
    "golden queries": "/admin/golden-queries",
    "registry": "/admin/registry?kind=value",
    "hooks": "/admin/hooks",
    "owner": "/cards/{flagged}/owner",
    "handover": "/people/4/handover?duty=both&to=3&to=2",
    "owners": "/reports/owners",
    "absences": "/account/absences",
    "webhooks": "/admin/webhooks?open=1",
    "card templates": "/admin/card-templates?open=battle-card",
    "new by a template": "/cards/new?template=battle-card&title=Refund",
    "triggers": "/admin/triggers?open=1",
    "questions": "/questions?scope=all",
    "question": "/questions/1",
    "ask": "/questions/new?q=refund",
    "extension": "/extension",
    "connect": "/extension/connect?challenge=" + "a" * 43,
    "as of": "/as-of?q=refund&at=2026-11-20",
    "notices": "/notices",
    "what you are told": "/account/notices",
    "reviews": "/reviews",
    "review": "/reviews/1",
    "missing": "/cards/999999",
    "API": "/api/v1/docs",
}
MAIN_SCREENS = (
    "results",
    "withheld",
    "card",
    "editor",
    "queue",
    "card manager",
    "report",
    "schedules",
    "check by mail",
)
SHARES = 2  # so many tests share all screens
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def cards(live: LiveSite) -> dict[str, Any]:
    """A card in every state that looks different."""
    world = live.world
    body = "Refund within 30 days.\n\n## Steps\n\n1. Check\n2. Pay\n\n| Plan | Days |\n| --- | --- |\n| Annual | 30 |\n"
    flagged = world.card("Refund window for annual plans", body, verified=True, tags=("refunds", "annual"))
    overdue = world.card("Refund after a chargeback", verified=True, interval_days=10)
    archived = world.card("Refund rules of 2019")
    world.card("Goodwill refund limits")
    withheld = world.card("Discount floor", "Never below list price.", collection="deals")
    world.later(days=12)
    world.flag(flagged, "It is 14 days now")
    with world.transaction() as session:
        card, system = session.get_one(Card, flagged), world.actor(session, "system")
        long = (
            "https://example.com/a-very-long-path/without/any/place/to/break/it/index_of_everything.htm?x=" + "y" * 200
        )
        raise_flag(session, system, card, FlagKind.SOURCE_CHANGED, "Changed-" + "w" * 90, world.now, url=long)
    cora = live.page("cora")
    cora.post(f"/cards/{archived}/archive")
    fields = {"title": "Refund window for annual plans", "body": body.replace("30", "31"), "collection": "billing",
              "version": 1, "step": "save", "what_changed": "31 days"}  # fmt: skip
    cora.post(f"/cards/{flagged}/edit", {**fields, "verifiers": "", "owner": ""})
    broken = (
        "Take the sensor off the wall. Send it back in the box it came in. A new one leaves the store the same day."
    )
    twins = [live.world.card(title, broken) for title in ("Broken sensor", "OLD: broken sensor")]
    with world.transaction() as session:
        check_cards(session, twins, world.now)
    live.index()
    ada = live.page("ada")
    ada.post("/admin/synonyms", {"words": "money back\nrefund"})
    ada.post("/admin/golden-queries", {"words": "refund annual", "card_id": flagged})
    hook = {"name": "Sales channel", "url": "https://hooks.example.com/services/abcdefghij", "form": "slack"}
    ada.post("/admin/webhooks", {**hook, "events": ["overdue", "flagged"], "person": "cora@northwind.example"})
    ada.post("/admin/webhooks/1/test")
    with world.transaction() as session:
        told = Transition(flagged, world.person(session, "ada").id, "new_version", "v1:1", detail="31 days now")
        author = world.person(session, "axel").id
        better = Proposal(
            card_id=flagged, base_version=1, title="Refund window", body=body.replace("30", "14"), tags=[],
            language="en", audience=[], author_id=author, at=world.now, note="14 days",
        )  # fmt: skip
        session.add(better)
        write(session, [told, replace(told, card_id=overdue, kind="escalated", slot="x", detail="")], world.now)
    for what in ({"tag": "annual"}, {"collection": "1"}, {"card": flagged}):
        ada.post("/follow", {"do": "follow", **what})
    ada.post("/admin/triggers", {"site": "*.crm.example", "texts": "Enterprise plan", "cards": f"/cards/{flagged}"})
    live.page("rita").post(
        "/questions", {"text": "Is there a refund for " + "resellers_" * 12 + "?", "detail": "Asked twice"}
    )
    long_words = "Does this hold for resellers, @axel? See https://example.com/" + "x" * 150
    live.page("rita").post(f"/cards/{overdue}/comments", {"text": long_words})
    for step in ({"text": "It does, @rita", "thread": 1}, {"text": "Done"}):
        ada.post(f"/cards/{overdue}/comments", step)
    ada.post("/comments/3/resolve")
    deals = {"name": "Deals", "readers": "1", "contract": "withhold", "min_trust": "verified"}
    ada.post("/admin/collections/deals", deals)
    ada.post("/reports/schedules", {"about": "all", "weekday": 0, "hour": 8, "time_zone": "Europe/Berlin"})
    checks = {name: _check_link(live, card) for name, card in (("check", overdue), ("used", flagged))}
    cora.post(f"/cards/{flagged}/edit", {**fields, "body": body.replace("30", "32"), "version": 2})
    return {"flagged": flagged, "overdue": overdue, "archived": archived, "withheld": withheld, **checks}


def _check_link(live: LiveSite, card: int) -> str:
    """What a mail to the admin would carry."""
    world = live.world
    with world.read() as session:
        loaded, ada = session.get_one(Card, card), world.person(session, "ada").id
        return "/check/" + sign(world.installation.secret_key, CheckLink(ada, card, loaded.version, world.now, 240))


@pytest.fixture
def look(live: LiveSite, browser: Browser, console: Console) -> Iterator[list[BrowserContext]]:
    """Contexts opened by the test, closed after it."""
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_on_any_screen_and_none_scrolls_sideways(
    live: LiveSite, page: Page, console: Console, cards: dict[str, Any], share: int
) -> None:
    console.expect("404|410")
    live.sign_in(page.context, "ada")
    for name in list(SCREENS)[share::SHARES]:
        page.goto(SCREENS[name].format(**cards))
        assert_accessible(page)
        if name in MAIN_SCREENS:
            assert_readable_in_the_dark(page)
        assert_reflows(page)


def test_axe_finds_nothing_on_the_main_screens_of_a_phone(
    live: LiveSite, browser: Browser, console: Console, look: list[BrowserContext], cards: dict[str, Any]
) -> None:
    context = browser.new_context(base_url=live.url, **PHONE)
    look.append(context)
    console.watch(context)
    live.sign_in(context, "ada")
    page = context.new_page()
    for name in MAIN_SCREENS:
        page.goto(SCREENS[name].format(**cards))
        assert_accessible(page)
        assert_readable_in_the_dark(page)


def test_no_screen_hides_what_has_the_focus_or_what_is_set_wider(
    live: LiveSite, page: Page, cards: dict[str, Any]
) -> None:
    live.sign_in(page.context, "ada")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/?q=refund", "/cards/{flagged}", "/verify?scope=all", "/cards"):
        page.goto(path.format(**cards))
        assert_focus_visible(page)
        assert_text_spacing(page)


def test_everything_works_without_javascript(
    live: LiveSite, browser: Browser, console: Console, look: list[BrowserContext]
) -> None:
    context = browser.new_context(base_url=live.url, java_script_enabled=False)
    look.append(context)
    console.watch(context)
    page = context.new_page()
    live.sign_in(context, "axel")
    page.goto("/cards/new")
    page.get_by_label("Title").fill("Shipping to Switzerland")
    page.get_by_label("Text", exact=True).fill("Four days.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("Four days.")
    page.get_by_role("button", name="Markdown").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Shipping to Switzerland")).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified by Axel, 16 Nov 2026")).to_be_visible()
    live.index()
    live.sign_in(context, "rita")
    page.goto("/")
    page.get_by_role("searchbox", name="Search cards").fill("switzerland")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("Four days.")
    page.get_by_role("link", name="Report a problem").click()
    page.get_by_label("What should it say").fill("It takes six days")
    page.get_by_role("button", name="Report a problem").click()
    expect(page.get_by_text("Flagged: check with Axel before you use this")).to_be_visible()
    live.sign_in(context, "axel")
    page.goto("/verify")
    page.get_by_label("What did you check?").fill("The carrier's table: four days")
    page.get_by_role("button", name="Still correct").click()
    expect(page.get_by_text("Nothing to check", exact=False)).to_be_visible()


def press(page: Page, key: str) -> None:
    """Press a key once the page listens: its modules have run when it is loaded."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)


def test_why_a_result_is_there_opens_by_keyboard_and_leaves_the_selection_alone(live: LiveSite, page: Page) -> None:
    live.world.card("Refund window", "Within 30 days.")
    live.world.card("Refund form")
    live.index()
    live.sign_in(page.context, "rita")
    page.goto("/?q=refund")
    second = page.locator(".hit").nth(1)
    second.get_by_role("link").focus()
    press(page, "Tab")
    expect(second.locator("summary")).to_be_focused()
    press(page, "Enter")
    expect(second.locator(".hit-why li").first).to_contain_text("“refund” in its title")
    expect(second).to_have_attribute("data-on", "")
    press(page, "ArrowUp")
    expect(page.locator(".hit").first.get_by_role("link")).to_be_focused()
    page.mouse.click(*_middle(second.locator("summary")))
    expect(second.locator(".hit-why ul")).not_to_be_visible()
    assert page.url.endswith("/?q=refund")


def _middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_page_says_that_it_is_offline_and_what_it_shows(live: LiveSite, page: Page) -> None:
    live.world.card("Refund window", "Within 30 days.")
    live.sign_in(page.context, "rita")
    page.goto("/cards/1")
    page.context.set_offline(True)
    expect(page.get_by_text(re.compile(r"You are offline. Showing what was loaded at \d\d:\d\d"))).to_be_visible()
    assert_accessible(page)
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline")).to_have_count(0)


def test_the_queue_is_worked_entirely_by_keyboard(live: LiveSite, page: Page) -> None:
    first, second = live.world.card("Bank holidays", verified=True), live.world.card("Escalations", verified=True)
    live.world.later(days=100)
    live.sign_in(page.context, "vera")
    page.goto("/verify")
    expect(page.get_by_role("heading", name="Bank holidays")).to_be_visible()
    press(page, "j")
    expect(page.get_by_role("heading", name="Escalations")).to_be_visible()
    page.locator(".queue-card[data-ready]").wait_for()
    press(page, "v")
    expect(page.get_by_role("heading", name="Bank holidays")).to_be_visible()
    expect(page.get_by_text("1 of 2 done")).to_be_visible()
    page.locator(".toasts[data-said]").wait_for(state="attached")
    press(page, "u")
    expect(page.get_by_text("0 of 2 done")).to_be_visible()
    assert live.world.trust(second).state == "overdue"
    page.goto("/verify")
    page.locator(".queue-card[data-ready]").wait_for()
    press(page, "v")
    expect(page.get_by_text("1 of 2 done")).to_be_visible()
    page.locator(".queue-card[data-ready]").wait_for()
    press(page, "v")
    expect(page.get_by_text("Nothing to check", exact=False)).to_be_visible()
    assert {live.world.trust(card).state.value for card in (first, second)} == {"verified"}


def test_single_key_shortcuts_can_be_switched_off(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "rita")
    page.goto("/account")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    press(page, "/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    page.get_by_label("Single-key shortcuts").check()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    press(page, "/")
    expect(page.get_by_role("searchbox")).to_be_focused()
