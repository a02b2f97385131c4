"""The service as a larger installation runs it: two web processes under gunicorn, one with scheduler and indexer."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.apart import private_mb

WORKERS, THREADS = 2, 4
_START_SECONDS, _END_SECONDS = 120.0, 30.0
_GUNICORN = (
    "-m", "gunicorn", "--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS),
    "--log-level", "warning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """Where it listens, and the token of somebody who may read everything."""

    host: str
    port: int
    token: str
    web: int

    def workers_mb(self) -> list[float]:
        """Private memory of each web process."""
        children = Path(f"/proc/{self.web}/task/{self.web}/children")
        found = [private_mb(child) for child in children.read_text().split()] if children.exists() else []
        return [megabytes for megabytes in found if megabytes is not None]

    def answering(self) -> str | None:
        """The process that answers a question, if one does."""
        connection = HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/lookup?q=start", headers={"Authorization": f"Bearer {self.token}"})
            return connection.getresponse().getheader("X-Process")
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


@contextmanager
def started(data: Path, token: str) -> Iterator[Service]:
    """The service on this data, on a free port of the loopback; both programs are ended afterwards."""
    environment = {
        **os.environ, "VITRINE_STORAGE_DATA_DIR": str(data), "VITRINE_LOG_LEVEL": "warning",
        "VITRINE_SCHEDULE_ENABLED": "false", "VITRINE_API_REQUESTS_PER_MINUTE": "0",
    }  # fmt: skip
    with ExitStack() as stack:
        bound = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        gunicorn = [sys.executable, *_GUNICORN, "--bind", f"fd://{bound.fileno()}", "benchmarks.wsgi:application"]
        scheduler = [sys.executable, "-m", "vitrine", "scheduler"]
        stack.enter_context(_running(scheduler, environment))
        web = stack.enter_context(_running(gunicorn, environment, bound.fileno()))
        host, port = bound.getsockname()
        service = Service(host, port, token, web.pid)
        _wait_for_all(service, web)
        yield service


def _wait_for_all(service: Service, web: subprocess.Popen[bytes]) -> None:
    """Which of the processes takes a request is chance, so this asks until each has taken one."""
    deadline = time.monotonic() + _START_SECONDS
    up: set[str] = set()
    while len(up) < WORKERS:
        if web.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the service did not start; its own lines above say why")
        answered = service.answering()
        up |= {answered} if answered else set()
        time.sleep(0.05)


@contextmanager
def _running(command: list[str], environment: dict[str, str], *sockets: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603
        command, env=environment, pass_fds=sockets, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
