"""One story in a real browser: an author writes, a curator verifies, time passes, the queue fills, a rep copies."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.infra.accessibility import assert_accessible
from tests.live import LiveSite
from tests.vitrine.editor.driving import write_markdown


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_card_is_written_verified_goes_stale_is_checked_and_answers_a_rep(live: LiveSite, page: Page) -> None:
    _an_author_writes(live, page)
    _a_curator_verifies(live, page)
    _a_rep_finds_the_answer_and_copies_it(live, page)
    _time_passes_and_the_queue_fills(live, page)
    _a_rep_reports_a_problem(live, page)
    _the_verifier_answers_it_in_the_queue(live, page)
    _the_report_tells_the_week(live, page)


def _an_author_writes(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "axel")
    page.goto("/")
    page.get_by_role("link", name="New card").first.click()
    page.get_by_label("Title").fill("Refund window for annual plans")
    write_markdown(page, "Full refund within **30 days** of the invoice date.\n")
    page.get_by_role("button", name="List").click()
    page.keyboard.type("Check the invoice date")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview li")).to_have_text("Check the invoice date")
    page.get_by_label("Verifier 1").select_option(label="Vera")
    page.get_by_label("Tags").fill("refunds, annual plan")
    assert_accessible(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Refund window for annual plans")).to_be_visible()
    expect(page.get_by_text("Nobody has verified this yet")).to_be_visible()


def _a_curator_verifies(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "cora")
    page.goto("/cards")
    page.get_by_role("link", name="Refund window for annual plans").click()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified by Cora, 16 Nov 2026")).to_be_visible()
    assert_accessible(page)


def _a_rep_finds_the_answer_and_copies_it(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "rita")
    page.goto("/")
    page.get_by_role("searchbox", name="Search cards").press_sequentially("refunding annu")
    expect(page.get_by_role("link", name="Refund window for annual plans").first).to_be_visible()
    expect(page.locator("#preview")).to_contain_text("30 days")
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Answer copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "Full refund within 30 days of the invoice date.\n\n- Check the invoice date"


def _time_passes_and_the_queue_fills(live: LiveSite, page: Page) -> None:
    live.world.later(days=91)
    assert live.run_job("notice") == "1 new notice"
    live.sign_in(page.context, "vera")
    page.goto("/")
    expect(page.get_by_role("link", name="1 of your cards needs a check")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Verify")).click()
    expect(page.get_by_text("Overdue", exact=False).first).to_be_visible()


def _a_rep_reports_a_problem(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "rita")
    page.goto("/?q=refund")
    page.get_by_role("link", name="Report a problem").click()
    page.get_by_label("What should it say").fill("It is 14 days since January")
    page.get_by_role("button", name="Report a problem").click()
    expect(page.get_by_text("Flagged: check with Vera before you use this")).to_be_visible()


def _the_verifier_answers_it_in_the_queue(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "vera")
    page.goto("/verify")
    expect(page.get_by_text("It is 14 days since January").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Still correct").click()
    page.get_by_label("What did you check?").fill("Asked finance: still 30 days")
    page.get_by_role("button", name="Still correct").click()
    expect(page.get_by_text("Nothing to check", exact=False)).to_be_visible()
    live.sign_in(page.context, "rita")
    page.goto("/?q=refund")
    expect(page.locator("#preview")).to_contain_text("Verified by Vera")


def _the_report_tells_the_week(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "cora")
    page.goto("/reports/weekly")
    expect(page.get_by_role("heading", name=re.compile("Week of"))).to_be_visible()
    expect(page.get_by_text("100%").first).to_be_visible()
    assert_accessible(page)
