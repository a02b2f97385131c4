"""Weeks, and how many minutes each person has in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.people.absences import Absence, AbsenceState
from kb.people.budgets import budget_of
from kb.people.models import Person
from kb.trust.timing import begins

WEEKS_KNOWN = 26
_WORKING_DAYS = 5
Away = Mapping[int, Sequence[tuple[date, date]]]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weeks counted from a Monday on, in the installation's zone."""

    monday: date
    zone: ZoneInfo

    @classmethod
    def from_this_week(cls, now: datetime, zone: ZoneInfo) -> "Calendar":
        """Week 0 is the one that `now` lies in."""
        today = now.astimezone(zone).date()
        return cls(today - timedelta(days=today.weekday()), zone)

    @classmethod
    def from_next_week(cls, now: datetime, zone: ZoneInfo) -> "Calendar":
        """Week 0 is the first that has all of its days before it."""
        this = cls.from_this_week(now, zone)
        return cls(this.monday + timedelta(days=7), zone)

    def monday_of(self, week: int) -> date:
        """The Monday of that week."""
        return self.monday + timedelta(weeks=week)

    def week_of(self, instant: datetime) -> int:
        """The week an instant lies in; negative before the first."""
        return (instant.astimezone(self.zone).date() - self.monday).days // 7

    def start_of(self, day: date) -> datetime:
        """The instant at which the day begins."""
        return begins(day, self.zone)


def weekly_budgets(session: Session, default: int, calendar: Calendar) -> dict[int, list[int]]:
    """Each person's minutes for half a year of weeks, without the working days they are away; the last stands for all
    that follow."""
    away = days_away(session)
    people = session.scalars(select(Person).order_by(Person.id))
    return {person.id: _weeks(budget_of(person, default), calendar, away.get(person.id, ())) for person in people}


def days_away(session: Session) -> Away:
    """From which to which day people are away."""
    found: dict[int, list[tuple[date, date]]] = {}
    for person_id, first_day, last_day in session.execute(
        select(Absence.person_id, Absence.first_day, Absence.last_day).where(Absence.state != AbsenceState.OVER)
    ):
        found.setdefault(person_id, []).append((first_day, last_day))
    return found


def _weeks(budget: int, calendar: Calendar, away: Sequence[tuple[date, date]]) -> list[int]:
    here = [_days_here(calendar.monday_of(week), away) for week in range(WEEKS_KNOWN)]
    return [budget * days // _WORKING_DAYS for days in here] + [budget]


def _days_here(monday: date, away: Sequence[tuple[date, date]]) -> int:
    days = (monday + timedelta(days=place) for place in range(_WORKING_DAYS))
    return sum(not any(first <= day <= last for first, last in away) for day in days)
