"""The same folder in real Firefox: look up, copy, the panel over a page, triggers, the address bar, the way in."""

import json
from collections.abc import Iterator

import pytest

from kb.extension.package import folder
from kb.people.sign_in import start_session
from kb.people.tokens import issue_api_token
from tests.infra.answering import AnsweringServer, Reply
from tests.infra.firefox import Firefox, until
from tests.live import LiveSite

PAGE = b"""<!doctype html><html lang="en"><title>Ticket</title><style>* { color: red !important }</style>
<p id="said">refund window</p><dl><dt>Plan</dt><dd id="plan">Starter</dd></dl></html>"""
STRICT = {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_ID = json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))["browser_specific_settings"]["gecko"]["id"]
_EXTENSION = f"const extension = WebExtensionPolicy.getByID('{_ID}').extension;"
_ACTION = (
    _EXTENSION
    + "const { ExtensionParent } = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');"
    "const action = ExtensionParent.apiManager.global.browserActionFor(extension);"
)
_IN_POPUP = (
    "const popup = document.querySelector('.webextension-popup-browser');"
    "return await popup?.browsingContext.currentWindowGlobal?.getActor('MarionetteCommands')"
    ".executeScript(given[0], [], { timeout: 9000, sandboxName: 'system', newSandbox: true }).catch(() => null)"
)


class Installed:
    """The extension in the browser, and the pages that the tests opened."""

    def __init__(self, firefox: Firefox, site: LiveSite) -> None:
        self.firefox, self.site = firefox, site
        firefox.call("Addon:Install", path=str(folder()), temporary=True)
        host = firefox.script("return WebExtensionPolicy.getByID(given[0]).mozExtensionHostname", _ID, chrome=True)
        self.base = f"moz-extension://{host}/"
        self.first = firefox.call("WebDriver:GetWindowHandle")
        self.options = firefox.tab(self.base + "options.html")

    def connect(self) -> None:
        """As after the options page."""
        world = self.site.world
        with world.transaction() as session:
            rita, key = world.person(session, "rita"), world.installation.secret_key
            token = issue_api_token(session, key, rita, "browser", ["lookup"], world.now).secret
        self.firefox.show(self.options)
        self.firefox.script("await browser.storage.local.set(given[0])", {"server": self.site.url, "token": token})

    def show_on_selection(self) -> None:
        """Select the page's sentence and give the command that Alt+Shift+K gives."""
        self.firefox.script(
            "const range = document.createRange(); range.selectNodeContents(document.querySelector('#said'));"
            "getSelection().removeAllRanges(); getSelection().addRange(range)"
        )
        self.firefox.script(
            'document.querySelector(\'keyset[id*="ext-keyset"] key[modifiers="alt,shift"]\').doCommand()', chrome=True
        )

    def in_popup(self, source: str) -> str:
        """What a script in the popup returns, once there is a popup and that is something."""
        return str(until(lambda: self.firefox.script(_IN_POPUP, source, chrome=True)))

    def click_action(self) -> None:
        """A click on the toolbar's button."""
        self.firefox.script(_ACTION + "await action.triggerAction(window)", chrome=True)

    def stop_background(self) -> None:
        """What Firefox does after half a minute without events."""
        stop = _EXTENSION + "await extension.terminateBackground(); return extension.backgroundState"
        assert self.firefox.script(stop, chrome=True) == "stopped"

    def badge(self) -> str:
        """What stands on the toolbar's button for the tab in front."""
        source = _ACTION + "return action.action.getProperty(gBrowser.selectedTab, 'badgeText')"
        return str(self.firefox.script(source, chrome=True) or "")

    def remove(self) -> None:
        """As if it had never been there."""
        self.firefox.script(
            "for (const panel of document.querySelectorAll('panel')) if (panel.state === 'open') panel.hidePopup()",
            chrome=True,
        )
        self.firefox.call("Addon:Uninstall", id=_ID)
        for handle in self.firefox.call("WebDriver:GetWindowHandles"):
            if handle != self.first:
                self.firefox.call("WebDriver:SwitchToWindow", handle=handle)
                self.firefox.call("WebDriver:CloseWindow")
        self.firefox.show(self.first)
        self.firefox.hang_up()


@pytest.fixture
def installed(firefox: Firefox, site: LiveSite) -> Iterator[Installed]:
    """The folder as it is shipped."""
    installed = Installed(firefox, site)
    yield installed
    installed.remove()


@pytest.fixture
def refunds(site: LiveSite) -> int:
    """The one current answer, in the index."""
    card = site.world.card("Refund <window>", "Full refund within **30 days** of the invoice.", verified=True)
    site.index()
    return card


@pytest.fixture
def elsewhere() -> Iterator[AnsweringServer]:
    """A page of another program, with rules as strict as they get."""
    with AnsweringServer() as server:
        server.replies["/ticket"] = Reply(200, PAGE, STRICT)
        yield server


