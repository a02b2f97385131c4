"""People as they are shown beside things."""

from kb.people.models import Person, Role
from kb.web.parts import Who
from kb.words import initials

ROLE_WORDS = {Role.REP: "Rep", Role.AUTHOR: "Author", Role.CURATOR: "Curator", Role.ADMIN: "Admin"}


def who(person: Person) -> Who:
    """A person's name, initials and role in words."""
    return Who(person.name, initials(person.name), ROLE_WORDS[Role(person.role)])
