"""What a page must hold for everybody: axe's rules, and the probes for what axe can't see.

Each `assert_…` takes a page that is already where it should be, and says what is wrong with which element.
"""

from typing import Any, TypedDict

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Asked for by tag: without tags axe leaves target-size (WCAG 2.5.8) out.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# The rules whose answer depends on the colours.
COLOURS = ("color-contrast", "link-in-text-block")
NARROWEST = 320
THINNEST_RING = 2
MOST_STOPS = 120

_IS_THERE = "() => axe.version"  # in place of axe itself, where the page has it already

_FOCUSED = """ringWidth => {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  const box = element.getBoundingClientRect();
  const middle = [box.left + box.width / 2, box.top + box.height / 2];
  const points = [middle, [box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
  const isSeen = ([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (hit === element || element.contains(hit) || (hit.tagName === 'LABEL' && hit.contains(element)));
  };
  const around = [element, element.parentElement, element.closest('label')].filter(Boolean);
  const isRinged = style => style.boxShadow !== 'none'
    || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= ringWidth);
  const words = element.getAttribute('aria-label') || element.innerText || element.id || element.tagName;
  const first = !element.dataset.focusProbe;
  element.dataset.focusProbe = 'visited';
  const hasRing = around.map(e => getComputedStyle(e)).some(isRinged);
  return {name: words.trim().slice(0, 40), seen: points.some(isSeen), ringed: hasRing, first};
}"""

_TOO_WIDE = """width => [...document.body.querySelectorAll('*')]
  .filter(element => {
    const box = element.getBoundingClientRect();
    const clipped = element.parentElement.closest('[data-scrolls], .visually-hidden');
    return box.width > 0 && box.right > width + 1 && !clipped;
  })
  .slice(0, 5)
  .map(e => `${e.tagName.toLowerCase()}.${e.className} to ${e.getBoundingClientRect().right}`)"""

_SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""

_CUT_OFF = """() => [...document.querySelectorAll('button, a, label, h1, h2, h3, td, th, dt, dd, summary')]
  .filter(element => element.offsetParent && getComputedStyle(element).overflowX === 'hidden'
    && element.clientWidth > 2 && element.scrollWidth > element.clientWidth + 2)
  .slice(0, 5).map(element => `${element.tagName.toLowerCase()}: ${element.innerText.trim().slice(0, 40)}`)"""


class Stop(TypedDict):
    """Where the Tab key halted: is the element visible there, and is its focus ring?"""

    name: str
    seen: bool
    ringed: bool
    first: bool


def assert_accessible(page: Page) -> None:
    _assert_nothing_found(page, Axe(), {"type": "tag", "values": list(TAGS)})


def assert_readable_in_the_dark(page: Page) -> None:
    """After `assert_accessible` in the light: in other colours only the rules about colours can answer otherwise."""
    page.emulate_media(color_scheme="dark")
    try:
        _assert_nothing_found(page, Axe(_IS_THERE), {"type": "rule", "values": list(COLOURS)})
    finally:
        page.emulate_media(color_scheme="light")


def _assert_nothing_found(page: Page, axe: Axe, rules: dict[str, Any]) -> None:
    # Of the thousands of checks that pass nobody needs a report: it takes as long as the checks.
    result = axe.run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    assert not result.response["violations"], result.generate_report()


def assert_reflows(page: Page, width: int = NARROWEST) -> None:
    """WCAG 1.4.10. Compared with the width that was set: a phone's layout viewport grows with what overflows it."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    try:
        overflow = page.evaluate("() => document.documentElement.scrollWidth") - width
        assert overflow <= 0, f"{overflow} px too wide at {width}: {page.evaluate(_TOO_WIDE, width)}"
    finally:
        if before:
            page.set_viewport_size(before)


def assert_focus_visible(page: Page) -> None:
    """WCAG 2.4.7 and 2.4.11: every stop of the Tab key is in sight, not under a bar, and has a ring."""
    stops = tab_stops(page)
    assert stops, "the Tab key reaches nothing"
    hidden = [stop["name"] for stop in stops if not stop["seen"]]
    assert not hidden, f"focus is covered or out of sight on {hidden}"
    ringless = [stop["name"] for stop in stops if not stop["ringed"]]
    assert not ringless, f"no focus ring on {ringless}"


def tab_stops(page: Page) -> list[Stop]:
    """In order, from the top of the page until the focus leaves it or comes round again."""
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    stops: list[Stop] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop: Stop | None = page.evaluate(_FOCUSED, THINNEST_RING)
        if stop is None or not stop["first"]:
            break
        stops.append(stop)
    page.evaluate("() => document.querySelectorAll('[data-focus-probe]').forEach(e => delete e.dataset.focusProbe)")
    return stops


def assert_text_spacing(page: Page) -> None:
    """WCAG 1.4.12: the reader's own spacing cuts nothing off. A constructed sheet: the policy refuses others."""
    page.evaluate(
        """css => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        }""",
        _SPACING,
    )
    cut_off = page.evaluate(_CUT_OFF)
    page.evaluate("() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1); }")
    assert not cut_off, f"cut off by wider spacing: {cut_off}"
