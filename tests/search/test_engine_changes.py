"""What every search engine must survive: batches, rebuilds, several writers and readers at once."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.backend import CardDoc, Change, Delete, IndexBusy, SearchBackend, Upsert, fingerprint
from search.query import parse
from tests.search.engine_world import EVERYTHING, Engine, doc, found, index_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(engine: Engine) -> str:
    """Where there is no index yet."""
    return engine.place()


@pytest.fixture
def backend(engine: Engine, place: str) -> Iterator[SearchBackend]:
    """A backend there."""
    backend = engine.open(place)
    yield backend
    backend.close()


def test_where_there_is_no_index_an_empty_one_is_made(backend: SearchBackend) -> None:
    assert backend.applied_seq() == 0
    assert backend.health().docs == 0
    assert backend.card_ids() == {}
    assert found(backend, "anything") == set()
    assert backend.suggest("any", EVERYTHING, 5).hits == ()
    assert backend.correct(["anythign"], EVERYTHING) == [None]


def test_a_batch_is_visible_with_its_number(backend: SearchBackend) -> None:
    backend.apply([Upsert(doc(1, "refund")), Upsert(doc(2, "invoice"))], 5)
    backend.apply([Delete(1), Upsert(doc(2, "billing")), Delete(77)], 6)
    assert backend.applied_seq() == 6
    assert found(backend, "refund") == found(backend, "invoice") == set()
    assert found(backend, "billing") == {2}
    assert backend.health().docs == 1


def test_the_last_change_of_a_card_wins_and_applying_twice_changes_nothing(backend: SearchBackend) -> None:
    batch: list[Change] = [Upsert(doc(1, "old")), Delete(2), Upsert(doc(1, "new")), Upsert(doc(2, "gone")), Delete(2)]
    for _ in range(3):
        backend.apply(batch, 9)
        assert backend.search(parse("new "), EVERYTHING, 10).total == 1
        assert found(backend, "old") == found(backend, "gone") == set()
        assert (backend.applied_seq(), backend.health().docs) == (9, 1)


def test_a_batch_that_only_deletes_takes_nothing_from_other_cards(backend: SearchBackend) -> None:
    for number in range(12):
        backend.apply([Upsert(doc(number, f"refund {number}"))], 2 * number + 1)
        backend.apply([Delete(number - 1)], 2 * number + 2)
        suggested = backend.suggest("refu", EVERYTHING, 5).hits
        assert [(hit.card_id, hit.score > 0) for hit in suggested] == [(number, True)]
    backend.apply([Upsert(doc(50, "refund policy")), Upsert(doc(51, "refund form"))], 99)
    assert {hit.card_id for hit in backend.suggest("refund", EVERYTHING, 5).hits} == {11, 50, 51}


def test_an_empty_batch_still_moves_the_number(backend: SearchBackend) -> None:
    backend.apply([], 4)
    assert backend.applied_seq() == 4


def test_fingerprints_tell_what_differs_from_the_database(backend: SearchBackend) -> None:
    cards = [doc(1, "one"), doc(2, "two", tags=("x",))]
    backend.apply([Upsert(each) for each in cards], 1)
    assert backend.card_ids() == {card.card_id: fingerprint(card) for card in cards}
    assert fingerprint(doc(1, "one")) != fingerprint(doc(1, "one", collection=2))


def test_random_edits_leave_what_a_rebuild_would(engine: Engine, place: str) -> None:
    pick = random.Random(11)  # noqa: S311
    edited = index_of(engine, [], 0)
    truth: dict[int, CardDoc] = {}
    for seq in range(1, 41):
        batch: list[Change] = []
        for card_id in pick.sample(range(1, 30), k=pick.randrange(1, 6)):
            if pick.random() < 0.3:
                truth.pop(card_id, None)
                batch.append(Delete(card_id))
            else:
                truth[card_id] = doc(card_id, pick.choice(["refund", "invoice", "trial"]), f"body {seq}")
                batch.append(Upsert(truth[card_id]))
        edited.apply(batch, seq)
    rebuilt = index_of(engine, truth.values(), 40)
    assert edited.card_ids() == rebuilt.card_ids() == {key: fingerprint(card) for key, card in truth.items()}
    for text in ("refund ", "invoice body ", "trial "):
        assert edited.search(parse(text), EVERYTHING, 100) == rebuilt.search(parse(text), EVERYTHING, 100)


def test_single_edits_and_deletions_go_on_for_ever(engine: Engine) -> None:
    pick = random.Random(1)  # noqa: S311
    edited = engine.open(engine.place())
    truth: dict[int, CardDoc] = {}
    for seq in range(1, 120):
        card_id = pick.randrange(1, 25)
        if pick.random() < 0.2:
            truth.pop(card_id, None)
            edited.apply([Delete(card_id)], seq)
        else:
            truth[card_id] = doc(card_id, f"Card w{card_id}q{seq}", f"The body of it{seq}", tags=("steady",))
            edited.apply([Upsert(truth[card_id])], seq)
    assert edited.card_ids() == {key: fingerprint(card) for key, card in truth.items()}
    rebuilt = index_of(engine, truth.values(), 200)
    for text in ("steady ", '"the body of" ', "tag:steady bod"):
        assert edited.search(parse(text), EVERYTHING, 100) == rebuilt.search(parse(text), EVERYTHING, 100)


def test_a_rebuild_replaces_everything_while_readers_go_on(engine: Engine, place: str, backend: SearchBackend) -> None:
    backend.apply([Upsert(doc(1, "old"))], 1)
    other = engine.open(place)
    assert found(other, "old") == {1}
    before = other.generation()
    backend.rebuild([doc(2, "new"), doc(2, "twice")], 8)
    assert (found(other, "old"), found(other, "new"), other.applied_seq()) == (set(), {2}, 8)
    assert other.generation() != before
    backend.apply([Upsert(doc(3, "fresh"))], 9)
    assert found(other, "fresh") == {3}


def test_a_rebuild_that_fails_leaves_the_old_index_in_use(engine: Engine, place: str, backend: SearchBackend) -> None:
    def failing() -> Iterator[CardDoc]:
        yield doc(2, "half")
        raise RuntimeError("the database went away")

    backend.apply([Upsert(doc(1, "old"))], 1)
    with pytest.raises(RuntimeError):
        backend.rebuild(failing(), 5)
    assert (found(backend, "old"), backend.applied_seq()) == ({1}, 1)
    backend.apply([Upsert(doc(3, "later"))], 2)
    assert found(backend, "later") == {3}


def test_readers_see_each_card_exactly_once_while_a_writer_commits_and_rebuilds(engine: Engine, place: str) -> None:
    cards = [doc(number, f"steady word{number}", "common") for number in range(1, 41)]
    writer, reader = engine.open(place), engine.open(place)
    writer.rebuild(cards, 1)
    faults: list[object] = []
    done = threading.Event()

    def read() -> None:
        pick = random.Random()  # noqa: S311
        while not done.is_set():
            number = pick.randrange(1, 41)
            hits = reader.search(parse(f"word{number} "), EVERYTHING, 10)
            total = reader.search(parse("common "), EVERYTHING, 100).total
            if [hit.card_id for hit in hits.hits] != [number] or total != 40:
                faults.append((number, hits, total))

    def guarded() -> None:
        try:
            read()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(4)]
    for thread in threads:
        thread.start()
    for seq in range(2, 22):
        if seq % 8 == 0:
            writer.rebuild(cards, seq)
        else:
            writer.apply([Upsert(card) for card in random.Random(seq).sample(cards, 3)], seq)  # noqa: S311
    done.set()
    for thread in threads:
        thread.join()
    assert not faults, faults[:3]


def test_a_change_is_seen_by_the_next_search_of_every_thread(engine: Engine, place: str) -> None:
    writer, reader = engine.open(place), engine.open(place)
    for seq in range(1, 9):
        writer.apply([Upsert(doc(1, f"edition{seq}"))], seq)
        seen: list[set[int]] = []
        threads = [threading.Thread(target=lambda: seen.append(found(reader, f"edition{seq}"))) for _ in range(3)]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [{1}] * 3


def test_a_slower_writer_does_not_bring_older_changes_back(engine: Engine, place: str) -> None:
    backend = index_of(engine, [doc(1, "old")], 5)
    backend.apply([Upsert(doc(1, "newest"))], 9)
    backend.apply([Upsert(doc(1, "newer"))], 7)
    assert (found(backend, "newest"), found(backend, "newer"), backend.applied_seq()) == ({1}, set(), 9)


def test_a_second_writer_is_told_to_come_back(engine: Engine, place: str, backend: SearchBackend) -> None:
    backend.apply([], 1)
    impatient = engine.open(place, write_timeout=0)

    def cards() -> Iterator[CardDoc]:
        with pytest.raises(IndexBusy):
            impatient.apply([Upsert(doc(1, "x"))], 2)
        yield doc(2, "y")

    backend.rebuild(cards(), 1)
    impatient.apply([Upsert(doc(1, "x"))], 2)
    assert backend.applied_seq() == 2
    assert found(backend, "x y") == {1, 2}


def test_cards_may_come_in_any_order_and_with_any_number(engine: Engine) -> None:
    numbers = [5_000_000_000, 3, 1024, 1023, 2, 70_000, 1, 2047]
    backend = index_of(engine, [doc(number, "refund", f"word{number}") for number in numbers])
    backend.apply([Upsert(doc(number, "refund", "again")) for number in (1024, 9_000_000)], 2)
    assert found(backend, "refund") == {*numbers, 9_000_000}
    assert found(backend, "again") == {1024, 9_000_000}
    assert found(backend, "word5000000000 word1024") == {5_000_000_000}


WRITER = """
import sys
from search.backend import CardDoc, Upsert
from tests.search.engine_world import opened
backend = opened(sys.argv[1], sys.argv[2])
for seq in range(backend.applied_seq() + 1, 100_000):
    cards = [CardDoc(number, 1, "en", f"version{seq}", "", "body " * 40, ()) for number in range(1, 6)]
    backend.apply([Upsert(card) for card in cards], seq)
    print(seq, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_a_whole_batch(engine: Engine, place: str, backend: SearchBackend) -> None:
    pick = random.Random(5)  # noqa: S311
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, engine.name, place], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with child:
            assert child.stdout is not None
            acknowledged = int(child.stdout.readline())
            time.sleep(pick.uniform(0.0, 0.15))
            os.kill(child.pid, signal.SIGKILL)
            acknowledged = max([acknowledged, *(int(line) for line in child.stdout.read().split())])
        backend.apply([], 0)  # waits for what the server still does of a killed writer's work
        seq = backend.applied_seq()
        assert seq in (acknowledged, acknowledged + 1)
        assert found(backend, f"version{seq}") == {1, 2, 3, 4, 5}
        assert backend.health().docs == 5
    backend.apply([Upsert(doc(9, "afterwards"))], seq + 1)
    assert found(backend, "afterwards") == {9}


def test_who_keeps_the_others_away_may_read_apply_and_rebuild_meanwhile(
    engine: Engine, place: str, backend: SearchBackend
) -> None:
    other = engine.open(place, write_timeout=0)
    with backend.writing():
        backend.apply([Upsert(doc(1, "refund"))], 1)
        with pytest.raises(IndexBusy):
            other.apply([], 9)
        with pytest.raises(IndexBusy):
            other.rebuild([], 9)
        with pytest.raises(IndexBusy), other.writing():
            pass
        assert found(other, "refund") == {1}
        with backend.writing():
            backend.rebuild([doc(2, "refund")], 2)
        backend.apply([Upsert(doc(3, "refund"))], 3)
    other.apply([Upsert(doc(4, "refund"))], 4)
    assert found(backend, "refund") == {2, 3, 4}


def test_an_error_while_others_are_kept_away_lets_them_in_again(
    engine: Engine, place: str, backend: SearchBackend
) -> None:
    with pytest.raises(RuntimeError, match="by hand"), backend.writing():
        raise RuntimeError("stopped by hand")
    engine.open(place, write_timeout=0).apply([Upsert(doc(1, "refund"))], 1)
    assert found(backend, "refund") == {1}
