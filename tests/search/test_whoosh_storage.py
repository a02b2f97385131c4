from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search.backend import IndexBusy, IndexUnusable, Upsert
from search.query import parse
from search.whoosh_index import WhooshBackend
from search.whoosh_index import directory as directory_module
from search.whoosh_index.segments import Segment
from tests.search.engine_world import EVERYTHING, backend_with, doc, found

ROOT = Path(__file__).parents[2]


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[WhooshBackend]:
    backend = WhooshBackend(tmp_path / "index")
    yield backend
    backend.close()


def test_a_missing_directory_becomes_an_empty_private_index(backend: WhooshBackend, tmp_path: Path) -> None:
    assert backend.applied_seq() == 0
    assert backend.health().docs == 0
    assert backend.card_ids() == {}
    assert found(backend, "anything") == set()
    for folder in [tmp_path / "index", *(path for path in (tmp_path / "index").iterdir() if path.is_dir())]:
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_writer_is_told_to_come_back(backend: WhooshBackend, tmp_path: Path) -> None:
    backend.apply([], 1)
    impatient = WhooshBackend(tmp_path / "index", write_timeout=0)
    with directory_module.IndexDirectory(tmp_path / "index").writing(0), pytest.raises(IndexBusy):
        impatient.apply([Upsert(doc(1, "x"))], 2)
    impatient.apply([Upsert(doc(1, "x"))], 2)
    assert backend.applied_seq() == 2


def test_segments_stay_few_and_old_folders_are_swept(backend: WhooshBackend, tmp_path: Path) -> None:
    for seq in range(1, 30):
        backend.apply([Upsert(doc(seq, "refund"))], seq)
    assert len(list((tmp_path / "index").glob("ix-*/*.pst"))) <= 6
    backend.rebuild([doc(1, "refund")], 30)
    backend.apply([Upsert(doc(2, "refund"))], 31)
    assert [path.name for path in (tmp_path / "index").glob("ix-*")] == ["ix-2"]
    assert not list((tmp_path / "index").glob("ix-*/*.toc.*"))


def damage_pointer(index: Path) -> None:
    (index / "CURRENT").write_text("../elsewhere")


def damage_stamp(index: Path) -> None:
    (index / "ix-1" / "STAMP").write_text("other rules")


def lose_stamp(index: Path) -> None:
    (index / "ix-1" / "STAMP").unlink()


def lose_contents(index: Path) -> None:
    for file in (index / "ix-1").glob("*.toc"):
        file.unlink()


def truncate_contents(index: Path) -> None:
    for file in (index / "ix-1").glob("*.toc"):
        file.write_bytes(file.read_bytes()[:60])


def lose_postings(index: Path) -> None:
    for file in (index / "ix-1").glob("*.pst"):
        file.unlink()


def zero_postings(index: Path) -> None:
    for file in (index / "ix-1").glob("*.pst"):
        file.write_bytes(bytes(file.stat().st_size))


def empty_postings(index: Path) -> None:
    for file in (index / "ix-1").glob("*.pst"):
        file.write_bytes(b"")


def cut_facts_off(index: Path) -> None:
    for file in (index / "ix-1").glob("*.col"):
        file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "damage",
    [
        damage_pointer,
        damage_stamp,
        lose_stamp,
        lose_contents,
        truncate_contents,
        lose_postings,
        zero_postings,
        empty_postings,
        cut_facts_off,
    ],
)
def test_an_index_that_cannot_be_trusted_asks_for_a_rebuild(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    backend_with(tmp_path / "index", [doc(1, "refund")]).close()
    damage(tmp_path / "index")
    backend = WhooshBackend(tmp_path / "index")
    with pytest.raises(IndexUnusable):
        backend.search(parse("refund"), EVERYTHING, 10)
    with pytest.raises(IndexUnusable):
        backend.apply([Upsert(doc(2, "x"))], 2)
    backend.rebuild([doc(1, "refund")], 3)
    assert (found(backend, "refund"), backend.applied_seq()) == ({1}, 3)


def test_files_that_vanish_while_the_index_is_opened_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend_with(tmp_path / "index", [doc(1, "refund")])
    reader, writer = WhooshBackend(tmp_path / "index"), WhooshBackend(tmp_path / "index")
    tries: list[int] = []

    def vanish_once(*args: Any) -> Segment:
        tries.append(1)
        if len(tries) == 1:
            writer.apply([Upsert(doc(2, "refund"))], 2)
            raise TypeError("a column file is gone")
        return Segment(*args)

    monkeypatch.setattr("search.whoosh_index.backend.Segment", vanish_once)
    assert found(reader, "refund") == {1, 2}
