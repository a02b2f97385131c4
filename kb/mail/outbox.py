"""Put mails into the outbox, in the transaction of the change that they tell about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.mail.models import OutgoingMail


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is written: subject, plain text and HTML. `unsubscribe_url` ends mails of its sort by one click."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str | None = None


def enqueue(
    session: Session, key: str, to_address: str, letter: Letter, now: datetime, *, not_before: datetime | None = None
) -> bool:
    """Queue a mail unless one with this key was queued before, by whatever process. Returns whether it is new."""
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(OutgoingMail).values(
        key=key, to_address=to_address, subject=" ".join(letter.subject.split())[:300], text=letter.text,
        html=letter.html, state="new", tries=0, next_try_at=not_before or now, created_at=now,
        unsubscribe_url=letter.unsubscribe_url,
    )  # fmt: skip
    return bool(session.execute(statement.on_conflict_do_nothing().returning(OutgoingMail.id)).first())
