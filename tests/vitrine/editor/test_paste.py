"""What is pasted comes out clean, in rich text and in Markdown; nothing in it is executed, loaded or complained of."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _no_drafts(page: Page) -> None:
    """Drafts have tests of their own; here none is on its way when a test ends."""
    page.route("**/draft", lambda route: route.fulfill(json={"number": 1, "said": "Draft saved"}))


SAMPLES = Path(__file__).parent / "samples"
CLEAN = {
    name: ((SAMPLES / f"{name}.html").read_text(), (SAMPLES / f"{name}.md").read_text().strip())
    for name in ("word", "docs", "sheets", "excel", "mail", "code")
}
CELLS = "Country\tRate\r\nIreland\t23%\r\n"


def pasted(editor: EditorPage, html: str, text: str, *, rich: bool) -> str:
    """An empty editor's text after the paste."""
    if rich:
        editor.switch("Rich text")
        editor.rich.click()
        editor.page.keyboard.press("Control+a")
        editor.page.keyboard.press("Delete")
    else:
        editor.source.fill("")
        editor.source.focus()
    editor.paste(html, text)
    return editor.markdown().strip()


def test_rich_text_takes_what_office_programs_copy(editor: EditorPage) -> None:
    editor.open("/cards/new")
    taken = {name: pasted(editor, html, "plain", rich=True) for name, (html, _) in CLEAN.items()}
    assert taken == {name: markdown for name, (_, markdown) in CLEAN.items()}


def test_the_plain_editor_makes_the_same_markdown_of_it(plain_editor: EditorPage) -> None:
    plain_editor.open("/cards/new", rich=False)
    taken = {name: pasted(plain_editor, html, "plain", rich=False) for name, (html, _) in CLEAN.items()}
    assert taken == {name: markdown for name, (_, markdown) in CLEAN.items()}


@pytest.mark.parametrize("rich", [True, False])
def test_a_hostile_clipboard_leaves_words_and_nothing_else(
    request: pytest.FixtureRequest, page: Page, live: LiveSite, rich: bool
) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    editor: EditorPage = request.getfixturevalue("editor" if rich else "plain_editor")
    editor.open("/cards/new", rich=rich)
    said = pasted(editor, (SAMPLES / "hostile.html").read_text(), "plain", rich=rich)
    editor.switch("Preview")
    expect(page.locator("#preview .prose")).to_contain_text("Hello")
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert not [word for word in ("javascript", "onerror", "<", "evil", "data:", "style") if word in said], said
    assert all(url.startswith((live.url, "blob:", "data:")) for url in asked), asked
    # That no policy was violated is what the console fixture watches: each violation is an error there.


def test_pictures_from_elsewhere_are_counted_and_left_behind(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    editor.paste(CLEAN["docs"][0])
    expect(page.locator("[data-notice]")).to_have_text("2 pictures were not copied. Paste or drop them here.")
    assert "googleusercontent" not in editor.markdown()


def test_a_lone_address_on_selected_words_links_them(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    editor.rich.click()
    page.keyboard.type("the policy")
    page.keyboard.press("Control+a")
    editor.paste("", "https://intra.example/x")
    assert editor.markdown() == "[the policy](https://intra.example/x)"
    editor.source.fill("the policy")
    editor.source.select_text()
    editor.paste("", "https://intra.example/y")
    assert editor.source.input_value() == "[the policy](https://intra.example/y)"


def test_cells_that_come_as_text_are_a_table_unless_pasted_plain(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    assert pasted(editor, "", CELLS, rich=True) == CLEAN["excel"][1]
    editor.switch("Rich text")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.down("Shift")
    editor.paste("", CELLS)
    page.keyboard.up("Shift")
    assert "|" not in editor.markdown()


def test_what_is_copied_inside_the_editor_keeps_what_only_the_editor_knows(editor: EditorPage, page: Page) -> None:
    editor.open("/cards/new")
    source = "> [!WARNING]\n> Do not promise cash.\n\nPress <kbd>Ctrl</kbd>."
    editor.switch("Markdown")
    editor.source.fill(source)
    editor.switch("Rich text")
    editor.rich.click()
    page.keyboard.press("Control+a")
    copied = editor.copy()
    editor.switch("Markdown")
    editor.source.fill("Above")
    editor.switch("Rich text")
    expect(editor.rich).to_have_text("Above")
    editor.go_to_end_of(editor.rich)
    page.keyboard.press("Enter")
    editor.paste(copied)
    editor.paste(copied)
    twice = editor.markdown()
    assert twice.count("[!WARNING]") == 2
    assert twice.count("<kbd>Ctrl</kbd>") == 2
