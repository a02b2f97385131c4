"""Which instants anything is known of."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.errors import invalid
from kb.people.models import Person
from kb.wording import _


def demand_known(session: Session, instant: datetime, now: datetime) -> None:
    """Raise Invalid unless something can be known of that instant."""
    if instant > now:
        raise invalid("as_of", _("It lies in the future. Leave it out for the answer of now."))
    first = session.scalar(select(func.min(Person.created_at)))
    if first is None or instant < first:
        since = first.isoformat(timespec="seconds") if first else ""
        message = _("It lies before this installation. Records begin at %(instant)s.", instant=since)
        raise invalid("as_of", message if since else _("It lies before this installation."))
