"""What stands in the editor survives reloads, a second window, a server that is away; pictures find their place."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import delete, select

from kb.cards.models import Attachment, Card
from kb.drafts.models import EditDraft
from kb.people.models import WebSession
from kb.people.passwords import new_hash
from tests.infra.accessibility import assert_accessible, assert_reflows
from tests.infra.browser import Console
from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def card(live: LiveSite) -> int:
    """A card that Axel may edit."""
    return live.world.card("Refund window", "Within **30** days.", author="axel")


def drafts(live: LiveSite) -> list[dict[str, Any]]:
    with live.world.read() as session:
        return [draft.fields for draft in session.scalars(select(EditDraft))]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def give_picture(page: Page, kind: str) -> None:
    """Paste or drop a picture where the focus is."""
    page.evaluate(
        """([kind, bytes]) => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(bytes)], 'Price list.png', { type: 'image/png' }))
          const target = document.activeElement
          const box = target.getBoundingClientRect()
          const at = { clientX: box.x + 40, clientY: box.y + 12 }
          target.dispatchEvent(kind === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true, ...at }))
        }""",
        [kind, list(picture())],
    )


def test_a_draft_survives_a_reload_and_is_gone_when_the_card_is_saved(
    live: LiveSite, editor: EditorPage, page: Page, card: int
) -> None:
    editor.open(f"/cards/{card}/edit")
    editor.go_to_end_of(editor.rich)
    page.keyboard.type(" Or 31.")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    assert drafts(live)[0]["body"] == "Within **30** days. Or 31."
    editor.open(f"/cards/{card}/edit")
    assert "Or 31" not in editor.rich.inner_text()
    page.get_by_role("link", name="Continue your draft from 09:00").click()
    expect(editor.rich).to_contain_text("Or 31.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert drafts(live) == []
    with live.world.read() as session:
        assert session.get_one(Card, card).body == "Within **30** days. Or 31."


def test_control_s_keeps_a_draft_at_once_and_control_enter_saves(
    live: LiveSite, editor: EditorPage, page: Page, card: int
) -> None:
    editor.open(f"/cards/{card}/edit")
    editor.rich.click()
    page.keyboard.type("So: ")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    assert page.url.endswith("/edit")
    page.get_by_label("I checked the whole card").check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved and verified.")).to_be_visible()
    assert live.world.trust(card).state == "verified"


def test_a_draft_can_be_discarded_where_it_is_offered(
    live: LiveSite, editor: EditorPage, page: Page, card: int
) -> None:
    editor.open(f"/cards/{card}/edit")
    editor.rich.click()
    page.keyboard.type("Never mind ")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    editor.open(f"/cards/{card}/edit")
    page.locator("[data-offer]").get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Draft discarded.")).to_be_visible()
    expect(page.locator("[data-offer]")).to_have_count(0)
    assert drafts(live) == []


def test_of_two_windows_the_second_says_so_and_loses_nothing(
    live: LiveSite, editor: EditorPage, page: Page, console: Console, card: int
) -> None:
    console.expect("409")
    second = EditorPage(page.context.new_page())
    editor.open(f"/cards/{card}/edit")
    second.open(f"/cards/{card}/edit")
    for window, words in ((editor, "First. "), (second, "Second. ")):
        window.rich.click()
        window.page.keyboard.type(words)
        window.page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    expect(second.page.locator("[data-saved]")).to_contain_text("changed elsewhere at 09:00")
    assert "First" in drafts(live)[0]["body"]
    second.page.get_by_role("button", name="Keep this text instead").click()
    expect(second.page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    assert "Second" in drafts(live)[0]["body"]


def test_while_the_server_is_away_the_text_stays_in_this_browser(
    live: LiveSite, editor: EditorPage, page: Page, console: Console, card: int
) -> None:
    console.expect("ERR_FAILED|net::")
    page.route("**/draft", lambda route: route.abort())
    editor.open(f"/cards/{card}/edit")
    editor.rich.click()
    page.keyboard.type("On the train: ")
    expect(page.locator("[data-saved]")).to_contain_text("Offline. Kept in this browser")
    assert drafts(live) == []
    editor.open(f"/cards/{card}/edit")
    offer = page.locator("[data-local-offer]")
    expect(offer).to_contain_text("only kept in this browser")
    offer.get_by_role("button", name="Continue it").click()
    expect(editor.rich).to_contain_text("On the train: ")
    page.unroute("**/draft")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    assert "On the train" in drafts(live)[0]["body"]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('vitrine-draft'))") == []


def test_what_is_kept_in_a_browser_goes_with_whoever_signs_out(
    live: LiveSite, editor: EditorPage, page: Page, console: Console, card: int
) -> None:
    console.expect("ERR_FAILED|net::")
    page.route("**/draft", lambda route: route.abort())
    editor.open(f"/cards/{card}/edit")
    editor.rich.click()
    page.keyboard.type("Mine ")
    expect(page.locator("[data-saved]")).to_contain_text("Kept in this browser")
    page.get_by_label("Your menu: Axel").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('vitrine-draft'))") == []


@pytest.mark.parametrize(
    ("view", "kind"), [("Rich text", "paste"), ("Rich text", "drop"), ("Markdown", "paste"), ("Markdown", "drop")]
)
def test_a_picture_by_paste_and_by_drop_is_the_cards_when_it_is_saved(
    live: LiveSite, editor: EditorPage, page: Page, card: int, view: str, kind: str
) -> None:
    editor.open(f"/cards/{card}/edit")
    editor.switch(view)
    (editor.rich if view == "Rich text" else editor.source).click()
    give_picture(page, kind)
    expect(page.locator("[data-uploads] li")).to_have_count(0)
    if view == "Rich text":
        expect(editor.rich.locator("img[src^='/media/'][alt='Price list']")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".prose img[src^='/media/']")).to_be_visible()
    with live.world.read() as session:
        assert session.scalars(select(Attachment)).one().card_id == card


def test_a_picture_can_be_tried_again_and_taken_back(
    live: LiveSite, editor: EditorPage, page: Page, console: Console, card: int
) -> None:
    console.expect("500|net::|ERR_FAILED")
    failing = iter([True, False, True])

    def answer(route: Route) -> None:
        if next(failing):
            route.abort()
        else:
            route.continue_()

    page.route("**/pictures", answer)
    editor.open(f"/cards/{card}/edit")
    editor.rich.click()
    give_picture(page, "paste")
    expect(page.locator("[data-uploads]")).to_contain_text("Price list.png could not be sent.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A picture is still on its way.", exact=False)).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(editor.rich.locator("img[src^='/media/']")).to_be_visible()
    page.get_by_label("Add pictures").set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": picture()})
    page.locator("[data-uploads]").get_by_role("button", name="Remove").click()
    assert editor.markdown().count("![") == 1


def test_what_is_no_picture_is_refused_before_it_is_sent(editor: EditorPage, page: Page, card: int) -> None:
    editor.open(f"/cards/{card}/edit")
    page.get_by_label("Add pictures").set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no"})
    expect(page.get_by_text("notes.txt is no picture.", exact=False)).to_be_visible()


@pytest.fixture
def without_script(live: LiveSite, browser: Browser) -> Iterator[Page]:
    """A browser in which no script runs."""
    context = browser.new_context(base_url=live.url, java_script_enabled=False)
    live.sign_in(context, "axel")
    yield context.new_page()
    context.close()


def test_without_scripts_there_is_the_textarea_and_a_draft_of_another_day_can_be_continued(
    live: LiveSite, without_script: Page, card: int
) -> None:
    live.page("axel").post(
        f"/cards/{card}/draft", {"title": "Refund window", "body": "Half done", "version": 1, "collection": "billing"}
    )
    page = without_script
    page.goto(f"/cards/{card}/edit")
    expect(page.get_by_role("button", name="Rich text")).to_be_hidden()
    page.get_by_role("link", name="Continue your draft").click()
    source = page.locator("textarea[name=body]")
    expect(source).to_have_value("Half done")
    source.fill("Quite done")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Quite done")).to_be_visible()
    assert drafts(live) == []


def test_where_the_bundle_was_not_built_the_plain_editor_is_there(
    live: LiveSite, page: Page, card: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(live.app.jinja_env.globals, "bundle", lambda name: "")
    live.sign_in(page.context, "axel")
    editor = EditorPage(page).open(f"/cards/{card}/edit", rich=False)
    expect(page.get_by_role("button", name="Rich text")).to_have_count(0)
    editor.source.fill("word")
    editor.source.select_text()
    page.get_by_role("button", name="Bold").click()
    assert editor.source.input_value() == "**word**"
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator("#preview strong")).to_have_text("word")


def test_without_scripts_a_picture_is_added_by_a_form_of_its_own(
    live: LiveSite, without_script: Page, card: int
) -> None:
    page = without_script
    page.goto(f"/cards/{card}/edit")
    page.locator("textarea[name=body]").fill("Look at the list.")
    page.get_by_label("Tags").fill("prices")
    page.get_by_role("button", name="Add picture").click()
    expect(page.get_by_role("link", name="Choose a picture.")).to_be_visible()
    expect(page.locator("textarea[name=body]")).to_have_value("Look at the list.")
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": "Price list.png", "mimeType": "image/png", "buffer": picture()}
    )
    page.get_by_role("button", name="Add picture").click()
    expect(page.locator("textarea[name=body]")).to_have_value(re.compile(r"!\[Price list\]\(/media/"))
    expect(page.get_by_label("Tags")).to_have_value("prices")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".prose img[src^='/media/']")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_who_was_signed_out_meanwhile_signs_in_and_goes_on_with_the_text(
    live: LiveSite, browser: Browser, bundle: Path, card: int, has_script: bool
) -> None:
    with live.world.transaction() as session:
        live.world.person(session, "axel").password_hash = new_hash("a long walk by the river", 12, [])
    context = browser.new_context(base_url=live.url, java_script_enabled=has_script)
    live.sign_in(context, "axel")
    page = context.new_page()
    page.goto(f"/cards/{card}/edit")
    text = page.locator("#rich-body" if has_script else "textarea[name=body]")
    with live.world.transaction() as session:
        session.execute(delete(WebSession))
    text.fill("Worth an hour.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    if has_script:
        assert_accessible(page)
        assert_reflows(page)
    page.get_by_label("E-mail").fill("axel@northwind.example")
    page.get_by_label("Password").fill("a long walk by the river")
    page.get_by_role("button", name="Sign in and go on").click()
    expect(text).to_have_text("Worth an hour.") if has_script else expect(text).to_have_value("Worth an hour.")
    expect(page.locator("[data-local-offer]")).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".prose")).to_have_text("Worth an hour.")
    context.close()


def test_who_reads_that_they_are_signed_out_signs_in_in_another_tab_and_the_draft_is_kept(
    live: LiveSite, editor: EditorPage, page: Page, console: Console, card: int
) -> None:
    console.expect("401")
    with live.world.transaction() as session:
        live.world.person(session, "axel").password_hash = new_hash("a long walk by the river", 12, [])
    editor.open(f"/cards/{card}/edit")
    with live.world.transaction() as session:
        session.execute(delete(WebSession))
    editor.rich.click()
    page.keyboard.type("Meanwhile: ")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_contain_text("You are signed out.")
    with page.expect_popup() as opened:
        page.locator("[data-saved]").get_by_role("button", name="Sign in").click()
    opened.value.get_by_label("E-mail").fill("axel@northwind.example")
    opened.value.get_by_label("Password").fill("a long walk by the river")
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_label("Your menu: Axel")).to_be_visible()
    opened.value.close()
    editor.rich.click()
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text("Draft saved 09:00")
    assert "Meanwhile" in drafts(live)[0]["body"]
