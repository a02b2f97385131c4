"""Secrets that people carry: session cookies, API tokens and one-time links. Only digests are stored."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.errors import Gone, NotFound, invalid
from kb.people.models import ApiToken, Person, SignInLink
from kb.wording import _

SCOPES = ("lookup", "read", "write", "verify", "admin")
_PREFIX = "vit_"


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret on its only appearance, and the row that remembers its digest."""

    secret: str
    row_id: int


def digest(secret: str) -> str:
    """SHA-256 of a random secret, in hex: enough for 256-bit secrets, which can't be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def api_digest(pepper: bytes, token: str) -> str:
    """HMAC-SHA256 of an API token under the installation's key: a stolen database alone verifies nothing."""
    return hmac.new(pepper, token.encode(), hashlib.sha256).hexdigest()


def issue_api_token(
    session: Session, pepper: bytes, person: Person, name: str, scopes: Sequence[str], now: datetime,
    *, days: int | None = None,
) -> Issued:  # fmt: skip
    """Make a token for the person. `days` limits its life. Raises Invalid for unknown or no scopes."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        but = f"; not {', '.join(unknown)}" if unknown else ""
        raise invalid("scope", _("Choose from %(scopes)s%(but)s.", scopes=", ".join(SCOPES), but=but))
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person_id=person.id, name=name, token_hash=api_digest(pepper, secret), last4=secret[-4:],
        scopes=[scope for scope in SCOPES if scope in scopes], created_at=now,
        expires_at=now + timedelta(days=days) if days is not None else None,
    )  # fmt: skip
    session.add(token)
    session.flush()
    return Issued(secret, token.id)


def api_token(session: Session, pepper: bytes, secret: str, now: datetime) -> ApiToken | None:
    """The valid token behind a secret, or None. Revoked, expired and deactivated people's tokens are invalid."""
    of_the_active = (
        select(ApiToken).join(Person, Person.id == ApiToken.person_id).where(Person.deactivated_at.is_(None))
    )
    token = session.scalars(of_the_active.where(ApiToken.token_hash == api_digest(pepper, secret))).first()
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
        return None
    return token


def revoke_api_token(session: Session, person_id: int, token_id: int, now: datetime) -> None:
    """Revoke one of the person's own tokens."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person_id:
        raise NotFound(_("There is no such token."))
    token.revoked_at = token.revoked_at or now


def issue_link(session: Session, person: Person | None, hours: int, now: datetime) -> Issued:
    """A one-time link: for a person, or (None) for setting up the first admin."""
    secret = secrets.token_urlsafe(32)
    link = SignInLink(
        token_hash=digest(secret), person_id=person.id if person else None, created_at=now,
        expires_at=now + timedelta(hours=hours),
    )  # fmt: skip
    session.add(link)
    session.flush()
    return Issued(secret, link.id)


def valid_link(session: Session, secret: str, now: datetime) -> SignInLink:
    """The unused, unexpired link behind a secret; Gone otherwise, the same words whatever the cause."""
    link = session.scalars(select(SignInLink).where(SignInLink.token_hash == digest(secret)).with_for_update()).first()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise Gone(_("This link was used already or has expired. Ask an admin for a new one."))
    return link
