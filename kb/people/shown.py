"""People as they are shown beside things."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.people.absences import Absence, absences_of
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.web.parts import Field, Who
from kb.words import initials

ROLE_WORDS = {Role.REP: "Rep", Role.AUTHOR: "Author", Role.CURATOR: "Curator", Role.ADMIN: "Admin"}


def who(person: Person) -> Who:
    """A person's name, initials and role in words."""
    return Who(person.name, initials(person.name), ROLE_WORDS[Role(person.role)])


def minutes_field(person: Person, settings: Settings, error: str) -> Field | None:
    """The field for the time they have for checks; nothing for those who check nothing."""
    if Role(person.role).rank < Role.AUTHOR.rank:
        return None
    value = "" if person.minutes_per_week is None else str(person.minutes_per_week)
    hint = f"Empty: {settings.freshness.minutes_per_week}, as for everybody. No check moves by it."
    return Field(value, error, hint)


def days_away(absence: Absence) -> str:
    """ "3 Dec to 14 Dec 2026"."""
    first, last = absence.first_day, absence.last_day
    if first == last:
        return f"{last.day} {last:%b %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} to {last.day} {last:%b %Y}"


def absence_words(session: Session, person: Person, now: datetime) -> str:
    """When the person is away next, and who stands in; for the account and the person's page."""
    found = next(iter(absences_of(session, person.id, now)), None)
    if found is None:
        return "None planned."
    who_stands_in = f"{found.stand_in.name} stands in" if found.stand_in else "The next in line take the cards"
    return f"{'Away now' if found.starts_at <= now else 'Away'}, {days_away(found)}. {who_stands_in}."
