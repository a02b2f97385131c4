"""The index follows the database through the outbox, can prove that it does, and is rebuilt when it can't."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kb.cards import commands
from kb.cards.models import Card, IndexOutbox
from kb.cards.outbox import NewestChange
from kb.errors import Unavailable
from search.backend import CardDoc, Change, Delete, Upsert
from search.condition import Condition
from search.indexer import Indexer
from search.indexer_thread import IndexerThread
from search.whoosh_index import WhooshBackend
from tests.search.engine_world import found
from tests.world import World


def indexer_of(world: World, tmp_path: Path) -> tuple[Indexer, WhooshBackend]:
    """An indexer with an index of its own."""
    backend = WhooshBackend(tmp_path / "index")
    return Indexer(world.database, backend), backend


def ids(backend: WhooshBackend) -> set[int]:
    """The cards in the index."""
    return set(backend.card_ids())


def test_what_is_published_archived_and_restored_is_followed(world: World, tmp_path: Path) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    card_id, draft = world.card("Refund window"), world.card("Draft", publish=False)
    indexer.apply_pending()
    assert ids(backend) == {card_id}
    assert draft not in ids(backend)
    with world.transaction() as session:
        commands.archive_card(session, world.actor(session, "cora"), session.get_one(Card, card_id), world.now)
    indexer.apply_pending()
    assert ids(backend) == set()
    with world.transaction() as session:
        commands.restore_card(session, world.actor(session, "cora"), session.get_one(Card, card_id), world.now)
    indexer.apply_pending()
    assert ids(backend) == {card_id}
    assert indexer.differences() == []


def test_applied_rows_are_pruned_but_the_last_one(world: World, tmp_path: Path) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    for _ in range(3):
        world.card()
    indexer.apply_pending()
    with world.read() as session:
        assert session.scalar(select(func.count()).select_from(IndexOutbox)) == 1
        assert session.scalar(select(func.max(IndexOutbox.seq))) == backend.applied_seq()
    assert indexer.lag() == 0


def test_an_indexer_that_ends_between_two_steps_loses_nothing(world: World, tmp_path: Path) -> None:
    indexer, _ = indexer_of(world, tmp_path)
    first = world.card("First")
    indexer.apply_pending()
    second = world.card("Second")
    again, backend = indexer_of(world, tmp_path)
    again.apply_pending()
    assert ids(backend) == {first, second}


def test_the_check_names_what_is_missing_extra_and_outdated(world: World, tmp_path: Path) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    missing, outdated = world.card("Missing"), world.card("Outdated")
    indexer.apply_pending()
    docs = {card: backend.card_ids()[card] for card in (missing, outdated)}
    assert set(docs) == {missing, outdated}
    changes: list[Change] = [
        Delete(missing),
        Upsert(CardDoc(outdated, 1, "en", "Older words", "", "", ())),
        Upsert(CardDoc(999, 1, "en", "Extra", "", "", ())),
    ]
    backend.apply(changes, backend.applied_seq())
    assert indexer.differences() == [
        f"card {missing} is missing in the index",
        "card 999 is in the index but must not be",
        f"card {outdated} is outdated in the index",
    ]
    assert indexer.rebuild() == 2
    assert indexer.differences() == []


def test_a_broken_or_foreign_index_is_rebuilt_at_the_start(world: World, tmp_path: Path) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    card = world.card("Refund window")
    assert indexer.make_ready() == "ready"
    next((tmp_path / "index").glob("ix-*/STAMP")).unlink()
    fresh, reopened = indexer_of(world, tmp_path)
    assert fresh.make_ready() == "rebuilt with 1 cards"
    reopened.apply([], 10_000)
    assert fresh.make_ready() == "rebuilt with 1 cards"
    assert reopened.applied_seq() < 10_000
    shutil.rmtree(tmp_path / "index")
    empty, backend = indexer_of(world, tmp_path)
    empty.make_ready()
    assert ids(backend) == {card}


def test_a_saved_card_is_found_moments_later_by_the_running_service(world: World, tmp_path: Path) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    indexer.make_ready()
    thread = IndexerThread(indexer, Condition(tmp_path / "CONDITION"), lambda: world.now, seconds=60)
    world.database.after_commit.append(thread.wake)
    thread.start()
    try:
        card = world.card("Zebra crossing")
        thread.wake()
        for _ in range(200):
            if found(backend, "zebra"):
                break
            thread._thread.join(0.05)
        assert found(backend, "zebra") == {card}
    finally:
        thread.stop()


def test_what_another_process_saved_is_noticed_without_a_wake_and_quiet_costs_no_session(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer, backend = indexer_of(world, tmp_path)
    indexer.make_ready()
    applied: list[int] = []
    apply_pending = indexer.apply_pending
    monkeypatch.setattr(indexer, "apply_pending", lambda: applied.append(apply_pending()))
    thread = IndexerThread(indexer, Condition(tmp_path / "CONDITION"), lambda: world.now, seconds=0.005)
    thread.start()
    try:
        card = world.card("Zebra crossing")
        for _ in range(400):
            if found(backend, "zebra"):
                break
            thread._thread.join(0.02)
        assert found(backend, "zebra") == {card}
        thread._thread.join(0.1)
        before = len(applied)
        thread._thread.join(0.2)
        assert len(applied) == before
    finally:
        thread.stop()


def test_the_newest_change_is_asked_for_again_after_the_connection_broke(world: World) -> None:
    newest = NewestChange(world.database)
    world.card()
    first = newest()
    newest._connection._connection.close()
    with pytest.raises(Unavailable):
        newest()
    world.card()
    assert newest() > first
    newest.close()
