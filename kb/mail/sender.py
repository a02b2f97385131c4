"""Deliver the outbox. At least once: a mail that is sent twice after a crash carries the same Message-ID.

A row is leased before it is sent and marked after; a lease that runs out is taken over. Eight tries with growing
pauses, then the row is dead and shows up in the health check.
"""

import hashlib
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import or_, select, update

from kb.db import Database
from kb.mail.models import OutgoingMail
from kb.settings import Settings

_LEASE = timedelta(minutes=5)
_PAUSES = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 360)]
_BATCH = 50


def send_due(database: Database, settings: Settings, clock: Callable[[], datetime]) -> int:
    """Send what is due now. Returns how many were accepted by the server. Does nothing when mail is disabled."""
    if not settings.mail.enabled:
        return 0
    sent = 0
    for _ in range(_BATCH):
        mail = _lease(database, clock())
        if mail is None:
            break
        error = _deliver(mail, settings)
        _settle(database, mail, error, clock())
        sent += error is None
        if error is not None and error.startswith("connect:"):
            break  # the server is down: leave the rest for the next tick
    return sent


def message_of(mail: OutgoingMail, settings: Settings) -> EmailMessage:
    """The mail as it goes over the wire; its Message-ID depends on the outbox key alone."""
    message = EmailMessage()
    domain = settings.mail.from_address.rsplit("@", 1)[1]
    message["From"] = f"{_phrase(settings.workspace.name)} <{settings.mail.from_address}>"
    message["To"] = mail.to_address
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{domain}>"
    message["Date"] = mail.created_at
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{mail.unsubscribe_url or f'{settings.public_url}/account'}>"
    if mail.unsubscribe_url:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _phrase(name: str) -> str:
    return '"' + " ".join(name.replace("\\", "").replace('"', "").split()) + '"'


def _lease(database: Database, now: datetime) -> OutgoingMail | None:
    with database.transaction() as session:
        due = or_(OutgoingMail.state == "new", OutgoingMail.state == "sending")
        mail = session.scalars(
            select(OutgoingMail).where(due, OutgoingMail.next_try_at <= now).order_by(OutgoingMail.next_try_at)
            .limit(1).with_for_update(skip_locked=True)
        ).first()  # fmt: skip
        if mail is not None:
            mail.state, mail.next_try_at = "sending", now + _LEASE
        return mail


def _deliver(mail: OutgoingMail, settings: Settings) -> str | None:
    """None when the server took the mail, otherwise what it said."""
    try:
        message = message_of(mail, settings)
        with _connect(settings) as server:
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        kind = "connect: " if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException) else ""
        return f"{kind}{type(error).__name__}: {error}"[:300]
    return None


def _connect(settings: Settings) -> smtplib.SMTP:
    mail = settings.mail
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.security == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout_seconds, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout_seconds)
    if mail.security == "starttls":
        server.starttls(context=context)
    if mail.username:
        server.login(mail.username, mail.password or "")
    return server


def _settle(database: Database, mail: OutgoingMail, error: str | None, now: datetime) -> None:
    changes: dict[str, object] = {"state": "sent", "sent_at": now, "last_error": None, "tries": mail.tries + 1}
    if error is not None:
        is_last = mail.tries >= len(_PAUSES)
        pause = _PAUSES[min(mail.tries, len(_PAUSES) - 1)]
        changes = {
            "state": "dead" if is_last else "new",
            "tries": mail.tries + 1,
            "next_try_at": now + pause,
            "last_error": error,
        }
    with database.transaction() as session:
        session.execute(update(OutgoingMail).where(OutgoingMail.id == mail.id).values(**changes))
