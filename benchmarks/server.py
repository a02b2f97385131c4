"""A private PostgreSQL in a folder, on a Unix socket, for as long as the process that wants it lives."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

SUPERUSER = "vitrine"
_SETTINGS = """
listen_addresses = ''
shared_buffers = 512MB
work_mem = 32MB
max_wal_size = 4GB
timezone = 'UTC'
"""
# Waits for the end of its input, which comes when this process ends, however that happens.
_GUARD = 'cat >/dev/null; "$1/pg_ctl" stop --pgdata="$2" --mode=fast --wait --silent; rm -rf "$3"'


class PostgresServer:
    """Started by the first who asks; durable, as a database of a product is."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "pgdata"
        self._account = "postgres" if os.geteuid() == 0 else None
        self._sockets = Path()

    @property
    def url(self) -> str:
        """Its database, once it is started."""
        return f"postgresql://{SUPERUSER}@/postgres?host={self._sockets}"

    def start(self) -> None:
        """Make the cluster if there is none, and start it."""
        self._sockets = Path(tempfile.mkdtemp(prefix="vitrine-bench-pg-"))
        if self._account:
            shutil.chown(self._sockets, self._account)
        if not (self._data / "PG_VERSION").exists():
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._account:
                shutil.chown(self._data, self._account)
            self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={SUPERUSER}")
            with (self._data / "postgresql.conf").open("a") as settings:
                settings.write(_SETTINGS)
        while (self._data / "postmaster.pid").exists():
            time.sleep(0.05)  # the process that had it before us is ending
        command = ["/bin/sh", "-c", _GUARD, "guard", str(self._programs), str(self._data), str(self._sockets)]
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, **self._as_its_account())  # noqa: S603
        self._run("pg_ctl", "start", "--wait", "--silent", "-o", f"-k {self._sockets}", f"--log={self._data}/log")

    def cpu_seconds(self) -> float:
        """What all its processes have spent so far, those that have ended left out."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return sum(_spent(int(child)) for child in children)

    def stop(self) -> None:
        """Stop it and wait."""
        self._guard.communicate(timeout=120)

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:
            options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            command: list[str | Path] = [self._programs / program, f"--pgdata={self._data}", *arguments]
            if subprocess.run(command, check=False, **options, **self._as_its_account()).returncode != 0:  # noqa: S603
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace')}")

    def _as_its_account(self) -> dict[str, Any]:
        options: dict[str, Any] = {"cwd": self._data, "start_new_session": True}
        if self._account:
            options |= {"user": self._account, "group": pwd.getpwnam(self._account).pw_gid, "extra_groups": []}
        return options


def find_programs() -> Path | None:
    """On the PATH, or where Debian keeps them."""
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: float(folder.parent.name), default=None)


def is_reachable(folder: Path) -> bool:
    """Whether the account that the server runs under gets there. The benchmark's own two folders are opened for it."""
    if os.geteuid() == 0:
        for own in (folder, folder.parent):
            own.chmod(own.stat().st_mode | 0o011)
    return os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)


def _spent(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
