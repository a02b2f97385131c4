"""The extension in a rep's browser: look up, copy, report, ask, connect; and when something is not there."""

import re
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select

from curator.questions.models import Question
from kb.people.models import ApiToken
from kb.trust.models import Flag
from kb.use.models import CardUse, Feedback
from tests.extension.conftest import Extension
from tests.infra.accessibility import assert_accessible, assert_readable_in_the_dark, assert_reflows
from tests.infra.answering import AnsweringServer, Reply
from tests.live import LiveSite

PAGE = b"""<!doctype html><html lang="en"><title>Ticket</title><style>* { color: red !important }</style>
<main><p id="said">When is the refund window over?</p><textarea id="field">refund window</textarea>
<dl><dt>Plan</dt><dd id="plan">Starter</dd></dl></main></html>"""
STRICT = {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@pytest.fixture
def refunds(site: LiveSite) -> int:
    """The one current answer, in the index."""
    card = site.world.card("Refund window", "Full refund within **30 days** of the invoice.", verified=True)
    site.world.card("Refunds after a chargeback", "Never twice.")
    site.index()
    return card


@pytest.fixture
def elsewhere(extension: Extension) -> Any:
    """A page of another program, with rules as strict as they get."""
    with AnsweringServer() as server:
        server.replies["/ticket"] = Reply(200, PAGE, STRICT)
        yield server


def look_up(extension: Extension, query: str) -> Page:
    panel = extension.open("panel.html")
    panel.fill("#q", query)
    return panel


def select_text(page: Page, selector: str) -> None:
    page.evaluate(
        """selector => { const range = document.createRange()
        range.selectNodeContents(document.querySelector(selector))
        getSelection().removeAllRanges(); getSelection().addRange(range) }""",
        selector,
    )


def show_on(extension: Extension, page: Page) -> None:
    """The context menu's command and the keyboard's do this."""
    page.bring_to_front()
    extension.worker.evaluate(
        """async () => { const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true })
        chrome.contextMenus.onClicked.dispatch({ menuItemId: 'look-up' }, tab) }"""
    )


def over(page: Page) -> Frame:
    """The panel over a page: a frame in a closed shadow root, which only the browser's own tools see into."""
    for _ in range(300):
        for frame in page.frames:
            if frame.url.startswith("chrome-extension://"):
                return frame
        page.wait_for_timeout(50)
    raise AssertionError("no panel over the page")


def test_the_answer_with_its_trust_and_the_next_ones(extension: Extension, refunds: int) -> None:
    extension.connect()
    panel = look_up(extension, "refund")
    sheet = panel.locator("article.sheet")
    expect(sheet.locator(".strip")).to_have_text(re.compile("^Verified by Cora, 16 Nov"))
    expect(sheet.locator("h2")).to_have_text("Refund window")
    expect(sheet.locator(".prose strong")).to_have_text("30 days")
    expect(panel.locator("ul.rows .title")).to_have_text("Refunds after a chargeback")
    expect(panel.locator("ul.rows .badge")).to_contain_text("Not verified")
    panel.get_by_role("button", name="Refunds after a chargeback").click()
    expect(panel.locator("article.sheet .strip")).to_have_text("Nobody has verified this yet")


@pytest.mark.parametrize("spoken", ["de"])
def test_it_speaks_the_language_of_its_browser(extension: Extension, refunds: int) -> None:
    options = extension.open("options.html")
    expect(options.locator("html")).to_have_attribute("lang", "de")
    expect(options.get_by_label("Adresse")).to_be_visible()
    expect(options.locator("#state")).to_have_text("Noch nicht verbunden.")
    extension.connect()
    panel = look_up(extension, "refund")
    expect(panel.locator("article.sheet .strip")).to_have_text(re.compile("^Geprüft von Cora, 16. Nov"))
    expect(panel.locator("ul.rows .badge")).to_have_text("Noch nicht geprüft")
    panel.get_by_role("button", name="Antwort kopieren").click()
    expect(panel.locator("#toast")).to_have_text("Kopiert")
    expect(panel.get_by_role("searchbox", name="Karten suchen")).to_be_visible()


def test_its_pages_are_accessible(extension: Extension, refunds: int) -> None:
    options = extension.open("options.html")
    assert_accessible(options)
    assert_readable_in_the_dark(options)
    extension.connect()
    extension.site.world.flag(refunds, "It is 14 days now")
    panel = extension.open("panel.html")
    panel.fill("#q", "refund")
    expect(panel.locator("ul.rows .title")).to_be_visible()
    panel.get_by_role("button", name="Report a problem").click()
    assert_accessible(panel)
    assert_readable_in_the_dark(panel)
    assert_reflows(panel)
    panel.fill("#q", "watering the plants")
    expect(panel.get_by_text("No card answers")).to_be_visible()
    assert_accessible(panel)


def test_copy_gives_the_answer_alone_and_counts(extension: Extension, refunds: int) -> None:
    extension.connect()
    panel = look_up(extension, "refund window")
    panel.get_by_role("button", name="Copy answer").click()
    expect(panel.locator("#toast")).to_have_text("Copied")
    assert panel.evaluate("() => navigator.clipboard.readText()") == "Full refund within 30 days of the invoice."
    panel.get_by_role("button", name="Copy link").click()
    expect(panel.locator("#toast")).to_have_text("Link copied")
    assert f"/cards/{refunds}/" in panel.evaluate("() => navigator.clipboard.readText()")
    with panel.expect_response(re.compile(f"/api/v1/cards/{refunds}")):
        extension.connect()  # it looks again for the same words, which is no other use
    panel.wait_for_load_state("networkidle")
    with panel.expect_response(re.compile("/api/v1/events")):
        panel.get_by_role("button", name="Copy answer").click()
    world = extension.site.world
    extension.site.runtime.services.recorder.flush()
    with world.read() as session:
        used = session.get(CardUse, (refunds, world.now.date()))
        assert used is not None
        assert (used.copies, used.views) == (2, 1)


def test_a_reader_says_whether_it_helped_and_a_no_leads_on(extension: Extension, refunds: int) -> None:
    extension.connect()
    panel = look_up(extension, "refund window")
    panel.get_by_role("button", name="Yes").click()
    expect(panel.locator("#toast")).to_have_text("Thank you. The owner sees this.")
    panel = look_up(extension, "refund window")
    panel.get_by_role("button", name="No", exact=True).click()
    panel.get_by_role("button", name="The source changed").click()
    expect(panel.locator("#toast")).to_have_text("Reported. Whoever checks the card is told.")
    with extension.site.world.read() as session:
        assert session.scalars(select(Feedback.is_helpful).order_by(Feedback.id)).all() == [True, False]
        assert session.scalars(select(Flag.kind)).all() == ["source_changed"]


def test_a_doubted_answer_can_be_copied_and_says_so(extension: Extension, refunds: int) -> None:
    extension.site.world.flag(refunds, "It is 14 days now")
    extension.connect()
    panel = look_up(extension, "refund window")
    expect(panel.locator(".strip")).to_have_text("Flagged: It is 14 days now")
    panel.get_by_role("button", name="Copy answer").click()
    expect(panel.locator("#toast")).to_have_text("Copied. This answer was flagged: check with Axel first.")
    assert "flag" not in panel.evaluate("() => navigator.clipboard.readText()").lower()


def test_a_problem_is_reported_and_a_question_is_asked(extension: Extension, refunds: int) -> None:
    extension.connect()
    panel = look_up(extension, "refund window")
    panel.get_by_role("button", name="Report a problem").click()
    panel.get_by_label("What should it say").fill("It is 14 days now")
    panel.get_by_role("button", name="It is out of date").click()
    expect(panel.locator("#toast")).to_have_text("Reported. Whoever checks the card is told.")
    panel.get_by_role("button", name="Report a problem").click()
    panel.get_by_role("button", name="Something is wrong or missing").click()
    expect(panel.locator("#toast")).to_have_text("Say in a few words what is wrong.")
    panel.get_by_role("button", name="A link does not work").click()  # one click, without a word
    expect(panel.locator("form.report")).to_have_count(0)
    panel.fill("#q", "watering the plants")
    expect(panel.get_by_text("No card answers “watering the plants”.")).to_be_visible()
    panel.locator("main").get_by_role("button", name="Ask an expert").click()
    expect(panel.get_by_text("Cora was asked.")).to_be_visible()
    with extension.site.world.read() as session:
        flags = session.execute(select(Flag.kind, Flag.detail).order_by(Flag.id)).all()
        assert [tuple(flag) for flag in flags] == [
            ("date_passed", "It is 14 days now"), ("dead_link", "No more was said.")
        ]  # fmt: skip
        assert session.scalars(select(Question.text)).all() == ["watering the plants"]


def test_the_way_in_by_a_code(extension: Extension, site: LiveSite, refunds: int) -> None:
    site.sign_in(extension.context, "rita")
    options = extension.open("options.html")
    expect(options.locator("#state")).to_have_text("Not connected yet.")
    options.fill("#server", site.url + "/some/page")
    with extension.context.expect_page() as opened:
        options.get_by_role("button", name="Connect", exact=True).click()
    page = opened.value
    page.get_by_role("button", name="Connect", exact=True).click()
    code = page.locator("#code").inner_text()
    options.bring_to_front()
    options.fill("#code", f"{code[:4]} {code[4:].lower()}")
    options.get_by_role("button", name="Finish").click()
    expect(options.locator("#state")).to_have_text("Connected to Vitrine as Rita.")
    expect(look_up(extension, "refund window").locator("h2")).to_have_text("Refund window")
    with site.world.read() as session:
        token = session.scalars(select(ApiToken)).one()
        assert (token.scopes, token.name.startswith("Extension in")) == (["lookup"], True)


def test_what_is_wrong_with_the_way_in_is_said(extension: Extension, site: LiveSite) -> None:
    options = extension.open("options.html")
    options.fill("#server", "not an address at all")
    options.get_by_role("button", name="Connect", exact=True).click()
    expect(options.locator("#state")).to_contain_text("This is no address.")
    options.get_by_role("button", name="Finish").click()
    expect(options.locator("#state")).to_have_text("Choose Connect first.")
    options.locator("summary").click()
    options.fill("#server", site.url)
    options.fill("#token", "vit_wrong")
    options.get_by_role("button", name="Use this token").click()
    expect(options.locator("#state")).to_have_text("The token was refused. Connect again.")
    options.fill("#server", "http://127.0.0.1:9")
    options.get_by_role("button", name="Use this token").click()
    expect(options.locator("#state")).to_have_text("Cannot reach http://127.0.0.1:9.")
    options.fill("#server", site.url)
    options.fill("#token", extension.token("rita"))
    options.get_by_role("button", name="Use this token").click()
    expect(options.locator("#state")).to_have_text(f"Connected to {site.url} as Rita.")
    options.get_by_role("button", name="Disconnect").click()
    expect(options.locator("#state")).to_have_text("Not connected yet.")
    assert extension.kept("token") is None


def test_unconnected_and_revoked_lead_to_the_options(extension: Extension, refunds: int) -> None:
    panel = look_up(extension, "refund")
    expect(panel.get_by_role("button", name="Connect to your server")).to_be_visible()
    extension.connect()
    with extension.site.world.transaction() as session:
        for token in session.scalars(select(ApiToken)):
            token.revoked_at = extension.site.world.now
    panel = look_up(extension, "refund")
    expect(panel.get_by_text("The token was refused. Connect again.")).to_be_visible()


def test_a_panel_that_stays_open_follows_when_its_reader_connects(extension: Extension, refunds: int) -> None:
    panel = extension.open("panel.html")
    expect(panel.get_by_role("button", name="Connect to your server")).to_be_visible()
    extension.connect()
    expect(panel.get_by_role("button", name="Connect to your server")).to_have_count(0)
    panel.fill("#q", "refund window")
    expect(panel.locator("article h2")).to_have_text("Refund window")


def test_while_the_server_is_away_the_last_used_cards_are_there_marked_as_copies(
    extension: Extension, refunds: int
) -> None:
    token = extension.connect()
    expect(look_up(extension, "refund window").locator("h2")).to_have_text("Refund window")
    extension.keep({"server": "http://127.0.0.1:9", "token": token})
    panel = look_up(extension, "refund window")
    expect(panel.get_by_role("alert")).to_have_text("Cannot reach http://127.0.0.1:9.")
    expect(panel.locator(".saved")).to_have_text(re.compile(r"Saved copy from \d\d:\d\d"))
    panel.get_by_role("button", name="Copy answer").click()
    expect(panel.locator("#toast")).to_contain_text("Copied from the copy of")


def test_what_is_withheld_is_named_and_its_saved_copy_is_gone(
    extension: Extension, site: LiveSite, refunds: int
) -> None:
    extension.connect()
    expect(look_up(extension, "refund window").locator("h2")).to_have_text("Refund window")
    assert [one["card"]["id"] for one in extension.kept("saved")] == [refunds]
    body = {"contract": "withhold", "min_trust": "verified", "max_age_days": None}
    assert site.api("ada", "admin").call("PATCH", "/collections/billing", body).status_code == 200
    site.world.flag(refunds)
    panel = look_up(extension, "refund window")
    expect(panel.locator("article.sheet")).to_contain_text("“Billing” asks for answers that are")
    expect(panel.get_by_role("button", name="Copy answer")).to_have_count(0)
    assert "30 days" not in panel.locator("body").inner_text()
    assert extension.kept("saved") == []


def test_selected_text_is_looked_up_on_a_page_with_strict_rules(
    extension: Extension, refunds: int, elsewhere: AnsweringServer
) -> None:
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/ticket")
    select_text(page, "#said")
    show_on(extension, page)
    panel = over(page)
    expect(panel.locator("#from")).to_have_text("From the text you selected on this page")
    expect(panel.locator("article h2")).to_have_text("Refund window")
    colour = panel.locator("article h2").evaluate("node => getComputedStyle(node).color")
    assert colour != "rgb(255, 0, 0)"  # the page can't style it
    expect(panel.locator("#q")).to_be_focused()
    # A real key would wait for ever for the answer of a frame that goes with it.
    panel.evaluate(
        """() => setTimeout(() => document.activeElement.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })), 50)"""
    )
    expect(page.locator("#vitrine-panel")).to_have_count(0)
    page.locator("#field").select_text()
    show_on(extension, page)
    panel = over(page)
    expect(panel.locator("article h2")).to_have_text("Refund window")
    # The panel grows upwards with its answer, away from under a pointer that was sent to where the button was.
    panel.get_by_role("button", name="Close").evaluate("button => setTimeout(() => button.click(), 50)")
    expect(page.locator("#vitrine-panel")).to_have_count(0)
    expect(page.locator("#field")).to_be_focused()  # where the reader was before
    assert elsewhere.paths("POST") == []


NOSY = b"""<!doctype html><html lang="en"><title>Nosy</title>
<style>@font-face { font-family: "Segoe UI"; src: url(/font) }
#vitrine-panel { color: red !important; opacity: 1 }</style>
<main><p id="said">refund window</p><input id="mine"></main><script>
  window.heard = []
  const open = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (how) {
    heard.push('attachShadow'); return open.call(this, { mode: 'open' }) }
  customElements.define('vitrine-panel', class extends HTMLElement {})
  for (const name of ['keydown', 'keyup', 'input', 'beforeinput', 'click', 'copy',
      'selectionchange', 'focusin', 'message'])
    addEventListener(name, event => heard.push([name, event.key ?? '', event.data ?? '', event.composedPath().map(
      one => one.nodeName ?? '')].flat().map(
      one => typeof one === 'object' ? JSON.stringify(one) : one).join(' ')), true)
  function look() {
    const host = document.getElementById('vitrine-panel')
    const found = ['Full refund', '30 days', 'Verified by', 'Refunds after'].filter(
      words => { getSelection().removeAllRanges(); return find(words, false, false, true) })
    const selected = []
    for (const all of [() => document.execCommand('selectAll'), () => getSelection().selectAllChildren(host)]) {
      all(); selected.push(String(getSelection())) }
    getSelection().removeAllRanges()
    const frames = []
    for (let at = 0; at < window.length; at++)
      try { frames.push(window[at].document.body.textContent) } catch (error) { frames.push(error.name) }
    const box = host.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2
    return JSON.stringify([
      host.shadowRoot, host.innerText, host.getHTML({ serializableShadowRoots: true }), host.cloneNode(true).outerHTML,
      document.activeElement.shadowRoot, found, selected, frames,
      document.elementsFromPoint(x, y).map(one => one.nodeName),
      document.caretRangeFromPoint(x, y)?.startContainer.nodeName, heard,
      performance.getEntriesByType('resource').map(one => one.name).filter(name => name.includes('#'))])
  }
</script></html>"""


def test_the_page_reads_nothing_of_the_panel_over_it(
    extension: Extension, refunds: int, elsewhere: AnsweringServer
) -> None:
    """Not through its tree, its events, the selection, the search in the page, nor what is typed into it."""
    elsewhere.replies["/nosy"] = Reply(200, NOSY, {"Content-Type": "text/html"})
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/nosy")
    select_text(page, "#said")
    show_on(extension, page)
    panel = over(page)
    expect(panel.locator("article h2")).to_have_text("Refund window")
    panel.locator("article .prose").click(click_count=3)
    panel.get_by_role("button", name="Report a problem").click()
    panel.get_by_label("What should it say").press_sequentially("zanzibar")
    panel.get_by_role("button", name="Copy answer").click()
    expect(panel.locator("#toast")).to_contain_text("Copied")
    told = page.evaluate("look()")
    for words in ("Full refund", "30 days", "invoice", "Verified", "chargeback", "Copy answer", "zanzibar", '"z"'):
        assert words not in told, (words, told)
    assert '"DIV","HTML"' in told  # it knows that something is there
    assert "attachShadow" not in told
    assert "keydown z" not in told


def test_a_page_that_frames_the_panel_itself_gets_an_empty_one(
    extension: Extension, refunds: int, elsewhere: AnsweringServer
) -> None:
    html = b"<!doctype html><title>x</title><p id=said>refund window</p><iframe id=theirs></iframe>"
    elsewhere.replies["/frames"] = Reply(200, html, {"Content-Type": "text/html"})
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/frames")
    select_text(page, "#said")
    show_on(extension, page)
    expect(over(page).locator("article h2")).to_have_text("Refund window")
    address = over(page).url
    for target in (extension.url("panel.html"), extension.url("panel.html#guess"), address):
        page.evaluate("url => { document.getElementById('theirs').src = url }", target)
        page.wait_for_timeout(500)
        inside = [frame for frame in page.frames[1:] if frame.frame_element().get_attribute("id") == "theirs"]
        assert all("refund" not in frame.content().lower() for frame in inside)


def test_a_page_that_allows_no_frames_gives_way_to_the_popup(
    extension: Extension, refunds: int, elsewhere: AnsweringServer
) -> None:
    headers = {"Content-Type": "text/html", "Cross-Origin-Embedder-Policy": "require-corp"}
    elsewhere.replies["/isolated"] = Reply(200, PAGE, headers)
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/isolated")
    select_text(page, "#said")
    show_on(extension, page)
    expect(page.locator("#vitrine-panel")).to_have_count(1)
    expect(page.locator("#vitrine-panel")).to_have_count(0)


def test_the_worker_is_ended_and_woken(extension: Extension, refunds: int, elsewhere: AnsweringServer) -> None:
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/ticket")
    select_text(page, "#said")
    show_on(extension, page)
    expect(over(page).locator("article h2")).to_have_text("Refund window")
    extension.stop_worker()
    page.bring_to_front()
    over(page).get_by_role("button", name="Copy answer").click()
    expect(over(page).locator("#toast")).to_have_text("Copied")
    expect(look_up(extension, "refund window").locator("h2")).to_have_text("Refund window")


def test_rules_fit_a_page_also_when_it_changes_and_send_no_more_than_a_number(
    extension: Extension, site: LiveSite, refunds: int, elsewhere: AnsweringServer
) -> None:
    world = site.world
    host = elsewhere.url.removeprefix("http://")
    trigger = {"site": host, "texts": ["Enterprise"], "label": "Plan", "cards": [refunds]}
    made = site.api("cora", "admin").call("POST", "/triggers", trigger)
    assert made.status_code == 201, made.get_data(as_text=True)
    extension.connect()
    extension.worker.evaluate("() => chrome.permissions.onAdded.dispatch({})")
    page = extension.context.new_page()
    sent: list[str] = []
    extension.context.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    for _ in range(300):  # until the worker has asked for its watcher in pages
        if extension.worker.evaluate("async () => (await chrome.scripting.getRegisteredContentScripts()).length"):
            break
        page.wait_for_timeout(50)
    page.goto(f"{elsewhere.url}/ticket")

    def badge() -> str:
        text: str = extension.worker.evaluate(
            """async () => { const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true })
            return chrome.action.getBadgeText({ tabId: tab.id }) }"""
        )
        return text

    page.wait_for_timeout(1500)
    assert badge() == ""
    page.evaluate("() => { document.querySelector('#plan').textContent = 'Enterprise' }")
    for _ in range(300):
        page.bring_to_front()
        if badge() == "1":
            break
        page.wait_for_timeout(100)
    assert badge() == "1"
    assert not any("Starter" in each or "Enterprise" in each for each in sent)
    assert world.now is not None


def test_the_real_popup_opens_and_knows_the_selection(
    extension: Extension, refunds: int, elsewhere: AnsweringServer
) -> None:
    extension.connect()
    page = extension.context.new_page()
    page.goto(f"{elsewhere.url}/ticket")
    select_text(page, "#said")
    helper = extension.open("options.html")
    extension.click_action(page)
    for _ in range(300):
        heading = helper.evaluate(
            """() => { const [popup] = chrome.extension.getViews({ type: 'popup' })
            const { document } = popup ?? {}
            return document?.readyState === 'complete' ? document.querySelector('h2')?.textContent ?? '' : '' }"""
        )
        if heading:
            break
        helper.wait_for_timeout(100)
    assert heading == "Refund window"
    footer = "() => chrome.extension.getViews({ type: 'popup' })[0].document.getElementById('foot').innerText"
    assert "Open beside" in helper.evaluate(footer)


def test_the_address_bar_suggests_titles_and_leads_to_them(extension: Extension, refunds: int) -> None:
    extension.connect()
    suggested = extension.worker.evaluate(
        "() => new Promise(done => chrome.omnibox.onInputChanged.dispatch('refund window', done))"
    )
    assert suggested[0]["description"] == "Refund window <dim>Verified</dim>"
    with extension.context.expect_page() as opened:
        extension.worker.evaluate("url => chrome.omnibox.onInputEntered.dispatch(url, 'newForegroundTab')",
                                  suggested[0]["content"])  # fmt: skip
    assert f"/cards/{refunds}" in opened.value.url or "/sign-in" in opened.value.url


def test_a_card_that_tries_everything_stays_text(extension: Extension, site: LiveSite) -> None:
    site.world.card(
        "Hostile <img src=x onerror=alert(1)>", "[link](javascript:alert(1)) <script>alert(1)</script> **bold**"
    )
    site.index()
    extension.connect()
    panel = look_up(extension, "hostile")
    expect(panel.locator("h2")).to_contain_text("<img src=x onerror=alert(1)>")
    assert panel.locator("main script, main img").count() == 0
    assert (
        panel.evaluate("() => [...document.querySelectorAll('main a')].map(a => a.protocol)").count("javascript:") == 0
    )


def test_a_service_that_answers_nonsense_is_out_of_order(extension: Extension) -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Access-Control-Allow-Origin", "*")
        handler.end_headers()
        handler.wfile.write(b"<html>a proxy</html>")

    with AnsweringServer() as server:
        server.replies["/api/v1/lookup?q=refund&limit=5"] = nonsense
        extension.connect(server=server.url)
        panel = look_up(extension, "refund")
        expect(panel.get_by_role("alert")).to_contain_text("out of order right now")
