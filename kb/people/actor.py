"""Who is acting: an immutable picture of a person with the collections they may read, write and curate.

It is loaded once per transaction, so every permission decided from it is decided on that transaction's facts.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Collection
from kb.people.models import Person, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting person. `id` is None for the system itself (jobs, the command line), which may do everything."""

    id: int | None
    name: str
    email: str
    role: Role
    group_ids: frozenset[int]
    readable: frozenset[int]
    writable: frozenset[int]
    curated: frozenset[int]
    group_slugs: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether the person administers the installation."""
        return self.role is Role.ADMIN

    @property
    def is_curator(self) -> bool:
        """Whether the person curates at least one collection."""
        return bool(self.curated) or self.role.rank >= Role.CURATOR.rank


def actor_for(session: Session, person: Person) -> Actor:
    """The person as an actor, with what they may reach as of this transaction."""
    groups = frozenset(group.id for group in person.groups)
    role = Role(person.role)
    readable, writable, curated = set(), set(), set()
    for shelf in session.scalars(select(Collection)):
        if not can_read(shelf, person.id, role, groups):
            continue
        readable.add(shelf.id)
        if role.rank >= Role.CURATOR.rank or (shelf.steward_id == person.id and role.rank >= Role.AUTHOR.rank):
            curated.add(shelf.id)
        if _can_write(shelf, person.id, role, groups):
            writable.add(shelf.id)
    return Actor(
        person.id, person.name, person.email, role, groups,
        frozenset(readable), frozenset(writable), frozenset(curated), frozenset(group.slug for group in person.groups),
    )  # fmt: skip


def system_actor(session: Session) -> Actor:
    """The installation acting by itself: jobs and the command line."""
    every = frozenset(session.scalars(select(Collection.id)))
    return Actor(None, "Vitrine", "system", Role.ADMIN, frozenset(), every, every, every)


def can_read(shelf: Collection, person_id: int, role: Role, groups: frozenset[int]) -> bool:
    """Whether a person with this role and these groups may read a collection."""
    if role is Role.ADMIN or shelf.is_open or shelf.steward_id == person_id:
        return True
    return any(group.id in groups for group in (*shelf.readers, *shelf.authors))


def _can_write(shelf: Collection, person_id: int, role: Role, groups: frozenset[int]) -> bool:
    if role.rank < Role.AUTHOR.rank:
        return False
    if role.rank >= Role.CURATOR.rank or shelf.steward_id == person_id or not shelf.authors:
        return True
    return any(group.id in groups for group in shelf.authors)
