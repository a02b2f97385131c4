"""What lay before a person who decides, and since when: a signed note travels in the form and comes back with it.

The note is made when the page is drawn, for this person, this card and this version, so neither the time that passed
nor the evidence can be made up afterwards. Without a note a decision is as good; its record just says less.
"""

import hashlib
import hmac
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.trust.models import Shown

LONGEST = timedelta(minutes=30)
MOST_PIECES = 12
_WORDS_LIMIT = 160
_NOTE_LIMIT = 8000
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence on a page; `key` is what the page calls it when it was opened."""

    key: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision rests on. `last_flag` is the newest report that was shown; None where nobody knows."""

    seconds: int | None = None
    evidence: tuple[Shown, ...] = ()
    last_flag: int | None = None


NOTHING_SEEN = Seen()


def write_note(
    secret: bytes, person_id: int | None, card_id: int, version: int, pieces: Sequence[Piece], last_flag: int,
    now: datetime,
) -> str:  # fmt: skip
    """The note for a page that is drawn now. `last_flag` is 0 where no report is open."""
    facts = [person_id, card_id, version, now.timestamp(), last_flag]
    kept = [[piece.key, piece.kind, _short(piece.words)] for piece in pieces[:MOST_PIECES]]
    packed = zlib.compress(json.dumps([facts, kept], separators=(",", ":")).encode())
    return urlsafe_b64encode(_mac(secret, packed) + packed).decode().rstrip("=")


def read_note(
    secret: bytes, note: str, opened: Collection[str], person_id: int | None, card_id: int, version: int, now: datetime
) -> Seen:
    """What the note says. One that is forged, another's, or about another text says nothing.

    A page that was left open counts for half an hour at most: nobody read for longer.
    """
    packed = _unsealed(secret, note)
    if packed is None:
        return NOTHING_SEEN
    (whose, which, text, at, last_flag), pieces = json.loads(zlib.decompress(packed))
    since = now - datetime.fromtimestamp(at, UTC)
    if (whose, which, text) != (person_id, card_id, version) or since < timedelta(0):
        return NOTHING_SEEN
    shown: tuple[Shown, ...] = tuple(
        {"kind": kind, "words": words, "opened": key in opened} for key, kind, words in pieces
    )
    return Seen(int(min(since, LONGEST).total_seconds()), shown, last_flag)


def _unsealed(secret: bytes, note: str) -> bytes | None:
    """The packed part of a note that was written here, or None."""
    if not note.isascii() or not 0 < len(note) <= _NOTE_LIMIT:
        return None
    try:
        raw = urlsafe_b64decode(note + "=" * (-len(note) % 4))
    except (NotBase64, ValueError):
        return None
    mac, packed = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    return packed if hmac.compare_digest(mac, _mac(secret, packed)) else None


def _mac(secret: bytes, packed: bytes) -> bytes:
    return hmac.new(secret, b"reading\0" + packed, hashlib.sha256).digest()[:_MAC_BYTES]


def _short(words: str) -> str:
    return words if len(words) <= _WORDS_LIMIT else words[: _WORDS_LIMIT - 1] + "…"
