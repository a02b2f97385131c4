"""Send the weekly report: once per week and person, each with what that person may see.

Reports are computed while reading, which blocks nobody; only queueing the mail writes. The key of the mail makes it
unique, so a run that was killed is made up by the next without telling anybody twice.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from curator.reports.formats import as_letter
from curator.reports.weekly import weekly_report
from curator.reports.weeks import Week, week_of
from kb.db import Database
from kb.mail.outbox import Letter, enqueue
from kb.people.actor import actor_for
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy


def subscribers(database: Database) -> Sequence[int]:
    """Active people who want the report."""
    with database.read() as session:
        return session.scalars(
            select(Person.id).where(Person.weekly_report, Person.deactivated_at.is_(None)).order_by(Person.id)
        ).all()


def last_full_week(now: datetime, policy: Policy) -> Week:
    """The week that a report sent now is about."""
    return week_of(now, policy).before()


def send_report(
    database: Database, settings: Settings, policy: Policy, week: Week, person_id: int, now: datetime
) -> bool:
    """Queue one person's report of a week. False when it was queued before."""
    address, letter = _write(database, settings, policy, week, person_id, now)
    with database.transaction() as session:
        return enqueue(session, f"weekly:{person_id}:{week.key}", address, letter, now)


def _write(
    database: Database, settings: Settings, policy: Policy, week: Week, person_id: int, now: datetime
) -> tuple[str, Letter]:
    with database.read() as session:
        person = session.get_one(Person, person_id)
        report = weekly_report(session, actor_for(session, person), week, policy, now)
        return person.email, as_letter(report, settings)