def test_the_panel_answers_and_has_saved_copies_while_the_server_is_away(installed: Installed, refunds: int) -> None:
    firefox = installed.firefox
    installed.connect()
    firefox.go(installed.base + "panel.html")
    firefox.type("#q", "refund")
    assert firefox.text("article.sheet .strip") == "Verified by Cora, 16 Nov"
    firefox.click("//button[.='Copy answer']")
    assert firefox.text("#toast:not([hidden])") == "Copied"
    firefox.script("await browser.storage.local.set({ server: 'http://127.0.0.1:9' })")
    assert firefox.text("[role=alert]") == "Cannot reach http://127.0.0.1:9."
    assert firefox.text(".saved").startswith("Saved copy from ")


def test_the_panel_over_a_page_which_cant_read_it(
    installed: Installed, refunds: int, elsewhere: AnsweringServer
) -> None:
    firefox = installed.firefox
    installed.connect()
    page = firefox.tab(f"{elsewhere.url}/ticket")
    installed.show_on_selection()
    seen = "return document.querySelector('article h2')?.textContent"
    assert firefox.in_frame(seen) == "Refund <window>"
    assert firefox.in_frame("return document.getElementById('from').textContent").startswith(
        "From the text you selected"
    )
    assert firefox.in_frame("return getComputedStyle(document.querySelector('h2')).color") != "rgb(255, 0, 0)"
    found = "return [document.getElementById('vitrine-panel').shadowRoot, find('Full refund'), find('30 days')]"
    assert firefox.script(found) == [None, False, False]
    opened = len(firefox.call("WebDriver:GetWindowHandles"))
    firefox.in_frame(
        "[...document.querySelectorAll('button')].find(one => one.textContent === 'Open').click(); return true"
    )
    until(lambda: len(firefox.call("WebDriver:GetWindowHandles")) > opened)
    firefox.show(page)
    installed.stop_background()
    firefox.in_frame("setTimeout(() => document.getElementById('close').click(), 50); return true")
    until(lambda: firefox.script("return !document.getElementById('vitrine-panel')"))
    installed.show_on_selection()  # which wakes the background again
    assert firefox.in_frame(seen) == "Refund <window>"


def test_a_rule_fits_a_page_of_a_site_that_its_reader_allowed(
    installed: Installed, site: LiveSite, refunds: int, elsewhere: AnsweringServer
) -> None:
    firefox = installed.firefox
    trigger = {
        "site": elsewhere.url.removeprefix("http://"),
        "texts": ["Enterprise"],
        "label": "Plan",
        "cards": [refunds],
    }
    assert site.api("cora", "admin").call("POST", "/triggers", trigger).status_code == 201
    installed.connect()
    page = firefox.tab(f"{elsewhere.url}/ticket")
    installed.click_action()
    button = "[...document.querySelectorAll('main button')].find(one => one.textContent.startsWith('Show fitting'))"
    assert installed.in_popup(f"return {button}?.textContent") == "Show fitting cards on 127.0.0.1"
    # A click by its reader: only that may ask for a site.
    installed.in_popup(
        f"const byHand = window.windowUtils.setHandlingUserInput(true); {button}.click(); byHand.destruct(); return 1"
    )
    allowed = _EXTENSION + "return extension.registeredContentScripts?.size"
    until(lambda: firefox.script(allowed, chrome=True))
    firefox.script(
        "for (const panel of document.querySelectorAll('panel')) if (panel.state === 'open') panel.hidePopup()",
        chrome=True,
    )
    firefox.show(page)
    firefox.go(f"{elsewhere.url}/ticket")
    assert installed.badge() == ""
    firefox.script("document.querySelector('#plan').textContent = 'Enterprise'")
    until(lambda: installed.badge() == "1")
    installed.click_action()
    assert "Refund <window>" in installed.in_popup("return document.querySelector('ul.rows')?.textContent")


def test_the_address_bar_suggests_titles_as_plain_text(installed: Installed, refunds: int) -> None:
    firefox = installed.firefox
    installed.connect()
    suggested = until(
        lambda: firefox.script(
            """gURLBar.focus(); gURLBar.search('kb refund'); await new Promise(done => setTimeout(done, 500));
            const [, first] = gURLBar.view.visibleResults.filter(one => one.payload.keyword === 'kb')
            return first?.payload.title""",
            chrome=True,
        )
    )
    assert suggested == "Refund <window> (Verified)"


def test_the_way_in_by_a_code(installed: Installed, site: LiveSite) -> None:
    firefox, world = installed.firefox, site.world
    with world.transaction() as session:
        secret = start_session(
            session, world.person(session, "rita"), world.settings.security, "Firefox", world.now
        ).secret
    firefox.tab(f"{site.url}/healthz")
    firefox.call(
        "WebDriver:AddCookie", cookie={"name": "vitrine_session", "value": secret, "path": "/", "httpOnly": True}
    )
    firefox.show(installed.options)
    firefox.type("#server", site.url)
    before = set(firefox.call("WebDriver:GetWindowHandles"))
    firefox.click("#connect")
    opened = until(lambda: set(firefox.call("WebDriver:GetWindowHandles")) - before)
    firefox.show(opened.pop())
    until(lambda: firefox.script("return document.querySelector('main form[method=post]') !== null"))
    assert "Extension in Firefox" in firefox.text("main form")
    firefox.click("main form .btn-main")
    code = firefox.text("#code")
    firefox.show(installed.options)
    firefox.type("#code", code)
    firefox.click("#finish")
    until(lambda: firefox.text("#state") == "Connected to Vitrine as Rita.")
