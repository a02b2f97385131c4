"""Signed messages between programs: HMAC-SHA256 over the time and the body, so that nothing is forged or sent later."""

import hmac
from datetime import datetime
from hashlib import sha256

TIMESTAMP = "X-Vitrine-Timestamp"
SIGNATURE = "X-Vitrine-Signature"
WINDOW_SECONDS = 300
_PREFIX = "sha256="


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `X-Vitrine-Signature` holds: `sha256=` and the HMAC of the timestamp, a dot and the body, in hex."""
    message = timestamp.encode("utf-8", "replace") + b"." + body
    return _PREFIX + hmac.new(secret.encode(), message, sha256).hexdigest()


def signed_headers(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that go with a body."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, body)}


def is_signed(secret: str, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Whether a message was signed with this secret, within five minutes of now."""
    expected = signature(secret, timestamp, body)
    is_right = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    is_number = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12
    return is_right and is_number and abs(int(timestamp) - now.timestamp()) <= WINDOW_SECONDS
