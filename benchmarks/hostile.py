"""`./dev bench hostile`: what somebody sends who wants search to stand still, through the page and the API.

Each query is new to the process: nothing of it is cached. CPU time of the whole answer, all of Flask included.
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks import measuring, tables
from benchmarks.apart import apart
from benchmarks.engines.vitrine import Vitrine
from benchmarks.figures import Bar
from benchmarks.progress import say
from kb import clock
from kb.installation import open_installation
from kb.people.models import Person
from kb.people.sign_in import start_session
from kb.settings import Log, Settings, Storage
from kb.text.renderer import Renderer
from vitrine import logs
from vitrine.runtime import assemble

SIZE, BAR_MS = 10_000, 100.0
FORM_LIMIT = 2000
"""Longer than this is refused; what is just below it is asked too, or only the refusal would be measured."""
ROADS = {"page": "/?q=", "lookup": "/api/v1/lookup?q=", "search": "/api/v1/search?limit=100&explain=true&q=",
         "suggest": "/api/v1/suggest?q="}  # fmt: skip


class Asked(NamedTuple):
    """One query by one road."""

    query: str
    road: str
    status: int
    cpu_ms: float


def queries(words: Sequence[str], seed: int = 1) -> dict[str, bytes]:
    """By what they are; `words` are common ones, which make a query dear."""
    some = random.Random(seed).choices(words, k=5000)
    long = {
        "5000 words": " ".join(some),
        "40 KB of letters": "x" * 40_000,
        "40 KB of blanks": " " * 40_000,
        "1000 combining marks": "\u0301" * 1000 + "e",
    }
    raw = {name: text.encode()[:FORM_LIMIT] for name, text in (_SIGNS | _of_words(some)).items()}
    raw |= {name: text.encode() for name, text in long.items()}
    return raw | {"lone surrogates": b"\xed\xa0\x80" * 200, "no utf-8": bytes(range(128, 256)) * 4}


def _of_words(some: Sequence[str]) -> dict[str, str]:
    typos = [word[:2] + word[3:] for word in some if len(word) > 5]
    return {
        "common words": " ".join(some[:250]),
        "common words, excluded": " -".join(some[:250]),
        "open quotes": ' "'.join(some[:200]),
        "minus": "-" * 500 + some[0],
        "minus and quotes": '-"' * 300 + some[0],
        "operators": " AND OR NOT ".join(some[:80]),
        "keys": " ".join(f"tag:{word} collection:{word}" for word in some[:60]),
        "phrases": " ".join(f'"{one} {other}"' for one, other in zip(some[:100], some[100:200], strict=True)),
        "long phrase": '"' + " ".join(some[:200]) + '"',
        "typos": " ".join(typos[:200]),
        "long typos": " ".join(word * 4 for word in typos[:60]),
        "nuls": "\0".join(some[:100]),
        "right to left": "\u202e" + " \u202b\u200f".join(some[:100]),
        "codes": " ".join(f"{one}.{other}@{one}+{other}" for one, other in zip(some[:60], some[60:120], strict=True)),
    }


_SIGNS = {
    "single letters": " ".join("abcdefghijklmnopqrstuvwxyz"),
    "one letter": "s",
    "wildcards": "?* *? ***** a* *e* [a-z]*",
    "quotes": '"' * 300,
    "brackets": "(" * 300 + "refund" + ")" * 300,
    "key of keys": "tag:" * 300 + "x",
    "common phrase": '"of the" "to the" "in the" "and the"',
    "controls": "".join(map(chr, range(1, 32))) * 20,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "combining marks": "e" + "\u0301" * 900,
    "hangul and han": "한국어漢字" * 120,
    "ligatures": "ﷺ" * 600,  # one letter is eighteen after normalisation
    "regex": "(a+)+$" * 100 + "!" * 200,
    "dots": "a." * 900,
    "apostrophes": "a'" * 900,
    "numbers": " ".join(f"{number},{number} GB" for number in range(150)),
    "sections": "§" * 900 + " 312g",
    "sql": "'; DROP TABLE card; -- %' OR 1=1 \" UNION SELECT",
    "markup": "<script>alert(1)</script>" * 60,
}


def main(arguments: list[str]) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="./dev bench hostile", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, metavar="N", help=f"cards ({SIZE})")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="vitrine-bench-") as name:
        folder = Path(name)
        say(f"{chosen.size} cards: making and indexing")
        apart(measuring.prepare, folder, chosen.size, 10)
        apart(measuring.build, "vitrine", folder)
        report = _report(chosen.size, apart(ask, folder))
    say("")
    if chosen.json:
        print(json.dumps(report, indent=2))
    else:
        tables.show_hostile(report, markdown=chosen.markdown)
    return 0 if all(bar["met"] for bar in report["bars"]) else 1


def ask(folder: Path) -> list[Asked]:
    """Everything by every road, each for the first time."""
    words = common_words(folder)
    with _clients(folder / "vitrine") as (browser, program, token):
        logs.configure(Log(level="error"))
        for road, path in ROADS.items():  # code is loaded, caches of what everybody asks are full
            for word in words[:20]:
                _answer(browser if road == "page" else program, path + word, token)
        asked = []
        for number, (road, path) in enumerate(ROADS.items()):
            for name, query in queries(words, seed=number).items():
                client = browser if road == "page" else program
                asked.append(Asked(name, road, *_answer(client, path + quote_from_bytes(query), token)))
    return asked


def common_words(folder: Path) -> list[str]:
    """The words that most cards have."""
    counts = Counter(
        word for card in islice(measuring.cards_in(folder), 500) for word in re.findall(r"\w{3,}", card.text.lower())
    )
    return [word for word, _ in counts.most_common(300)]


def _answer(client: FlaskClient, path: str, token: dict[str, str]) -> tuple[int, float]:
    began = time.thread_time()
    response = client.get(path, headers=token if path.startswith("/api/") else {})
    took = (time.thread_time() - began) * 1000
    response.close()
    return response.status_code, took


@contextmanager
def _clients(folder: Path) -> Iterator[tuple[FlaskClient, FlaskClient, dict[str, str]]]:
    """A browser and a program of somebody who may read everything."""
    with closing(Vitrine(folder)) as vitrine:
        vitrine.open()
        token = vitrine.reader_token()
    now = clock.now()
    installation = open_installation(Settings(storage=Storage(data_dir=folder)), now)
    with closing(installation), Renderer() as renderer:
        runtime = assemble(installation, renderer)
        with installation.database.transaction() as session:
            reader = session.scalars(select(Person).where(Person.email == "reader@example.com")).one()
            secret = start_session(session, reader, installation.settings.security, "Benchmark", now).secret
        browser, program = runtime.app.test_client(), runtime.app.test_client()
        browser.set_cookie("vitrine_session", secret)
        yield browser, program, {"Authorization": f"Bearer {token}"}
        runtime.services.recorder.flush()
        runtime.backend.close()


def _report(size: int, asked: Sequence[Asked]) -> dict[str, Any]:
    figures: dict[str, dict[str, Any]] = {}
    for query, road, status, cpu_ms in asked:
        figures.setdefault(query, {})[road] = {"status": status, "cpu_ms": round(cpu_ms, 1)}
    slowest = max(each.cpu_ms for each in asked)
    failed = sum(each.status >= 500 for each in asked)
    bars = [Bar("slowest hostile query, CPU ms", round(slowest, 1), BAR_MS), Bar("answers that are errors", failed, 0)]
    return {"size": size, "queries": figures, "bars": [bar.as_json() for bar in bars]}
