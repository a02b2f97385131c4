"""Two days in a real browser: an expert's, who writes, is corrected, verifies; a rep's, who searches, doubts, asks."""

import re

import pytest
from playwright.sync_api import Page, expect

from kb.mail.models import OutgoingMail
from kb.use.models import CardUse
from tests.infra.accessibility import assert_accessible
from tests.live import LiveSite
from tests.vitrine.editor.driving import write_markdown
from tests.world import email

ANSWER = "Resellers get a full refund within **30 days** of our invoice."


def mails_to(live: LiveSite, name: str) -> list[str]:
    with live.world.read() as session:
        found = session.query(OutgoingMail).filter(OutgoingMail.to_address == email(name)).order_by(OutgoingMail.id)
        return [mail.subject for mail in found]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_expert_writes_is_corrected_by_a_reader_and_verifies(live: LiveSite, page: Page) -> None:
    _the_expert_writes(live, page)
    _a_reader_says_what_is_wrong(live, page)
    _the_expert_hears_of_it_and_corrects_the_card(live, page)
    _the_expert_answers_and_settles_it(live, page)
    _the_reader_sees_what_became_of_it(live, page)


def _the_expert_writes(live: LiveSite, page: Page) -> None:
    live.sign_in(page.context, "axel")
    page.goto("/cards/new")
    page.get_by_label("Title").fill("Refunds for resellers")
    write_markdown(page, ANSWER)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Refunds for resellers")).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Verified by Axel, 16 Nov 2026")).to_be_visible()
    live.run_job("notice")
    live.run_job("digest")  # today's digests are out


def _a_reader_says_what_is_wrong(live: LiveSite, page: Page) -> None:
    live.world.later(seconds=600)
    live.index()
    live.sign_in(page.context, "rita")
    page.goto("/?q=resellers")
    page.get_by_role("link", name="Refunds for resellers").first.click()
    page.locator("#comments > summary").click()
    field = page.get_by_label("Your comment")
    field.press_sequentially("@Ax")
    expect(page.get_by_role("option", name="Axel")).to_be_visible()
    assert_accessible(page)
    field.press("Enter")
    expect(field).to_have_value("@Axel ")
    field.press_sequentially("contracts from 2025 on say 14 days, see https://contracts.example/2025")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("Comment added.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 open comment")).to_be_visible()
    expect(page.get_by_role("link", name="https://contracts.example/2025")).to_be_visible()


def _the_expert_hears_of_it_and_corrects_the_card(live: LiveSite, page: Page) -> None:
    live.run_job("notice")
    live.run_job("tell")
    assert mails_to(live, "axel") == ["You were mentioned: Refunds for resellers"]
    live.sign_in(page.context, "axel")
    page.goto("/")
    page.get_by_role("link", name="Notices, 1 unread").click()
    page.get_by_role("link", name="Refunds for resellers").click()
    expect(page.get_by_text("contracts from 2025 on say 14 days")).to_be_visible()
    page.get_by_role("link", name="Edit").first.click()
    write_markdown(page, ANSWER.replace("30 days", "14 days"))
    page.get_by_label("I checked the whole card").check()
    page.get_by_role("button", name="Save and verify").click()
    expect(page.locator("#answer strong")).to_have_text("14 days")


def _the_expert_answers_and_settles_it(live: LiveSite, page: Page) -> None:
    live.world.later(seconds=60)
    page.locator("#comments > summary").click()
    page.locator("summary", has_text="Reply").click()
    page.get_by_label("Your reply").fill("Corrected, thank you @Rita.")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_text("Reply added.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Resolve the comment")).click()
    expect(page.get_by_text("Resolved.", exact=True)).to_be_visible()
    assert_accessible(page)


def _the_reader_sees_what_became_of_it(live: LiveSite, page: Page) -> None:
    live.run_job("notice")
    live.sign_in(page.context, "rita")
    page.goto("/notices")
    expect(page.get_by_text("Axel: Corrected, thank you @Rita.")).to_be_visible()
    page.get_by_role("link", name="Refunds for resellers").first.click()
    expect(page.locator("#answer strong")).to_have_text("14 days")
    expect(page.get_by_text("Verified by Axel, 16 Nov 2026")).to_be_visible()
    expect(page.get_by_text("Resolved by Axel, 16 Nov")).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rep_searches_copies_doubts_asks_and_gets_the_answer(live: LiveSite, page: Page) -> None:
    card = live.world.card("Refund window for annual plans", "Full refund within **30 days**.", verified=True)
    live.index()
    live.sign_in(page.context, "rita")
    _an_answer_is_copied_from_the_search_field(live, page, card)
    _a_problem_is_reported_by_keyboard(live, page)
    _what_no_card_answers_is_asked(live, page)
    _the_expert_answers_with_a_new_card(live, page)
    _the_rep_is_told_and_finds_it(live, page)


def _an_answer_is_copied_from_the_search_field(live: LiveSite, page: Page, card: int) -> None:
    page.goto("/")
    page.get_by_role("searchbox", name="Search cards").press_sequentially("annual refund")
    expect(page.locator("#preview")).to_contain_text("30 days")
    with page.expect_response(re.compile("/copied")):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Answer copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Full refund within 30 days."
    live.runtime.services.recorder.flush()
    with live.world.read() as session:
        used = session.get(CardUse, (card, live.world.now.date()))
        assert used is not None
        assert used.copies == 1


def _a_problem_is_reported_by_keyboard(live: LiveSite, page: Page) -> None:
    page.locator(".hit a").first.click()
    expect(page.get_by_role("heading", name="Refund window for annual plans")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("f")
    page.get_by_label("What is the problem?").select_option(label="The source changed")
    page.get_by_role("button", name="Report a problem").click()
    expect(page.get_by_text("Flagged: check with Vera before you use this")).to_be_visible()
    expect(page.get_by_text("No more was said.", exact=False).first).to_be_visible()


def _what_no_card_answers_is_asked(live: LiveSite, page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox", name="Search cards").press_sequentially("carbon footprint of a sensor")
    expect(page.get_by_text("carbon footprint of a sensor”.", exact=False)).to_be_visible()
    page.get_by_role("link", name="Ask an expert").click()
    page.locator("main form button.btn-main").click()
    expect(page.get_by_role("heading", name="carbon footprint of a sensor")).to_be_visible()
    assert_accessible(page)


def _the_expert_answers_with_a_new_card(live: LiveSite, page: Page) -> None:
    question = page.url
    live.world.later(seconds=3600)
    live.sign_in(page.context, "cora")
    page.goto(question)
    page.get_by_label("Title").fill("Carbon footprint of a sensor")
    page.get_by_label("Answer, in Markdown").fill("**2.1 kg** CO2 over its life.")
    page.get_by_role("button", name="Publish and tell whoever asked").click()
    expect(page.get_by_role("heading", name="Carbon footprint of a sensor")).to_be_visible()
    page.goto(question)
    expect(page.get_by_text("Answered by the card", exact=False)).to_be_visible()
    live.index()


def _the_rep_is_told_and_finds_it(live: LiveSite, page: Page) -> None:
    assert mails_to(live, "rita") == ["Answered: carbon footprint of a sensor"]
    live.sign_in(page.context, "rita")
    page.goto("/?q=carbon+footprint")
    expect(page.locator("#preview strong")).to_have_text("2.1 kg")
    expect(page.locator("#preview")).to_contain_text("Verified by Cora")
