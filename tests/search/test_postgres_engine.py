"""What PostgreSQL alone must do: tables that can't be trusted, servers that are away, replicas that lag."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from kb.errors import Unavailable
from kb.installation import open_installation
from kb.settings import Settings
from kb.text.renderer import Renderer
from search.backend import CardDoc, Delete, IndexUnusable, Upsert
from search.engines import open_backend
from search.indexer import Indexer
from search.postgres_index import PostgresBackend
from search.query import parse
from search.whoosh_index import WhooshBackend
from tests.infra.postgres import PostgresServer
from tests.search.engine_world import EVERYTHING, doc, found
from tests.site import Site
from tests.world import START, World
from vitrine.cli import main

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database."""
    url = postgres_server.fresh_database()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def opened() -> Iterator[Callable[..., PostgresBackend]]:
    """Opens backends and closes them again."""
    backends: list[PostgresBackend] = []

    def open_one(url: str, *replicas: str) -> PostgresBackend:
        backends.append(PostgresBackend(url, replicas))
        return backends[-1]

    yield open_one
    for backend in backends:
        backend.close()


Opened = Callable[..., PostgresBackend]


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Do something to a database behind everybody's back; the rows of the last statement."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE vitrine_search.posting_1",
        "DROP TABLE vitrine_search.card_1",
        "UPDATE vitrine_search.state SET stamp = 'other rules'",
        "DELETE FROM vitrine_search.state",
        "ALTER TABLE vitrine_search.state DROP COLUMN token",
        "ALTER TABLE vitrine_search.posting_1 RENAME COLUMN docs TO others",
        "UPDATE vitrine_search.card_1 SET facts = '\\x00'",
    ],
)
def test_tables_that_cannot_be_trusted_ask_for_a_rebuild(url: str, opened: Opened, damage: str) -> None:
    opened(url).rebuild([doc(1, "refund")], 1)
    execute(url, damage)
    backend = opened(url)
    with pytest.raises(IndexUnusable):
        backend.search(parse("refund"), EVERYTHING, 10)
    backend.rebuild([doc(1, "refund")], 3)
    assert (found(backend, "refund"), backend.applied_seq()) == ({1}, 3)


def test_an_index_that_was_dropped_is_made_anew(url: str, opened: Opened) -> None:
    backend = opened(url)
    backend.rebuild([doc(1, "refund")], 7)
    execute(url, "DROP SCHEMA vitrine_search CASCADE")
    assert (found(backend, "refund"), backend.applied_seq()) == (set(), 0)
    backend.apply([Upsert(doc(2, "refund"))], 1)
    assert found(backend, "refund") == {2}


