"""The signed address in a mail that ends mails of its sort by one click (RFC 8058), without signing in.

It names a person and a sort of mail, never expires, and can do nothing but that.
"""

import hashlib
import hmac

from kb.installation import secret_key
from kb.settings import Settings

DIGEST, AT_ONCE, WEEKLY = "digest", "at-once", "weekly"
_SORTS = (DIGEST, AT_ONCE, WEEKLY)
_LARGEST_ID = 2**31 - 1


def unsubscribe_url(settings: Settings, person_id: int, sort: str) -> str:
    """The address for a mail of this sort to this person."""
    return f"{settings.public_url}/unsubscribe/{person_id}.{sort}.{_mac(secret_key(settings), person_id, sort)}"


def read_token(key: bytes, token: str) -> tuple[int, str] | None:
    """Person and sort of the mail; None for an address that was not made here."""
    number, _, rest = token.partition(".")
    sort, _, mac = rest.partition(".")
    if sort not in _SORTS or not (number.isascii() and number.isdecimal() and len(number) <= 10):
        return None
    person_id = int(number)
    if person_id > _LARGEST_ID or not hmac.compare_digest(mac.encode(), _mac(key, person_id, sort).encode()):
        return None
    return person_id, sort


def _mac(key: bytes, person_id: int, sort: str) -> str:
    return hmac.new(key, f"unsubscribe\0{person_id}\0{sort}".encode(), hashlib.sha256).hexdigest()[:32]
