"""People, groups and verifiers as the API shows them."""

from datetime import datetime
from typing import Literal

from kb.people.models import Group, Named, Person
from kb.web.api_models import Shape


class PersonShape(Shape):
    """A person beside something."""

    id: int
    name: str
    email: str


class GroupRef(Shape):
    """A group beside something."""

    id: int
    slug: str
    name: str


class PersonVerifier(PersonShape):
    """A person who may verify."""

    kind: Literal["person"] = "person"


class GroupVerifier(GroupRef):
    """A group whose members may verify."""

    kind: Literal["group"] = "group"


class FullPerson(PersonShape):
    """A person with role and groups."""

    role: str
    groups: list[str]
    active: bool
    minutes_per_week: int | None
    created_at: datetime


class FullGroup(GroupRef):
    """A group with its members."""

    members: list[PersonShape]


def person_shape(person: Person | Named) -> PersonShape:
    """A person, in short."""
    return PersonShape(id=person.id, name=person.name, email=person.email)


def person_or_none(person: Person | Named | None) -> PersonShape | None:
    """A person, in short, if there is one."""
    return person_shape(person) if person is not None else None


def verifier_shape(found: Person | Group) -> PersonVerifier | GroupVerifier:
    """A verifier."""
    if isinstance(found, Group):
        return GroupVerifier(id=found.id, slug=found.slug, name=found.name)
    return PersonVerifier(id=found.id, name=found.name, email=found.email)


def full_person(person: Person) -> FullPerson:
    """A person, for whoever may see people."""
    groups = sorted(group.slug for group in person.groups)
    return FullPerson(
        id=person.id, name=person.name, email=person.email, role=person.role, groups=groups, active=person.is_active,
        minutes_per_week=person.minutes_per_week, created_at=person.created_at,
    )  # fmt: skip


def full_group(group: Group) -> FullGroup:
    """A group with its active members, by name."""
    people = sorted((p for p in group.people if p.is_active), key=lambda person: (person.name, person.id))
    return FullGroup(id=group.id, slug=group.slug, name=group.name, members=[person_shape(p) for p in people])
