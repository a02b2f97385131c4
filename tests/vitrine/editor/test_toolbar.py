"""The toolbar and the keys of both editors, and that the page is for everybody."""

import pytest
from playwright.sync_api import Page, expect

from tests.infra.accessibility import assert_accessible, assert_reflows
from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_toolbar_makes_what_it_says(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    tools = page.get_by_role("toolbar", name="Formatting")
    editor.rich.click()
    page.keyboard.type("Rules")
    tools.get_by_label("Style of the paragraph").select_option("Heading")
    expect(editor.rich).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    tools.get_by_role("button", name="Bold").click()
    expect(editor.rich).to_be_focused()
    page.keyboard.type("Never")
    expect(tools.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    tools.get_by_role("button", name="Bold").click()
    expect(editor.rich).to_be_focused()
    page.keyboard.type(" twice.")
    page.keyboard.press("Enter")
    tools.get_by_role("button", name="Steps").click()
    expect(editor.rich).to_be_focused()
    page.keyboard.type("Ask")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("again")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    tools.get_by_role("button", name="Note").click()
    expect(editor.rich).to_be_focused()
    page.keyboard.type("Mind it")
    tools.get_by_label("Kind of note").select_option("Warning")
    expect(editor.rich).to_be_focused()
    assert editor.markdown() == ("## Rules\n\n**Never** twice.\n\n1. Ask\n    1. again\n\n> [!WARNING]\n> Mind it")


def test_what_only_markdown_can_change_says_so_in_the_readers_language(
    live: LiveSite, editor: EditorPage, page: Page
) -> None:
    with live.world.transaction() as session:
        live.world.person(session, "axel").language = "de"
    card = live.world.card(body="See it.[^1]\n\n[^1]: In the price list.", author="axel")
    editor.open(f"/cards/{card}/edit")
    for kept in ("pre.kept", "code.kept"):
        expect(editor.rich.locator(kept)).to_have_attribute("title", "Dies unter Markdown ändern")


def test_a_table_grows_and_shrinks(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.get_by_role("button", name="Table", exact=True).click()
    page.keyboard.type("Plan")
    page.keyboard.press("Tab")
    page.keyboard.type("Days")
    page.get_by_role("button", name="Add column").click()
    page.get_by_role("button", name="Delete row").scroll_into_view_if_needed()
    page.keyboard.press("Tab")
    page.keyboard.type("Note")
    page.keyboard.press("Tab")
    page.keyboard.type("Annual")
    page.get_by_role("button", name="Delete row").click()
    assert editor.markdown() == "| Plan | Days | Note |\n| --- | --- | --- |\n|  |  |  |"


def test_a_cell_takes_text_alone_because_markdown_has_nothing_else_there(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.get_by_role("button", name="Table", exact=True).click()
    for name in ("Note", "List", "Steps"):
        page.get_by_role("button", name=name, exact=True).click()
    expect(editor.rich).to_be_focused()
    editor.paste("<p><b>Bold</b> plain</p><ul><li>one</li><li>two</li></ul>")
    page.keyboard.press("Tab")
    editor.paste("<h2>Days</h2>")
    assert editor.markdown().splitlines()[0] == "| **Bold** plain<br>one<br>two | Days |"


def test_a_link_is_set_and_removed_by_keyboard(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.keyboard.type("the list")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+k")
    page.get_by_label("Address of the link").fill("wiki.example/list")
    page.keyboard.press("Enter")
    assert editor.markdown() == "[the list](https://wiki.example/list)"
    editor.switch("Rich text")
    editor.rich.locator("a").click()
    page.keyboard.press("Control+k")
    page.locator("[data-unlink]").click()
    assert editor.markdown() == "the list"


def test_what_looks_like_markdown_is_saved_as_the_words_it_is(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.keyboard.insert_text("1. not a list *nor* this # <b>")
    source = editor.markdown()
    editor.switch("Preview")
    expect(page.locator("#preview .prose")).to_have_text("1. not a list *nor* this # <b>")
    assert source.startswith("1\\. ")


def test_escape_and_tab_leave_a_list(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.get_by_role("button", name="List", exact=True).click()
    page.keyboard.type("point")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor.rich).not_to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_editor_with_everything_open_is_accessible(
    live: LiveSite, editor: EditorPage, page: Page, width: int
) -> None:
    body = (
        "Text\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n> [!WARNING]\n> Careful <kbd>Esc</kbd>\n\n<details>x</details>"
    )
    card = live.world.card("Refund window", body, author="axel")
    live.page("axel").post(f"/cards/{card}/draft", {"title": "Other", "version": 1})
    page.set_viewport_size({"width": width, "height": 800})
    editor.open(f"/cards/{card}/edit")
    expect(page.locator("[data-offer]")).to_be_visible()
    editor.rich.locator("td").first.click()
    expect(page.get_by_role("button", name="Add row")).to_be_visible()
    page.keyboard.press("Control+k")
    assert_accessible(page)
    editor.rich.locator(".callout p").last.click()
    expect(page.get_by_label("Kind of note")).to_have_value("WARNING")
    assert_accessible(page)
    assert_reflows(page)


def test_enter_in_a_choice_goes_back_to_the_text_and_sends_nothing(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    page.get_by_role("toolbar", name="Formatting").get_by_label("Style of the paragraph").focus()
    page.keyboard.press("Enter")
    expect(editor.rich).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_rich_text_of_an_empty_card_says_what_belongs_there_and_stops_with_the_first_letter(
    live: LiveSite, editor: EditorPage, page: Page
) -> None:
    said = """() => getComputedStyle(document.querySelector('[data-rich]'), '::before').content"""
    editor.open("/cards/new")
    assert page.evaluate(said) == '"The answer"'
    editor.rich.click()
    page.keyboard.type("W")
    assert page.evaluate(said) == "none"
    assert editor.markdown() == "W"
