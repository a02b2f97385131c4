"""Requests that leave the service reach only what they may, whatever an address, a resolver or a server tries.

Nothing here leaves loopback: the resolver is the test's own, and where a public address is allowed, no connection is
made.
"""

import gzip
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any

import httpcore2
import pytest

from kb.outbound.addresses import is_allowed
from kb.outbound.client import MOST_REDIRECTS, Answer, fetch, post
from kb.outbound.errors import NoSuchHost, OutboundError, Refused, Unreachable
from kb.settings import Outbound, Settings
from tests.infra.answering import AnsweringServer, Reply

PUBLIC = "93.184.215.14"
STRICT = Outbound()
HOSTILE = [
    "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
    "http://127.1/", "http://0/", "http://0.0.0.0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://[fe80::1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://198.18.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "http://192.0.0.192/",
    "http://93.184.215.14:22/", "http://93.184.215.14:6379/", "file:///etc/passwd", "gopher://127.0.0.1:70/",
    "http://user@127.0.0.1/", "http://127.0.0.1%2f@93.184.215.14/", "http://①②⑦.⓪.⓪.①/", "http://localhost./",
    "http://[::1%25lo]/", "//127.0.0.1/", "http://\t127.0.0.1/", "http://", "http:///path", "javascript:alert(1)",
    "http://127.0.0.1\\@93.184.215.14/", "http://a b/", "http://" + "a" * 3000 + "/", "", "http://[::1",
    "http://user:secret@93.184.215.14/", "unix:///var/run/docker.sock", "https://[::ffff:a9fe:a9fe]/",
]  # fmt: skip


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    with AnsweringServer() as running:
        yield running


@pytest.fixture
def loopback(server: AnsweringServer) -> Outbound:
    return Outbound(allow_networks=(ip_network("127.0.0.0/8"),), allow_ports=(server.port,), timeout_seconds=2)


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every connection that is tried; those to anywhere but loopback fail without a packet."""
    tried: list[str] = []
    real = httpcore2.SyncBackend.connect_tcp

    def connect(self: httpcore2.SyncBackend, host: str, port: int, *rest: Any, **more: Any) -> Any:
        tried.append(host)
        if not host.startswith("127."):
            raise httpcore2.ConnectError("no traffic leaves loopback in tests")
        return real(self, host, port, *rest, **more)

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    return tried


@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_no_spelling_of_a_private_address_is_asked(url: str, connections: list[str]) -> None:
    with pytest.raises((Refused, NoSuchHost)):
        fetch(url, STRICT)
    assert connections == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.0.0.192", "100.100.100.200", "168.63.129.16",
        "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::1", "ff02::1", "fec0::1", "2002:a00:1::", "not an address",
    ],
)  # fmt: skip
def test_special_networks_are_not_public(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", f"::ffff:{PUBLIC}"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, ())


def test_a_network_of_the_settings_is_allowed_and_its_neighbour_is_not() -> None:
    settings = Settings.model_validate({"outbound": {"allow_networks": ["10.1.0.0/16", "fd12::/32"]}})
    networks = settings.outbound.allow_networks
    assert is_allowed("10.1.255.255", networks)
    assert is_allowed("::ffff:10.1.0.1", networks)
    assert is_allowed("fd12::7", networks)
    assert not is_allowed("10.2.0.0", networks)


def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_the_one_connected_to(
    connections: list[str],
) -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return answers.pop(0)

    with pytest.raises(Unreachable):
        fetch("http://rebind.test/", STRICT, resolve=rebinding)
    assert (looked_up, connections) == (["rebind.test"], [PUBLIC])


def test_one_private_address_among_public_ones_refuses_them_all(connections: list[str]) -> None:
    with pytest.raises(Refused, match="private or special network"):
        fetch("http://mixed.test/", STRICT, resolve=lambda host, port: [PUBLIC, "127.0.0.1"])
    assert connections == []


def test_the_host_header_keeps_the_name(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/page"] = Reply(body=b"hello")
    url = f"http://handbook.test:{server.port}/page#part"
    answer = fetch(url, loopback, resolve=lambda host, port: ["127.0.0.1"])
    assert (answer.status, answer.body, answer.url) == (200, b"hello", url.removesuffix("#part"))
    assert server.asked[0].headers["Host"] == f"handbook.test:{server.port}"


def test_tls_asks_for_the_name_and_not_for_the_address(
    server: AnsweringServer, loopback: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []

    def start_tls(self: Any, context: Any, server_hostname: str | None = None, timeout: Any = None) -> Any:
        names.append(server_hostname)
        self.close()
        raise httpcore2.ConnectError("far enough")

    monkeypatch.setattr("httpcore2._backends.sync.SyncStream.start_tls", start_tls)
    with pytest.raises(Unreachable):
        fetch(f"https://handbook.test:{server.port}/", loopback, resolve=lambda host, port: ["127.0.0.1"])
    assert names == ["handbook.test"]


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://127.0.0.1:22/", "http://169.254.169.254/", "file:///etc/passwd", "//[::1]/"]
)
def test_the_guard_stands_at_every_hop(
    server: AnsweringServer, loopback: Outbound, connections: list[str], target: str
) -> None:
    server.replies["/start"] = Reply(302, b"", {"Location": target})
    with pytest.raises(Refused):
        fetch(f"{server.url}/start", loopback)
    assert connections == ["127.0.0.1"]


def test_redirects_are_followed_and_counted(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies |= {
        "/old": Reply(301, b"", {"Location": "/older?x=1"}),
        "/older?x=1": Reply(308, b"", {"Location": f"{server.url}/new"}),
        "/new": Reply(body=b"here"),
    }
    answer = fetch(f"{server.url}/old", loopback)
    assert (answer.body, answer.hops, answer.url, answer.moved_for_good) == (b"here", 2, f"{server.url}/new", True)


def test_a_circle_of_redirects_ends(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/round"] = Reply(302, b"", {"Location": "/round"})
    with pytest.raises(Unreachable, match="redirects more than"):
        fetch(f"{server.url}/round", loopback)
    assert len(server.asked) == MOST_REDIRECTS + 1


def test_a_secret_header_does_not_follow_to_another_host(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/start"] = Reply(302, b"", {"Location": f"http://other.test:{server.port}/end"})
    fetch(f"{server.url}/start", loopback, headers={"X-Key": "s3cret"}, resolve=lambda host, port: ["127.0.0.1"])
    assert [each.headers.get("X-Key") for each in server.asked] == ["s3cret", None]


def test_a_post_is_never_redirected(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/hook"] = Reply(307, b"", {"Location": "/elsewhere"})
    answer = post(f"{server.url}/hook", b"{}", {"Content-Type": "application/json"}, loopback)
    assert (answer.status, answer.is_success, server.paths()) == (307, False, ["/hook"])
    assert server.asked[0].body == b"{}"


def test_a_long_body_is_cut(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/long"] = Reply(body=b"x" * 5000)
    answer = fetch(f"{server.url}/long", loopback, most_bytes=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_a_body_that_unpacks_to_far_more_is_cut_too(server: AnsweringServer, loopback: Outbound) -> None:
    packed = gzip.compress(b"0" * 30_000_000)
    server.replies["/bomb"] = Reply(body=packed, headers={"Content-Encoding": "gzip"})
    answer = fetch(f"{server.url}/bomb", loopback, most_bytes=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"not gzip"), ("br", b"anything")])
def test_a_body_nobody_can_unpack_is_no_answer(
    server: AnsweringServer, loopback: Outbound, coding: str, body: bytes
) -> None:
    server.replies["/odd"] = Reply(body=body, headers={"Content-Encoding": coding})
    with pytest.raises(Unreachable):
        fetch(f"{server.url}/odd", loopback)


def test_a_server_that_drips_is_given_up(server: AnsweringServer, loopback: Outbound) -> None:
    """Each byte comes in time, the whole answer does not: the deadline is the request's, not a read's."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    server.replies["/drip"] = drip
    with pytest.raises(Unreachable, match="in time"):
        fetch(f"{server.url}/drip", loopback.model_copy(update={"timeout_seconds": 0.3}))


