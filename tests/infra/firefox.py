"""The system's Firefox, driven through Marionette, which it speaks by itself: there is no driver to install.

Gives the fixtures `firefox_path` and `firefox`. What Playwright can't drive is tried here: that the one extension works
in the other browser, too. Nothing leaves the machine: every address but loopback leads to a proxy that isn't there.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.requirement import require

PROGRAMS = ("firefox-esr", "firefox")
PREFERENCES = {
    "marionette.port": 0,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1,localhost",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "toolkit.telemetry.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    # Nobody can click the browser's own question; as if its answer were yes.
    "extensions.webextOptionalPermissionPrompts": False,
}
_PATIENCE = 60  # seconds; a busy machine starts a browser slowly
_WRAPPED = (
    "const done = arguments[arguments.length - 1];"
    "(async (...given) => {%s})(...arguments)"
    ".then(value => done({ value: value ?? null }), error => done({ error: String(error) }))"
)


class Firefox:
    """One running browser. Scripts are bodies of async functions; what they are given is in `given`."""

    def __init__(self, program: Path, folder: Path) -> None:
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in PREFERENCES.items()]
        (folder / "user.js").write_text("".join(lines), encoding="utf-8")
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", folder, "--marionette",
             "--remote-allow-system-access", "about:license"],
            stdout=self._log, stderr=subprocess.STDOUT, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        port = folder / "MarionetteActivePort"
        until(lambda: port.exists() and port.read_text(encoding="utf-8").strip())
        self._socket = socket.create_connection(("127.0.0.1", int(port.read_text(encoding="utf-8"))), timeout=_PATIENCE)
        self._stream = self._socket.makefile("rb")
        self._last = 0
        self._read()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {}})

    def call(self, command: str, **parameters: Any) -> Any:
        """One command of the protocol and its answer."""
        self._last += 1
        sent = json.dumps([0, self._last, command, parameters]).encode()
        self._socket.sendall(f"{len(sent)}:".encode() + sent)
        _, _, error, answer = self._read()
        if error:
            raise AssertionError(f"{command}: {error['message']}")
        return answer.get("value", answer) if isinstance(answer, dict) else answer

    def _read(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Firefox is gone"
            length += digit
        return json.loads(self._stream.read(int(length)))

    def script(self, source: str, *given: Any, chrome: bool = False) -> Any:
        """What a script on the page returns, or in the browser itself."""
        self.call("Marionette:SetContext", value="chrome" if chrome else "content")
        told = self.call("WebDriver:ExecuteAsyncScript", script=_WRAPPED % source, args=list(given))
        self.call("Marionette:SetContext", value="content")
        if told is None:  # the page was left meanwhile
            return None
        assert "error" not in told, told["error"]
        return told["value"]

    def text(self, selector: str) -> str:
        """The text of the first element that fits, once there is one that has any."""
        source = "return document.querySelector(given[0])?.textContent"
        return str(until(lambda: self.script(source, selector)))

    def tab(self, url: str) -> str:
        """A new tab in front; its handle."""
        handle: str = self.call("WebDriver:NewWindow", type="tab")["handle"]
        self.show(handle)
        self.go(url)
        return handle

    def show(self, handle: str) -> None:
        """Bring a tab to the front."""
        self.call("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def go(self, url: str) -> None:
        """Open an address in this tab."""
        self.call("WebDriver:Navigate", url=url)

    def in_frame(self, source: str) -> Any:
        """What a script in the page's first frame returns, wherever it hangs, once that is something."""

        def look() -> Any:
            try:
                self.call("WebDriver:SwitchToFrame", id=0)
                return self.script(source)
            except AssertionError:  # there is none yet, or it goes on to another page right now
                return None
            finally:
                self.call("WebDriver:SwitchToFrame", id=None)

        return until(look)

    def hang_up(self) -> None:
        """Let go of the connections that it keeps for later."""
        self.script("Services.obs.notifyObservers(null, 'net:prune-all-connections')", chrome=True)

    def click(self, selector: str) -> None:
        """A real click."""
        self.call("WebDriver:ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        """Real keys, after what was there."""
        self.call("WebDriver:ElementSendKeys", id=self._find(selector), text=text)

    def _find(self, selector: str) -> str:
        using = "xpath" if selector.startswith("//") else "css selector"
        found = self.call("WebDriver:FindElement", using=using, value=selector)
        return str(next(iter(found.values())))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=_PATIENCE)
        self._stream.close()
        self._socket.close()
        self._log.close()


def until(wanted: Callable[[], Any]) -> Any:
    """What is wanted, as soon as it is something."""
    end = time.monotonic() + _PATIENCE
    while not (value := wanted()):
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)
    return value


@pytest.fixture(scope="session")
def firefox_path() -> Path:
    """The program, or the reason why these tests are skipped."""
    chosen = os.environ.get("VITRINE_TEST_FIREFOX")
    found = next((path for name in ((chosen,) if chosen else PROGRAMS) if (path := shutil.which(name))), None)
    reason = "no Firefox found (apt install firefox-esr, or set VITRINE_TEST_FIREFOX to its path)"
    return require(Path(found) if found else None, reason=reason, required_by="REQUIRE_BROWSER")


@pytest.fixture(scope="session")
def firefox(firefox_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One browser for the whole run: it takes seconds to start."""
    browser = Firefox(firefox_path, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.stop()
