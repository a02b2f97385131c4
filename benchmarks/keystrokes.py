"""`./dev bench keystrokes`: from a key to the painted results, in a real browser, while nothing else is asked.

A key is timed from its event in the page until the frame after the results changed; a key whose answer was overtaken
by the next key's is timed with that one's, as its typist sees it.
"""

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks import measuring, tables
from benchmarks.apart import apart
from benchmarks.engines.vitrine import Vitrine
from benchmarks.figures import Bar, Percentiles
from benchmarks.progress import say
from benchmarks.service import Service, started
from tests.infra.browser import FLAGS, find_chromium

if find_spec("playwright") is not None:
    from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZE, QUESTIONS = 10_000, 12
BETWEEN_KEYS_MS = 150
MOST_PAINTED_MS, MOST_FIRST_VIEW_MS, MOST_SHIFT, LONG_TASK_MS = 100, 800, 0.02, 50
_SETTLED_MS = 700
_SLOW_NET = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 5e6 / 8}
# As the design describes the method: the key's own event, a change in the results, the frame that shows it.
_WATCH = """
window.__seen = {painted: [], view: 0, shift: 0, tasks: []};
const watch = (type, take) => new PerformanceObserver(list => list.getEntries().forEach(take))
  .observe({type, buffered: true});
watch('largest-contentful-paint', entry => { __seen.view = entry.startTime; });
watch('layout-shift', entry => { if (!entry.hadRecentInput) __seen.shift += entry.value; });
watch('longtask', entry => { __seen.tasks.push(entry.duration); });
let keys = [];
addEventListener('keydown', event => {
  if (event.key.length === 1 && event.key !== ' ') keys.push(performance.now()); // a blank asks nothing new
}, true);
addEventListener('DOMContentLoaded', () => {
  const painted = began => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => began.forEach(key => __seen.painted.push(performance.now() - key));
    channel.port2.postMessage(0);
  };
  const changed = () => {
    const began = keys;
    keys = [];
    requestAnimationFrame(() => painted(began));
  };
  new MutationObserver(changed).observe(document.querySelector('#results'), {childList: true, subtree: true});
});
"""


def main(arguments: list[str]) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="./dev bench keystrokes", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, metavar="N", help=f"cards ({SIZE})")
    parser.add_argument("--questions", type=int, default=QUESTIONS, metavar="N", help=f"typed by key ({QUESTIONS})")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    chosen = parser.parse_args(arguments)
    if find_spec("playwright") is None or find_spec("gunicorn") is None:
        parser.error("needs playwright and gunicorn: ./dev test and ./dev bench install their locks")
    if find_chromium() is None:
        parser.error("no Chromium found (apt install chromium, or set VITRINE_TEST_CHROMIUM to its path)")
    with TemporaryDirectory(prefix="vitrine-bench-") as folder:
        report = measure(Path(folder), chosen.size, chosen.questions)
    say("")
    if chosen.json:
        print(json.dumps(report, indent=2))
    else:
        tables.show_keystrokes(report, markdown=chosen.markdown)
    return 0


def measure(folder: Path, size: int, questions: int) -> dict[str, Any]:
    """One run, as the JSON has it."""
    say(f"{size} cards: making cards and questions")
    apart(measuring.prepare, folder, size, max(100, questions * 3))
    say(f"{size} cards: filling an installation")
    apart(measuring.build, "vitrine", folder)
    vitrine = Vitrine(folder / "vitrine")
    typed = [" ".join(query.words) for query in measuring.queries_in(folder) if query.kind == "words"][:questions]
    with started(folder / "vitrine", vitrine.reader_token()) as service, chromium() as browser:
        secret = vitrine.reader_session()
        plain = _typing(browser, service, secret, typed, slow=False)
        slow = _typing(browser, service, secret, typed, slow=True)
    return {"size": size, "plain": plain, "slow": slow, "bars": [bar.as_json() for bar in _bars(plain)]}


@contextmanager
def chromium() -> "Iterator[Browser]":
    """The system's, without a window, for as long as it is wanted."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=list(FLAGS))
        yield browser
        browser.close()


def _typing(browser: "Browser", service: Service, secret: str, typed: Sequence[str], *, slow: bool) -> dict[str, Any]:
    """Each question key by key into the empty field. `slow`: a quarter of the processor, 40 ms and 10 Mbit/s away."""
    address = f"http://{service.host}:{service.port}"
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "vitrine_session", "value": secret, "url": address}])
    page = context.new_page()
    page.add_init_script(_WATCH)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    if slow:
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        session.send("Network.emulateNetworkConditions", dict(_SLOW_NET))
    page.goto("/?q=warm")  # what a process reads once for all is read
    seen = [_question(page, words) for words in typed]
    context.close()
    keys = [milliseconds for one in seen for milliseconds in one["painted"]]
    return {
        "keys": sum(len(words.replace(" ", "")) for words in typed),
        "painted_ms": asdict(Percentiles.of(keys)), "painted": len(keys),
        "first_view_ms": round(max(one["view"] for one in seen), 1),
        "shift": round(max(one["shift"] for one in seen), 4),
        "long_tasks": sum(1 for one in seen for task in one["tasks"] if task > LONG_TASK_MS),
    }  # fmt: skip


def _question(page: "Page", words: str) -> dict[str, Any]:
    page.goto("/")
    field = page.locator("[data-search-field]").first
    field.focus()
    page.evaluate("__seen.tasks.length = 0")  # only those while typing
    field.press_sequentially(words, delay=BETWEEN_KEYS_MS)
    time.sleep(_SETTLED_MS / 1000)
    seen: dict[str, Any] = page.evaluate("__seen")
    return seen


def _bars(plain: dict[str, Any]) -> list[Bar]:
    return [
        Bar("key to painted results, p95 ms", plain["painted_ms"]["p95_ms"], MOST_PAINTED_MS),
        Bar("largest part of the first view painted, ms at most", plain["first_view_ms"], MOST_FIRST_VIEW_MS),
        Bar("layout shift", plain["shift"], MOST_SHIFT),
        Bar("tasks over 50 ms while typing", plain["long_tasks"], 0),
    ]
