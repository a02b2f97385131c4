"""The private PostgreSQL itself: it answers, its databases are apart, and it is found or asked for."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.infra.postgres import PostgresServer, find_programs
from tests.infra.requirement import require

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.postgres
def test_a_fresh_database_answers_and_is_empty(postgres_server: PostgresServer) -> None:
    with connected(postgres_server.fresh_database()) as connection:
        tables = text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert connection.scalar(tables) == 0
        assert connection.scalar(text("SHOW server_encoding")) == "UTF8"


@pytest.mark.postgres
def test_two_databases_do_not_see_each_other(postgres_server: PostgresServer) -> None:
    one, other = postgres_server.fresh_database(), postgres_server.fresh_database()
    with connected(one) as connection:
        connection.execute(text("CREATE TABLE card (id int)"))
        connection.commit()
    with connected(other) as connection:
        assert connection.scalar(text("SELECT to_regclass('card')")) is None


@pytest.mark.postgres
def test_a_prepared_database_is_copied(postgres_server: PostgresServer) -> None:
    prepared = postgres_server.fresh_database()
    with connected(prepared) as connection:
        connection.execute(text("CREATE TABLE card AS SELECT 7 AS id"))
        connection.commit()
    copy = postgres_server.fresh_database(template=prepared)
    with connected(copy) as connection:
        assert connection.scalar(text("SELECT id FROM card")) == 7


@pytest.mark.postgres
def test_a_dropped_database_is_gone_even_when_somebody_is_connected(postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh_database()
    with connected(url) as connection:
        connection.execute(text("SELECT 1"))
        postgres_server.drop(url)
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    with pytest.raises(OperationalError), connected(url):
        pass


@pytest.mark.postgres
def test_nothing_is_left_when_the_server_has_stopped(postgres_programs: Path) -> None:
    server = PostgresServer(postgres_programs)
    try:
        server.start()
        url = server.fresh_database()
    finally:
        server.stop()
    assert not server._folder.exists()
    with pytest.raises(OperationalError), connected(url):
        pass


@pytest.mark.postgres
def test_the_server_ends_with_tests_that_were_killed(postgres_programs: Path) -> None:
    script = (
        "import os, pathlib, sys; from tests.infra.postgres import PostgresServer;"
        "server = PostgresServer(pathlib.Path(sys.argv[1])); server.start();"
        "print(server.fresh_database(), flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(postgres_programs)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = Path(str(make_url(killed.stdout.strip()).query["host"]))
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()


def test_server_programs_off_the_path_are_found_or_reported_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = find_programs()
    assert found is None or (found / "pg_ctl").is_file()


def test_a_missing_part_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_POSTGRES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="how to get it"):
        require(None, reason="how to get it", required_by="REQUIRE_POSTGRES")


def test_a_missing_part_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_POSTGRES", "1")
    with pytest.raises(pytest.fail.Exception, match="how to get it"):
        require(None, reason="how to get it", required_by="REQUIRE_POSTGRES")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
