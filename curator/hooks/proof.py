"""Whether a message comes from whoever holds a hook's secret, and is fresh: signed as our own webhooks are."""

import hmac
from datetime import datetime

from curator.webhooks.signing import signature

TIMESTAMP = "Vitrine-Timestamp"
SIGNATURE = "Vitrine-Signature"
WINDOW_SECONDS = 300
_LONGEST = 12


def is_signed(secret: str, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Whether it was signed with this secret, within five minutes of now."""
    is_number = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _LONGEST
    at = int(timestamp) if is_number else 0
    is_right = hmac.compare_digest(signature(secret, at, body).encode(), given.encode("utf-8", "replace"))
    return is_right and abs(at - now.timestamp()) <= WINDOW_SECONDS
