"""The running service: nothing acknowledged is lost when it is killed, and it ends cleanly when asked."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vitrine.cli import main


class Service:
    """`vitrine serve` in a process of its own."""

    def __init__(self, data: Path) -> None:
        self.env = {**os.environ, "VITRINE_STORAGE_DATA_DIR": str(data), "VITRINE_LOG_LEVEL": "warning"}
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def command(self, *arguments: str) -> str:
        """Run another command beside the service, in this process."""
        done = CliRunner().invoke(main, arguments, env=self.env)
        assert done.exit_code == 0, done.output
        return done.stdout

    def start(self) -> str:
        """Start and wait until it listens; returns everything it printed."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vitrine", "serve", "--port", "0"], env=self.env, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        said = ""
        while "Stop it with" not in said:
            line = self.process.stdout.readline()
            assert line, f"the service ended: {said}"
            said += line
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found
        self.url = found[0]
        return said

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def call(self, method: str, path: str, token: str = "", body: Any = None) -> Any:
        """Call the API or a page."""
        request = urllib.request.Request(self.url + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        data = None
        if body is not None:
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=20) as response:
            return json.loads(response.read())


@contextmanager
def ended(service: Service) -> Iterator[Service]:
    """Whatever happens, no process stays behind."""
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.end(signal.SIGKILL)


@pytest.mark.slow
def test_cards_that_were_acknowledged_survive_kills_and_are_found(tmp_path: Path) -> None:
    with ended(Service(tmp_path / "data")) as service:
        service.command("user", "add", "cora@x.test", "--name", "Cora", "--role", "curator")
        token = service.command("token", "add", "cora@x.test", "--name", "t", "--scope", "admin").strip()
        service.start()
        service.call("POST", "/api/v1/collections", token, {"name": "Billing"})
        acknowledged = []
        for run in range(3):
            for number in range(8):
                body = {"title": f"Zebra {run}-{number}", "body": "Striped.", "collection": "billing", "publish": True}
                acknowledged.append(service.call("POST", "/api/v1/cards", token, body)["id"])
            service.end(signal.SIGKILL)
            service.start()
        for card_id in acknowledged:
            assert service.call("GET", f"/api/v1/cards/{card_id}", token)["status"] == "published"
        assert service.call("GET", "/api/v1/search?q=zebra&limit=50", token)["total"] == 24
        assert service.end(signal.SIGTERM) == 0
        assert "agree on 24 cards" in service.command("index", "check")


def test_the_first_start_prints_a_way_in_and_no_password(tmp_path: Path) -> None:
    with ended(Service(tmp_path / "data")) as service:
        said = service.start()
        assert re.search(r"Set up the first admin: http://127\.0\.0\.1:\d+/welcome/[\w-]{40,}", said)
        assert "password" not in said.lower()
        assert service.call("GET", "/readyz")["status"] == "ok"
        assert service.end(signal.SIGTERM) == 0
