"""A web server on loopback that the links and sources of these tests lead to, allowed by the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.answering import AnsweringServer


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    """The server, listening."""
    with AnsweringServer() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder whose files may be watched."""
    made = tmp_path / "sources"
    made.mkdir()
    return made


@pytest.fixture
def settings_values(server: AnsweringServer, folder: Path) -> dict[str, Any]:
    """Only loopback, and there only that server."""
    allowed = {"allow_networks": ["127.0.0.0/8"], "allow_ports": [server.port], "timeout_seconds": 2}
    return {"outbound": {**allowed, "source_folders": [folder]}}
