"""The measurements, each made to be called in a process of its own. Times are CPU times.

A folder holds the cards, the questions, and one folder for each engine.
"""

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import corpus
from benchmarks.apart import forked, private_mb
from benchmarks.corpus import Card, CardFile
from benchmarks.engines import Answer, Engine, Served, Whole, make
from benchmarks.queries import Query, questions, read_queries, write_queries

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh process: until its first answer, and what it holds after all of them."""

    open_ms: float
    memory_mb: float | None
    size_mb: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one engine: the best time for each question it was asked, in order, and how many found their card."""

    milliseconds: list[float]
    found: int
    rounds: list[float]

    @property
    def noise(self) -> float | None:
        """The first round warms up and tells nothing."""
        warm = self.rounds[1:]
        return round(max(warm) / min(warm) - 1, 3) if len(warm) > 1 else None


def cards_in(folder: Path) -> CardFile:
    """The cards every engine is given."""
    return CardFile(folder / "cards.jsonl")


def queries_in(folder: Path) -> list[Query]:
    """The questions every engine is asked."""
    return read_queries(folder / "queries.json")


def servable_in(folder: Path) -> int:
    """How many of the cards an index holds."""
    return sum(card.is_servable for card in cards_in(folder))


def prepare(folder: Path, size: int, count: int) -> None:
    """Make cards and questions, unless a former run has left them."""
    if (folder / "queries.json").exists():
        return
    corpus.write_cards(folder / "cards.jsonl", corpus.cards(size))
    write_queries(folder / "queries.json", questions(cards_in(folder), size, count))


def build(name: str, folder: Path) -> float:
    """Seconds of all threads. What a former run has built of another engine stays; Vitrine's indexes are made anew."""
    state = folder / name
    remembered, loaded = state / "built.json", state / "loaded"
    if remembered.exists() and name not in ("vitrine", "postgres"):
        return float(json.loads(remembered.read_text()))
    engine = make(name, state)
    if loaded.exists():
        engine.open()
    else:
        engine.load(cards_in(folder))
    began = time.process_time() + _elsewhere(engine)
    engine.build()
    took = time.process_time() + _elsewhere(engine) - began
    loaded.touch()
    remembered.write_text(json.dumps(took))
    return took


def open_and_answer(name: str, folder: Path, count: int) -> Opened:
    """What a worker costs that has answered all these questions, forked from a process that had loaded the program."""
    make(name, folder / name)
    return forked(_open_and_answer, name, folder, count)


def _open_and_answer(name: str, folder: Path, count: int) -> Opened:
    engine, asked = make(name, folder / name), queries_in(folder)[:count]
    began = time.process_time()
    engine.open()
    engine.answer(asked[0])
    took = time.process_time() - began
    for query in asked[1:]:
        engine.answer(query)
    memory = private_mb()
    with closing(engine):
        return Opened(took * 1000, memory, engine.size() / MEGABYTE)


def ask(counts: dict[str, int], rounds: dict[str, int], folder: Path, as_product: bool = False) -> dict[str, Asked]:
    """Every question to every engine in turn, so that whatever slows the machine down slows all of them.

    A product does no more than the others, or, if asked so, all that it does. That is asked apart: whatever answers a
    question that was just answered from the same files has an advantage.
    """
    queries = queries_in(folder)
    engines = [(name, make(name, folder / name)) for name in counts]
    best = {name: [float("inf")] * min(count, len(queries)) for name, count in counts.items()}
    totals: dict[str, list[float]] = {name: [0.0] * rounds[name] for name in counts}
    found = dict.fromkeys(counts, 0)
    for _, engine in engines:
        engine.open()
    for number in range(max(rounds.values())):
        for place, query in enumerate(queries):
            turn = (place + number) % len(engines)
            order = (*engines[turn:], *engines[:turn])
            # There and back: an engine that reads a lot must not always leave cold caches to the same one.
            for name, engine in order if (place + number) % 2 else reversed(order):
                if number >= rounds[name] or place >= counts[name]:
                    continue
                answer = engine.hits if isinstance(engine, Whole) and not as_product else engine.answer
                took, is_found = _timed(engine, answer, query)
                best[name][place] = min(best[name][place], took)
                totals[name][number] += took
                found[name] += is_found and number == 0
    for _, engine in engines:
        engine.close()
    return {name: Asked(best[name], found[name], totals[name]) for name in counts}


def update(name: str, folder: Path, count: int) -> float:
    """The median of some edits, all threads: until the next answer sees it."""
    engine = make(name, folder / name)
    engine.open()
    with closing(engine):
        return median(_cpu_ms(engine, _edited(card)) for card in some_cards(folder, count))


def some_cards(folder: Path, count: int) -> list[Card]:
    """Servable cards from all over the corpus."""
    sources = {query.source for query in queries_in(folder)[:count]}
    return [card for card in cards_in(folder) if card.id in sources]


def _timed(engine: Engine, answer: Callable[[Query], list[Answer]], query: Query) -> tuple[float, bool]:
    elsewhere = _elsewhere(engine)
    began = time.thread_time()
    answers = answer(query)
    took = time.thread_time() - began + _elsewhere(engine) - elsewhere
    return took * 1000, any(answer.id == query.source for answer in answers)


def _elsewhere(engine: Engine) -> float:
    return engine.elsewhere() if isinstance(engine, Served) else 0.0


def _edited(card: Card) -> Card:
    return replace(card, text=f"{card.text}\nAnd one sentence more, since something has changed.")


def _cpu_ms(engine: Engine, card: Card) -> float:
    began = time.process_time() + _elsewhere(engine)
    engine.update(card)
    return (time.process_time() + _elsewhere(engine) - began) * 1000
