"""The browser and the probes themselves: good pages pass, and each planted fault is seen."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.infra.accessibility import (
    assert_accessible,
    assert_focus_visible,
    assert_reflows,
    assert_text_spacing,
    tab_stops,
)
from tests.infra.browser import SHELL, Console, find_chromium, find_shell

FRAME = """<!doctype html><html lang="en"><head><title>Cards</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><style>{style}</style></head>
<body><main><h1>Cards</h1>{body}</main></body></html>"""


def test_whatever_opens_a_page_carries_the_mark(page: Page, request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("browser")


def test_chromium_opens_a_page(page: Page) -> None:
    page.goto("data:text/html,<title>Cards</title><h1>Cards</h1>")
    expect(page.get_by_role("heading", name="Cards")).to_be_visible()


def test_an_error_in_the_console_or_a_script_is_a_complaint(page: Page, console: Console) -> None:
    page.set_content(
        "<script>console.error('lost the index'); setTimeout(() => { throw new Error('no such card') })</script>"
    )
    page.wait_for_timeout(200)
    assert [text for text in console.unexpected() if "lost the index" in text]
    assert [text for text in console.unexpected() if "no such card" in text]
    console.expect("lost the index|no such card")
    assert console.unexpected() == []


def test_a_context_of_the_tests_own_can_be_watched(browser: Browser, console: Console) -> None:
    context = browser.new_context()
    console.watch(context)
    page = context.new_page()
    page.set_content("<script>console.error('planted')</script>")
    page.wait_for_timeout(100)
    context.close()
    assert console.unexpected()
    console.expect("planted")


def test_a_sound_page_passes_every_probe(page: Page) -> None:
    body = "<p>Text that wraps.</p><p><a href='#x'>Open the card</a></p><button>Verify</button>"
    show(page, body, style=":focus { outline: 2px solid blue }")
    assert_accessible(page)
    assert_reflows(page)
    assert_focus_visible(page)
    assert_text_spacing(page)


def test_axe_sees_a_picture_without_words(page: Page) -> None:
    show(page, "<img src='data:,'>")
    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(page)


def test_axe_is_asked_for_the_size_of_targets(page: Page) -> None:
    small = "button { width: 12px; height: 12px; padding: 0; border: 0; font-size: 8px }"
    show(page, "<button>a</button><button>b</button><button>c</button>", style=small)
    with pytest.raises(AssertionError, match="target-size"):
        assert_accessible(page)


def test_reflow_names_what_is_too_wide(page: Page) -> None:
    show(page, "<div class='table'>x</div>", style=".table { width: 500px }")
    with pytest.raises(AssertionError, match=r"div\.table"):
        assert_reflows(page)
    assert page.evaluate("innerWidth") != 320


def test_focus_under_a_bar_is_seen(page: Page) -> None:
    bar = "nav { position: fixed; inset: 0 0 0 0; background: white } :focus { outline: 2px solid blue }"
    show(page, "<button>Verify</button><nav></nav>", style=bar)
    with pytest.raises(AssertionError, match="Verify"):
        assert_focus_visible(page)


def test_a_missing_focus_ring_is_seen(page: Page) -> None:
    show(page, "<button>Verify</button>", style="button:focus { outline: none }")
    with pytest.raises(AssertionError, match="no focus ring on"):
        assert_focus_visible(page)


def test_tab_stops_come_in_order_and_end(page: Page) -> None:
    show(page, "<a href='#a'>First</a> <button>Second</button> <input aria-label='Third'>")
    assert [stop["name"] for stop in tab_stops(page)] == ["First", "Second", "Third"]


def test_text_cut_off_by_wider_spacing_is_seen(page: Page) -> None:
    narrow = "button { width: 100px; overflow: hidden; white-space: nowrap }"
    show(page, "<button>Verify this card</button>", style=narrow)
    with pytest.raises(AssertionError, match="Verify this card"):
        assert_text_spacing(page)


def test_the_environment_may_name_another_chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "chromium-nightly"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("VITRINE_TEST_CHROMIUM", str(other))
    assert find_chromium() == other
    assert find_shell() is None


def test_a_wrong_path_in_the_environment_is_not_replaced_by_another_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_TEST_CHROMIUM", "/no/such/chromium")
    assert find_chromium() is None


def test_the_headless_shell_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VITRINE_TEST_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_shell() is None
    shell = tmp_path / SHELL
    shell.write_text("#!/bin/sh\n")
    shell.chmod(0o755)
    assert find_shell() == str(shell)


def show(page: Page, body: str, *, style: str = "") -> None:
    page.set_content(FRAME.format(style=style, body=body))
