"""`./dev bench search`: the engines beside one another over the same cards and questions."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy

from benchmarks import measuring, tables, visibility
from benchmarks.apart import apart
from benchmarks.engines import NAMES, Missing
from benchmarks.figures import EngineFigures, Timings, by_class, search_bars
from benchmarks.measuring import Asked
from benchmarks.progress import say

QUESTIONS, ROUNDS, SIZE = 400, 3, 10_000
UPDATES, EDITS = 20, 30
# Stock Whoosh takes most of a second for a question at 100 000 cards: it is asked a few, once.
_QUESTIONS_TIMES_CARDS_OF_WHOOSH = 400_000
_FEWEST_QUESTIONS, _MOST_QUESTIONS, _UPDATES_OF_WHOOSH = 20, 100, 5


def main(arguments: list[str]) -> int:
    """Print tables, or JSON: an object for one size, a list for several."""
    chosen = _parser().parse_args(arguments)
    reports = []
    for size in chosen.size or [SIZE]:
        with _folder(chosen.keep, size) as folder:
            reports.append(measure(folder, size, chosen.engines, chosen.rounds, chosen.questions))
        say("")
        if not chosen.json:
            tables.show_search(reports[-1], markdown=chosen.markdown)
    if chosen.json:
        print(json.dumps(reports if len(reports) > 1 else reports[0], indent=2))
    return 0


def measure(folder: Path, size: int, names: list[str], rounds: int = ROUNDS, count: int = QUESTIONS) -> dict[str, Any]:
    """Everything about these engines at one size, as the JSON has it."""
    say(f"{size} cards: making cards and questions")
    apart(measuring.prepare, folder, size, count)
    built = dict(_built(folder, size, names))
    counts = {name: _questions_for(name, size, count) for name in built}
    opened = {}
    for name in built:
        say(f"{size} cards: {name} in a fresh process")
        opened[name] = apart(measuring.open_and_answer, name, folder, counts[name])
    say(f"{size} cards: {count} questions to {', '.join(built)}")
    rounds_each = {name: 1 if name == "whoosh" and counts[name] < count else rounds for name in built}
    asked = apart(measuring.ask, counts, rounds_each, folder) if built else {}
    kinds = [query.kind for query in measuring.queries_in(folder)]
    product = _asked_as_product(folder, counts, rounds, kinds) if "vitrine" in built else {}
    engines, servable = {}, measuring.servable_in(folder)
    for name, build_s in built.items():
        say(f"{size} cards: edits in {name}")
        edits = _UPDATES_OF_WHOOSH if name == "whoosh" else UPDATES
        updated = apart(measuring.update, name, folder, edits)
        seen = apart(visibility.visible_ms, folder, EDITS) if name == "vitrine" else []
        engines[name] = _figures(servable, build_s, updated, opened[name], asked[name], kinds, seen)
    return {
        "size": size,
        "engines": {name: figures.as_json() for name, figures in engines.items()},
        "product": {name: asdict(figures) for name, figures in product.items()},
        "bars": [bar.as_json() for bar in search_bars(size, engines)],
    }


def _asked_as_product(folder: Path, counts: dict[str, int], rounds: int, kinds: list[str]) -> dict[str, Timings]:
    """The same questions to the engines that answer in no time, and a product does all that its pages and API do."""
    fast = {name: count for name, count in counts.items() if name != "whoosh"}
    say(f"the same questions as a product is asked them to {', '.join(fast)}")
    asked = apart(measuring.ask, fast, dict.fromkeys(fast, rounds), folder, True)
    return {name: _timings(each, kinds) for name, each in asked.items()}


def _built(folder: Path, size: int, names: list[str]) -> Iterator[tuple[str, float]]:
    for name in names:
        say(f"{size} cards: building {name}")
        try:
            yield name, apart(measuring.build, name, folder)
        except Missing as missing:
            say(f"{missing}\n")


def _figures(
    servable: int,
    build_s: float,
    updated: float,
    opened: measuring.Opened,
    asked: Asked,
    kinds: list[str],
    seen: list[float],
) -> EngineFigures:
    typed, classes = by_class(kinds[: len(asked.milliseconds)], asked.milliseconds)
    return EngineFigures(
        p50_ms=typed.p50_ms, p95_ms=typed.p95_ms, p99_ms=typed.p99_ms,
        build_s=round(build_s, 3), update_ms=round(updated, 3), open_ms=round(opened.open_ms, 3),
        memory_mb=opened.memory_mb, size_mb=round(opened.size_mb, 2),
        asked=len(asked.milliseconds), found=round(asked.found / len(asked.milliseconds), 3), noise=asked.noise,
        classes=classes,
        visible_ms=round(median(seen), 1) if seen else None,
        visible_p95_ms=round(float(numpy.percentile(seen, 95)), 1) if seen else None,
        rebuild_cards_per_s=round(servable / build_s, 1) if seen else None,
    )  # fmt: skip


def _timings(asked: Asked, kinds: list[str]) -> Timings:
    typed, classes = by_class(kinds[: len(asked.milliseconds)], asked.milliseconds)
    found = round(asked.found / len(asked.milliseconds), 3)
    return Timings(typed.p50_ms, typed.p95_ms, typed.p99_ms, found, asked.noise, classes)


def _questions_for(name: str, size: int, count: int) -> int:
    if name != "whoosh":
        return count
    wanted = _QUESTIONS_TIMES_CARDS_OF_WHOOSH // size
    return min(count, _MOST_QUESTIONS, max(_FEWEST_QUESTIONS, wanted))


@contextmanager
def _folder(kept: Path | None, size: int) -> Iterator[Path]:
    if kept is None:
        with TemporaryDirectory(prefix="vitrine-bench-") as passing:
            yield Path(passing)
    else:
        folder = kept / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench search", description=__doc__)
    parser.add_argument(
        "--size", type=int, action="append", metavar="N", help=f"cards; may be given several times ({SIZE})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--engines", type=_engines, default=list(NAMES), help=f"of {','.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"the best of so many counts ({ROUNDS})")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help=f"how many are asked ({QUESTIONS})")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep cards and the other engines' indexes there for the next run"
    )
    return parser


def _engines(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(NAMES)}; not {', '.join(unknown) or 'none'}")
    return names
