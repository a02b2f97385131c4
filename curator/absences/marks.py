"""Who is away now, for lists in which one person is to be chosen: a name is marked, and nobody chooses unawares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.people.absences import Absence
from kb.people.models import Person
from kb.wording import _, day_and_month


@dataclass(frozen=True, slots=True)
class Away:
    """The last day of whoever is away at one instant."""

    until: Mapping[int, date]

    def words(self, person: Person) -> str:
        """ "away until 3 Dec"; nothing for somebody who is there."""
        day = self.until.get(person.id)
        return _("away until %(day)s", day=day_and_month(day)) if day is not None else ""

    def name(self, person: Person) -> str:
        """The person's name, and until when they are away if they are."""
        return ", ".join(filter(None, (person.name, self.words(person))))


def away_at(session: Session, now: datetime) -> Away:
    """Everybody who is away at `now`."""
    is_now = (Absence.starts_at <= now, Absence.ends_at > now)
    rows = session.execute(
        select(Absence.person_id, func.max(Absence.last_day)).where(*is_now).group_by(Absence.person_id)
    )
    return Away(dict(rows.all()))