def test_a_rebuild_leaves_only_its_own_tables_and_an_interrupted_one_nothing(url: str, opened: Opened) -> None:
    def failing() -> Iterator[CardDoc]:
        yield from (doc(number, "refund") for number in range(1, 10_000))
        raise RuntimeError("the process is ending")

    backend = opened(url)
    for seq in range(1, 4):
        backend.rebuild([doc(1, "refund")], seq)
    with pytest.raises(RuntimeError):
        backend.rebuild(failing(), 4)
    backend.apply([Delete(1)], 5)
    tables = {name for (name,) in execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'vitrine_search'")}
    assert tables == {"state", "card_3", "posting_3", "word_3"}
    (held,) = execute(url, "SELECT count(*) FROM vitrine_search.posting_3")
    assert held == (0,)


def test_a_server_that_is_away_is_told_as_such(opened: Opened, tmp_path: Path) -> None:
    backend = opened(f"postgresql://vitrine@/x?host={tmp_path}")
    with pytest.raises(Unavailable):
        backend.search(parse("refund"), EVERYTHING, 10)
    with pytest.raises(Unavailable):
        backend.apply([Upsert(doc(1, "refund"))], 1)


def test_connections_that_were_cut_are_made_anew(url: str, opened: Opened) -> None:
    backend = opened(url)
    backend.rebuild([doc(1, "refund")], 1)
    execute(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vitrine'")
    assert found(backend, "refund") == {1}


def test_searches_go_to_the_replicas_in_turn_and_the_indexer_to_the_primary(
    url: str, postgres_server: PostgresServer, opened: Opened
) -> None:
    writer = opened(url)
    writer.rebuild([doc(1, "refund")], 1)
    writer.close()
    lagging = [postgres_server.fresh_database(template=url) for _ in range(2)]
    execute(lagging[1], "UPDATE vitrine_search.state SET seq = 0")
    backend = opened(url, *lagging)
    backend.apply([Upsert(doc(2, "refund"))], 2)
    for _ in range(2):
        assert found(backend, "refund") == {1}
        used = [
            execute(each, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitrine'"
                          " AND datname = current_database()")[0][0]
            for each in lagging
        ]  # fmt: skip
    assert used == [1, 1]
    assert (backend.applied_seq(), set(backend.card_ids()), backend.health().docs) == (2, {1, 2}, 2)
    backend.close()
    for replica in lagging:
        postgres_server.drop(replica)


def test_where_no_replica_answers_the_primary_does(
    url: str, postgres_server: PostgresServer, opened: Opened, tmp_path: Path
) -> None:
    without_index = postgres_server.fresh_database()
    backend = opened(url, f"postgresql://vitrine@/x?host={tmp_path}", without_index)
    backend.rebuild([doc(1, "refund")], 1)
    assert [found(backend, "refund") for _ in range(3)] == [{1}] * 3
    assert backend.suggest("ref", EVERYTHING, 5).total == 1
    assert backend.correct(["refnud"], EVERYTHING) == ["refund"]
    assert not execute(without_index, "SELECT 1 FROM pg_namespace WHERE nspname = 'vitrine_search'")
    backend.close()
    postgres_server.drop(without_index)


@pytest.mark.slow
def test_a_streaming_replica_is_read(url: str, postgres_server: PostgresServer, opened: Opened) -> None:
    replica = postgres_server.replica_of(url)
    backend = opened(url, replica)
    for seq in range(1, 4):
        backend.apply([Upsert(doc(seq, "refund"))], seq)
    backend.rebuild([doc(number, "refund") for number in range(1, 6)], 4)
    for _ in range(200):
        if found(backend, "refund") == {1, 2, 3, 4, 5}:
            break
        time.sleep(0.05)
    assert found(backend, "refund") == {1, 2, 3, 4, 5}
    (sessions,) = execute(replica, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitrine'")
    assert sessions == (1,)
    postgres_server.stop_replica()
    assert found(backend, "refund") == {1, 2, 3, 4, 5}


@pytest.fixture
def site(tmp_path: Path, postgres_template: str, postgres_server: PostgresServer, renderer: Renderer) -> Iterator[Site]:
    """The whole application, searching with PostgreSQL."""
    url = postgres_server.fresh_database(template=postgres_template)
    values = {"storage": {"data_dir": tmp_path}, "database": {"url": url}, "search": {"backend": "postgres"}}
    installation = open_installation(Settings.model_validate(values), START)
    site = Site(World(installation, renderer))
    yield site
    site.runtime.services.recorder.flush()
    site.runtime.backend.close()
    installation.close()
    postgres_server.drop(url)


def test_the_whole_application_searches_with_it(site: Site) -> None:
    card = site.world.card("Refund window", body="Thirty days from delivery.")
    site.index()
    answer = site.api("rita").get("/search?q=refund+windw&explain=true").get_json()
    assert [item["id"] for item in answer["items"]] == [card], answer
    assert site.runtime.indexer.differences() == []
    assert isinstance(site.runtime.backend, PostgresBackend)
    assert "Refund window" in site.page("rita").get("/?q=delivery").get_data(as_text=True)
    assert site.page(None).get("/readyz").status_code == 200
    assert not (site.world.settings.storage.data_dir / "index").exists()


def test_the_command_line_rebuilds_and_checks_it(site: Site, tmp_path: Path) -> None:
    card = site.world.card("Refund window")
    url = site.world.settings.database.url
    env = {"VITRINE_STORAGE_DATA_DIR": str(tmp_path), "VITRINE_DATABASE_URL": url, "VITRINE_SEARCH_BACKEND": "postgres"}
    for command, code, words in (
        (["index", "rebuild"], 0, "Rebuilt with 1 cards"),
        (["index", "check"], 0, "Index and database agree on 1 cards"),
    ):
        result = CliRunner().invoke(main, command, env=env)
        assert (result.exit_code, words in result.output) == (code, True), result.output
    site.runtime.backend.apply([Delete(card)], site.runtime.backend.applied_seq())
    result = CliRunner().invoke(main, ["index", "check"], env=env)
    assert (result.exit_code, f"card {card} is missing in the index" in result.output) == (1, True), result.output


def test_an_installation_that_changes_its_engine_is_indexed_at_the_next_start(site: Site) -> None:
    card = site.world.card("Refund window")
    embedded = WhooshBackend(site.world.installation.index_dir)
    Indexer(site.world.database, embedded).apply_pending()
    embedded.close()
    backend = open_backend(site.world.installation)
    indexer = Indexer(site.world.database, backend)
    indexer.make_ready()
    assert set(backend.card_ids()) == {card}
    assert indexer.make_ready() == "ready"
    backend.close()
