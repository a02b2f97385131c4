"""A mail server on the loopback that keeps what it is sent and can be told to misbehave.

Use the fixture `smtp_server`: `host`, `port`, `messages`, `fail_with(Failure…)`, `recover()`.
"""

import asyncio
import enum
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
ATTEMPTS_TO_BIND = 5


class Failure(enum.Enum):
    TRY_AGAIN = "451 4.3.0 Try again later"
    REFUSED = "550 5.1.1 No such mailbox"
    CUT_AFTER_DATA = "the message is taken, but the connection ends before the sender hears of it"


@dataclass(frozen=True)
class ReceivedMail:
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class SmtpServer:
    def __init__(self) -> None:
        self.host = HOST
        self.port = 0
        self.messages: list[ReceivedMail] = []
        self.failure: Failure | None = None
        self._controller: Controller | None = None

    def fail_with(self, failure: Failure) -> None:
        self.failure = failure

    def recover(self) -> None:
        self.failure = None

    def start(self) -> None:
        """aiosmtpd must know its port beforehand; between asking for a free one and taking it, it may be lost."""
        for attempt in range(ATTEMPTS_TO_BIND):
            self.port = _free_port()
            self._controller = Controller(_Handler(self), hostname=self.host, port=self.port)
            try:
                self._controller.start()
            except OSError:
                if attempt == ATTEMPTS_TO_BIND - 1:
                    raise
            else:
                return

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()


class _Handler:
    """aiosmtpd calls these by name."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server.failure is Failure.REFUSED:
            return Failure.REFUSED.value
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        if self._server.failure is Failure.TRY_AGAIN:
            return Failure.TRY_AGAIN.value
        self._server.messages.append(_received(envelope))
        if self._server.failure is Failure.CUT_AFTER_DATA and smtp.transport:
            # aiosmtpd declares the base class; over TCP it is always one that can be aborted.
            cast(asyncio.Transport, smtp.transport).abort()
        return "250 Message accepted"


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    server = SmtpServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _received(envelope: Envelope) -> ReceivedMail:
    content = envelope.content or b""
    raw = content if isinstance(content, bytes) else content.encode()
    # On the wire lines end in CRLF, which get_content() would hand on.
    message = message_from_bytes(raw.replace(b"\r\n", b"\n"), EmailMessage, policy=policy.default)
    return ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
