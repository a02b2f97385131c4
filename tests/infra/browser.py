"""The system's Chromium under pytest-playwright, watched: no page may log an error or throw one.

Where there is Chromium's headless shell as well (the same engine without a browser's windows, menus and extensions),
pages open in that: it takes half the time. `chromium_path` is always the whole browser.

Gives the fixtures `chromium_path`, `browser_type_launch_args` and `console`. The checks on a page are in
tests/infra/accessibility.py; whoever provides the server also provides `browser_context_args`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, WebError, expect

from tests.infra.requirement import require

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SHELL = "chromium-headless-shell"
# Tests often run as root in a container, where Chromium's sandbox can't start; nothing may call out or wait for a GPU.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# A busy machine may take long to do what a person would hardly see; what never comes fails all the same.
expect.set_options(timeout=15_000)


class Console:
    """What the pages of the watched contexts complained about."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        # Chromium says this when a page is left while its cross-page transition still runs; nobody sees it.
        self._expected: list[re.Pattern[str]] = [re.compile("Transition was (aborted|skipped)")]

    def watch(self, context: BrowserContext) -> None:
        """The test's own `context` is watched already; this is for those a test opens itself."""
        context.on("console", self._hear)
        context.on("weberror", self._see)

    def expect(self, pattern: str) -> None:
        """A complaint that the test provokes on purpose, such as the line Chromium logs for every answer of 4xx."""
        self._expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(known.search(text) for known in self._expected)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _see(self, error: WebError) -> None:
        self.complaints.append(str(error.error))


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    reason = "no Chromium found (apt install chromium, or set VITRINE_TEST_CHROMIUM to its path)"
    return require(find_chromium(), reason=reason, required_by="REQUIRE_BROWSER")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium_path: Path) -> dict[str, Any]:
    return {"executable_path": str(find_shell() or chromium_path), "headless": True, "args": list(FLAGS)}


@pytest.fixture
def console(request: pytest.FixtureRequest) -> Iterator[Console]:
    watched = Console()
    if "context" in request.fixturenames:
        watched.watch(request.getfixturevalue("context"))
    yield watched
    assert not watched.unexpected(), "the browser complained: " + "; ".join(watched.unexpected())


@pytest.fixture(autouse=True)
def _quiet_console(request: pytest.FixtureRequest) -> None:
    """Every test that opens a page is watched; the others must not start a browser."""
    if "context" in request.fixturenames:
        request.getfixturevalue("console")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser carries the mark, so that `-m "not browser"` leaves all of it out."""
    for item in items:
        if {"chromium_path", "firefox_path"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


def find_chromium() -> Path | None:
    chosen = os.environ.get("VITRINE_TEST_CHROMIUM")
    for name in (chosen,) if chosen else PROGRAMS:
        if path := shutil.which(name):
            return Path(path)
    return None


def find_shell() -> str | None:
    """Whoever names a browser in the environment wants that one."""
    return None if os.environ.get("VITRINE_TEST_CHROMIUM") else shutil.which(SHELL)
