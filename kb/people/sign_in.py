"""Sign in and out: passwords with a throttle that never locks anybody out for good, one-time links, sessions."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kb.db import take_turns
from kb.errors import SignInNeeded, TooMany, invalid
from kb.people import audit
from kb.people.actor import actor_for
from kb.people.models import Person, Role, SignInAttempt, SignInLink, WebSession
from kb.people.tokens import digest, valid_link
from kb.settings import Security
from kb.wording import _

_FREE_TRIES = 5
_TRIES_PER_ADDRESS = 50
_LONGEST_WAIT = timedelta(minutes=15)
_FIRST_START = 7_310_006
FIRST_ADMIN_EMAIL = "admin@localhost"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's secret and who it belongs to."""

    secret: str
    person: Person


def ensure_first_admin(session: Session, now: datetime) -> Person:
    """The admin that every installation has from its first second; without a password until the set-up link is used."""
    take_turns(session, _FIRST_START)
    anyone = session.scalars(select(Person).where(Person.role == Role.ADMIN).order_by(Person.id)).first()
    if anyone is not None:
        return anyone
    admin = Person(email=FIRST_ADMIN_EMAIL, name=_("Admin"), role=Role.ADMIN, created_at=now)
    session.add(admin)
    session.flush()
    return admin


def needs_setup(session: Session) -> Person | None:
    """The first admin, as long as nobody has set it up."""
    return session.scalars(
        select(Person).where(Person.email == FIRST_ADMIN_EMAIL, Person.password_hash.is_(None))
    ).first()


def person_for_sign_in(session: Session, email: str, address: str, now: datetime) -> Person | None:
    """Look up who wants in. Raises TooMany while this account or network address has to wait."""
    account, network = _keys(email, address)
    failures = _failures(session, account, now)
    if failures and len(failures) >= _FREE_TRIES:
        wait = min(timedelta(seconds=2 ** (len(failures) - _FREE_TRIES + 1)), _LONGEST_WAIT)
        _wait_until(failures[-1] + wait, now)
    if len(_failures(session, network, now, minutes=10)) >= _TRIES_PER_ADDRESS:
        _wait_until(now + timedelta(minutes=1), now)
    person = session.scalars(select(Person).where(Person.email == email.strip().lower())).first()
    return person if person is not None and person.is_active else None


def note_failure(session: Session, email: str, address: str, now: datetime) -> None:
    """Remember a failed try for a day."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)))
    for key in _keys(email, address):
        session.add(SignInAttempt(key=key, at=now))


def start_session(session: Session, person: Person, limits: Security, user_agent: str, now: datetime) -> SignedIn:
    """Sign the person in with a fresh secret; an old cookie is never adopted."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == f"account:{person.email}"))
    session.execute(delete(WebSession).where(WebSession.expires_at <= now))
    secret = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=digest(secret),
            person_id=person.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=limits.session_days),
            user_agent=user_agent[:200],
        )
    )
    audit.record(session, actor_for(session, person), "signed in", "person", person.id, now)
    return SignedIn(secret, person)


def session_of(session: Session, secret: str, limits: Security, now: datetime) -> WebSession | None:
    """The live session behind a cookie, or None when it is unknown, idle for too long, expired or ended."""
    found = session.scalars(select(WebSession).where(WebSession.token_hash == digest(secret))).first()
    if found is None or found.expires_at <= now:
        return None
    if found.last_seen_at + timedelta(hours=limits.session_idle_hours) <= now:
        return None
    return found if session.get_one(Person, found.person_id).is_active else None


def end_session(session: Session, secret: str) -> None:
    """Sign out: the cookie is worthless from now on, wherever it was copied to."""
    session.execute(delete(WebSession).where(WebSession.token_hash == digest(secret)))


def end_sessions_of(session: Session, person_id: int, *, session_id: int | None = None, keep: str = "") -> None:
    """End one or all of a person's sessions, except the one behind the cookie `keep`."""
    query = delete(WebSession).where(WebSession.person_id == person_id, WebSession.token_hash != digest(keep))
    session.execute(query if session_id is None else query.where(WebSession.id == session_id))


def holder_of_link(session: Session, secret: str, now: datetime) -> Person:
    """Whose link this is. Raises Gone when it can't be used any more, SignInNeeded when the person left."""
    person = session.get(Person, valid_link(session, secret, now).person_id)
    if person is None or not person.is_active:
        raise SignInNeeded(_("This account is not active."))
    return person


def use_link(
    session: Session, secret: str, now: datetime, *, password_hash: str | None, name: str = "", email: str = ""
) -> Person:
    """Use a one-time link: set the password (and, for the first admin, name and address). Ends old sessions.

    Without a password the link only signs in, this once; the first admin must set one.
    """
    person = holder_of_link(session, secret, now)
    link = valid_link(session, secret, now)
    if person.email == FIRST_ADMIN_EMAIL:
        _claim_admin(session, person, name, email)
        if password_hash is None:
            raise invalid("password", _("Choose a password."))
    link.used_at = now
    if password_hash is None:
        return person
    person.password_hash = password_hash
    end_sessions_of(session, person.id)
    _end_links_of(session, person.id, now)
    audit.record(session, actor_for(session, person), "password set", "person", person.id, now)
    return person


def change_password(session: Session, person: Person, password_hash: str, now: datetime, *, keep: str) -> None:
    """Set a new password; all other sessions end."""
    person.password_hash = password_hash
    end_sessions_of(session, person.id, keep=keep)
    _end_links_of(session, person.id, now)
    audit.record(session, actor_for(session, person), "password set", "person", person.id, now)


def _end_links_of(session: Session, person_id: int, now: datetime) -> None:
    """Links that were sent before must not undo the password that was just chosen."""
    session.execute(
        update(SignInLink).where(SignInLink.person_id == person_id, SignInLink.used_at.is_(None)).values(used_at=now)
    )


def _claim_admin(session: Session, person: Person, name: str, email: str) -> None:
    if not name:
        raise invalid("name", _("Enter your name."))
    taken = session.scalars(select(Person.id).where(Person.email == email, Person.id != person.id)).first()
    if not email or taken is not None:
        raise invalid("email", _("Enter your e-mail address; it must not belong to somebody else here."))
    person.name, person.email = name, email


def _keys(email: str, address: str) -> tuple[str, str]:
    """Behind a proxy the address is what the proxy wrote: of any length."""
    return f"account:{email.strip().lower()[:254]}", f"address:{address[:254]}"


def _failures(session: Session, key: str, now: datetime, *, minutes: int = 60) -> list[datetime]:
    since = now - timedelta(minutes=minutes)
    tries = select(SignInAttempt.at).where(SignInAttempt.key == key, SignInAttempt.at > since)
    return list(session.scalars(tries.order_by(SignInAttempt.at)))


def _wait_until(instant: datetime, now: datetime) -> None:
    seconds = int((instant - now).total_seconds()) + 1
    if instant > now:
        raise TooMany(
            _("Too many tries. Wait %(seconds)s seconds and try again.", seconds=seconds),
            extra={"retry_after": seconds},
        )
