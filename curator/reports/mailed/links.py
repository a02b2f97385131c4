"""Signed links: who may check which version of which card until when. Pure; nothing is stored, so nothing can leak.

The secret in a link is its facts and an HMAC over them under the installation's key. What makes it single use is the
verification log: a check of the card at or after the instant of issue has used it up.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from kb.errors import NotFound
from kb.wording import _

_FACTS = struct.Struct(">BIIIQI")
_FORM = 1
_PURPOSE = b"check-link\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CheckLink:
    """This person may verify this version of this card, from the instant of issue for so many hours."""

    person_id: int
    card_id: int
    version: int
    issued_at: datetime
    hours: int

    @property
    def expires_at(self) -> datetime:
        """From then on it is worthless."""
        return self.issued_at + timedelta(hours=self.hours)


def sign(key: bytes, link: CheckLink) -> str:
    """The secret for an address."""
    facts = _FACTS.pack(
        _FORM, link.person_id, link.card_id, link.version, (link.issued_at - _EPOCH) // _MICROSECOND, link.hours
    )
    return base64.urlsafe_b64encode(facts + _mark(key, facts)).decode().rstrip("=")


def read(key: bytes, secret: str) -> CheckLink:
    """What the secret says; NotFound unless this installation signed it."""
    try:
        raw = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    facts, mark = raw[: _FACTS.size], raw[_FACTS.size :]
    if len(facts) != _FACTS.size or not hmac.compare_digest(mark, _mark(key, facts)) or facts[0] != _FORM:
        raise NotFound(_("There is no such link. Copy the whole address from the mail."))
    _form, person_id, card_id, version, microseconds, hours = _FACTS.unpack(facts)
    return CheckLink(person_id, card_id, version, _EPOCH + microseconds * _MICROSECOND, hours)


def _mark(key: bytes, facts: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + facts, sha256).digest()
