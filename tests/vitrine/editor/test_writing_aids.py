"""What stands beside the editor follows what is typed, and a template's headings come into the text that is there."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.infra.accessibility import assert_accessible, assert_reflows
from tests.infra.browser import Console
from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_parts_follow_the_text_and_similar_cards_the_title(
    live: LiveSite, plain_editor: EditorPage, console: Console
) -> None:
    live.world.card("Refund window for annual plans")
    live.index()
    page = plain_editor.open("/cards/new", rich=False).page
    page.get_by_label("Template", exact=True).select_option("Policy")
    expect(page.get_by_text("3 required parts are missing or empty.")).to_be_visible()
    plain_editor.source.fill("## The rule\n\n30 days.\n\n## Exceptions\n")
    expect(page.get_by_text("2 required parts are missing or empty.")).to_be_visible()
    plain_editor.title.fill("Refund window of annual plans")
    expect(page.get_by_role("link", name="Refund window for annual plans", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Improve Refund window for annual plans instead")).to_be_visible()
    assert console.unexpected() == []


def test_starting_from_a_template_keeps_what_was_typed(plain_editor: EditorPage) -> None:
    page = plain_editor.open("/cards/new", rich=False).page
    plain_editor.title.fill("Refunds")
    page.get_by_role("button", name="Objection").click()
    expect(plain_editor.source).to_have_value("## What they say\n\n\n## What is behind it\n\n\n## What to answer\n\n\n"
                                              "## Proof\n\n\n## Next step\n")  # fmt: skip
    expect(plain_editor.title).to_have_value("Refunds")
    expect(page.get_by_label("Template", exact=True)).to_have_value("objection")
    expect(page).to_have_url(re.compile("/cards/new$"))
    expect(page.get_by_role("button", name="Policy")).to_be_hidden()


def test_missing_headings_come_below_what_is_written(plain_editor: EditorPage) -> None:
    page = plain_editor.open("/cards/new", rich=False).page
    page.get_by_label("Template", exact=True).select_option("Policy")
    plain_editor.source.fill("## Exceptions\n\nNone.")
    page.get_by_role("button", name="Add the missing headings").click()
    expect(plain_editor.source).to_have_value(re.compile(r"^## Exceptions\n\nNone\.\n\n## The rule\n"))
    expect(page.get_by_text("2 required parts are missing or empty.")).to_be_visible()
    expect(page.get_by_role("button", name="Add the missing headings")).to_be_hidden()


def test_who_writes_on_gets_no_answer_about_an_older_text(plain_editor: EditorPage) -> None:
    page = plain_editor.open("/cards/new?template=policy", rich=False).page
    held: list[Route] = []
    page.route("**/cards/writing", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/cards/writing"):
        plain_editor.source.fill("## The rule\n\nOld.")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/cards/writing")):
        plain_editor.source.fill("## The rule\n\nNew.\n\n## Exceptions\n\nNone.\n\n## Who and what it covers\n\nAll.")
    expect(page.get_by_text("All required parts are written.")).to_be_visible()


def test_a_server_that_does_not_answer_takes_nothing_away_and_the_next_key_asks_again(
    plain_editor: EditorPage, console: Console
) -> None:
    console.expect("Failed to load resource")
    page = plain_editor.open("/cards/new?template=policy", rich=False).page
    page.route("**/cards/writing", lambda route: route.abort())
    with page.expect_request("**/cards/writing"):
        plain_editor.source.fill("## The rule\n\n30 days.")
    expect(page.get_by_text("3 required parts are missing or empty.")).to_be_visible()
    page.unroute("**/cards/writing")
    plain_editor.source.press_sequentially("!")
    expect(page.get_by_text("2 required parts are missing or empty.")).to_be_visible()


def test_rich_text_is_checked_as_markdown_is(editor: EditorPage) -> None:
    page = editor.open("/cards/new?template=policy").page
    editor.go_to_end_of(editor.rich.get_by_role("heading", name="The rule"))
    page.keyboard.press("Enter")
    page.keyboard.type("Thirty days.")
    expect(page.get_by_text("2 required parts are missing or empty.")).to_be_visible()


def test_what_is_drawn_beside_the_editor_is_accessible(live: LiveSite, plain_editor: EditorPage, page: Page) -> None:
    live.world.card("Refund window for annual plans", "We " + "really " * 30 + "pay back.")
    live.index()
    body = "## The rule\n\n" + "We " + "really " * 30 + "pay.\n"
    plain_editor.open("/cards/new?template=policy", rich=False)
    plain_editor.title.fill("Refund window of annual plans")
    plain_editor.source.fill(body)
    expect(page.get_by_text("Long sentences:")).to_be_visible()
    assert_accessible(page)
    assert_reflows(page)
