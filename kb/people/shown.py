"""People as they are shown beside things."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.people.absences import Absence, absences_of
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.web.parts import Field, Who
from kb.wording import N_, _, day_and_month, full_day
from kb.words import initials

ROLE_WORDS = {Role.REP: N_("Rep"), Role.AUTHOR: N_("Author"), Role.CURATOR: N_("Curator"), Role.ADMIN: N_("Admin")}


def who(person: Person) -> Who:
    """A person's name, initials and role in words."""
    return Who(person.name, initials(person.name), _(ROLE_WORDS[Role(person.role)]))


def minutes_field(person: Person, settings: Settings, error: str) -> Field | None:
    """The field for the time they have for checks; nothing for those who check nothing."""
    if Role(person.role).rank < Role.AUTHOR.rank:
        return None
    value = "" if person.minutes_per_week is None else str(person.minutes_per_week)
    hint = _("Empty: %(minutes)s, as for everybody. No check moves by it.", minutes=settings.freshness.minutes_per_week)
    return Field(value, error, hint)


def days_away(absence: Absence) -> str:
    """ "3 Dec to 14 Dec 2026"."""
    first, last = absence.first_day, absence.last_day
    if first == last:
        return full_day(last)
    begin = day_and_month(first) if first.year == last.year else full_day(first)
    return _("%(first)s to %(last)s", first=begin, last=full_day(last))


def absence_words(session: Session, person: Person, now: datetime) -> str:
    """When the person is away next, and who stands in; for the account and the person's page."""
    found = next(iter(absences_of(session, person.id, now)), None)
    if found is None:
        return _("None planned.")
    away = _("Away now, %(days)s.") if found.starts_at <= now else _("Away, %(days)s.")
    if found.stand_in is None:
        return f"{away % {'days': days_away(found)}} {_('The next in line take the cards.')}"
    return f"{away % {'days': days_away(found)}} {_('%(name)s stands in.', name=found.stand_in.name)}"
