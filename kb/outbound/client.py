"""`fetch` and `post`: one request to an address somebody named, bounded in time, bytes and hops, through the guard.

No proxy or credential of the environment is used, no cookie is kept, and redirects are followed by hand, each through
the guard again. Whoever calls holds no transaction open: an answer may take as long as the time-out.
"""

import ssl
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

import httpcore2
import httpx2

from kb.outbound.errors import OutboundError, Refused, Unreachable
from kb.outbound.guard import Deadline, Guard, Resolve, resolve_host
from kb.sentences import sentence
from kb.settings import Outbound

MOST_REDIRECTS = 5
MOST_BYTES = 256 * 1024
LONGEST_URL = 2000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGENT = "Vitrine"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: from `url`, after `hops` redirects. `moved_for_good`: each of them said so (301, 308)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool
    url: str
    hops: int = 0
    moved_for_good: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300


def fetch(
    url: str, rules: Outbound, *, method: str = "GET", headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES, resolve: Resolve = resolve_host,
) -> Answer:  # fmt: skip
    """Read what is there, following redirects. A longer body is cut (`is_cut`), never refused.

    Raises Refused when it may not be asked, Unreachable when it does not answer.
    """
    deadline = Deadline(rules.timeout_seconds)
    there, hops, for_good, sent = _address(url), 0, True, dict(headers or {})
    while True:
        answer = _once(_Request(method, there, sent, b""), rules, most_bytes, resolve, deadline)
        target = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not target:
            return Answer(
                answer.status, answer.headers, answer.body, answer.is_cut, str(there), hops, bool(hops) and for_good
            )
        if hops == MOST_REDIRECTS:
            raise Unreachable(sentence("It redirects more than %(most)s times.", most=MOST_REDIRECTS))
        for_good = for_good and answer.status in (301, 308)
        there, last, hops = _joined(there, target), there, hops + 1
        if (there.scheme, there.host, there.port) != (last.scheme, last.host, last.port):
            sent = {}  # what was meant for one host is no other's to read


def post(
    url: str, body: bytes, headers: Mapping[str, str], rules: Outbound, *, most_bytes: int = MOST_BYTES,
    resolve: Resolve = resolve_host,
) -> Answer:  # fmt: skip
    """Send a body. A redirect is an answer like any other: what was addressed to one host goes to no other."""
    request = _Request("POST", _address(url), dict(headers), body)
    return _once(request, rules, most_bytes, resolve, Deadline(rules.timeout_seconds))


def check_address(url: str) -> None:
    """Raise Refused if this can't be the address of a request, whoever may be there. Looks nothing up."""
    _address(url)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: httpx2.URL
    headers: dict[str, str]
    body: bytes


class _Transport(httpx2.BaseTransport):
    """httpx2 on a connection pool that has our guard; its own transport lets nobody choose one."""

    def __init__(self, guard: Guard) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=_trust(), max_connections=1, network_backend=guard)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=cast(Iterable[bytes], request.stream),
                extensions=request.extensions,
            )
        )
        stream = _Body(cast(Iterable[bytes], answer.stream))
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


def _once(request: _Request, rules: Outbound, most_bytes: int, resolve: Resolve, deadline: Deadline) -> Answer:
    guard = Guard(rules.allow_networks, rules.allow_ports, resolve, deadline)
    # The environment's proxies, certificates and .netrc are for the administrator's own tools.
    client = httpx2.Client(
        transport=_Transport(guard), trust_env=False, follow_redirects=False, timeout=rules.timeout_seconds,
        headers={"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
    )  # fmt: skip
    try:
        with (
            client,
            client.stream(request.method, request.url, headers=request.headers, content=request.body or None) as got,
        ):
            body, is_cut = _read(got, most_bytes)
            return Answer(got.status_code, dict(got.headers), body, is_cut, str(request.url))
    except OutboundError:
        raise
    except (httpcore2.TimeoutException, httpx2.TimeoutException) as error:
        raise Unreachable(sentence("It did not answer in time.")) from error
    except (httpcore2.ConnectError, httpcore2.NetworkError) as error:
        raise Unreachable(sentence("No connection: %(reason)s", reason=_reason(error))) from error
    except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unreachable(sentence("It does not speak HTTP: %(reason)s", reason=_reason(error))) from error


def _read(response: httpx2.Response, most: int) -> tuple[bytes, bool]:
    """At most so many bytes, whether or not they were packed: a small body may unpack to a huge one."""
    packed = response.headers.get("content-encoding", "identity").lower()
    if packed not in ("identity", "gzip", "deflate"):
        raise Unreachable(sentence("It answers packed as %(packing)s, which nobody asked for.", packing=packed[:20]))
    unpack = zlib.decompressobj(wbits=47) if packed != "identity" else None
    body = bytearray()
    for chunk in response.iter_raw(16384):
        if unpack is None:
            body += chunk
        else:
            try:
                body += unpack.decompress(chunk, most + 1 - len(body))
            except zlib.error as error:
                raise Unreachable(sentence("Its answer can't be unpacked.")) from error
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _address(text: str) -> httpx2.URL:
    """The address to ask: http or https, a host, nobody's password, and no fragment."""
    if len(text) > LONGEST_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text):
        raise Refused(sentence("This is no address: it is too long, or has spaces in it."))
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise Refused(sentence("This is no address.")) from error
    if url.scheme not in ("http", "https"):
        raise Refused(sentence("Only http and https addresses are asked."))
    if not url.host:
        raise Refused(sentence("The address names no host."))
    if url.userinfo:
        raise Refused(sentence("An address with a name or password in it is not asked."))
    return url.copy_with(fragment=None)


def _joined(there: httpx2.URL, target: str) -> httpx2.URL:
    try:
        return _address(str(there.join(target)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise Unreachable(sentence("It redirects to something that is no address.")) from error


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
