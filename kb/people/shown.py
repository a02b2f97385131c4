"""People as they are shown beside things."""

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
