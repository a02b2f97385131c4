"""What the editor's tests share: the bundle where it was built, and the editor in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from kb.paths import resource_root
from tests.infra.requirement import require
from tests.live import LiveSite
from tests.vitrine.editor.driving import EditorPage

MANIFEST = resource_root() / "static" / "dist" / "manifest.json"


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The rich editor's manifest, where it was built."""
    reason = "the rich editor is not built (run ./dev frontend; it needs node with npm)"
    return require(MANIFEST if MANIFEST.is_file() else None, reason=reason, required_by="REQUIRE_FRONTEND")


@pytest.fixture
def editor(live: LiveSite, page: Page, bundle: Path) -> EditorPage:
    """The rich editor, with Axel in front of it."""
    live.sign_in(page.context, "axel")
    return EditorPage(page)


@pytest.fixture
def plain_editor(live: LiveSite, page: Page) -> EditorPage:
    """The same in a browser that was told to stay with Markdown."""
    live.sign_in(page.context, "axel")
    page.add_init_script("localStorage.setItem('vitrine-editor', 'write')")
    return EditorPage(page)
