"""Disk full, lock held, two indexers: reads go on, nothing is lost, the reason is told, and recovery is automatic."""

import gc
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from structlog.testing import capture_logs

from kb.cards.models import Card
from search.backend import CardDoc, Change, Delete, IndexBusy, Upsert
from search.condition import Condition
from search.indexer import Indexer
from search.indexer_thread import IndexerThread
from search.whoosh_index import WhooshBackend
from search.whoosh_index.directory import IndexDirectory
from tests.search.engine_world import doc, found
from tests.search.full_disk import FullDisk
from tests.search.test_kills import strays
from tests.site import Site
from tests.world import World
from vitrine.jobs import job_named, run_now

pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
OLD = [doc(number, f"steady old{number}", "common words") for number in range(1, 6)]
NEW: list[Change] = [Upsert(doc(1, "steady new1")), Delete(2), Upsert(doc(9, "steady new9"))]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Files that Whoosh left open when it failed are closed here, not in the test that happens to come next."""
    yield
    gc.collect()


@pytest.fixture
def melting(tmp_path: Path) -> Path:
    """An index whose next commit melts segments."""
    backend = WhooshBackend(tmp_path / "melting")
    for seq, card in enumerate(OLD, 1):
        backend.apply([Upsert(card)], seq)
    backend.apply([Upsert(doc(6, "gone"))], 6)
    backend.apply([Delete(6)], 7)
    backend.close()
    return tmp_path / "melting"


def is_old(backend: WhooshBackend) -> bool:
    """Whether nothing of the batch is in there; anything between nothing and all is a fault."""
    state = (found(backend, "steady"), found(backend, "new1"), found(backend, "old1"), backend.applied_seq())
    assert state in [({1, 2, 3, 4, 5}, set(), {1}, 7), ({1, 3, 4, 5, 9}, {1}, set(), 8)]
    return state[-1] == 7


@pytest.mark.slow
@pytest.mark.parametrize("how", ["apply", "rebuild"])
def test_wherever_the_disk_fills_up_the_old_index_serves_and_the_next_commit_works(
    melting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    cards = [*(card for card in OLD if card.card_id not in (1, 2)), doc(1, "steady new1"), doc(9, "steady new9")]
    reader_started, failures, room = [], 0, 0
    index = tmp_path / "index"
    disk = FullDisk(monkeypatch, index)

    def write(backend: WhooshBackend) -> None:
        if how == "apply":
            backend.apply(NEW, 8)
        else:
            backend.rebuild(cards, 8)

    while True:
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(melting, index)
        backend, reader = WhooshBackend(index), WhooshBackend(index)
        assert is_old(reader)
        disk.full_after(room)
        try:
            write(backend)
        except OSError:
            failures += 1
        else:
            break
        reader_started.append(is_old(reader))
        assert is_old(WhooshBackend(index)) == reader_started[-1]
        disk.full_after(None)
        write(WhooshBackend(index, write_timeout=0))
        assert not is_old(reader)
        backend.apply([], 8)
        assert strays(index) == []
        room += 1
    assert failures > 20
    assert reader_started[0]


@pytest.fixture
def follower(world: World, tmp_path: Path) -> Iterator[tuple[IndexerThread, WhooshBackend, Condition]]:
    """An indexer that steps when it is told to, on the site's own index."""
    index = world.installation.index_dir
    backend, condition = WhooshBackend(index, write_timeout=0), Condition(index / "CONDITION")
    thread = IndexerThread(Indexer(world.database, backend), condition, lambda: world.now)
    condition.prepare()
    yield thread, backend, condition
    thread._newest.close()
    backend.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_once_and_everywhere_and_forgotten_when_there_is_room(
    site: Site, follower: tuple[IndexerThread, WhooshBackend, Condition], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = site.world
    thread, _, condition = follower
    first = world.card("Zebra crossing")
    thread._step()
    cora, rita = site.page("cora"), site.page("rita")
    disk = FullDisk(monkeypatch, world.installation.index_dir)
    disk.full_after(2)
    world.card("Zebra stripes")
    with capture_logs() as logs:
        for _ in range(5):
            thread._step()
    assert [line["event"] for line in logs] == ["search is behind"]
    world.later(seconds=300)
    ready = cora.get("/readyz", headers={"Accept-Language": "de"})
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["status"] == "degraded"
    assert ready.json["checks"]["index"] == (
        "behind since 2026-11-16T09:00:00+00:00: the disk is full; 3 changes waiting"
    )
    assert "checks" not in (site.page(None).get("/readyz", environ_base={"REMOTE_ADDR": "192.0.2.7"}).json or {})
    assert "vitrine_index_behind_seconds 300.0" in cora.get("/metrics").get_data(as_text=True)
    page = cora.get("/?q=zebra").get_data(as_text=True)
    assert "Search is 5 minutes behind: the disk is full." in page
    german = cora.get("/?q=zebra", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "Die Suche ist 5 Minuten im Rückstand: die Platte ist voll." in german
    assert f"/cards/{first}" in page  # reads go on
    assert "behind" not in rita.get("/?q=zebra").get_data(as_text=True)
    disk.full_after(None)
    with capture_logs() as logs:
        thread._step()
    assert [line["event"] for line in logs] == ["search is up to date again"]
    assert condition.trouble() is None
    assert cora.get("/readyz").json == {
        "status": "ok", "checks": dict.fromkeys(("database", "schema", "index", "scheduler"), "ok")
    }  # fmt: skip
    page = cora.get("/?q=stripes").get_data(as_text=True)
    assert "Zebra stripes" in page.replace("<mark>", "").replace("</mark>", "")
    assert "behind" not in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lock_held_by_another_is_told_and_waited_for(
    world: World, follower: tuple[IndexerThread, WhooshBackend, Condition]
) -> None:
    thread, backend, condition = follower
    thread._step()
    card = world.card("Zebra crossing")
    with IndexDirectory(world.installation.index_dir).writing(0):
        thread._step()
        trouble = condition.trouble()
        assert trouble is not None
        assert trouble.reason == "something else is writing the index, a rebuild perhaps"
        assert found(backend, "zebra") == set()
    thread._step()
    assert condition.trouble() is None
    assert found(backend, "zebra") == {card}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rebuild_that_fails_does_not_end_the_indexer(
    world: World, follower: tuple[IndexerThread, WhooshBackend, Condition], monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, backend, condition = follower
    card = world.card("Zebra crossing")
    thread._step()
    shutil.rmtree(next(world.installation.index_dir.glob("ix-*")))
    world.card("Zebra stripes")
    disk = FullDisk(monkeypatch, world.installation.index_dir)
    disk.full_after(3)
    thread._step()
    assert condition.trouble() is not None
    assert [path.name for path in world.installation.index_dir.glob("ix-*")] == []
    disk.full_after(None)
    thread._step()
    assert condition.trouble() is None
    assert found(backend, "zebra") == {card, card + 1}


def mounted(folder: Path, options: str) -> None:
    """A small disk, where this account may have one."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    done = subprocess.run([mount or "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if mount is None or done.returncode:
        pytest.skip("this account may not mount a small disk")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_real_disk_that_fills_up_and_is_emptied(world: World, tmp_path: Path) -> None:
    small = tmp_path / "small"
    mounted(small, "size=256k")
    try:
        backend, condition = WhooshBackend(small / "index"), Condition(small / "index" / "CONDITION")
        thread = IndexerThread(Indexer(world.database, backend), condition, lambda: world.now)
        condition.prepare()
        first = world.card("Zebra crossing")
        thread._step()
        fill = small / "fill"
        with fill.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        second = world.card("Zebra stripes")
        thread._step()
        other = Condition(small / "index" / "CONDITION").trouble()  # as another process reads it
        assert other is not None
        assert other.reason == "the disk is full"
        assert found(backend, "zebra") == found(WhooshBackend(small / "index"), "zebra") == {first}
        fill.unlink()
        thread._step()
        assert Condition(small / "index" / "CONDITION").trouble() is None
        assert found(backend, "zebra") == {first, second}
        assert strays(small / "index") == []
        thread._newest.close()
        backend.close()
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(small)], check=True)


def test_a_rebuild_that_waited_for_the_lock_knows_what_was_applied_meanwhile(world: World, tmp_path: Path) -> None:
    ours, theirs = WhooshBackend(tmp_path / "index"), WhooshBackend(tmp_path / "index")
    world.card("Zebra crossing")
    indexer, rebuilder = Indexer(world.database, ours), Indexer(world.database, theirs)
    indexer.apply_pending()
    with ours.writing():
        thread = threading.Thread(target=rebuilder.rebuild)
        thread.start()
        time.sleep(0.05)
        late = world.card("Zebra stripes")
        indexer.apply_pending()  # and prunes the row
    thread.join()
    assert late in found(theirs, "zebra") & found(ours, "zebra")
    assert indexer.differences() == []


def test_two_indexers_and_a_rebuild_at_once_leave_what_the_database_says(world: World, tmp_path: Path) -> None:
    cards = [world.card(f"Zebra first {number}") for number in range(6)]
    done, faults = threading.Event(), []

    def index(rebuilds: bool) -> None:
        backend = WhooshBackend(tmp_path / "index")
        indexer, turn = Indexer(world.database, backend), 0
        while not done.is_set():
            turn += 1
            if rebuilds and turn % 5 == 0:
                indexer.rebuild()
            else:
                indexer.apply_pending()
            time.sleep(0.002)
        backend.close()

    def write(number: int) -> None:
        for turn in range(12):
            with world.transaction() as session:
                session.get_one(Card, cards[number]).title = f"Zebra edition{turn} of{number}"

    def guarded(work: Any, argument: Any) -> None:
        try:
            work(argument)
        except Exception as error:
            faults.append(error)

    indexers = [threading.Thread(target=guarded, args=(index, rebuilds)) for rebuilds in (False, False, True)]
    writers = [threading.Thread(target=guarded, args=(write, number)) for number in range(3)]
    for thread in [*indexers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in indexers:
        thread.join()
    assert faults == []
    backend = WhooshBackend(tmp_path / "index")
    indexer = Indexer(world.database, backend)
    assert indexer.differences() == []
    assert found(backend, "edition11") == set(cards[:3])
    assert found(backend, "edition10") == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_index_with_the_same_numbers_but_other_cards_is_rebuilt_at_the_start(world: World, tmp_path: Path) -> None:
    backend = WhooshBackend(tmp_path / "index")
    card = world.card("Zebra crossing")
    indexer = Indexer(world.database, backend)
    indexer.apply_pending()
    backend.apply([Upsert(CardDoc(card, 1, "en", "Of another company", "", "", ()))], backend.applied_seq())
    assert indexer.make_ready() == "rebuilt with 1 cards"
    assert found(backend, "zebra") == {card}


def lose(file: Path) -> None:
    """Gone."""
    file.unlink()


def cut(file: Path) -> None:
    """Half of it, as a copy that was interrupted leaves it."""
    half = file.with_suffix(".half")
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    half.replace(file)


@pytest.mark.parametrize("damage", [lose, cut])
@pytest.mark.parametrize("kind", ["pst", "facts.col", "toc"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_noticed_at_night_and_the_index_rebuilt_while_reads_go_on(
    site: Site, damage: Callable[[Path], None], kind: str
) -> None:
    index = site.world.installation.index_dir
    card = site.world.card("Zebra crossing")
    site.index()
    reader = WhooshBackend(index)  # of another process, which has been reading
    assert found(reader, "zebra") == {card}
    damage(next(index.glob(f"ix-*/*.{kind}")))
    if kind != "toc":
        assert found(reader, "zebra") == {card}
    with time_machine.travel(site.world.now, tick=False):
        outcome = run_now(site.runtime, job_named("check-index"))
    assert outcome.endswith("rebuilt with 1 cards")
    assert found(reader, "zebra") == found(WhooshBackend(index), "zebra") == {card}
    assert site.runtime.indexer.differences() == []


def test_a_second_process_that_starts_while_another_rebuilds_goes_on_without(world: World, tmp_path: Path) -> None:
    backend = WhooshBackend(tmp_path / "index", write_timeout=0)
    indexer = Indexer(world.database, backend)
    card = world.card("Zebra crossing")
    indexer.apply_pending()
    with IndexDirectory(tmp_path / "index").writing(0):
        assert indexer.make_ready() == "another process is writing the index"
        with pytest.raises(IndexBusy):
            indexer.apply_pending()
    assert found(backend, "zebra") == {card}
    assert world.later() - world.now == timedelta(0)