def test_a_resolver_that_hangs_is_given_up(loopback: Outbound) -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(1)
        return [PUBLIC]

    with pytest.raises(Unreachable, match="looked up in time"):
        fetch("http://slow.test/", loopback.model_copy(update={"timeout_seconds": 0.2}), resolve=hang)


def test_an_answer_that_is_no_http_is_told_as_such(server: AnsweringServer, loopback: Outbound) -> None:
    def noise(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\0\1\2 noise\r\n\r\n")

    server.replies["/noise"] = noise
    with pytest.raises(Unreachable, match="HTTP"):
        fetch(f"{server.url}/noise", loopback)


def test_a_closed_port_is_no_connection(loopback: Outbound, server: AnsweringServer) -> None:
    with AnsweringServer() as other:
        port = other.port
    with pytest.raises(Unreachable, match="No connection"):
        fetch(f"http://127.0.0.1:{port}/", loopback.model_copy(update={"allow_ports": (port,)}))


def test_no_proxy_of_the_environment_is_used(
    server: AnsweringServer, loopback: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.replies["/page"] = Reply()
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(f"{server.url}/page", loopback).status == 200


def test_nothing_a_canary_on_loopback_hears(server: AnsweringServer) -> None:
    """The strict default, the right port, every spelling of loopback: nobody calls."""
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"):
        with pytest.raises(OutboundError):
            fetch(f"http://{host}:{server.port}/", Outbound(allow_ports=(server.port,)))
    assert server.asked == []


def test_an_empty_answer_is_an_answer(server: AnsweringServer, loopback: Outbound) -> None:
    server.replies["/none"] = Reply(204, b"")
    answer: Answer = fetch(f"{server.url}/none", loopback, method="HEAD")
    assert (answer.status, answer.body, answer.is_cut, answer.hops, answer.moved_for_good) == (
        204,
        b"",
        False,
        0,
        False,
    )


def test_settings_refuse_what_is_no_network() -> None:
    with pytest.raises(ValueError, match="host bits set"):
        Settings.model_validate({"outbound": {"allow_networks": ["10.1.2.3/8"]}})
