"""The guard stands where connections are made: it resolves a name once, refuses the request unless every address
behind the name is allowed, and connects to the address it looked at.

A name that resolves differently the second time (DNS rebinding) therefore gains nothing, and since every redirect is
a connection of its own, it stands at every hop. The name itself stays in the Host header and in TLS.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from kb.outbound.addresses import Network, is_allowed
from kb.outbound.errors import NoSuchHost, Refused, Unreachable
from kb.sentences import sentence

Resolve = Callable[[str, int], list[str]]
PORTS = frozenset({80, 443})
_CONNECT_SECONDS = 3.0


class Deadline:
    """The instant, on a clock that never jumps, by which a whole request is over, however slowly a server drips."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Seconds that remain, at most `most`. Raises Unreachable when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(sentence("It did not answer in time."))
        return left if most is None else min(left, most)


class Guard(httpcore2.NetworkBackend):
    """Connects to allowed addresses and ports only."""

    def __init__(
        self, networks: tuple[Network, ...], ports: Iterable[int], resolve: Resolve, deadline: Deadline
    ) -> None:
        self._networks = networks
        self._ports = PORTS | frozenset(ports)
        self._resolve = resolve
        self._deadline = deadline
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        """A connection to the first address behind `host`, if all of them are allowed."""
        if port not in self._ports:
            raise Refused(sentence("Port %(port)s is not allowed; see [outbound] allow_ports.", port=port))
        addresses = _in_time(self._resolve, host, port, self._deadline)
        if not addresses:
            raise NoSuchHost(sentence("There is no host %(host)s.", host=host))
        if not all(is_allowed(address, self._networks) for address in addresses):
            # One private address among public ones is an attack, so a mixed answer is refused whole.
            raise Refused(
                sentence("%(host)s is in a private or special network; see [outbound] allow_networks.", host=host)
            )
        stream = self._sockets.connect_tcp(
            addresses[0], port, self._deadline.left(_CONNECT_SECONDS), local_address, socket_options
        )
        return _Timed(stream, self._deadline)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        """Never."""
        raise Refused(sentence("Sockets of this machine are not allowed."))


class _Timed(httpcore2.NetworkStream):
    """A connection whose every read and write ends with the request's deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout)), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system resolves it; none if it does not exist."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            return []
        raise Unreachable(sentence("The name %(host)s could not be looked up.", host=host)) from error
    except UnicodeError:
        return []
    return [str(address[0]) for *_, address in found]


def _in_time(resolve: Resolve, host: str, port: int, deadline: Deadline) -> list[str]:
    """The system's resolver knows no time-out: it is left behind in a thread when it takes too long."""
    answers: list[list[str]] = []
    errors: list[Exception] = []

    def look_up() -> None:
        try:
            answers.append(resolve(host, port))
        except Exception as error:  # it is raised where somebody waits for it
            errors.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if errors:
        raise errors[0]
    if not answers:
        raise Unreachable(sentence("The name %(host)s could not be looked up in time.", host=host))
    return answers[0]
