"""No caller takes the service from everybody else: a limit per token and per address, told with Retry-After."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from kb.web.throttle import Throttle, network_of
from tests.kb.openapi_check import operations
from tests.site import Program, Site
from tests.world import START

FEW = 5
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing of it is kept in a database


@pytest.fixture
def settings_values() -> dict[str, Any]:
    return {"api": {"requests_per_minute": FEW}}


def answers(program: Any, count: int, path: str = "/me", **kwargs: Any) -> list[int]:
    return [program.get(path, **kwargs).status_code for _ in range(count)]


@on_sqlite
def test_a_token_may_ask_so_often_and_is_then_told_when_to_come_back(site: Site) -> None:
    rita = site.api("rita", "read")
    assert answers(rita, FEW) == [200] * FEW
    refused = rita.get("/me")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.headers["Retry-After"] == "12"
    assert refused.headers["Access-Control-Expose-Headers"] == "Location, Retry-After"
    assert refused.json == {
        "type": "about:blank", "title": "Too many requests", "status": 429, "retry_after": 12,
        "detail": "Too many requests. Wait 12 seconds and try again.",
    }  # fmt: skip
    site.world.later(seconds=12)
    assert answers(rita, 2) == [200, 429]
    site.world.later(seconds=3600)
    assert answers(rita, FEW + 1) == [200] * FEW + [429]


@on_sqlite
def test_each_token_counts_alone_even_of_one_person(site: Site) -> None:
    first, second, other = site.api("rita", "read"), site.api("rita", "read"), site.api("stan", "read")
    assert answers(first, FEW + 1)[-1] == 429
    assert answers(second, 1) == answers(other, 1) == [200]


@on_sqlite
def test_without_a_token_and_with_a_wrong_one_an_address_counts(site: Site) -> None:
    stranger, guesser = Program(site, None), Program(site, "vit_wrong")
    here: Any = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}
    there: Any = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.8"}}
    assert answers(stranger, FEW - 1, "/suggest?q=re", **here) == [200] * (FEW - 1)
    assert answers(guesser, 2, **here) == [401, 429]
    assert answers(stranger, 1, "/nope", **here) == [429]
    assert answers(stranger, 1, "/suggest?q=re", **there) == [200]
    assert answers(site.api("rita", "read"), 1, **here) == [200]


@on_sqlite
def test_a_browser_that_asks_whether_it_may_call_is_not_counted(site: Site) -> None:
    stranger = Program(site, None)
    asked = [stranger.call("OPTIONS", "/me").status_code for _ in range(FEW + 1)]
    assert asked == [200] * (FEW + 1)


@on_sqlite
def test_pages_are_not_counted(site: Site) -> None:
    visitor = site.page("rita")
    assert {visitor.get("/account").status_code for _ in range(FEW + 1)} == {200}


@on_sqlite
def test_every_operation_says_so(site: Site) -> None:
    document = Program(site, None).get("/openapi.json").get_json()
    for _, path, operation in operations(document):
        assert "Retry-After" in operation["responses"]["429"]["headers"], path
    assert f"for as many: {FEW}." in document["info"]["description"]


def test_no_limit_is_no_limit() -> None:
    throttle = Throttle(0)
    assert {throttle.wait("somebody", START) for _ in range(1000)} == {0}


def test_threads_together_get_no_more_than_one_would() -> None:
    throttle, passed = Throttle(300), []

    def ask() -> None:
        passed.append(sum(throttle.wait("somebody", START) == 0 for _ in range(200)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 300


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    throttle = Throttle(FEW)
    for _ in range(FEW):
        throttle.wait("somebody", START)
    assert throttle.wait("somebody", START)
    assert throttle.wait("somebody", START - timedelta(hours=2)) == 0


def test_a_flood_of_addresses_fills_no_memory_and_frees_no_busy_caller() -> None:
    throttle = Throttle(FEW)
    for _ in range(FEW):
        throttle.wait(7, START)
    for number in range(50_000):
        throttle.wait(f"10.{number}", START)
    assert len(throttle._paid) <= 20_000
    assert throttle.wait(7, START) > 0


def test_an_address_of_ipv6_stands_for_its_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9") == "2001:0db8:0001:0002"
    assert network_of("2001:db8:1:3::9") != network_of("2001:db8:1:2::9")
    assert network_of("::ffff:192.0.2.7") == "::ffff:192.0.2.7"
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("") == ""
