"""A private PostgreSQL for the test run: own folder, Unix socket only, no durability, gone at the end.

Use the fixture `postgres_server`; each test takes a `fresh_database()`, optionally a copy of a prepared one.
"""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.infra.requirement import require

SUPERUSER = "vitrine"
LONGEST_SOCKET_FOLDER = 80  # the socket's whole path must stay under 100 characters or so, on every system
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 300
shared_buffers = 64MB
max_wal_size = 128MB
autovacuum = off
jit = off
timezone = 'UTC'
"""
# Waits for the end of its input, which comes when the tests let go of it, or when they die, however that happens.
GUARD = """cat >/dev/null
for data in "$2"/replica "$2"/data; do
  if [ -f "$data/postmaster.pid" ]; then "$1/pg_ctl" stop --pgdata="$data" --mode=immediate --wait --silent; fi
done
cd /; rm -rf "$2"
"""
# For a test whose way through the database another one goes on SQLite.
ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
REPLICA_PORT = "5433"  # of the socket's name: it shares the folder


class PostgresServer:
    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="vitrine-pg-", dir=_short_temporary_folder()))
        self._account = _ordinary_account()
        self._numbers = itertools.count(1)
        self._connection: psycopg.Connection | None = None
        if self._account:
            shutil.chown(self._folder, self._account, pwd.getpwnam(self._account).pw_gid)
        guard = ["/bin/sh", "-c", GUARD, "guard", str(programs), str(self._folder)]
        self._guard = subprocess.Popen(
            guard, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, **self._as_its_account()
        )

    def fresh_database(self, *, template: str | None = None) -> str:
        """The SQLAlchemy URL of a new database, empty or a copy of the one at `template` (while nobody is in that)."""
        name = f"test_{next(self._numbers)}"
        source = _name_in(template) if template else "template0"
        # Copying files is several times quicker than logging each page, where nothing is flushed to a disk anyway.
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._administer(create.format(sql.Identifier(name), sql.Identifier(source)))
        url = URL.create("postgresql+psycopg", username=SUPERUSER, database=name, query={"host": str(self._folder)})
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Also while somebody is still connected."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name_in(url))))

    def replica_of(self, url: str) -> str:
        """The URL of the same database on a streaming replica, which is made now and lives until it is stopped."""
        place = ["--checkpoint=fast", "--write-recovery-conf", f"--host={self._folder}", f"--username={SUPERUSER}"]
        self._run("pg_basebackup", *place, data=self._replica)
        self._run(
            "pg_ctl", "start", "--wait", "--silent", f"--log={self._log}", f"--options=-p {REPLICA_PORT}",
            data=self._replica,
        )  # fmt: skip
        return make_url(url).update_query_dict({"port": REPLICA_PORT}).render_as_string(hide_password=False)

    def stop_replica(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent", data=self._replica)
        shutil.rmtree(self._replica)

    def start(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--username={SUPERUSER}"]
        self._run("initdb", *options)
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=self._folder))
        self._run("pg_ctl", "start", "--wait", "--timeout=60", "--silent", f"--log={self._log}")

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._guard.communicate(timeout=60)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _replica(self) -> Path:
        return self._folder / "replica"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _administer(self, statement: sql.Composed) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(
                host=str(self._folder), user=SUPERUSER, dbname="postgres", autocommit=True
            )
        self._connection.execute(statement)

    def _run(self, program: str, *arguments: str, data: Path | None = None) -> None:
        """A file rather than a pipe for the output: the server inherits it, and a pipe would keep us waiting for it."""
        command: list[str | Path] = [self._programs / program, f"--pgdata={data or self._data}", *arguments]
        with tempfile.TemporaryFile() as output:
            options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            if subprocess.run(command, check=False, **options, **self._as_its_account()).returncode != 0:
                output.seek(0)
                said = output.read().decode(errors="replace")
                log = self._log.read_text() if self._log.exists() else ""
                raise RuntimeError(f"{program} failed:\n{said}\n{log}")

    def _as_its_account(self) -> dict[str, Any]:
        """A session of its own as well: Ctrl-C is for the tests, and they end the server."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        options: dict[str, Any] = {"cwd": self._folder, "env": environment, "start_new_session": True}
        if self._account:
            group = pwd.getpwnam(self._account).pw_gid
            options |= {"user": self._account, "group": group, "extra_groups": []}
        return options


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    reason = "no PostgreSQL server programs found (apt install postgresql, or put initdb and pg_ctl on the PATH)"
    return require(find_programs(), reason=reason, required_by="REQUIRE_POSTGRES")


@pytest.fixture(scope="session")
def postgres_server(postgres_programs: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(postgres_programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def find_programs() -> Path | None:
    """The PATH first; Debian keeps the programs of each version off it, so then the newest version there."""
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: float(folder.parent.name), default=None)


def _ordinary_account() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _short_temporary_folder() -> str:
    usual = tempfile.gettempdir()
    return usual if len(usual) < LONGEST_SOCKET_FOLDER - len("/vitrine-pg-12345678") else "/tmp"  # noqa: S108


def _name_in(url: str) -> str:
    name = make_url(url).database
    if not name:
        raise ValueError(f"no database in {url}")
    return name
