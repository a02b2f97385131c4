"""Which instants anything is known of."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.errors import invalid
from kb.people.models import Person


def demand_known(session: Session, instant: datetime, now: datetime) -> None:
    """Raise Invalid unless something can be known of that instant."""
    if instant > now:
        raise invalid("as_of", "It lies in the future. Leave it out for the answer of now.")
    first = session.scalar(select(func.min(Person.created_at)))
    if first is None or instant < first:
        since = f" Records begin at {first.isoformat(timespec='seconds')}." if first else ""
        raise invalid("as_of", f"It lies before this installation.{since}")
