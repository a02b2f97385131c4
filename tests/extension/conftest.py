"""The extension, unpacked and loaded in real Chromium, against the real service."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Worker

from kb.extension.package import folder
from kb.people.tokens import issue_api_token
from tests.infra.browser import FLAGS
from tests.live import LiveSite
from tests.world import World

_TRIES = 1200


@dataclass
class Extension:
    """A browser with the extension in it. Its pages open as tabs; `connect` gives it somebody's token."""

    context: BrowserContext
    id: str
    site: LiveSite

    @property
    def worker(self) -> Worker:
        """The service worker that runs now."""
        return self.context.service_workers[-1]

    def url(self, page: str) -> str:
        """The address of one of its pages."""
        return f"chrome-extension://{self.id}/{page}"

    def open(self, page: str) -> Page:
        """One of its pages in a tab of its own."""
        tab = self.context.new_page()
        tab.goto(self.url(page))
        return tab

    def token(self, name: str) -> str:
        """A token that can only look up."""
        world = self.site.world
        with world.transaction() as session:
            key = world.installation.secret_key
            return issue_api_token(session, key, world.person(session, name), "browser", ["lookup"], world.now).secret

    def connect(self, name: str = "rita", server: str | None = None) -> str:
        """As after the options page: the server's address and a token lie in the browser."""
        token = self.token(name)
        self.keep({"server": server or self.site.url, "token": token})
        return token

    def keep(self, values: dict[str, Any]) -> None:
        """Put something into the extension's storage."""
        page = self.open("options.html")
        page.evaluate("values => chrome.storage.local.set(values)", values)
        page.close()

    def kept(self, key: str) -> Any:
        """What lies in its storage."""
        page = self.open("options.html")
        value = page.evaluate("key => chrome.storage.local.get(key)", key)
        page.close()
        return value.get(key)

    def targets(self) -> list[dict[str, Any]]:
        """Everything that runs in the browser."""
        assert self.context.browser is not None
        browser = self.context.browser.new_browser_cdp_session()
        filters = [{"type": "tab", "exclude": False}, {"exclude": False}]
        found: list[dict[str, Any]] = browser.send("Target.getTargets", {"filter": filters})["targetInfos"]
        return found

    def click_action(self, page: Page) -> None:
        """A real click on the toolbar's button, which also lets the extension read the tab."""
        assert self.context.browser is not None
        page.bring_to_front()
        tab = next(each for each in self.targets() if each["type"] == "tab" and each["url"] == page.url)
        browser = self.context.browser.new_browser_cdp_session()
        browser.send("Extensions.triggerAction", {"id": self.id, "targetId": tab["targetId"]})

    def stop_worker(self) -> None:
        """What Chromium does after half a minute without events."""
        page = self.open("options.html")
        session = self.context.new_cdp_session(page)
        session.send("ServiceWorker.enable")
        session.send("ServiceWorker.stopAllWorkers")
        for _ in range(_TRIES):
            if not any(each["type"] == "service_worker" for each in self.targets()):
                break
            page.wait_for_timeout(50)
        else:
            raise AssertionError("the worker does not stop")
        page.close()


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> None:
    """SQLite alone: what lies behind the API is tested on both elsewhere."""
    shutil.copytree(sqlite_template, tmp_path / "data")


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSite]:
    """The service, listening; every request happens at the world's instant."""
    monkeypatch.setattr("kb.clock.now", lambda: world.now)
    site = LiveSite(world)
    site.start()
    yield site
    site.stop()
    site.runtime.services.recorder.flush()
    site.runtime.backend.close()


@pytest.fixture
def spoken() -> str:
    """The language of the extension; a test that wants another one says so."""
    return "en"


@pytest.fixture
def extension(
    playwright: Playwright, chromium_path: Path, site: LiveSite, tmp_path: Path, spoken: str
) -> Iterator[Extension]:
    """The folder as it is shipped, but allowed to read loopback pages: nobody can click the browser's own prompt."""
    build = tmp_path / "unpacked"
    shutil.copytree(folder(), build)
    manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    manifest["host_permissions"] = ["http://127.0.0.1/*"]
    if spoken != manifest["default_locale"]:  # the browser here may have no language but English to be set to
        shutil.rmtree(build / "_locales" / manifest["default_locale"])
        manifest["default_locale"] = spoken
    (build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    context = playwright.chromium.launch_persistent_context(
        str(tmp_path / "profile"), executable_path=chromium_path, headless=True, viewport={"width": 400, "height": 640},
        args=[*FLAGS, "--enable-unsafe-extension-debugging", f"--disable-extensions-except={build}",
              f"--load-extension={build}"],
    )  # fmt: skip
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    workers = context.service_workers
    worker = workers[0] if workers else context.wait_for_event("serviceworker", timeout=60_000)
    extension = Extension(context, worker.url.split("/")[2], site)
    _await_greeting(extension)
    yield extension
    context.close()


def _await_greeting(extension: Extension) -> None:
    """Once installed, its options page opens, in an empty tab if there is one: in that of a test that is quicker."""
    for _ in range(_TRIES):
        if any(page.url == extension.url("options.html") for page in extension.context.pages):
            return
        extension.context.pages[0].wait_for_timeout(50)
    raise AssertionError("the options page does not open at installation")
