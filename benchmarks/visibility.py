"""How long a saved card takes to be found by a process that neither saved nor indexed it.

The card is saved in the process that also indexes, as the embedded server does; another asks until it finds the card.
"""

import random
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.apart import SPAWN
from benchmarks.corpus import COLLECTIONS, Card
from benchmarks.engines.vitrine import Vitrine
from benchmarks.measuring import some_cards
from benchmarks.queries import Query

PAUSE_S = 0.002
GIVEN_UP_S = 10.0


def visible_ms(folder: Path, count: int) -> list[float]:
    """Milliseconds from the commit to the first answer that holds the card, for each edit."""
    ours, theirs = SPAWN.Pipe()
    watcher = SPAWN.Process(target=_watch, args=(folder / "vitrine", theirs))
    watcher.start()
    theirs.close()  # else a watcher that died would be waited for
    try:
        return [_until_found(ours, *edit) for edit in _edits(folder, count)]
    finally:
        with suppress(OSError):
            ours.send(None)
        watcher.join()


def marked(card: Card, number: int) -> tuple[Card, Query]:
    """The card with a word that no other has, and the question for that word."""
    word = "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}") + "qz"
    everything = tuple(range(1, COLLECTIONS + 1))
    return replace(card, text=f"{card.text}\n{word}"), Query("words", (word,), everything, None, None, card.id)


def finds(vitrine: Vitrine, query: Query) -> bool:
    """Whether the card is found now."""
    return any(answer.id == query.source for answer in vitrine.answer(query))


def _edits(folder: Path, count: int) -> Iterable[tuple[Vitrine, Card, Query]]:
    chance = random.Random(3)
    vitrine = Vitrine(folder / "vitrine")
    vitrine.open()
    with vitrine.indexing():
        for number, card in enumerate(some_cards(folder, count)):
            time.sleep(chance.uniform(0.02, 0.2))  # in no step with whatever ticks
            yield vitrine, *marked(card, number)
    vitrine.close()


def _until_found(watcher: Connection, vitrine: Vitrine, card: Card, query: Query) -> float:
    watcher.send(query)
    watcher.recv()  # it looks by now
    vitrine.save(card)
    saved = time.monotonic()
    found: float = watcher.recv()
    return (found - saved) * 1000


def _watch(folder: Path, parent: Connection) -> None:
    """Answers with the instants, on the clock that all processes of a machine share."""
    vitrine = Vitrine(folder)
    vitrine.open()
    while query := parent.recv():
        parent.send("looking")
        deadline = time.monotonic() + GIVEN_UP_S
        while not finds(vitrine, query) and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
        parent.send(time.monotonic())
    vitrine.close()
