"""`./dev bench morning`: forty checks in a real browser, by keyboard alone, in a company whose cards are overdue.

What the machine takes is told apart from what the person takes: the machine's time runs from the key that decides to
the frame that shows the next card, and until that card takes a key. The person only waits here; how long reading takes
is told by the words.
"""

import argparse
import json
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from benchmarks import tables
from benchmarks.figures import Bar, Percentiles
from benchmarks.keystrokes import chromium
from benchmarks.progress import say
from benchmarks.service import Service, started
from kb import clock
from kb.people.models import Person
from kb.people.sign_in import start_session
from kb.people.tokens import issue_api_token
from kb.settings import Settings
from tests.infra.browser import find_chromium
from vitrine.demo import fill
from vitrine.runtime import Runtime, running

if TYPE_CHECKING:
    from playwright.sync_api import Page

CARDS, MINUTES = 40, 10
THINKING_SECONDS = 1.5
WORDS_A_MINUTE = 240
MOST_MACHINE_MS = 1500
_AGO = timedelta(days=120)
_CURATOR = "priya.nair@northwind.example"
_LATER_EVERY, _ARCHIVE_AT = 15, 20
_NOTE = "Asked the team: still so"
_WAIT_MS = 30_000
# The last key before another card's title came, the frame that showed it, and when that card took keys.
_WATCH = """
window.__took = {painted: null, ready: null, came: false};
let key = 0;
addEventListener('keydown', () => { key = performance.now(); }, true);
addEventListener('DOMContentLoaded', () => {
  let title = document.querySelector('#card-title');
  new MutationObserver(() => {
    const now = document.querySelector('#card-title');
    const isNew = now && now !== title;
    __took.came ||= isNew;
    const isReady = document.querySelector('.queue-card[data-ready]');
    if (__took.came && isReady && __took.ready === null) __took.ready = performance.now() - key;
    if (!isNew) return;
    title = now;
    const began = key;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { __took.painted = performance.now() - began; };
      channel.port2.postMessage(0);
    });
  }).observe(document.querySelector('#main'), {childList: true, subtree: true, attributes: true});
});
"""


def main(arguments: list[str]) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="./dev bench morning", description=__doc__)
    parser.add_argument("--cards", type=int, default=CARDS, metavar="N", help=f"to check ({CARDS})")
    parser.add_argument("--think", type=float, default=THINKING_SECONDS, metavar="SECONDS",
                        help=f"between cards ({THINKING_SECONDS}); it is not counted")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    chosen = parser.parse_args(arguments)
    if find_spec("playwright") is None or find_spec("gunicorn") is None:
        parser.error("needs playwright and gunicorn: ./dev test and ./dev bench install their locks")
    if find_chromium() is None:
        parser.error("no Chromium found (apt install chromium, or set VITRINE_TEST_CHROMIUM to its path)")
    with TemporaryDirectory(prefix="vitrine-bench-") as folder:
        report = measure(Path(folder), chosen.cards, chosen.think)
    say("")
    if chosen.json:
        print(json.dumps(report, indent=2))
    else:
        tables.show_morning(report, markdown=chosen.markdown)
    return 0


def measure(folder: Path, cards: int, think: float) -> dict[str, Any]:
    """One run, as the JSON has it."""
    say("filling the sample company of 120 days ago")
    settings = Settings.model_validate({"storage": {"data_dir": folder}})
    with running(settings) as runtime:
        fill(runtime, clock.now() - _AGO)
        token, secret = _signed_in(runtime, clock.now())
    with started(folder, token) as service, chromium() as browser:
        address = f"http://{service.host}:{service.port}"
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "vitrine_session", "value": secret, "url": address}])
        page = context.new_page()
        page.add_init_script(_WATCH)
        report = _worked(page, service, cards, think)
        context.close()
    return report


def _signed_in(runtime: Runtime, now: datetime) -> tuple[str, str]:
    """A token and a browser's cookie of the sample's curator."""
    installation = runtime.services.installation
    with runtime.services.database.transaction() as session:
        person = session.scalars(select(Person).where(Person.email == _CURATOR)).one()
        token = issue_api_token(session, installation.secret_key, person, "benchmark", ["read"], now)
        signed_in = start_session(session, person, installation.settings.security, "benchmark", now)
        return token.secret, signed_in.secret


def _worked(page: "Page", service: Service, cards: int, think: float) -> dict[str, Any]:
    page.goto("/verify?scope=all")
    page.locator(".queue-card[data-ready]").wait_for(timeout=_WAIT_MS)
    waiting = page.locator(".lede").first.inner_text()
    painted, ready, words, done = [], [], 0, {"still correct": 0, "with a note": 0, "later": 0, "archived": 0}
    began = time.perf_counter()
    for number in range(1, cards + 1):
        words += len(page.locator(".queue-in").inner_text().split())
        time.sleep(think)
        page.evaluate("__took = {painted: null, ready: null, came: false}")
        done[_decide(page, number)] += 1
        took = _took(page)
        painted.append(took["painted"])
        ready.append(took["ready"])
        say(f"{number} of {cards}")
    minutes = (time.perf_counter() - began) / 60
    machine = sum(ready) / 1000
    per_card = Percentiles.of(painted)
    left = MINUTES * 60 / CARDS - machine / cards
    return {
        "cards": cards, "waiting": waiting, "done": done, "painted_ms": asdict(per_card),
        "ready_ms": asdict(Percentiles.of(ready)), "machine_seconds": round(machine, 1),
        "run_minutes": round(minutes, 2),
        "words": words, "reading_minutes": round(words / WORDS_A_MINUTE, 1), "left_seconds_a_card": round(left, 1),
        "bars": [Bar("from the deciding key to the next card, p95 ms", per_card.p95_ms, MOST_MACHINE_MS).as_json()],
    }  # fmt: skip


def _took(page: "Page") -> dict[str, float]:
    deadline = time.monotonic() + _WAIT_MS / 1000
    while time.monotonic() < deadline:
        took: dict[str, float] = page.evaluate("__took")
        if None not in took.values():
            return took
        time.sleep(0.02)
    raise RuntimeError(f"No other card came: {page.locator('.toasts').inner_text()}")


def _decide(page: "Page", number: int) -> str:
    """Mostly V; every fifteenth is put off, one is archived, and with open reports a line is typed."""
    if number % _LATER_EVERY == 0:
        page.keyboard.press("s")
        _await_focus(page)
        page.keyboard.press("Enter")
        return "later"
    if number == _ARCHIVE_AT:
        page.keyboard.press("a")
        _await_focus(page)
        page.keyboard.type("Nobody needs it")
        page.keyboard.press("Enter")
        return "archived"
    page.keyboard.press("v")
    if not page.locator("[data-note]:visible").count():
        return "still correct"
    _await_focus(page)
    page.keyboard.type(_NOTE)
    page.keyboard.press("Enter")
    return "with a note"


def _await_focus(page: "Page") -> None:
    """As a person does, who sees where the next key goes."""
    page.locator("[data-focus]:focus, #f-note:focus").first.wait_for(timeout=_WAIT_MS)
