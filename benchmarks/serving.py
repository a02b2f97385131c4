"""`./dev bench serving`: lookups over HTTP while cards are edited, on two web processes and one that indexes."""

import argparse
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy

from benchmarks import measuring, tables
from benchmarks.apart import apart
from benchmarks.corpus import Card
from benchmarks.engines.vitrine import Vitrine
from benchmarks.figures import Percentiles, serving_bars
from benchmarks.progress import say
from benchmarks.queries import Query
from benchmarks.service import Service, started
from benchmarks.visibility import GIVEN_UP_S, finds, marked

SIZE, SECONDS = 10_000, 20.0
LOOKUPS_A_SECOND, EDITS_A_SECOND = 15, 2
CLIENTS, LOOK_EVERY_S, WARM_UP = 8, 0.01, 40
_QUESTIONS = 400


class Lookup(NamedTuple):
    """One request, in milliseconds: of the whole app, of the search in it, and of the client who waited."""

    server_ms: float
    search_ms: float
    client_ms: float


def main(arguments: list[str]) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="./dev bench serving", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, metavar="N", help=f"cards ({SIZE})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long ({SECONDS:.0f})")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    chosen = parser.parse_args(arguments)
    if find_spec("gunicorn") is None:
        parser.error("gunicorn is not installed; ./dev bench installs requirements-bench.lock")
    with TemporaryDirectory(prefix="vitrine-bench-") as folder:
        report = measure(Path(folder), chosen.size, chosen.seconds)
    say("")
    if chosen.json:
        print(json.dumps(report, indent=2))
    else:
        tables.show_serving(report, markdown=chosen.markdown)
    return 0


def measure(folder: Path, size: int, seconds: float) -> dict[str, Any]:
    """One run, as the JSON has it."""
    say(f"{size} cards: making cards and questions")
    apart(measuring.prepare, folder, size, _QUESTIONS)
    say(f"{size} cards: filling an installation")
    apart(measuring.build, "vitrine", folder)
    vitrine = Vitrine(folder / "vitrine")
    vitrine.open()
    say(f"{size} cards: starting the service")
    with started(folder / "vitrine", vitrine.reader_token()) as service:
        typed = [query for query in measuring.queries_in(folder) if query.kind in ("words", "prefixes")]
        _ask(service, typed[:WARM_UP], [], pace=None)
        say(f"{size} cards: {seconds:.0f} s of lookups and edits")
        lookups: list[Lookup | None] = []
        cards = measuring.some_cards(folder, int(seconds * EDITS_A_SECOND))
        with _edits_going_on(vitrine, cards) as seen:
            questions = random.Random(5).choices(typed, k=int(seconds * LOOKUPS_A_SECOND))
            _ask(service, questions, lookups, pace=1 / LOOKUPS_A_SECOND)
        memory = service.workers_mb()
    vitrine.close()
    return _report(size, seconds, lookups, len(cards), seen, memory)


def _report(
    size: int,
    seconds: float,
    lookups: Sequence[Lookup | None],
    edits: int,
    seen: Sequence[float],
    memory: Sequence[float],
) -> dict[str, Any]:
    done = [lookup for lookup in lookups if lookup is not None]
    if not done:
        raise RuntimeError("no lookup was answered; the service's own lines above say why")
    server, search, client = (Percentiles.of(column) for column in zip(*done, strict=True))
    in_time = [took for took in seen if took < GIVEN_UP_S * 1000]
    visible = round(median(seen), 1) if seen else None
    return {
        "size": size, "seconds": seconds, "lookups": len(lookups), "errors": len(lookups) - len(done),
        "server_ms": asdict(server), "search_ms": asdict(search), "client_ms": asdict(client),
        "edits": edits, "edits_seen": len(in_time), "visible_ms": visible,
        "visible_p95_ms": round(float(numpy.percentile(seen, 95)), 1) if seen else None,
        "worker_memory_mb": list(memory),
        "bars": [bar.as_json() for bar in serving_bars(size, server, visible)],
    }  # fmt: skip


def _ask(service: Service, queries: Sequence[Query], into: list[Lookup | None], *, pace: float | None) -> None:
    """Ask all, some clients at once: each question at its own instant, whether or not those before it are answered."""
    turns = iter(enumerate(queries))
    taking = threading.Lock()
    began = time.monotonic()

    def client() -> None:
        connection = HTTPConnection(service.host, service.port, timeout=30)
        while True:
            with taking:
                place, query = next(turns, (0, None))
            if query is None:
                break
            due = began + place * pace if pace else time.monotonic()
            time.sleep(max(0.0, due - time.monotonic()))
            into.append(_lookup(connection, service.token, query, due))
        connection.close()

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()


def _lookup(connection: HTTPConnection, token: str, query: Query, due: float) -> Lookup | None:
    """None when it failed. The client has waited since the question was due."""
    address = "/api/v1/lookup?" + urlencode({"q": " ".join(query.words)})
    try:
        connection.request("GET", address, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        connection.close()
        return None
    waited = (time.monotonic() - due) * 1000
    if response.status != 200:
        return None
    server = (response.getheader("Server-Timing") or "").rpartition("dur=")[2]
    return Lookup(float(server), float(json.loads(body)["took_ms"]), waited)


@contextmanager
def _edits_going_on(vitrine: Vitrine, cards: Sequence[Card]) -> Iterator[list[float]]:
    """Cards are saved in this process, indexed in another, and looked for here; how long each took, in milliseconds."""
    seen: list[float] = []

    def edit() -> None:
        began, chance = time.monotonic(), random.Random(3)
        for number, card in enumerate(cards):
            due = began + (number + chance.random()) / EDITS_A_SECOND  # in no step with whatever ticks
            time.sleep(max(0.0, due - time.monotonic()))
            edited, query = marked(card, number)
            vitrine.save(edited)
            saved = time.monotonic()
            while not finds(vitrine, query) and time.monotonic() - saved < GIVEN_UP_S:
                time.sleep(LOOK_EVERY_S)
            seen.append((time.monotonic() - saved) * 1000)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        yield seen
    finally:
        editor.join()
