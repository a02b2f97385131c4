"""Connect an extension: a one-time code bound to it by a challenge (PKCE, RFC 7636), then a token that only looks up.

The code is short because a person may have to type it; that it can't be guessed follows from its five minutes, from
the challenge, which only the extension that began can answer, and from the throttle on wrong ones.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kb.errors import Forbidden, TooMany, invalid
from kb.extension.models import ConnectionCode
from kb.people import audit
from kb.people.actor import Actor, actor_for
from kb.people.models import Person, SignInAttempt
from kb.people.tokens import digest, issue_api_token
from kb.wording import _

VALID_FOR = timedelta(minutes=5)
TOKEN_DAYS = 90
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
_LENGTH = 8
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_MOST_WRONG = 10
_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Connected:
    """The token, on its only appearance, and until when it is valid."""

    token: str
    expires_at: datetime
    person: Person


def is_challenge(text: str) -> bool:
    """Whether this is a SHA-256 challenge as RFC 7636 writes it."""
    return bool(_CHALLENGE.fullmatch(text))


def give_code(session: Session, actor: Actor, challenge: str, name: str, now: datetime) -> str:
    """A fresh code for the extension that holds the answer to this challenge."""
    if actor.id is None:
        raise Forbidden(_("Only a person connects an extension."))
    if not is_challenge(challenge):
        raise invalid("challenge", _("Begin in the extension: its options page leads here."))
    session.execute(delete(ConnectionCode).where(ConnectionCode.expires_at <= now - timedelta(days=1)))
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    session.add(
        ConnectionCode(
            code_hash=digest(code), challenge=challenge, name=name[:80] or _("Browser extension"), person_id=actor.id,
            created_at=now, expires_at=now + VALID_FOR,
        )
    )  # fmt: skip
    session.flush()
    return code


def exchange(session: Session, pepper: bytes, code: str, verifier: str, now: datetime) -> Connected | None:
    """The token for a code and the answer to its challenge; None for a wrong, used or expired one. A code is used up
    by the first try with it, right or wrong."""
    wanted = digest(code.strip().upper().replace("-", "").replace(" ", ""))
    row = session.scalars(select(ConnectionCode).where(ConnectionCode.code_hash == wanted).with_for_update()).first()
    if row is None or row.used_at is not None or row.expires_at <= now:
        return None
    row.used_at = now
    person = session.get_one(Person, row.person_id)
    if not person.is_active or not hmac.compare_digest(_challenge_of(verifier), row.challenge):
        return None
    issued = issue_api_token(session, pepper, person, row.name, ["lookup"], now, days=TOKEN_DAYS)
    audit.record(session, actor_for(session, person), "issued", "token", issued.row_id, now, scopes=["lookup"])
    return Connected(issued.secret, now + timedelta(days=TOKEN_DAYS), person)


def refuse_guessing(session: Session, address: str, now: datetime) -> None:
    """Raise TooMany after many wrong codes from one network address."""
    recent = select(func.count()).where(SignInAttempt.key == _key(address), SignInAttempt.at > now - _WITHIN)
    if (session.scalar(recent) or 0) >= _MOST_WRONG:
        raise TooMany(_("Too many wrong codes. Try again later."), extra={"retry_after": int(_WITHIN.total_seconds())})


def note_wrong(session: Session, address: str, now: datetime) -> None:
    """Remember a wrong code."""
    session.add(SignInAttempt(key=_key(address), at=now))


def _key(address: str) -> str:
    return f"code:{address}"[:300]


def _challenge_of(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")
