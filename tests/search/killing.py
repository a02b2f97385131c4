"""Processes that save, index and rebuild until they are killed, and what they said before."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kb.cards import commands
from kb.cards.models import Card, Status
from kb.db import Database
from kb.installation import Installation
from kb.settings import Settings, Storage
from kb.text.markdown import Rendered
from search.indexer import Indexer
from search.whoosh_index import WhooshBackend
from tests.kb.together import PROCESSES
from tests.world import World

CARDS = 30
Saved = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child works, and what it needs to look at a card as the parent does."""

    data_dir: Path
    rendered: Rendered

    def world(self) -> World:
        """The cast, with texts that are rendered already."""
        settings = Settings(storage=Storage(data_dir=self.data_dir))
        return World(Installation(settings, Database(settings.database_url), b""), _Prerendered(self.rendered))  # type: ignore[arg-type]

    def indexer(self, world: World) -> Indexer:
        """The real one on the real directory."""
        return Indexer(world.database, WhooshBackend(self.data_dir / "index"))


@dataclass(frozen=True, slots=True)
class _Prerendered:
    rendered: Rendered

    def render(self, body: str) -> Rendered:
        """As if it were Markdown."""
        return replace(self.rendered, html=f"<p>{body}</p>", text=body)


def save(place: Place, said: Connection, seed: int) -> None:
    """Save and say so, again and again."""
    world = place.world()
    _endlessly(said, _saver(world, said, seed))


def save_slowly(place: Place, said: Connection, seed: int) -> None:
    """The same, and others may write in between."""
    world = place.world()
    _endlessly(said, _saver(world, said, seed), _let_others_in)


def save_and_index(place: Place, said: Connection, seed: int) -> None:
    """Each save is indexed at once; every few commits melt segments together."""
    world = place.world()
    indexer, step = place.indexer(world), _saver(world, said, seed)
    _endlessly(said, step, indexer.apply_pending)


def index(place: Place, said: Connection, _seed: int) -> None:
    """Index what others save."""
    settings = Settings(storage=Storage(data_dir=place.data_dir))
    indexer = Indexer(Database(settings.database_url), WhooshBackend(place.data_dir / "index"))
    _endlessly(said, indexer.apply_pending, _let_others_in)


def save_and_rebuild(place: Place, said: Connection, seed: int) -> None:
    """Rebuild beside the live index, with a save and a commit in between."""
    world = place.world()
    indexer, step = place.indexer(world), _saver(world, said, seed)
    _endlessly(said, step, indexer.rebuild, step, indexer.apply_pending)


def _let_others_in() -> None:
    time.sleep(0.01)


def _endlessly(said: Connection, *steps: Callable[[], Any]) -> None:
    for step in steps:  # the first time is slow: statements are compiled
        step()
    said.send("ready")
    while True:
        for step in steps:
            step()


def _saver(world: World, said: Connection, seed: int) -> Callable[[], None]:
    chance, numbers = random.Random(seed), iter(range(1_000_000))  # noqa: S311

    def step() -> None:
        word = f"w{seed}q{next(numbers)}"
        said.send(("trying", word))
        with world.transaction() as session:
            ids = [card_id for (card_id,) in session.query(Card.id)]
            if len(ids) < CARDS:
                card_id = _create(world, session, word)
            else:
                card = session.get_one(Card, chance.choice(ids))
                card_id, word = card.id, _change(world, session, card, word, chance)
        said.send((card_id, word))

    return step


def _create(world: World, session: Any, word: str) -> int:
    cora = world.actor(session, "cora")
    text = world.text(f"Card {word}", f"The body of {word}.", tags=("steady",))
    card = commands.create_card(
        session, cora, world.collection(session, "billing"), text, commands.CardPolicy(), world.now
    )
    commands.publish_card(session, cora, card, world.now)
    return card.id


def _change(world: World, session: Any, card: Card, word: str, chance: random.Random) -> str:
    """Edit, archive or restore; returns the word by which it must be found, or "" for not at all."""
    cora = world.actor(session, "cora")
    if card.status == Status.ARCHIVED:
        commands.restore_card(session, cora, card, world.now)
        return card.title.removeprefix("Card ")
    if chance.random() < 0.15:
        commands.archive_card(session, cora, card, world.now)
        return ""
    text = world.text(f"Card {word}", f"The body of {word}.", tags=("steady",))
    commands.edit_card(session, cora, card, text, commands.Edit(card.version), world.policy, world.now)
    return word


@dataclass(slots=True)
class Heard:
    """What was acknowledged: the word of each card. And all words tried, and how many attempts ended untold."""

    cards: dict[int, str] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    in_doubt: int = 0

    def listen(self, connection: Connection) -> bool:
        """Take in what a child says until it is ready or dead; whether it is ready."""
        while True:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                return False
            if message == "ready":
                return True
            if message[0] == "trying":
                self.tried.add(message[1])
                self.in_doubt += 1
            else:
                self.cards[message[0]] = message[1]
                self.in_doubt -= 1


def started(work: Callable[..., None], place: Place, seed: int, heard: Heard) -> tuple[Any, Connection]:
    """A child that works already."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(target=work, args=(place, theirs, seed), daemon=True)
    child.start()
    theirs.close()
    assert heard.listen(ours)
    return child, ours
