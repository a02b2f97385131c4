"""200 × kill -9 during saves, commits and rebuilds: nothing acknowledged is lost, doubled, stale or revived."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from kb.cards.models import Card, Status
from search.indexer import Indexer
from search.query import parse
from search.whoosh_index import WhooshBackend
from tests.search import killing
from tests.search.engine_world import EVERYTHING, found
from tests.search.killing import Heard, Place, started
from tests.world import World

Work = Callable[..., None]
# What runs at once and is killed, how often, and how long it lives at most.
PLANS: dict[str, tuple[tuple[Work, ...], int, float]] = {
    "saves": ((killing.save,), 50, 0.06),
    "commits": ((killing.save_and_index,), 60, 0.15),
    "two processes": ((killing.index, killing.save_slowly), 20, 0.15),
    "rebuilds": ((killing.save_and_rebuild,), 50, 0.2),
}
assert sum(len(works) * rounds for works, rounds, _ in PLANS.values()) == 200


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_is_killed_when_every_acknowledged_card_is_found_once_and_as_it_is(world: World, plan: str) -> None:
    works, rounds, longest = PLANS[plan]
    chance = random.Random(plan)  # noqa: S311
    place = Place(world.settings.storage.data_dir, world.renderer.render("Body"))
    index = place.data_dir / "index"
    heard, witness = Heard(), WhooshBackend(index)
    for number in range(rounds):
        children = [started(work, place, number * 10 + each, heard) for each, work in enumerate(works)]
        time.sleep(chance.uniform(0, longest))
        for child, connection in chance.sample(children, len(children)):
            child.kill()
            child.join()
            assert not heard.listen(connection)
            connection.close()
        backend = WhooshBackend(index)
        check(world, heard, backend, witness)
        backend.close()
    assert len(heard.cards) > 10
    witness.close()


def check(world: World, heard: Heard, backend: WhooshBackend, witness: WhooshBackend) -> None:
    """Database and index after a kill; `witness` has been reading since the beginning."""
    with world.read() as session:
        rows = session.execute(select(Card.id, Card.title, Card.status)).all()
    saved = {row.id: row.title.removeprefix("Card ") if row.status == Status.PUBLISHED else "" for row in rows}
    # Of what a process tried last, nobody was told: it may have been committed or not.
    otherwise = {card_id for card_id, word in (heard.cards | saved).items() if heard.cards.get(card_id) != word}
    assert heard.cards.keys() <= saved.keys()
    assert len(otherwise) <= heard.in_doubt <= 1
    heard.cards, heard.in_doubt = dict(saved), 0
    rolled_back = heard.tried - set(saved.values())
    assert set(backend.card_ids()) <= set(saved)
    indexer = Indexer(world.database, backend)
    indexer.apply_pending()
    for engine in (backend, witness):
        assert found(engine, "steady") == {card_id for card_id, word in saved.items() if word}
        assert engine.search(parse("steady "), EVERYTHING, 100).total == sum(map(bool, saved.values()))
        for card_id, word in saved.items():
            assert not word or found(engine, word) == {card_id}
    for word in sorted(rolled_back)[-5:]:
        assert found(backend, f'"{word}"') == set()
    assert indexer.differences() == []
    backend.apply([], backend.applied_seq())
    assert strays(world.settings.storage.data_dir / "index") == []


def strays(index: Path) -> list[str]:
    """Files of the index that nothing names."""
    current = (index / "CURRENT").read_text()
    contents = TOC.read(FileStorage(str(index / current)), "MAIN")
    living = "|".join(segment.segment_id() for segment in contents.segments)
    known = re.compile(rf"STAMP|MAIN_WRITELOCK|_MAIN_{contents.generation}\.toc|({living})\..+")
    beside = [path.name for path in index.iterdir() if path.name not in {"CURRENT", "WRITER", "CONDITION", current}]
    return beside + [path.name for path in (index / current).iterdir() if not known.fullmatch(path.name)]
