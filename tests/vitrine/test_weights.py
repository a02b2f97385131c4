"""What a page may weigh: bytes by kind, requests, elements, and nothing that moves or comes from elsewhere.

Bytes are counted as they travel. How long things take is measured by `./dev bench keystrokes`, not here.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page

from tests.live import LiveSite

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KILOBYTE = 1024
STYLE, SCRIPT, EDITOR_SCRIPT = 12 * KILOBYTE, 10 * KILOBYTE, 175 * KILOBYTE
REQUESTS, ELEMENTS, SHIFT = 6, 1500, 0.02
PAGES = {
    "nothing asked": "/",
    "results": "/?q=refund",
    "card": "/cards/{card}",
    "queue": "/verify?scope=all",
    "card manager": "/cards",
    "report": "/reports/weekly",
}
_SHIFTS = """() => new Promise(done => {
  let shift = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) shift += entry.value; })
    .observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(shift)));
})"""


class Load(NamedTuple):
    """What one page brought: bytes by kind of file, and every address asked for."""

    bytes: Counter[str]
    addresses: list[str]


@pytest.fixture
def card(live: LiveSite) -> int:
    """One of forty cards, all of which answer to "refund" and are due."""
    ids = [live.world.card(f"Refund of plan {n}", f"Refund within {n} days. " * 40, verified=True) for n in range(40)]
    live.world.later(days=100)
    live.index()
    return ids[0]


@pytest.fixture
def load(live: LiveSite, page: Page, card: int) -> Iterator[Callable[[str], Load]]:
    """Opens a page with nothing cached, as a new reader does."""
    live.sign_in(page.context, "cora")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    load = Load(Counter(), [])

    def asked(event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            load.addresses.append(event["request"]["url"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: load.bytes.update({kinds.get(event["requestId"], "?"): int(event["encodedDataLength"])}),
    )

    def opened(address: str) -> Load:
        load.bytes.clear()
        load.addresses.clear()
        page.goto(address.format(card=card), wait_until="networkidle")
        return load

    yield opened
    session.detach()


def test_pages_are_light_still_and_all_of_our_own(live: LiveSite, page: Page, load: Callable[[str], Load]) -> None:
    for name, address in PAGES.items():
        weight = load(address)
        assert weight.bytes["Stylesheet"] <= STYLE, (name, weight.bytes)
        assert weight.bytes["Script"] <= SCRIPT, (name, weight.bytes)
        assert len(weight.addresses) <= REQUESTS, (name, weight.addresses)
        assert [url for url in weight.addresses if not url.startswith(live.url)] == [], name
        assert page.evaluate("document.querySelectorAll('*').length") <= ELEMENTS, name
        assert page.evaluate(_SHIFTS) <= SHIFT, name


def test_the_editor_brings_its_scripts_and_no_other_page_does(live: LiveSite, load: Callable[[str], Load]) -> None:
    weight = load("/cards/{card}/edit")
    assert weight.bytes["Stylesheet"] <= STYLE, weight.bytes
    assert weight.bytes["Script"] <= EDITOR_SCRIPT, weight.bytes
    assert [url for url in weight.addresses if not url.startswith(live.url)] == []
    editing = {url for url in weight.addresses if "editor" in url}
    assert editing
    for address in PAGES.values():
        assert not editing & set(load(address).addresses), address


def test_what_is_compressed_is_told_apart_for_whoever_cannot_read_it(live: LiveSite) -> None:
    visitor = live.page("rita")
    page = visitor.get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers  # it carries a secret beside words that the address chose
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    plain = visitor.get(style)
    squeezed = visitor.get(style, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert len(squeezed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in squeezed.vary
    assert "Accept-Encoding" in plain.vary


def test_what_is_inside_of_something_is_still_so_when_the_style_sheet_is_packed(live: LiveSite) -> None:
    page = live.page("rita").get("/").text
    style = live.page("rita").get(page.partition('rel="stylesheet" href="')[2].partition('"')[0]).text
    assert ".prose :is(ul,ol){" in style
    assert ".prose:is(" not in style
