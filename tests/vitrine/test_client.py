"""The example client, as somebody would run it: a program of its own against the running service."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest

from kb.paths import resource_root
from tests.live import LiveSite
from tests.world import World

CLIENT = resource_root() / "docs" / "client.py"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings_values() -> dict[str, Any]:
    return {"api": {"requests_per_minute": 60}}


@pytest.fixture
def service(world: World) -> Iterator[LiveSite]:
    site = LiveSite(world)
    for number in range(5):
        world.card(f"Refunds {number}", collection="deals" if number == 4 else "billing")
    site.index()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def client() -> Any:
    """The module docs/client.py."""
    found = spec_from_file_location("client", CLIENT)
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_it_is_short() -> None:
    assert len(CLIENT.read_text().splitlines()) < 60


@on_sqlite
def test_it_reads_lists_page_by_page_and_verifies_what_it_read(service: LiveSite, client: Any) -> None:
    vera = client.Vitrine(service.url, service.token("vera", "read", "verify"))
    cards = list(vera.every("/cards", limit=2, collection=["billing"]))
    assert sorted(card["title"] for card in cards) == ["Refunds 0", "Refunds 1", "Refunds 2", "Refunds 3"]
    assert vera.verify(cards[0], note="Asked finance")["trust"]["state"] == "verified"


@on_sqlite
def test_a_problem_says_what_is_wrong(service: LiveSite, client: Any) -> None:
    rita = client.Vitrine(service.url + "/", service.token("rita", "read"))
    with pytest.raises(client.Problem, match="404 Not found") as missing:
        rita.call("GET", "/cards/999")
    assert missing.value.status == 404
    with pytest.raises(client.Problem) as wrong:
        rita.call("GET", "/lookup", limit=1000)
    assert [error["field"] for error in wrong.value.errors] == ["limit"]


@on_sqlite
def test_it_waits_as_long_as_it_is_told(service: LiveSite, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(client.time, "sleep", waited.append)
    rita = client.Vitrine(service.url, service.token("rita", "read"), tries=2)
    with pytest.raises(client.Problem, match="429 Too many requests"):
        for _ in range(200):
            rita.call("GET", "/me")
    assert waited
    assert set(waited) == {1}


@on_sqlite
def test_as_a_program_it_prints_the_one_answer(service: LiveSite) -> None:
    command = [sys.executable, str(CLIENT), service.url, service.token("cora", "lookup"), "Refunds 4"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip()
    assert told.stderr == ""
