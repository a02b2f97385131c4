"""The engines that are compared, behind the same few calls, each built as well as its own manual teaches."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, Protocol, runtime_checkable

from benchmarks.corpus import Card
from benchmarks.queries import Query

NAMES = ("vitrine", "postgres", "fts5", "tantivy", "whoosh")
SNIPPET_LENGTH = 180
BEST = 10
TITLE_WEIGHT, TAGS_WEIGHT, BODY_WEIGHT = 4.0, 3.0, 1.0


class Answer(NamedTuple):
    """A card as a reader sees it among the results: title and snippet are HTML with the matches marked."""

    id: int
    title: str
    snippet: str


class Engine(Protocol):
    """One engine with its state in one folder.

    `load` brings the cards to where a product would have them anyway and is not measured; `build` makes the index and
    is. `open` and `answer` are called in other processes too, on a folder that was built before.
    """

    can_mend_typos: bool

    def load(self, cards: Iterable[Card]) -> None: ...

    def build(self) -> None: ...

    def open(self) -> None: ...

    def answer(self, query: Query) -> list[Answer]: ...

    def update(self, card: Card) -> None:
        """Replace a card's text, durably, so that the next answer sees it."""
        ...

    def size(self) -> int:
        """Bytes on disk of the index, as far as it can be told from the texts."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Served(Protocol):
    """An engine whose work is partly done by other processes."""

    def elsewhere(self) -> float:
        """CPU seconds that those have spent for it so far."""
        ...


@runtime_checkable
class Whole(Protocol):
    """An engine that is a product: what it answers is more than what the others do."""

    def hits(self, query: Query) -> list[Answer]:
        """The full answer of the others: the best in these collections, with their texts' titles and snippets."""
        ...


class Missing(Exception):
    """An engine can't take part; the message says why."""


def load(name: str) -> ModuleType:
    """The engine's module with its packages, which others don't need. Raises Missing when they aren't installed."""
    try:
        return import_module(f"benchmarks.engines.{name}")
    except ModuleNotFoundError as error:
        raise Missing(f"{name} is left out: the package {error.name} is not installed") from error


def make(name: str, folder: Path) -> Engine:
    """The engine of that name, on that folder."""
    module = load(name)
    folder.mkdir(parents=True, exist_ok=True)
    engine: Engine = module.make(folder)
    return engine


def bytes_in(folder: Path) -> int:
    """What the files of a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
